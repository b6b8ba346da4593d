"""The replay server's faults, on recorded traffic: the caller's experience is the same."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hilt
from tests.conftest import Log

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore")]

FAULTS: dict[str, tuple[dict[str, Any], bool, str, bool]] = {
    "reset mid-stream": ({"reset_after_events": 3}, True, "failed", True),
    "reset before": ({"reset_after_events": 0}, False, "failed", False),
    "early end": ({"end_after_events": 3}, True, "completed", True),
    "malformed event": ({"malformed_after_events": 3}, True, "failed", True),
    "truncated body": ({"truncate_body": 60}, False, "failed", False),
    "slow first byte": ({"first_byte_delay": 0.2}, False, "completed", False),
    "500": ({"status": 500}, False, "failed", False),
    "429 with retry-after": ({"status": 429, "retry_after": 1}, True, "failed", False),
}
"""The fault, whether the call streams, the outcome, and whether something had arrived."""


@pytest.mark.parametrize("is_async", [False, True], ids=["sync", "async"])
@pytest.mark.parametrize("name", FAULTS)
def test_fault(name: str, is_async: bool, shared: Path, replay: SimpleNamespace) -> None:
    """Bare and instrumented, the caller sees the same; there is one ending with what came."""
    fault, stream, outcome, partial = FAULTS[name]
    recording = _recording(shared, stream=stream)
    bare = _drive(replay, recording, fault, is_async)
    log = Log()
    hilt.instrument(session=log.session, providers=["openai"])
    try:
        seen = _drive(replay, recording, fault, is_async)
    finally:
        hilt.uninstrument()

    assert seen == bare
    assert log.actions == ["prompt", log.ending["action"]]
    facts = log.ending["extensions"]
    assert facts["outcome"] == outcome
    assert facts.get("partial", False) is partial
    assert facts["reply_to"] == log.one("prompt")["event_id"]
    if fault.get("retry_after"):
        assert (facts["error_code"], facts["retry_after_s"]) == ("rate_limit", 1.0)


def _recording(shared: Path, *, stream: bool) -> dict[str, Any]:
    """A recorded chat of one call, streamed or not, with a text as its answer."""
    for path in sorted((shared / "recordings" / "openai").glob("*.json")):
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        (first, *others) = found["interactions"]
        plain = first["api"] == "chat.completions" and first["response"]["status"] == 200
        if (
            plain
            and not others
            and first["stream"] is stream
            and "tool" not in str(first["request"])
        ):
            return found
    raise LookupError("no such recording")


def _drive(replay: SimpleNamespace, recording: Any, fault: Any, is_async: bool) -> Any:
    with replay.server.ReplayServer([recording]) as server:
        server.inject(replay.server.Fault(**fault))
        if is_async:
            return asyncio.run(replay.drive.drive_async(recording, server.base_url))
        return replay.drive.drive(recording, server.base_url)
