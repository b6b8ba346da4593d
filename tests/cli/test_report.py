"""``hilt report``."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from hilt.cli import pages
from hilt.core.event import Event
from tests.analysis.conftest import LogWriter

HOSTILE = "\"><script>alert(1)</script><img src=//x onerror='a()'>\x1b[2J\u202e"


class _Tags(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag, attrs):
        """Keep them."""
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def calls(count, text="Hi", session=None, model="gpt-5"):
    """Events of some calls, each in a conversation of its own unless one is given."""
    for number in range(count):
        base = {
            "session_id": session or f"conv_{number}{text}",
            "timestamp": f"2026-01-01T00:{number // 60:02}:{number % 60:02}Z",
        }
        yield Event(**base, event_id=f"p{number}", actor={"type": "human", "id": text},
                    action="prompt", content={"text": text})  # fmt: skip
        yield Event(**base, event_id=f"c{number}", actor={"type": "agent", "id": "openai"},
                    action="completion", content={"text": f"answer {text}"},
                    metrics={"cost_usd": 0.5},
                    extensions={"reply_to": f"p{number}", "outcome": "completed", "model": model,
                                "latency_ms": 1500.0})  # fmt: skip


def test_page_shows_figures_charts_and_transcripts(hilt, log, tmp_path):
    """All of them in one file."""
    page = tmp_path / "page.html"

    result = hilt("report", log(*calls(2)), "-o", page, "--utc")

    assert result == (0, "", f"Wrote 2 conversations to {page}\n")
    text = page.read_text()
    assert "2 calls, 0 failed (0.0 %), $1.00. Times are UTC." in text
    assert text.count("<svg") == 5
    assert "2026-01-01: $1" in text
    assert "<td>gpt-5</td><td>2</td><td>$1.00</td><td>0.0 %</td><td>1.5 s</td>" in text
    assert "<pre>answer Hi</pre>" in text


def test_hostile_texts_are_text(hilt, log, tmp_path):
    """In every field: no tag, attribute or control character of the log is on the page."""
    page = tmp_path / "page.html"
    hilt("report", log(*calls(1, HOSTILE, HOSTILE, HOSTILE)), "-o", page)
    text = page.read_text()
    tags = _Tags()
    tags.feed(text)

    assert {"script", "img", "link", "iframe"} & tags.tags == set()
    assert not [name for name in tags.attributes if name in ("src", "href") or name[:2] == "on"]
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text) == []
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_page_is_bounded_and_says_what_is_left_out(hilt, log, tmp_path):
    """Conversations, calls of a conversation, and long texts."""
    page = tmp_path / "page.html"

    hilt("report", log(*calls(5)), "-o", page, "-n", "2")
    assert "3 older conversations left out." in page.read_text()
    hilt("report", log(*calls(103, session="one"), name="b.jsonl"), "-o", page)
    assert "3 later calls of one left out." in page.read_text()
    hilt("report", log(*calls(1, "x" * 20_005), name="c.jsonl"), "-o", page)
    assert "5 characters left out." in page.read_text()


@pytest.mark.parametrize(("most", "note"), [(1, "2 rows left out."), (3, None)])
def test_a_table_of_models_is_bounded(hilt, log, tmp_path, monkeypatch, most, note):
    """It says how many rows it leaves out, and nothing if there are none."""
    monkeypatch.setattr(pages, "_MOST_ROWS", most)
    page = tmp_path / "page.html"

    events = list(calls(3))
    for model, completion in zip("abc", events[1::2], strict=True):
        completion.extensions["model"] = model
    hilt("report", log(*events), "-o", page)

    text = page.read_text()
    assert ("left out" in text) == (note is not None)
    assert note is None or note in text


def test_conversations_of_one_id_are_several(hilt, tmp_path):
    """As of processes that were asked the same first; a filter may leave out what links calls."""
    log = LogWriter(tmp_path / "app.jsonl")
    for name in ("ann", "bob"):
        answer = log.call("Hi", "Hello", "conv_0123456789abcdef", name)
        log.call(f"I am {name}", "I see", "conv_0123456789abcdef", name, context=answer)
    page = tmp_path / "page.html"

    written = hilt("report", log.path, "-o", page, "--since", "2026-11-28")[2]
    titles = re.findall(r"<summary>(.*?) <span class=dim>(\d calls?)", page.read_text())
    assert titles == [("Hi", "2 calls"), ("Hi", "2 calls")]
    assert written.startswith("Wrote 2 conversations")
    hilt("report", log.path, "-o", page, "--text", "I am")
    assert "<summary>I am ann <span class=dim>2 calls" in page.read_text()


def test_page_that_is_full_says_so(hilt, log, tmp_path, monkeypatch):
    """However few conversations are on it."""
    monkeypatch.setattr(pages, "_MOST_CHARACTERS", 10)

    hilt("report", log(*calls(3)), "-o", tmp_path / "page.html")

    assert "2 more left out: the page is full." in (tmp_path / "page.html").read_text()


def test_filters_choose_calls(hilt, log, tmp_path):
    """A page about nothing says so in its figures; html is also a format of convert."""
    page = tmp_path / "page.html"
    path = log(*calls(2))

    assert hilt("report", path, "-o", page, "--since", "2030-01-01")[0] == 0
    assert "0 calls, 0 failed" in page.read_text()
    assert hilt("convert", path, "-o", page)[2] == f"Wrote 2 conversations to {page}\n"


def test_page_that_is_full_has_no_more_conversations(hilt, log, tmp_path, monkeypatch):
    """The newest are whole, and nothing follows what is said of the others."""
    monkeypatch.setattr(pages, "_MOST_CHARACTERS", 10)

    hilt("report", log(*calls(3)), "-o", tmp_path / "page.html")

    text = (tmp_path / "page.html").read_text()
    assert text.count("<details>") == 1
    assert "conv_2Hi" in text
    assert "conv_1Hi" not in text


@pytest.mark.parametrize(("count", "kept"), [(100, None), (101, "1 later call of one left out.")])
def test_a_conversation_is_bounded(hilt, log, tmp_path, count, kept):
    """To the first hundred calls, which are all there."""
    hilt("report", log(*calls(count, session="one")), "-o", tmp_path / "page.html")

    text = (tmp_path / "page.html").read_text()
    assert text.count("<pre>answer Hi</pre>") == 100
    assert ("left out" in text) == (kept is not None)
    assert kept is None or kept in text


def test_a_text_that_fits_is_whole(hilt, log, tmp_path):
    """To the character; each line that could not be read is counted."""
    path = log(*calls(1, "x" * (20_000 - len("answer "))))
    with path.open("a") as file:
        file.write('{"torn\n')
    hilt("report", path, "-o", tmp_path / "page.html")

    text = (tmp_path / "page.html").read_text()
    assert f"<pre>answer {'x' * 19_993}</pre>" in text
    assert "characters left out" not in text
    assert "<p>1 line of the log could not be read.</p>" in text
