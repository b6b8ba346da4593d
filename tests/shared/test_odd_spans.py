"""Recorded spans with something odd on them, one attribute at a time: the calls are told."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from hilt.core.guard import guard
from hilt.io.session import Session
from hilt.testing.memory import MemorySink
from hilt_otel_exporters.pipeline import SpanPipeline
from hilt_otel_exporters.span_files import SpanFile
from hilt_otel_exporters.span_record import SpanRecord
from tests.conftest import shared_folder

pytestmark = pytest.mark.shared

ODD: tuple[Any, ...] = (
    True, -1, "", "x", "{", "[[]]", "[null]", '{"a":1}', ("a",), (), float("nan"), None, b"x",
    [{"a": [1]}], '[{"role":["u"],"content":5}]', '[{"role":"user","parts":[5]}]',
    '[{"role":"user","parts":[{"type":"text","content":5}]}]',
    '[{"role":"assistant","tool_calls":[5]}]', '[{"role":"tool","tool_call_id":5,"content":"x"}]',
)  # fmt: skip
KINDS = {"gen_ai.operation.name", "openinference.span.kind", "llm.request.type"}
"""What says that a span is a call at all."""


def events_of(records: list[SpanRecord]) -> list[dict[str, Any]]:
    """What a log has of some spans; every event is one as the format says."""
    sink = MemorySink()
    log = SpanPipeline(Session(sink), live=False)
    for record in records:
        log.add(record)
    log.flush()
    return [event.to_dict() for event in sink.events]


def emitters() -> list[str]:
    """The folders of captured spans."""
    folder = shared_folder() / "foreign-spans"
    return sorted(path.name for path in folder.glob("*") if path.is_dir())


@pytest.mark.parametrize("emitter", emitters())
def test_odd_attributes_lose_no_call(emitter: str, shared: Path) -> None:
    """Each attribute that the emitter sets, with each odd value in its place."""
    tried = set()
    for path in sorted((shared / "foreign-spans" / emitter).glob("*.json")):
        records = [each for each in SpanFile(path) if isinstance(each, SpanRecord)]
        told = events_of(copy.deepcopy(records))
        for index, record in enumerate(records):
            for name in set(record.attributes) - tried - KINDS:
                tried.add(name)
                for value in ODD:
                    changed = copy.deepcopy(records)
                    changed[index].attributes = {**record.attributes, name: value}
                    errors = guard.errors
                    found = events_of(changed)
                    assert guard.errors == errors, (path.name, name, value)
                    assert found or not told, (path.name, name, value)
    assert tried
