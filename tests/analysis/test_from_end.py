"""A log is read from its end, as far as a question needs it."""

from __future__ import annotations

import pytest

import hilt
from hilt.analysis.filters import Filters
from hilt.analysis.from_end import FromEnd, end_of_file


def test_only_the_end_of_a_log_is_read_where_that_is_enough(log, monkeypatch):
    """An id that holds its time is looked for in windows that grow."""
    calls = [log.call(f"question {number} " + "x" * 500) for number in range(50)]
    monkeypatch.setattr(FromEnd, "_window_sizes", lambda _: iter((3000, None)))
    opened = log.open()

    assert opened.find(calls[-1]).prompt_text.startswith("question 49")
    assert opened.find(calls[0]).prompt_text.startswith("question 0")


def test_the_last_calls(log):
    """With their feedback, the newest last."""
    for number in range(9):
        answer = log.call(f"question {number}")
    log.write(action="feedback", extensions={"reply_to": answer, "rating": 4})

    calls, _ = log.open().last_calls(2, Filters())

    assert [(call.prompt_text, call.rating) for call in calls] == [
        ("question 7", None),
        ("question 8", 4),
    ]


def test_calls_without_an_ending_are_as_old_as_their_prompts(log):
    """Programs that were killed do not hide what was called since."""
    log.call("first")
    log.prompt("killed")
    log.call("last")

    calls, _ = log.open().last_calls(1, Filters())
    assert [call.prompt_text for call in calls] == ["last"]
    calls, _ = log.open().last_calls(3, Filters())
    assert [call.prompt_text for call in calls] == ["first", "killed", "last"]


@pytest.mark.parametrize("count", [0, 2, 9, 20])
def test_more_of_the_log_is_read_until_there_are_enough_calls(log, monkeypatch, count):
    """As many as were asked for, or all there are, wherever the first look begins."""
    for number in range(9):
        log.call(f"question {number} " + "x" * 500)
    monkeypatch.setattr(FromEnd, "_window_sizes", lambda *_: iter((1500, 4000, None)))

    calls, _ = log.open().last_calls(count, Filters())

    wanted = list(range(9))[-count:] if count else []
    assert [call.prompt_text.split()[1] for call in calls] == [str(each) for each in wanted]


def test_the_end_of_a_file_begins_with_a_whole_line(tmp_path):
    """The line that it would begin in is left out; a size that is too large gives everything."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"first\nsecond\nthird\n")
    ends = {}
    for size in (8, 12, 100):
        for _, file in end_of_file(path, size):
            ends[size] = file.read()

    assert ends == {8: b"third\n", 12: b"third\n", 100: b"first\nsecond\nthird\n"}


def test_windows_grow_to_the_whole_log(log):
    """Each is four times the one before; a log of several files is read as a whole."""
    log.call()
    size, other = log.path.stat().st_size, log.path.with_name("other.jsonl")
    other.touch()

    def sizes(first, *paths):
        return [*FromEnd(hilt.open_log(*paths))._window_sizes(first)]

    assert sizes(size // 5, log.path) == [size // 5, size // 5 * 4, None]
    assert sizes(size, log.path) == [None]
    assert sizes(10, log.path, other) == [None]
