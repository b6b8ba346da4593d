"""A log is read from its end, as far as a question needs it."""

from __future__ import annotations

import gzip

import pytest

import hilt
from hilt.analysis import from_end
from hilt.analysis.filters import Filters
from hilt.analysis.finding import match_ids
from hilt.analysis.from_end import FromEnd, end_of_log
from hilt.core.exceptions import NoMatchError
from hilt.io.read.lines import chunks_of


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


def test_the_beginning_of_a_long_call_is_read_too(log, monkeypatch):
    """Though many calls ended since it began: a filter by what it asked finds it, too."""
    prompt = log.prompt("long", user="alice")
    for number in range(30):
        log.call(f"question {number}", user="alice" if number > 27 else "bob")
    log.answer(prompt, "at last")
    monkeypatch.setattr(FromEnd, "_window_sizes", lambda *_: iter((4000, None)))

    calls, _ = log.open().last_calls(2, Filters())
    assert [call.prompt_text for call in calls] == ["question 29", "long"]
    calls, _ = log.open().last_calls(1, Filters(user="alice"))
    assert [call.prompt_text for call in calls] == ["long"]


def test_the_end_of_a_log_may_be_in_rotated_files(tmp_path):
    """Only the newest of them are read; a compressed one is read whole."""
    path, older = tmp_path / "app.jsonl", tmp_path / "app.20261102T000000000000Z.jsonl"
    oldest = tmp_path / "app.20261101T000000000000Z.jsonl.gz"
    oldest.write_bytes(gzip.compress(b"first\nsecond\n"))
    older.write_bytes(b"third\nfourth\n")

    def ends(size):
        return [(part.name, b"".join(chunks_of(file))) for part, file in end_of_log(path, size)]

    assert ends(8) == [(older.name, b"fourth\n")]
    path.write_bytes(b"fifth\n")
    assert ends(2) == [("app.jsonl", b"")]
    assert ends(15) == [(older.name, b"fourth\n"), ("app.jsonl", b"fifth\n")]
    assert ends(24)[0] == (oldest.name, b"first\nsecond\n")


def test_windows_do_not_cut_a_compressed_file(log):
    """They grow beyond it at once."""
    log.call()
    size = log.path.stat().st_size
    newest = log.path.with_name("app.20261102T000000000000Z.jsonl.gz")
    newest.write_bytes(gzip.compress(log.path.read_bytes()))
    log.path.with_name("app.20261101T000000000000Z.jsonl").write_bytes(b"x" * size * 9)
    both = size + newest.stat().st_size

    sizes = [*FromEnd(log.open())._window_sizes(size // 3)]

    assert sizes == [size // 3, both, both * 4, None]


def test_the_end_of_a_file_begins_with_a_whole_line(tmp_path):
    """The line that it would begin in is left out; a size that is too large gives everything."""
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"first\nsecond\nthird\n")
    ends = {}
    for size in (8, 12, 100):
        for _, file in end_of_log(path, size):
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


@pytest.mark.parametrize("wrong", ["order-1239", "evt_x", "nothing-like-it"])
def test_the_nearest_id_is_found_in_few_scans(log, monkeypatch, wrong):
    """The one that begins with most of the text, if any begins with five characters of it."""
    for name in ("order-1234", "order-5", "conv_77"):
        log.call(session_id=name)
    scans = []
    monkeypatch.setattr(from_end, "match_ids", lambda *given: scans.append(1) or match_ids(*given))

    with pytest.raises(NoMatchError) as error:
        log.open().find(wrong)

    assert ("order-1234" in str(error.value)) == (wrong == "order-1239")
    assert len(scans) <= 5
