"""Real traffic through the real SDKs: bare and instrumented, sync and async, against the oracle.

For every recording: the caller sees the same, the provider receives the same bytes, and the
events agree with what is on the wire. ``-k anthropic/`` runs one provider.
"""

from __future__ import annotations

import asyncio
import json
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import hilt
from hilt.genai.values import text_of
from tests.conftest import ENDINGS, Log
from tests.shared.oracle import (
    add_bedrock,
    add_unread,
    expected_tokens,
    flat,
    is_model_call,
    run_stories,
)

pytestmark = [pytest.mark.shared, pytest.mark.filterwarnings("ignore")]

INSTRUMENTORS = {
    **dict.fromkeys(("openai", "azure_openai", "deepseek", "openrouter", "vllm"), "openai"),
    **dict.fromkeys(("google_genai", "vertexai"), "gemini"),
    "voyageai": "voyage",
}
"""Which instrumentor sees a recording's provider, where the names differ."""

NOT_DRIVABLE = {("bedrock", "async"): "boto3 has no asynchronous clients"}
"""What no SDK can do."""

EXPLAINED: dict[tuple[str, int, str], str] = {
    (
        "openinference.google-genai.test_interactions_instrumentation.test_agent_stream",
        0,
        "endings",
    ): "an agent was set to work in the background, and nobody asked for its answer",
    (
        "openllmetry.cohere.test_completion.test_cohere_completion_legacy",
        0,
        "finish_reasons",
    ): "each generation says why it ended, where the oracle does not look",
}
"""(recording, interaction, fact) where events and oracle differ, and why the events are right."""

VOLATILE = frozenset(
    ("host", "content-length", "authorization", "x-amz-date", "amz-sdk-invocation-id")
)
"""Request headers that differ from call to call: addresses, signatures, random ids."""


@dataclass
class Run:
    """What one pass over a recording showed, by interaction."""

    results: list[Any] = field(default_factory=list)
    requests: list[list[Any]] = field(default_factory=list)
    events: list[list[dict[str, Any]]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@pytest.fixture(scope="session")
def server(shared: Path, replay: SimpleNamespace) -> Iterator[Any]:
    """One server for every recording; each is reached below its own name."""
    with replay.server.ReplayServer([shared / "recordings"]) as running:
        yield running


@pytest.fixture
def recording(recording_path: Path, record_property: Any) -> dict[str, Any]:
    """A recording, as it stands in its file."""
    found: dict[str, Any] = json.loads(recording_path.read_text(encoding="utf-8"))
    record_property("recording", (found["provider"], found["api"]))
    record_property("calls", len(found["interactions"]))
    return found


def test_recording(recording: dict[str, Any], server: Any, replay: SimpleNamespace) -> None:
    """Nobody notices HILT, and the log says what was said."""
    providers = {interaction["provider"] for interaction in recording["interactions"]}
    bare = {mode: run(recording, server, replay, mode) for mode in ("sync", "async")}
    log = Log()
    names = sorted({INSTRUMENTORS.get(provider, provider) for provider in providers})
    hilt.instrument(session=log.session, providers=names)
    try:
        seen = {mode: run(recording, server, replay, mode, log) for mode in ("sync", "async")}
    finally:
        hilt.uninstrument()
        log.session.close()

    for mode, plain_run in bare.items():
        if plain_run is None:
            assert (recording["provider"], mode) in NOT_DRIVABLE
            continue
        observed = seen[mode]
        assert observed is not None
        assert observed.results == plain_run.results, mode
        assert observed.requests == plain_run.requests, mode
        assert observed.warnings == plain_run.warnings, mode
        problems = differences(recording, observed, replay)
        assert not problems, f"{mode}: " + "; ".join(problems)
    assert log.internal_errors == 0


# -- driving ----------------------------------------------------------------------------------


def run(
    recording: dict[str, Any],
    server: Any,
    replay: SimpleNamespace,
    mode: str,
    log: Log | None = None,
) -> Run | None:
    """Make the calls of a recording, one by one; None if no SDK can."""
    server._served.clear()
    found, url = Run(), server.scoped_url(recording["name"])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            if mode == "sync":
                for part in _parts(recording):
                    with _noted(found, server, log):
                        found.results += replay.drive.drive(part, url)
            else:
                asyncio.run(_run_async(recording, server, replay, url, found, log))
        except replay.drive.NotDrivable:
            return None
    found.warnings = sorted({str(w.message) for w in caught if w.category is not ResourceWarning})
    for result in found.results:
        result.events = [without_dates(event) for event in result.events]
    return found


async def _run_async(
    recording: dict[str, Any], server: Any, replay: Any, url: str, found: Run, log: Log | None
) -> None:
    for part in _parts(recording):
        with _noted(found, server, log):
            found.results += await replay.drive.drive_async(part, url)


def _parts(recording: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**recording, "interactions": [each]} for each in recording["interactions"]]


class _noted:  # noqa: N801 # used as a function
    """Notes what the server received and the log holds for one interaction."""

    def __init__(self, found: Run, server: Any, log: Log | None) -> None:
        self.found, self.server, self.log = found, server, log

    def __enter__(self) -> None:
        self.server.requests.clear()
        if self.log is not None:
            self.log.clear()

    def __exit__(self, *_: object) -> None:
        self.found.requests.append([received(each) for each in self.server.requests])
        if self.log is not None:
            self.found.events.append([event.to_dict() for event in self.log.events])


def received(request: Any) -> Any:
    """A request as bytes and headers, without what is random in every request."""
    headers = {key: value for key, value in request.headers.items() if key not in VOLATILE}
    body = request.body
    boundary = re.search(r"boundary=(\S+)", headers.get("content-type", ""))
    if boundary:
        headers["content-type"] = headers["content-type"].replace(boundary[1], "boundary")
        body = body.replace(boundary[1].encode(), b"boundary")
    if "idempotency-key" in headers:
        headers["idempotency-key"] = "random"
    return request.method, request.path, request.query, headers, body


def without_dates(value: Any) -> Any:
    """JSON without the dates that the loopback server puts in response headers."""
    if isinstance(value, dict):
        return {k: without_dates(v) for k, v in value.items() if str(k).lower() != "date"}
    return [without_dates(each) for each in value] if isinstance(value, list) else value


# -- comparing with the wire ------------------------------------------------------------------


def differences(recording: dict[str, Any], seen: Run, replay: SimpleNamespace) -> list[str]:
    """How the events of a pass differ from the wire, apart from what is explained."""
    problems: list[tuple[int, str, str]] = []
    for number, interaction in enumerate(recording["interactions"]):
        if interaction["api"] == "assistants" and interaction["response"]["status"] < 400:
            continue
        events, result = seen.events[number], seen.results[number]
        if not is_model_call(interaction):
            found = [("events", f"{len(events)} for no call of a model")] if events else []
        elif interaction["response"]["status"] >= 400:
            found = error_differences(interaction, events)
        else:
            found = answer_differences(interaction, events, result, replay)
        problems += [(number, name, text) for name, text in found]
    problems += run_stories(recording["interactions"], seen.events)
    name = recording["name"]
    return [
        f"#{number} {fact}: {text}"
        for number, fact, text in problems
        if (name, number, fact) not in EXPLAINED
    ]


def error_differences(interaction: Any, events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """An error answer is one ``system`` event with its status."""
    endings = [event for event in events if event["action"] in ENDINGS]
    if [event["action"] for event in endings] != ["system"]:
        return [("endings", str([event["action"] for event in events]))]
    facts = endings[0]["extensions"]
    status = interaction["response"]["status"]
    return _unequal(
        ("status_code", facts.get("status_code"), status),
        ("outcome", facts.get("outcome"), "failed"),
        ("reply_to", facts.get("reply_to"), _asked(events)),
        ("message", bool(endings[0]["content"]["text"]), True),
    )


def answer_differences(
    interaction: Any, events: list[dict[str, Any]], result: Any, replay: SimpleNamespace
) -> list[tuple[str, str]]:
    """An answer has one prompt and one ending that says what the wire says."""
    wire = replay.wire.summarise(interaction["api"], replay.wire.events_of(interaction))
    result_usage = result.usage
    if interaction["api"] not in replay.wire.READERS:
        add_unread(interaction, wire)
        result_usage = wire.usage
    add_bedrock(interaction, replay.wire.events_of(interaction), wire)
    endings = [event for event in events if event["action"] in ENDINGS]
    if len(endings) != 1 or endings[0]["action"] == "system":
        return [("endings", str([event["action"] for event in events]))]
    (ending,) = endings
    facts, content = ending["extensions"], ending.get("content", {})
    calls = [event["content"]["tool"]["name"] for event in events if event["action"] == "tool_call"]
    reasons = facts.get("finish_reasons") or [facts.get("finish_reason")]
    tokens = ending.get("metrics", {}).get("tokens", {})
    usage = flat(ending["provenance"].get("usage"))
    # What an SDK hides from its callers, it hides from HILT as well.
    shown = {name: value for name, value in wire.usage.items() if name in result_usage}
    found = [
        ("prompts", sum(event["action"] == "prompt" for event in events) <= 1, True),
        ("reply_to", facts.get("reply_to"), _asked(events)),
        ("text", texts(content), wire.texts),
        ("tool_calls", calls, wire.tool_calls),
        ("finish_reasons", sorted(filter(None, reasons)), sorted(wire.finish_reasons)),
        ("tokens", {k: tokens.get(k) for k in ("prompt", "completion", "total")},
         expected_tokens(interaction, wire.usage)),
        ("usage", {name: usage.get(_key(name)) for name in shown}, shown),
    ]  # fmt: skip
    if ending["action"] == "embedding":
        found.append(("vectors", facts.get("vectors"), wire.vectors))
    if interaction["stream"]:
        chunks = [event for event in events if event["action"] == "completion_chunk"]
        said = "".join(event["content"]["text"] for event in chunks)
        found.append(("chunks", said, wire.texts.get(0, "")))
        indexes = [event["extensions"]["chunk_index"] for event in chunks]
        found.append(("chunk_index", indexes, list(range(len(chunks)))))
    return _unequal(*found)


def texts(content: dict[str, Any]) -> dict[int, str]:
    """The text of every choice that has one, as the events hold it."""
    found = {0: content.get("text") or ""}
    for index, message in enumerate(content.get("choices", ()), 1):
        found[index] = text_of(message["parts"])
    return {index: text for index, text in found.items() if text}


def _asked(events: list[dict[str, Any]]) -> str | None:
    """The event that an ending must answer: the prompt, else the last tool result."""
    asked = [event for event in events if event["action"] in ("prompt", "tool_result")]
    return next(
        (event["event_id"] for event in asked if event["action"] == "prompt"),
        asked[-1]["event_id"] if asked else None,
    )


def _key(name: str) -> str:
    return name.replace("_", "").lower()


def _unequal(*rows: tuple[str, Any, Any]) -> list[tuple[str, str]]:
    return [
        (name, f"logged {seen!r:.300}, on the wire {wanted!r:.300}")
        for name, seen, wanted in rows
        if seen != wanted
    ]
