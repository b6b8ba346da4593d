"""Changes of the lines in an outbox."""

from __future__ import annotations

from pathlib import Path

import msgspec

from hilt.io.sheets.call_rows import OpenCall
from hilt.io.sheets.outbox import Outbox
from hilt.io.sheets.outbox_edits import change_lines, lines_of, outboxes_of, wait_for_batch
from hilt.io.sheets.outbox_state import CallChanges
from hilt.io.sheets.outbox_status import About


def _outbox(folder: Path, *lines: bytes) -> Outbox:
    outbox = Outbox(folder)
    outbox.create()
    for line in lines:
        outbox.append(line + b"\n", 1)
    return outbox


def test_a_line_keeps_its_place_and_length(tmp_path: Path) -> None:
    """What is shorter is filled up with blanks; what is longer does not fit, and goes."""
    outbox = _outbox(tmp_path, b'{"a":1}', b'{"b":22}', b'{"c":3}', b'{"d":4}')
    new = {b'{"b":22}': b'{"b":0}', b'{"c":3}': b'{"c":3333}', b'{"d":4}': None}
    spans = change_lines(tmp_path, lambda line: new.get(line, line))
    (segment,) = tmp_path.glob("*.jsonl")
    assert segment.read_bytes() == b'{"a":1}\n{"b":0} \n       \n       \n'
    assert spans == [(segment.name, 8, 17), (segment.name, 17, 25), (segment.name, 25, 33)]
    assert [line for _, line in lines_of(tmp_path)] == [b'{"a":1}', b'{"b":0} ']
    outbox.close()


def test_a_line_that_is_as_long_as_before_stays(tmp_path: Path) -> None:
    """A pseudonym may fit to the byte."""
    outbox = _outbox(tmp_path, b'{"a":"ann"}', b'{"b":"bob"}')
    spans = change_lines(tmp_path, lambda line: line.replace(b"ann", b"xyz"))
    assert [line for _, line in lines_of(tmp_path)] == [b'{"a":"xyz"}', b'{"b":"bob"}']
    assert len(spans) == 1
    outbox.close()


def test_calls_that_a_line_opened_are_forgotten(tmp_path: Path) -> None:
    """Where nobody sends; the notes would name its conversation."""
    outbox = _outbox(tmp_path, b'{"a":1}')
    ((span, _),) = lines_of(tmp_path)
    assert outbox.acquire()
    outbox.skip([span], CallChanges(opened=[OpenCall(span, "ann", "prompt", "evt_1")]))
    outbox.release()
    change_lines(tmp_path, lambda _: None)
    assert outbox.state.open_calls == []
    assert outbox.state.positions == {span[0]: span[2]}
    outbox.close()


def test_a_batch_of_other_lines_is_not_waited_for(tmp_path: Path) -> None:
    """Only what may arrive although it was erased."""
    outbox = _outbox(tmp_path, b'{"a":1}', b'{"b":2}')
    (first, _), (second, _) = lines_of(tmp_path)
    assert outbox.acquire()
    outbox.begin([first], 1)
    assert wait_for_batch(tmp_path, [second], 0)
    assert not wait_for_batch(tmp_path, [first], 0)
    outbox.release()
    assert wait_for_batch(tmp_path, [first], 0)  # nobody sends it any more
    outbox.close()


def test_outboxes_are_found_by_their_sheet_and_by_their_log(tmp_path: Path) -> None:
    """And no others."""
    for name, about in (("a", About("one", log="/logs/a.jsonl")), ("b", About("two"))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "about.json").write_bytes(msgspec.json.encode(about))
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "about.json").write_bytes(b"torn")

    def found(**wanted: object) -> list[str]:
        return [each.name for each, _ in outboxes_of(root=tmp_path, **wanted)]  # type: ignore[arg-type]  # both kinds

    assert found(sheet_id="two") == ["b"]
    assert found(log=Path("/logs/a.jsonl")) == ["a"]
    assert found(sheet_id="two", log=Path("/logs/a.jsonl")) == ["a", "b"]
    assert found() == []
