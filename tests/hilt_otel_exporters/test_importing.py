"""Tests for spans from files to a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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

    assert imported == Imported(spans=2, genai_spans=1, events=2, unreadable=1)
    assert [event.content for event in sink.events] == [None, None]
