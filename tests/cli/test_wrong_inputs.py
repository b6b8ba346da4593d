"""Wrong inputs of every command: each is answered in one line, and never by a traceback."""

from __future__ import annotations

import gzip
import io

import pytest

from hilt.io.session import Session
from tests.analysis.conftest import LogWriter
from tests.cli.conftest import make_event

COMMANDS = {
    "show": ("show", "--last", "LOG"),
    "show an id": ("show", "evt_1", "LOG"),
    "tail": ("tail", "LOG"),
    "tail events": ("tail", "LOG", "--events"),
    "search": ("search", "hello", "LOG"),
    "stats": ("stats", "LOG"),
    "cost": ("cost", "LOG"),
    "reprice": ("reprice", "LOG"),
    "diff": ("diff", "LOG", "LOG"),
    "validate": ("validate", "LOG"),
    "report": ("report", "LOG", "-o", "page.html"),
    "csv": ("convert", "LOG", "--to", "csv"),
    "markdown": ("convert", "LOG", "-o", "log.md"),
    "otlp": ("convert", "LOG", "--to", "otlp"),
    "jsonl": ("convert", "LOG", "--to", "jsonl"),
    "sqlite": ("convert", "LOG", "-o", "log.sqlite"),
    "perfetto": ("convert", "LOG", "--to", "perfetto"),
    "watch": ("watch", "LOG", "--once", "--limit", "total=1/day"),
    "redact": ("redact", "LOG"),
    "retain": ("retain", "LOG", "--older-than", "90d"),
    "privacy check": ("privacy", "check", "LOG"),
    "subject find": ("subject", "find", "ann", "LOG"),
    "subject export": ("subject", "export", "ann", "LOG", "-o", "ann"),
    "subject erase": ("subject", "erase", "ann", "LOG", "--yes"),
    "unseal": ("unseal", "LOG", "-o", "open.jsonl"),
    "replay": ("replay", "LOG"),
    "view": ("view", "LOG", "--no-browser"),
    "archive": ("archive", "LOG", "--to", "archive"),
    "sql": ("sql", "SELECT count(*) FROM events", "LOG"),
}
"""Commands that read a log; ``LOG`` stands for it."""

FILES = {
    "missing": (None, "there is no such log"),
    "binary": (bytes(range(256)) * 20, "is a binary file, not a log of events"),
    "utf-16": (
        '{"action":"prompt"}\n'.encode("utf-16"),
        "is UTF-16; a log is UTF-8: iconv -f UTF-16 -t UTF-8 converts it",
    ),
    "table": (
        b'{"timestamp":"2026-01-01T00:00:00Z","message":"Hi"}\n',
        "is a table, not a log of events: it was written with columns=...",
    ),
    "array": (
        b'[{"action":"prompt"}]\n',
        "has no events: each line of a log is a JSON object with an action and an actor",
    ),
    "text": (
        b"Dear diary,\n",
        "has no events: each line of a log is a JSON object with an action and an actor",
    ),
    "damaged gzip": (
        b"\x1f\x8bxxxx",
        (
            "is not a gzip file that can be read: "
            "Error -3 while decompressing data: unknown compression method"
        ),
    ),
}
"""What is no log: its bytes, and what is said of it."""


NEEDS = {"archive": "duckdb", "sql": "duckdb", "view": "starlette"}


@pytest.fixture(autouse=True)
def _reads_only(request, monkeypatch):
    """Skips what is not installed; ``hilt view`` reads the log, and serves nothing."""
    named = request.node.callspec.params if hasattr(request.node, "callspec") else {}
    needed = NEEDS.get(named.get("command"))
    if needed is not None:
        pytest.importorskip(needed)
    monkeypatch.setattr("hilt.cli.view._serve", lambda *_, **__: None)


# The corners of a table; the rest of it is slow.
COMMANDS_AND_FILES = [
    pytest.param(command, file, marks=() if is_corner else pytest.mark.slow)
    for command in COMMANDS
    for file in FILES
    for is_corner in (command == "stats" or file == "table",)
]


@pytest.mark.parametrize(("command", "file"), COMMANDS_AND_FILES)
def test_every_command_refuses_what_is_no_log(hilt, tmp_path, command, file):
    """In one line that says what the file is, and nothing is written."""
    content, message = FILES[file]
    if content is not None:
        (tmp_path / "app.jsonl").write_bytes(content)
    before = sorted(tmp_path.iterdir())
    arguments = ["app.jsonl" if each == "LOG" else each for each in COMMANDS[command]]

    answer = hilt(*arguments)

    assert answer == (2, "", f"hilt: app.jsonl: {message}\n")
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_name_that_is_too_long(hilt, tmp_path, command):
    """Which a query is that stands in the place of the log."""
    name = "SELECT" * 50
    arguments = [name if each == "LOG" else each for each in COMMANDS[command]]

    code, out, err = hilt(*arguments)

    assert (code, out) == (2, "")
    assert err.endswith(f"{name}: cannot be read: File name too long\n") or (
        err == f"hilt: {name}: File name too long\n"
    )


@pytest.mark.parametrize(
    ("output", "reason"), [("a" * 300, "File name too long"), ("loop", ""), ("loop/a.csv", "")]
)
def test_an_output_that_cannot_be_is_one_line(hilt, called, tmp_path, output, reason):
    """Too long, or a link to itself."""
    (tmp_path / "loop").symlink_to("loop")

    code, out, err = hilt("convert", "app.jsonl", "--to", "csv", "-o", output)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert reason in err


@pytest.mark.parametrize("content", [b"", b"\n \n"], ids=["empty", "blank"])
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_an_empty_log(hilt, tmp_path, command, content):
    """In two lines at the most: how much there is, and what follows from it."""
    (tmp_path / "app.jsonl").write_bytes(content)
    arguments = ["app.jsonl" if each == "LOG" else each for each in COMMANDS[command]]

    _, _, err = hilt(*arguments)

    assert err.count("\n") <= 2


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_refuses_a_folder(hilt, tmp_path, command):
    """Or says that it is no archive, where it could be one."""
    (tmp_path / "app.jsonl").mkdir()
    arguments = ["app.jsonl" if each == "LOG" else each for each in COMMANDS[command]]

    code, out, err = hilt(*arguments)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "app.jsonl: is a folder" in err or "there is no archive; hilt archive makes one" in err


ODD_LINES = {
    "no utf-8": (b'"text":"', b'"text":"\xe9 \xff'),
    "half a pair": (b'"text":"', b'"text":"\\ud800 \\u0000'),
    "wrong escape": (b'"text":"', b'"text":"\\x'),
    "no ids": (b'"hilt_version":"1.0.0","event_id":', b'"id":'),
    "other types": (b'"session_id":"s"', b'"session_id":[1]'),
    "other content": (b'"content":{', b'"content":"Hi","was":{'),
    "numbers": (b'"latency_ms":', b'"latency_ms":-1e308,"cost":'),
}
"""What stands in the lines of a log, and what else."""


@pytest.mark.slow
@pytest.mark.parametrize("odd", ODD_LINES)
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_reads_a_log_of_odd_lines(hilt, tmp_path, monkeypatch, command, odd):
    """What it cannot read of them is left out, or replaced."""
    log = LogWriter(tmp_path / "app.jsonl")
    answer = log.call("Hello", "Answer", user="ann", latency_ms=5)
    log.tool_result(log.tool_call(answer))
    log.prompt("Hello?")
    log.path.write_bytes(log.path.read_bytes().replace(*ODD_LINES[odd]))
    arguments = ["app.jsonl" if each == "LOG" else each for each in COMMANDS[command]]
    monkeypatch.setattr("hilt.cli.replay._wait", lambda: None)

    code, _, err = hilt(*arguments)

    assert code in (0, 1, 2)
    assert err.count("\n") <= 4


@pytest.mark.parametrize("arguments", [("tail",), ("search", "hello"), ("search", "answer")])
def test_lines_that_are_passed_over_are_said_beside_json(hilt, tmp_path, arguments):
    """On stderr; an event that is not as the format says costs itself only."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Hello", "Answer")
    log.path.write_bytes(log.path.read_bytes().replace(b"Hello", b"Hello \xff") + b'{"torn\n')

    code, out, err = hilt(*arguments, "app.jsonl", "--json")

    assert code == 0
    assert "1 line skipped" in err
    assert ("1 event left out" in err) == ("hello" in arguments)
    assert bool(out) == ("hello" not in arguments)


@pytest.mark.parametrize("odd", ["no utf-8", "half a pair"])
def test_the_newest_conversation_is_shown_as_far_as_it_can_be_read(hilt, tmp_path, odd):
    """With its id, and what is no text of UTF-8 replaced."""
    LogWriter(tmp_path / "app.jsonl").prompt("Hello?")
    path = tmp_path / "app.jsonl"
    path.write_bytes(path.read_bytes().replace(*ODD_LINES[odd]))

    code, out, _ = hilt("show", "--last", "app.jsonl")

    assert code == 0
    assert out.startswith("Conversation s: 1 call")


@pytest.mark.slow
@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "replay"])
def test_every_command_reads_a_log_that_is_cut_off(hilt, tmp_path, command):
    """What is whole is read; a file that ends within gzip, too."""
    log = LogWriter(tmp_path / "whole.jsonl")
    for number in range(50):
        log.call(f"Question {number}")
    data = gzip.compress(log.path.read_bytes())
    (tmp_path / "app.jsonl").write_bytes(data[: len(data) // 2])
    arguments = ["app.jsonl" if each == "LOG" else each for each in COMMANDS[command]]

    code, _, err = hilt(*arguments)

    assert code in (0, 1, 2)
    assert "Traceback" not in err
    assert err.count("\n") <= 3


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_reads_a_log_that_grows(hilt, tmp_path, monkeypatch, command):
    """What a program appends while the log is read spoils nothing."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Question", "Answer", user="ann")
    arguments = ["app.jsonl" if each == "LOG" else each for each in COMMANDS[command]]
    opened = io.open
    line = log.path.read_bytes().partition(b"\n")[0].replace(b"evt_0", b"evt_f")

    def growing(file, *args, **kwargs):
        if str(file).endswith("app.jsonl"):
            with opened(log.path, "ab") as end:
                end.write(line + b'\n{"torn')
        return opened(file, *args, **kwargs)

    monkeypatch.setattr("hilt.cli.replay._wait", lambda: None)
    monkeypatch.setattr(io, "open", growing)
    monkeypatch.setattr("builtins.open", growing)

    code, _, err = hilt(*arguments)

    assert code in (0, 1, 2)
    assert "Traceback" not in err


@pytest.fixture
def called(tmp_path):
    """A log of one call, in the folder where the command runs."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Hello", "Hi", "conv_0123456789abcdef")
    (tmp_path / "utf-16.toml").write_bytes("a = 1".encode("utf-16"))
    return log


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("show", "evt_nope", "app.jsonl"), "no id begins with 'evt_nope'"),
        (("stats", "app.jsonl", "--model", "nope"), "no call matches --model nope"),
        (("stats", "app.jsonl", "--model", "nope", "--json"), "no call matches --model nope"),
        (
            ("stats", "app.jsonl", "--model", "nope", "--errors"),
            "no call matches --model nope and the other filters",
        ),
        (("cost", "app.jsonl", "--user", "nope"), "no call matches --user nope"),
        (("cost", "app.jsonl", "--user", "nope", "--json"), "no call matches --user nope"),
        (("tail", "app.jsonl", "--session", "nope"), "no call matches --session nope"),
        (("tail", "app.jsonl", "--provider", "nope"), "no call matches --provider nope"),
        (("tail", "app.jsonl", "--events", "-m", "nope"), "no event matches --model nope"),
        (("tail", "app.jsonl", "--events", "-u", "nope"), "no event matches --user nope"),
        (("search", "Hi", "app.jsonl", "-m", "nope"), "no event matches --model nope"),
        (("convert", "app.jsonl", "--to", "jsonl", "-m", "nope"), "no event matches --model nope"),
        (("reprice", "app.jsonl", "-m", "nope"), "no call matches --model nope"),
        (("reprice", "app.jsonl", "-m", "nope", "-o", "b.jsonl"), "no call matches --model nope"),
        (("reprice", "app.jsonl", "-m", "nope", "--json"), "no call matches --model nope"),
        (("diff", "app.jsonl", "app.jsonl", "-m", "nope"), "no call matches --model nope"),
        (("diff", "app.jsonl", "app.jsonl", "-u", "nope", "--json"), "no call matches --user nope"),
        (("show", "--last", "app.jsonl", "-u", "nope"), "no call matches --user nope"),
        (("convert", "app.jsonl", "-o", "a.csv", "-m", "nope"), "no row matches --model nope"),
        (("convert", "app.jsonl", "-o", "a.md", "-u", "x"), "no conversation matches --user x"),
        (("convert", "app.jsonl", "-o", "a.sqlite", "-u", "x"), "no event matches --user x"),
        (("report", "app.jsonl", "-o", "a.html", "-u", "x"), "no conversation matches --user x"),
    ],
    ids=" ".join,
)
def test_a_name_that_nothing_has_is_one_line_and_exit_code_1(hilt, called, arguments, message):
    """What was asked for is repeated, and no file is made."""
    before = sorted(called.path.parent.iterdir())
    code, _, err = hilt(*arguments)

    assert (code, err.count("\n")) == (1, 1)
    assert err.startswith(f"hilt: {message}")
    assert sorted(called.path.parent.iterdir()) == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("tail", "app.jsonl", "--action", "PROMPT"),
        ("tail", "app.jsonl", "--outcome", "Completed"),
        ("stats", "app.jsonl", "--model", "GPT-5*"),
        ("convert", "app.jsonl", "--to", "CSV"),
        ("convert", "app.jsonl", "-o", "TABLE.CSV"),
    ],
    ids=" ".join,
)
def test_case_does_not_matter(hilt, called, arguments):
    """Formats, actions, outcomes and models may be typed in upper case."""
    assert hilt(*arguments)[0] == 0


FORMATS = "csv, jsonl, markdown, html, sqlite, parquet, otlp, perfetto, openai-finetune"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("convert", "app.jsonl"), f"--to: give a format, or -o with a file's name: {FORMATS}"),
        (("convert", "app.jsonl", "--to", "xlsx"), f"--to: no format 'xlsx'; there are {FORMATS}"),
        (
            ("convert", "app.jsonl", "-o", "log.xyz"),
            f"-o log.xyz: its ending names no format; give --to, one of {FORMATS}",
        ),
        (
            ("convert", "app.jsonl", "-o", "a.md", "--fields", "model"),
            "--fields: markdown has no columns to choose; csv has",
        ),
        (
            ("convert", "app.jsonl", "--to", "sqlite"),
            "--output: sqlite needs a file: -o log.sqlite",
        ),
        (("show",), "show: give an ID, or --last for the newest conversation"),
        (("diff", "app.jsonl"), "diff: give two logs, or one log and two of --day or --commit"),
        (("tail", "app.jsonl", "--since", "soon"), "--since: "),
        (("tail", "app.jsonl", "--until", "2026-13-01"), "--until: "),
        (("tail", "app.jsonl", "--action", "shout"), "--action: no action 'shout'; expected one"),
        (("tail", "app.jsonl", "--outcome", "good"), "--outcome: no outcome 'good'; expected one"),
        (("stats", "app.jsonl", "--slower-than", "-1"), "--slower-than: -1.0 is not a number"),
        (("stats", "app.jsonl", "--costlier-than", "nan"), "--costlier-than: nan is not a number"),
        (
            ("stats", "app.jsonl", "--by", "colour"),
            "--by: no key 'colour'; expected one of agent, day,",
        ),
        (
            ("cost", "app.jsonl", "--by", "colour"),
            "--by: no key 'colour'; expected one of agent, day,",
        ),
        (("watch", "app.jsonl", "--limit", "5"), "--limit: '5' is not a limit; expected one as"),
        (("stats", "app.jsonl", "--engine", "x"), "--engine: no engine 'x'; there are"),
        (("sql", "", "app.jsonl"), "sql: the query is empty; expected one as"),
        (("archive", "app.jsonl", "--to", ""), "--to: is empty; expected a folder or"),
        (("search", '""', "app.jsonl"), ""),
        (("diff", "app.jsonl", "app.jsonl", "--fail-over", ""), "--fail-over: '' is not an"),
        (("diff", "app.jsonl", "--day", "soon", "--day", "now"), "--day: 'soon' is not a time"),
        (
            ("report", "app.jsonl", "-o", "x.pdf"),
            "-o x.pdf: the page is HTML; expected a name such as x.html",
        ),
        (("report", "app.jsonl", "-o", "-"), "-: expected the name of a file; /dev/stdout is"),
        (("convert", "app.jsonl", "--to", "csv", "-o", "-"), "-: expected the name of a file"),
        (("unseal", "app.jsonl", "-o", "-"), "-: expected the name of a file; /dev/stdout is"),
        (("retain", "app.jsonl", "--older-than", "90"), "--older-than: '90' is no age and no"),
        (("retain", "app.jsonl", "--older-than", "-5d"), "--older-than: '-5d' is no age and no"),
        (("retain", "none.jsonl", "--older-than", "9d"), "none.jsonl: there is no such log"),
        (("redact", "app.jsonl", "--policy", "no"), "--policy: no policy 'no'; expected redact,"),
        (("redact", "none.jsonl"), "none.jsonl: there is no such log"),
        (("subject", "find", "", "app.jsonl"), "subject: an empty text names nobody"),
        (("subject", "erase", "ann", "none.jsonl"), "none.jsonl: there is no such log"),
        (("subject", "export", "ann", "app.jsonl", "-o", "no/x"), "no/x: cannot be made: No such"),
        (("watch", "app.jsonl", "--limit", "user=x/day"), "--limit: 'user=x/day' is not a limit"),
        (("watch", "app.jsonl", "--limit", "user=5/week"), "--limit: 'user=5/week' is not a"),
        (("watch", "app.jsonl", "--limit", "user=5/day", "--run", '"'), "--run: '\"' is not a"),
        (("watch", "app.jsonl", "--limit", "user=5/day", "--run", "no-such x"), "--run: there is"),
        (("diff", "app.jsonl", "none.jsonl"), "none.jsonl: there is no such log"),
        (("diff", "app.jsonl", "--day", "today"), "--day: give one log and --day A --day B"),
        (("diff", "app.jsonl", "app.jsonl", "--fail-over", "cost"), "--fail-over: 'cost' is not"),
        (("diff", "app.jsonl", "app.jsonl", "--fail-over", "cost=-5"), "--fail-over: 'cost=-5' is"),
        (("import", "none.json", "-o", "x.jsonl"), "import: there is no file 'none.json'"),
        (("sheets", "check"), "no spreadsheet is named: give its address or id with --sheet-id"),
        (
            ("sheets", "check", "--sheet-id", "https://docs.google.com/spreadsheets/d/"),
            "--sheet-id: 'https://docs.google.com/spreadsheets/d/' is not the address of",
        ),
        (
            ("sheets", "check", "--sheet-id", "x" * 44, "--credentials", "none.json"),
            "--credentials 'none.json': cannot be read",
        ),
        (("sheets", "setup", "--sheet-id", "x", "--worksheet="), "--worksheet: '' is not a name"),
        (("show", "conv", "app.jsonl", "--json", "--markdown"), "show: give one of --json,"),
        (("replay", "none.jsonl"), "none.jsonl: there is no such log"),
        (("search", "", "app.jsonl"), "text: '' has no words to search for"),
        (("search", "hi", "none.jsonl"), "none.jsonl: there is no such log"),
        (("tail", "app.jsonl", "--model", ""), "--model: '' names none; leave it out"),
        (
            ("stats", "app.jsonl", "--since", "2027-01-01", "--until", "2026-01-01"),
            "--since: '2027",
        ),
        (("tail", "."), ".: is a folder; name a log in it"),
        (
            ("retain", "app.jsonl", "--older-than", "2999-01-01"),
            "--older-than: '2999-01-01' is in the",
        ),
        (
            ("retain", "app.jsonl", "--older-than", "9d", "--action", "no"),
            "--action: 'no'; expected",
        ),
        (("stats", "app.jsonl", "--by", ""), "--by: no key ''; expected one of agent, day,"),
        (
            ("cost", "app.jsonl", "--by", "model,,day"),
            "--by: no key ''; expected one of agent, day,",
        ),
        (("stats", "app.jsonl", "--engine", "spark"), "--engine: spark reads archives; make one"),
        (
            ("convert", "app.jsonl", "--to", "csv", "--fields", "no"),
            "--fields: no column or field 'no'",
        ),
        (
            ("convert", "app.jsonl", "--to", "csv", "--fields", ""),
            "--fields: no column or field ''",
        ),
        (
            ("show", "evt_x", "app.jsonl", "--last"),
            "show: give an ID, 'evt_x', or --last, not both",
        ),
        (("import", ".", "-o", "x.jsonl"), "import: '.' is a folder; name its files"),
        (
            ("tail", "app.jsonl", "--follow", "--until", "2020-01-01"),
            "--until: '2020-01-01' is over, and --follow waits for more; leave one out",
        ),
        (
            ("tail", "-", "--follow"),
            "--follow: standard input cannot be followed; name a log",
        ),
        (("reprice", "app.jsonl", "--prices", "utf-16.toml"), "utf-16.toml: is not UTF-8, as TOML"),
        (("redact", "app.jsonl", "--policy", "utf-16.toml"), "utf-16.toml: is not UTF-8, as TOML"),
        (("redact", "app.jsonl", "--policy", ""), "--policy: no policy ''; expected redact,"),
        (("retain", "app.jsonl", "--older-than", ""), "--older-than: '' is no age and no date"),
        (("stats", "app.jsonl", "--user", ""), "--user: '' names none; leave it out"),
        (("stats", "app.jsonl", "--since", "2026-02-30"), "--since: '2026-02-30' is not a time"),
        (("convert", "app.jsonl", "--to", ""), "--to: no format ''; there are"),
        (("archive", "app.jsonl", "--to", "app.jsonl"), "--to: app.jsonl: "),
        (("retain", "app.jsonl", "--older-than", "9999y"), "--older-than: '9999y' is before the"),
        (("retain", "app.jsonl", "--older-than", "9" * 5000 + "d"), "--older-than: '9999"),
    ],
    ids=" ".join,
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(hilt, called, arguments, message):
    """It names the option, and says what can be given."""
    code, out, err = hilt(*arguments)

    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"hilt: {message}")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("tail", "app.jsonl", "-n", "x"), ("'-n'", "'x'")),
        (("tail", "app.jsonl", "-nx"), ("'-n'", "'x'")),
        (("tail", "app.jsonl", "--lines=x"), ("'--lines'", "'x'")),
        (("tail", "app.jsonl", "-n", "-3"), ("'-n'", "-3", "0")),
        (("stats", "app.jsonl", "--slower-than", "x"), ("'--slower-than'", "'x'")),
        (("replay", "app.jsonl", "--port", "70000"), ("'-p'", "70000", "65535")),
    ],
)
def test_a_number_that_is_none_is_named_with_its_option(hilt, called, arguments, said):
    """Whatever words the release of typer has for what is right."""
    code, out, err = hilt(*arguments)

    assert (code, out) == (2, "")
    assert [each for each in said if each not in err] == []


@pytest.mark.parametrize(
    "arguments",
    [("tail", "app.jsonl"), ("search", "Hello", "app.jsonl"), ("diff", "app.jsonl", "app.jsonl")],
    ids=" ".join,
)
def test_a_number_may_be_of_any_size(hilt, called, arguments):
    """What is more than there is means all of it."""
    answer = hilt(*arguments)

    assert hilt(*arguments, "-n", "9" * 20) == answer


def test_a_log_that_is_named_twice_is_read_once(hilt, called):
    """By whatever name: its calls and costs are not counted twice."""
    (called.path.parent / "link.jsonl").symlink_to(called.path)
    once = hilt("cost", "app.jsonl", "--json")

    assert hilt("cost", "app.jsonl", "./app.jsonl", called.path, "link.jsonl", "--json") == once


@pytest.mark.parametrize(
    ("arguments", "skipped"),
    [
        (("tail", "app.jsonl"), "2 lines skipped; the first is app.jsonl:2: "),
        (("tail", "app.jsonl", "--events"), "2 lines skipped: "),
        (("convert", "app.jsonl", "--to", "csv"), "2 lines skipped; the first is app.jsonl:2: "),
        (("validate", "app.jsonl"), "app.jsonl: 1 event, 2 invalid lines, 1 unanswered prompt"),
    ],
    ids=" ".join,
)
def test_lines_that_are_not_events_are_counted(hilt, tmp_path, arguments, skipped):
    """A torn line spoils nothing, and is not passed over in silence."""
    with Session(tmp_path / "app.jsonl") as session:
        session.append(make_event(1))
    with (tmp_path / "app.jsonl").open("a") as log:
        log.write('{"torn\nnope\n')

    assert skipped in hilt(*arguments)[2]


@pytest.mark.parametrize(
    "arguments",
    [("subject", "export", "conv_0123456789abcdef", "app.jsonl"), ("unseal", "app.jsonl")],
    ids=["subject export", "unseal"],
)
@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("app.jsonl", "app.jsonl: is the log itself; name another file"),
        ("./app.jsonl", "app.jsonl: is the log itself; name another file"),
        (".", ".: cannot be made: it is a folder"),
        ("no/a.jsonl", "no/a.jsonl: cannot be made: No such file or directory"),
    ],
)
def test_what_is_exported_goes_to_a_file_of_its_own(hilt, called, arguments, output, message):
    """The log is never replaced by a part of itself."""
    before = called.path.read_bytes()

    answer = hilt(*arguments, "-o", output)

    assert answer == (2, "", f"hilt: {message}\n")
    assert called.path.read_bytes() == before


@pytest.mark.parametrize(("command", "wanted"), [("search", "words"), ("sql", "query")])
def test_a_log_without_a_question_is_one_line(hilt, tmp_path, command, wanted):
    """The words or the query were forgotten; with a default log, it may be what they say."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call()

    said = f"hilt: {command}: {str(log.path)!r} is a file; give the {wanted} before it\n"
    assert hilt(command, log.path) == (2, "", said)
    log.path.with_name("logs").mkdir()
    (tmp_path / "logs" / "hilt.jsonl").write_bytes(log.path.read_bytes())
    assert "is a file" not in hilt(command, log.path)[2]
