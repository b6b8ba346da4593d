"""Tests for spans from files to a session."""

from __future__ import annotations

import gc
import re
from pathlib import Path
from typing import Any

import pytest

from hilt.core.event import Event
from hilt.core.exceptions import HILTError
from hilt.io.read.bad_line import BadLine
from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters.importing import Imported, import_spans
from tests.hilt_otel_exporters.conftest import chat
from tests.hilt_otel_exporters.span_values import sdk_span, write


def test_import_reads_logs_first_and_says_what_it_did(tmp_path: Path) -> None:
    """Messages may be in a file of log records: the order of the files does not matter."""
    silent = {name: value for name, value in chat().items() if "messages" not in name}
    spans = write(
        tmp_path / "spans.jsonl", sdk_span(attributes=silent), sdk_span(attributes={"a": 1})
    )
    logs = write(
        tmp_path / "logs.jsonl",
        {
            "event_name": "gen_ai.user.message",
            "body": {"content": "Hi"},
            "trace_id": "0x1",
            "span_id": "0x2",
            "attributes": {},
        },
    )
    sink, done = MemorySink(), []

    found = import_spans([spans, logs], Session(sink), on_progress=done.append)

    assert (found.spans, found.genai_spans, found.log_records, found.events) == (2, 1, 1, 2)
    assert sink.events[0].content is not None
    assert sink.events[0].content.text == "Hi"
    assert done == sorted(done)
    assert done[-1] == spans.stat().st_size + logs.stat().st_size


def test_span_of_a_time_that_no_event_can_have_is_counted(tmp_path: Path) -> None:
    """Its events would be refused by whoever reads the log; the other spans are imported."""
    early = {**sdk_span(), "start_time": -5}
    sink = MemorySink()

    found = import_spans([write(tmp_path / "s.jsonl", early, sdk_span())], Session(sink))

    assert (found.spans, found.unreadable, found.events) == (1, 1, 2)
    assert [event.timestamp[:2] for event in sink.events] == ["20", "20"]


@pytest.mark.parametrize("depth", [60, 300, 1_000, 50_000])
@pytest.mark.parametrize("sides", ["[]", '{"a":}'])
def test_messages_that_are_nested_deeply_cost_no_call(
    tmp_path: Path, depth: int, sides: str
) -> None:
    """What no reader decodes is a text of the call."""
    opening, closing = sides[:-1], sides[-1]
    deep = opening * depth + ("1" if "a" in sides else "") + closing * depth
    spans = [sdk_span(attributes=chat() | {"gen_ai.input.messages": deep}), _other(3)]
    sink = MemorySink()

    found = import_spans([write(tmp_path / "s.jsonl", *spans)], Session(sink))

    assert (found.genai_spans, found.unreadable, found.events) == (2, 0, 4)


def test_import_merges_calls_that_are_far_apart_in_a_file(tmp_path: Path) -> None:
    """Two spans of one call are one, with hundreds of other traces between them."""
    first = sdk_span(scope={"name": "sdk"})
    others = [_other(index) for index in range(3, 400)]
    last = sdk_span(
        scope={"name": "framework"},
        context={"trace_id": "0x9", "span_id": "0x9"},
    )
    sink = MemorySink()

    import_spans([write(tmp_path / "s.jsonl", first, *others, last)], Session(sink))

    ids = [(event.provenance or {}).get("response_id") for event in sink.events]
    assert ids.count("resp-1") == 1


def _other(index: int) -> dict[str, Any]:
    return sdk_span(
        context={"trace_id": f"0x{index:x}", "span_id": "0x1"},
        attributes=chat(**{"gen_ai.response.id": f"r{index}"}),
    )


def test_import_counts_what_it_cannot_read(tmp_path: Path) -> None:
    """And what is not about GenAI; content may be left out."""
    spans = write(tmp_path / "spans.jsonl", sdk_span(), {"some": "thing"}, sdk_span(attributes={}))
    sink = MemorySink()

    imported = import_spans([spans], Session(sink), capture_content=False)

    wrong = BadLine(spans, 2, "neither a span nor a log record")
    assert imported == Imported(2, 1, events=2, unreadable=1, errors=[wrong])
    assert [event.content for event in sink.events] == [None, None]


def test_events_of_a_log_need_no_import(tmp_path: Path) -> None:
    """Whoever gives a log where spans are expected is told so."""
    log = write(tmp_path / "log.jsonl", {"hilt_version": "1.0.0", "action": "prompt"})

    (error,) = import_spans([log], Session(MemorySink())).errors

    assert str(error).endswith(
        ":1: an event of HILT's: a log needs no import; to copy one, hilt convert"
    )


def _spans(first: int, after: int) -> list[dict[str, Any]]:
    return [_numbered(number) for number in range(first, after)]


def _numbered(number: int) -> dict[str, Any]:
    ids = {"trace_id": f"0x{number:032x}", "span_id": f"0x{number:016x}"}
    return sdk_span(context=ids, attributes=chat(**{"gen_ai.response.id": f"r{number}"}))


def _response_ids(log: Path) -> list[str]:
    return re.findall('"response_id":"(r[0-9]+)"', log.read_text())


def test_a_second_import_adds_nothing(tmp_path: Path) -> None:
    """Whether spans are calls, merged from several, or tools that ran."""
    tool = sdk_span(
        name="execute_tool f",
        context={"trace_id": "0x1", "span_id": "0x7"},
        parent_id="0x2",
        attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "f"},
    )
    framework = sdk_span(scope={"name": "framework"}, context={"trace_id": "0x9", "span_id": "0x9"})
    spans = write(tmp_path / "spans.jsonl", sdk_span(scope={"name": "sdk"}), framework, tool)
    log = tmp_path / "log.jsonl"
    import_spans([spans], Session(log))
    before = log.read_bytes()

    imported = import_spans([spans], Session(log))

    assert (imported.genai_spans, imported.events) == (3, 0)
    assert log.read_bytes() == before


def test_files_that_overlap_are_imported_once(tmp_path: Path) -> None:
    """Both at once, or one after the other, with a log that was rotated in between."""
    one = write(tmp_path / "one.jsonl", *_spans(1, 6))
    two = write(tmp_path / "two.jsonl", *_spans(4, 9))
    log = tmp_path / "log.jsonl"
    together = import_spans([one, two], Session(tmp_path / "together.jsonl"))
    import_spans([one], Session(log))
    log.rename(tmp_path / "log.20260101T000000000000Z.jsonl")

    later = import_spans([two], Session(log))

    assert _response_ids(tmp_path / "together.jsonl") == [f"r{each}" for each in range(1, 9)]
    assert (together.spans, together.events, later.events) == (10, 16, 6)
    assert _response_ids(log) == ["r6", "r7", "r8"]


def test_nothing_is_made_where_there_is_nothing_to_write(tmp_path: Path) -> None:
    """No folder, no file."""
    spans = write(tmp_path / "spans.jsonl", sdk_span(attributes={}))

    import_spans([spans], Session(tmp_path / "new" / "log.jsonl"))

    assert list(tmp_path.iterdir()) == [spans]


def test_a_log_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    """Events are not lost without a word."""
    spans = write(tmp_path / "spans.jsonl", sdk_span())
    (tmp_path / "file").write_text("")

    with pytest.raises(HILTError, match="file"):
        import_spans([spans], Session(tmp_path / "file" / "log.jsonl"))


def test_garbage_is_collected_as_before_when_an_import_is_over(tmp_path: Path) -> None:
    """It is collected less often meanwhile, since what waits has no cycles."""
    usual, seen = gc.get_threshold(), []
    path = write(tmp_path / "spans.json", sdk_span(attributes=chat()))

    def note(_event: Event) -> Event:
        seen.append(gc.get_threshold()[0])
        return _event

    with Session(MemorySink(), processors=[note]) as session:
        import_spans([path], session)

    assert gc.get_threshold() == usual
    assert set(seen) == {50_000}


def test_program_that_collects_no_garbage_is_left_alone(tmp_path: Path) -> None:
    """A threshold of nothing means never."""
    usual = gc.get_threshold()
    gc.set_threshold(0)
    try:
        with Session(MemorySink()) as session:
            import_spans([write(tmp_path / "spans.json", sdk_span(attributes=chat()))], session)
        assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*usual)
