"""One span as JSON: as the SDK writes it, and in OTLP; and files of such values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.hilt_otel_exporters.conftest import chat

__all__ = ["MOMENT", "NANOS", "otlp", "sdk_span", "write"]

MOMENT = "2026-11-21T10:00:00.500000Z"
NANOS = 1_795_255_200_500_000_000


def sdk_span(**more: Any) -> dict[str, Any]:
    """A span as `ReadableSpan.to_json` gives it."""
    return {
        "name": "chat",
        "context": {"trace_id": "0x" + "0" * 31 + "1", "span_id": "0x" + "0" * 15 + "2"},
        "kind": "SpanKind.CLIENT",
        "parent_id": None,
        "start_time": MOMENT,
        "end_time": MOMENT,
        "status": {"status_code": "UNSET"},
        "attributes": chat(),
        "events": [{"name": "e", "timestamp": MOMENT, "attributes": {"a": 1}}],
        **more,
    }


def otlp() -> dict[str, Any]:
    """The same span in OTLP's JSON."""
    attributes = [{"key": key, "value": _any(value)} for key, value in chat().items()]
    span = {
        "traceId": "0" * 31 + "1",
        "spanId": "0" * 15 + "2",
        "parentSpanId": "",
        "name": "chat",
        "kind": 3,
        "startTimeUnixNano": str(NANOS),
        "endTimeUnixNano": str(NANOS),
        "attributes": attributes,
        "droppedAttributesCount": 4,
        "status": {"code": 2, "message": "broken"},
        "events": [
            {"name": "e", "timeUnixNano": str(NANOS), "attributes": [_pair("a", {"intValue": "1"})]}
        ],
    }
    scope = {"name": "scope.name", "version": "1.2"}
    return {"resourceSpans": [{"scopeSpans": [{"scope": scope, "spans": [span]}]}]}


def _pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": value}


def _any(value: Any) -> dict[str, Any]:
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def write(path: Path, *values: Any, indent: int | None = None) -> Path:
    """A file with one JSON value after the other."""
    path.write_text("\n".join(json.dumps(value, indent=indent) for value in values) + "\n")
    return path
