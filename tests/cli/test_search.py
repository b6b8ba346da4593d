"""``hilt search``."""

from __future__ import annotations

import gc
import json

import pytest

from hilt.cli.search import _snippet
from hilt.io.read.parts import open_parts
from tests.analysis.conftest import LogWriter


@pytest.fixture
def searched(tmp_path):
    """A log with texts in several scripts."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Where is my REFUND?", "x" * 200 + " the refund is due", user="alice")
    log.call("أين طلبي من فضلك", "我的订单在哪里", user="bob")
    return log


def test_hits_are_lines_with_the_words_in_their_context(hilt, searched):
    """Time, id, action, who, and the text around the words."""
    code, out, err = hilt("search", "refund", searched.path, "--utc")

    first, second = out.splitlines()
    assert code == 0
    assert first == (f"2026-11-28 10:00:01  evt_{1:032x}  prompt alice: Where is my REFUND?")
    assert second.endswith(f"completion openai: ...{'x' * 55} the refund is due")
    assert err == "2 events found; times are UTC.\n"


@pytest.mark.parametrize(("words", "count"), [("طلبي", 1), ("订单", 1), ("nowhere", 0)])
def test_any_script(hilt, searched, words, count):
    """Nothing to be found is no error."""
    code, out, _ = hilt("search", words, searched.path)

    assert (code, len(out.splitlines())) == (0, count)


def test_json_and_filters(hilt, searched):
    """Events as JSON lines; a filter on the call chooses among its events."""
    _, out, _ = hilt("search", "refund", searched.path, "--json", "--user", "alice", "-n", 1)

    assert [json.loads(line)["action"] for line in out.splitlines()] == ["prompt"]


@pytest.mark.parametrize("words", ["", " ", '""'])
def test_words_that_are_none(hilt, searched, words):
    """Wrong usage."""
    code, out, err = hilt("search", words, searched.path)

    assert (code, out) == (2, "")
    assert err == f"hilt: text: {words!r} has no words to search for\n"


def test_an_action_cannot_command_the_terminal(hilt, tmp_path):
    """An event of an action that there is not is searched as well."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Where is my refund?", "It is due")
    path = log.path
    path.write_bytes(path.read_bytes().replace(b'"prompt"', b'"\\u001b]0;x\\u0007"', 1))
    code, out, _ = hilt("search", "refund", path)

    assert (code, "\x1b" in out, "]0;x" in out) == (0, False, True)


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        (60, 60, f"{'x' * 60}fee{'y' * 60}"),
        (61, 60, f"...{'x' * 60}fee{'y' * 60}"),
        (60, 61, f"{'x' * 60}fee{'y' * 60}..."),
    ],
)
def test_context_is_cut_on_each_side(before, after, shown):
    """With dots only where something is left out."""
    assert _snippet(["none", f"{'x' * before}fee{'y' * after}"], "fee") == shown


def test_words_that_stand_in_several_texts_have_the_first_as_context():
    """Without one, there is nothing to show."""
    assert _snippet(["z" * 200], "fee") == "z" * 120
    assert _snippet([], "fee") == ""


def test_only_the_events_with_the_words(hilt, searched):
    """Others of their calls are none, also where calls are asked for; -n is how many."""
    code, out, err = hilt("search", "due", searched.path, "--user", "alice", "--utc")

    assert (code, len(out.splitlines()), err) == (0, 1, "1 event found; times are UTC.\n")
    assert len(hilt("search", "refund", searched.path, "-n", 1)[1].splitlines()) == 1
    assert len(hilt("search", "refund", searched.path, "-n", 2)[1].splitlines()) == 2


def test_a_file_is_closed_where_the_search_ends(hilt, searched, monkeypatch):
    """At once, and not when the garbage collector comes by."""
    files = []

    def noted(*args, **given):
        for path, file in open_parts(*args, **given):
            files.append(file)
            yield path, file

    monkeypatch.setattr("hilt.analysis.log.open_parts", noted)
    gc.disable()
    try:
        assert len(hilt("search", "refund", searched.path, "-n", 1)[1].splitlines()) == 1
        assert [file.closed for file in files] == [True]
    finally:
        gc.enable()


def test_an_event_that_is_none_is_left_out_of_json(hilt, searched):
    """And counted."""
    path = searched.path
    path.write_bytes(path.read_bytes().replace(b'"hilt_version":"1.0.0"', b'"hilt_version":1', 1))

    code, out, err = hilt("search", "refund", path, "--json")

    assert (code, len(out.splitlines())) == (0, 1)
    assert err == "1 event left out, not as the format says\n"
