"""The search of the documentation's site finds what people ask, in their own words.

The index is that of the real site, and docs/search.js answers, so this needs mkdocs and an engine
for JavaScript: ``uv run --group docs-tests pytest tests/test_docs_search.py``.
"""

from __future__ import annotations

import html
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / "docs" / "site_hooks.py"
SEARCH = ROOT / "docs" / "search.js"
SETUP, QUERY = 0, 2  # the theme's types of messages
SHOWN = 3
"""Among how many results an answer has to be."""
TABLE = (
    "<p>Before</p>\n<table>\n<thead>\n<tr>\n<th>{head}</th>\n<th>answer</th>\n</tr>\n</thead>\n"
    "<tbody>\n<tr>\n<td>How do I <code>log</code>?</td>\n"
    '<td>Like <a href="x.html">this</a></td>\n</tr>\n</tbody>\n</table>\n'
)


@pytest.fixture
def hooks() -> ModuleType:
    """The hooks of the site, freshly loaded."""
    pytest.importorskip("mkdocs")
    spec = importlib.util.spec_from_file_location("site_hooks", HOOKS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> SimpleNamespace:
    """A page of the site, as the hooks look at it."""
    return SimpleNamespace(url=f"{name}.html", file=SimpleNamespace(src_uri=f"{name}.md"))


def test_rows_of_questions_are_entries_of_the_index(hooks: ModuleType, tmp_path: Path) -> None:
    """A row is found by its question, at a place of its own, and only once."""
    index = tmp_path / "search" / "search_index.json"
    index.parent.mkdir()
    index.write_text(json.dumps({"docs": [{"location": "a.html"}]}), encoding="utf-8")
    hooks.WORDS = tmp_path / "words.txt"
    hooks.WORDS.write_text("# A comment\na.html: other words\n", encoding="utf-8")

    html = hooks.on_page_content(TABLE.format(head="question"), page=page("how_to"))
    hooks.on_page_content(TABLE.format(head="question"), page=page("how_to"))  # as `serve` does
    hooks.on_post_build(config=SimpleNamespace(site_dir=str(tmp_path)))

    assert '<tr id="q-how-do-i-log">' in html
    assert '<table data-search-exclude="rows">' in html
    assert json.loads(index.read_text(encoding="utf-8"))["docs"] == [
        {"location": "a.html", "words": "other words"},
        {
            "location": "how_to.html#q-how-do-i-log",
            "title": "How do I <code>log</code>?",
            "text": "<p>Like this</p>",
            "boost": hooks.BOOSTS["how_to.md"],
        },
    ]


def test_words_for_a_section_that_is_not_there_are_an_error(hooks: ModuleType) -> None:
    """Whoever renames a section is told of the words that it had."""
    with pytest.raises(RuntimeError, match=r"a\.html#gone"):
        hooks.add_words([{"location": "a.html"}], "a.html#gone: other words\n")


def test_a_pipe_in_a_table_can_be_pasted(hooks: ModuleType) -> None:
    """Markdown wants a backslash before it, which no shell does."""
    html = "<table><tr><td><code>cat a.jsonl \\| hilt stats -</code></td></tr></table>"

    assert "cat a.jsonl | hilt stats -" in hooks.on_page_content(html, page=page("events"))


def test_other_tables_stay_as_they_are(hooks: ModuleType) -> None:
    """A table of fields is a part of its section."""
    html = TABLE.format(head="field")

    assert hooks.on_page_content(html, page=page("events")) == html


# What people type, and the page and the beginning of the title of a result that answers it.
ANSWERS = """
python version required -> how_to: Which Python version is required
instrument after client created -> start: 3. Add one line to your program
import order openai -> how_to: Does the order matter
completion missing -> how_to: Why does a prompt have no answer
cost empty -> how_to: Why does a call have no cost
cost not showing -> how_to: Why does a call have no cost
file not created -> how_to: Why is nothing logged?
two lines per call -> how_to: Why are there two lines
latency field -> how_to: How fast is each model
stream tokens null -> how_to: Why does a stream have no tokens
azure stream usage -> how_to: Why does a stream have no tokens
system prompt logged -> how_to: Is a long system prompt
log to stdout -> how_to: How do I log in a container
live terminal view -> how_to: How do I see calls live
fork -> durability: Several threads and processes
lambda -> how_to: How do I log in a serverless function
gunicorn workers -> how_to: Does it work with gunicorn
thread safe -> how_to: Does it work with gunicorn
gevent -> how_to: Does it work with gevent
pyinstaller -> how_to: Does it work in a program that PyInstaller
jupyter notebook -> how_to: Does it work in a notebook
read-only filesystem docker -> how_to: How do I log in a container
windows -> how_to: Does it work on Windows
flush at exit -> how_to: What is lost if the program crashes
kill -9 lost -> how_to: What is lost if the program crashes
session id -> how_to: How do I name the conversation
raw http requests -> unseen_calls: Log them
prompts without responses -> how_to: How do I log prompts but not answers
truncate long prompts -> how_to: Is there a limit to the length of a text
log only errors -> how_to: How do I log only errors
custom model price -> cost: Prices of your own
default path -> how_to: Where is the file
file size limit -> configuration: Defaults and limits
delete old logs -> how_to: How do I keep to a retention time
prompt management -> how_to: Does HILT have prompt management
evaluation llm judge -> how_to: Does HILT evaluate answers
fallback retry model -> how_to: Does it cache answers
typescript javascript -> how_to: Is there a HILT for TypeScript
hosted cloud -> how_to: Is there a hosted service
need collector -> how_to: Do I need an account
responses api -> how_to: Are OpenAI's Responses API
stop logging -> how_to: How do I switch HILT off
turn off message logging -> how_to: How do I log without prompts
disable for one call -> how_to: How do I keep a call out of the log
opt out user -> how_to: How do I keep a call out of the log
performance overhead -> how_to: How much time does it add
same file two processes -> how_to: Can several processes
nfs network drive -> how_to: May the log be on a network drive
what does HILT stand for -> index: HILT
logger name -> how_to: Where do HILT's own warnings go
suppress warnings -> how_to: Where do HILT's own warnings go
otlp endpoint -> how_to: How do I send the calls to an OpenTelemetry collector
semantic conventions version -> how_to: Which version of the semantic conventions
trace id correlation -> how_to: How do I get from a trace
duplicate spans -> how_to: Does HILT use or replace an existing TracerProvider
prompts on spans -> how_to: Which gen_ai attributes
langchain twice -> how_to: How do I log LangChain
ChatGoogleGenerativeAI -> how_to: How do I log LangChain
autogen -> how_to: Is AutoGen logged
sheet not found 404 -> google_sheets_setup: there is no such spreadsheet
403 permission denied -> google_sheets_setup: not shared with
rename tab -> how_to: May people sort
sheet row limit -> how_to: Can two machines write to one sheet
rows per minute quota -> google_sheets_setup: What happens when things go wrong
airtable notion -> how_to: Can it write to Excel online
sheet id url -> how_to: Which credentials does a sheet need
offline -> how_to: Does a Google Sheet slow down my program
one row per call -> google_sheets_setup: One row per call
search 5 GB log -> log_tools: Large logs
errors per hour -> how_to: Which errors
exit codes -> how_to: Which exit codes
gz compressed log -> how_to: Can I read rotated and compressed
read log python -> how_to: How do I read a log in Python
export bigquery -> how_to: How do I read a log in Python
bulk export -> how_to: How do I export a whole log
corrupt log repair -> how_to: The last line is cut off
remote server log -> how_to: How do I see a log in the browser
total cost conversation -> how_to: What does a conversation
estimate tokens tiktoken -> how_to: Does HILT estimate or count tokens
PII default -> how_to: Is personal data (PII) removed by default?
detected types -> how_to: Which kinds of personal data
names redacted -> how_to: Are names and addresses
reverse redaction -> how_to: Can redaction be reversed
hipaa compliance -> how_to: Where is the data stored
where data stored -> how_to: Where is the data stored
phone home telemetry -> how_to: Does HILT send anything to anyone
encryption at rest -> how_to: Who can read a log?
lost key -> privacy: Keys
erase user rotated -> what_stays_private: Erasing
tamper proof audit -> how_to: Who can read a log?
mock anthropic -> how_to: How do I simulate other providers
simulate 429 -> testing: Errors, timeouts, slow streams
tests write log -> how_to: How do I keep the calls of tests out
unittest -> how_to: How do I test with unittest?
observe decorator -> how_to: What replaces
trace span -> how_to: What are a trace, a span
nested spans -> how_to: Does it trace my own functions
rest api -> how_to: Is there a hosted service
litellm proxy -> how_to: How do I log behind LiteLLM's proxy
memory leak -> how_to: How much memory does it use
event loop blocked -> how_to: How much time does it add
thread pool context -> durability: Several threads and processes
claude vertex -> anthropic: Calls
hilt retain -> cli: hilt retain
rotation -> local_file: Rotation
commit message -> how_to: How do I run HILT's own tests
close session instrument -> how_to: What is lost if the program
finish reason -> events: The events of a call
stack trace traceback -> how_to: Is the stack trace (traceback) of
openrouter -> how_to: Are DeepSeek, OpenRouter, Perplexity, xAI and
conversation split two ids -> events: Conversations
tracer provider replaced -> how_to: Does HILT use or replace an
import otlp json -> opentelemetry: Spans in files
prompt template parser -> integrations: LangChain and LangGraph
tool errors -> what_is_logged: A tool
own google account oauth -> how_to: Can I sign in with my
formula injection -> how_to: Is a formula in a prompt
linter formatter -> contributing: Set up
tests real api -> how_to: How do I test without an
assert prompt test -> how_to: How do I count the calls
lose langsmith -> moving_from/langsmith: What you lose
docker shared volume -> local_file: Containers, Kubernetes and serverless functions
count tokens before sending -> how_to: Does HILT estimate or count tokens
background responses pending -> how_to: Is a call with background=True logged?
exporter batch processor -> how_to: Which exporters are there (HiltJsonlSpanExporter, hilt_jsonl)?
exporter names hilt_jsonl -> how_to: Which exporters are there (HiltJsonlSpanExporter, hilt_jsonl)?
ddtrace conflict -> opentelemetry: Beside other instrumentations
retriever score -> how_to: Are embeddings and retrievers of LangChain
service account role -> how_to: Does HILT make the spreadsheet? Which
create new spreadsheet -> google_sheets_setup: 3. Make a spreadsheet and share
overwrite rows -> how_to: Can two machines write to one
failed calls today count -> how_to: How do I count the calls,
search regex -> how_to: How do I find a word
full text cut terminal -> how_to: How do I read a conversation,
raw json event -> how_to: What exactly was sent: messages, tools,
split log by day -> how_to: How do I split a log
data processing agreement -> how_to: Is there a data processing agreement
passwords typed by users -> how_to: Is a password that a user
user ids hashed -> how_to: Is a password that a user
helicone proxy -> how_to: Is it a proxy or gateway,
api key leak -> privacy: Credentials
SinkError -> how_to: Can logging stop my program (a
change log file running -> how_to: How do I change the file
thread before instrument -> how_to: Does the order matter: instrument() before
arize phoenix -> moving_from/openinference: Moving from OpenInference
share with which email -> google_sheets_setup: 3. Make a spreadsheet and share
privacy some users -> how_to: How do I use another privacy
pull request -> contributing: Commits
assert no calls -> testing: In pytest
LANGSMITH_PROJECT -> moving_from/langsmith: What maps to what
git commit field -> how_to: Are logprobs logged? Citations and web
user aborts stream -> how_to: How do I log a stream
azure deployment price -> cost: Prices of your own
resource attributes -> opentelemetry: Which service it was
failed rows red -> google_sheets_setup: One row per call
calls with tool error -> what_is_logged: A tool
dry run redact -> cli: hilt redact
slow stream -> how_to: How do I simulate a timeout,
mark test traffic -> local_file: Fields of your own: tenant, request,
docker image install -> start: 1. Install
http status code -> configuration: Columns
langchain cache -> events: Cost
invalid grant clock -> google_sheets_setup: If it does not work
search several files -> log_tools: Logs of several machines
test google sheets -> google_sheets_setup: Test your own program
log per user -> how_to: How do I log to two
folder does not exist -> how_to: Where is the file (default folder)?
model that answered -> how_to: Which model was asked for, and
exclude provider -> how_to: How do I log only one
keep prompts out of collector -> how_to: Which gen_ai attributes do the spans
service.name environment -> opentelemetry: Which service it was
root span never ends -> configuration: Defaults and limits
instrument and handler both -> integrations: LangChain and LangGraph
conversation of customer -> how_to: How do I read a conversation,
why call failed field -> what_is_logged: A call that fails
csv export -> how_to: How do I export a whole
"""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[str]]:
    """The search of the site, as the page and the title of each result."""
    pytest.importorskip("mkdocs")
    py_mini_racer = pytest.importorskip("py_mini_racer")
    site = tmp_path_factory.mktemp("site")
    build = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--quiet",
        "--site-dir",
        str(site),
    ]
    subprocess.run(build, cwd=ROOT, check=True)
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    engine = py_mini_racer.MiniRacer()
    engine.eval((site / "search.js").read_text(encoding="utf-8"))
    engine.call("answer", {"type": SETUP, "data": index})

    def search(query: str) -> list[str]:
        answer = json.loads(
            engine.eval(f"JSON.stringify(answer({{type: {QUERY}, data: {json.dumps(query)}}}))")
        )
        shown = [item for group in answer["data"]["items"] for item in group if item["score"]]
        return [f"{item['location'].split('.html')[0]}: {plain(item['title'])}" for item in shown]

    return search


def plain(title: str) -> str:
    """A title without its markup."""
    return html.unescape(re.sub(r"<[^>]+>", "", title))


@pytest.mark.parametrize(
    "case", ANSWERS.strip().splitlines(), ids=lambda case: case.split(" -> ")[0]
)
def test_answers_are_among_the_first_results(
    case: str, results: Callable[[str], list[str]]
) -> None:
    """Who types these words sees the answer without scrolling."""
    query, _, answer = case.partition(" -> ")
    first = results(query)[:SHOWN]

    assert [each for each in first if each.startswith(answer)], first


def test_a_whole_word_comes_before_its_beginnings(results: Callable[[str], list[str]]) -> None:
    """A search for "log" is not one for Logfire."""
    assert not any("logfire" in each.lower() for each in results("log")[:10])
    assert any("logfire" in each.lower() for each in results("logfi")[:SHOWN])


def test_options_are_found_with_their_hyphens(results: Callable[[str], list[str]]) -> None:
    """A hyphen is a part of an option, and not "without"."""
    retention = "how_to: How do I keep to a retention time"

    assert any(each.startswith(retention) for each in results("--older-than")[:SHOWN])
    assert results("gpt-4o") != []


def test_a_misspelt_word_is_guessed(results: Callable[[str], list[str]]) -> None:
    """One wrong letter does not hide a page."""
    assert any("anthropic" in each.lower() for each in results("anthropik")[:SHOWN])


def test_pages_ask_this_search(hooks: ModuleType) -> None:
    """Pages name search.js in the place of the theme's worker, and a theme without one is an error."""
    worker = '"search": "../assets/javascripts/workers/search.a7633da7.min.js"'

    assert hooks.on_post_page(worker, page=page("start")) == '"search": "../search.js"'
    with pytest.raises(RuntimeError, match=r"start\.html"):
        hooks.on_post_page("<html>", page=page("start"))
