"""Every way to call an SDK: the caller sees the same, and there is one prompt and one ending."""

from __future__ import annotations

import asyncio
import gc
import inspect
import re
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

import hilt
from tests.conftest import Log
from tests.instrumentation.shapes import Shapes, all_shapes

# Streams that are dropped leave sockets to the collector, with HILT or without.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

ANSWER = ["One ", "two ", "three ", "four ", "five."]
"""What the provider says, as a stream cuts it."""


@dataclass(frozen=True)
class Scenario:
    """A way for a call to go, and how the log must end."""

    name: str
    sync: Callable[[Shapes, Any, list[Any]], None] | None
    asynchronous: Callable[[Shapes, Any, list[Any]], Awaitable[None]] | None
    outcome: str
    error_code: str | None = None
    fault: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    partial: bool = False
    attempts: int | None = None
    chunk_delay: float = 0.0
    refused: bool = False


# -- what callers do --------------------------------------------------------------------------


def _create(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    answer = shapes.create(client)
    seen.append((type(answer), shapes.text(answer)))


async def _create_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    answer = await shapes.create(client)
    seen.append((type(answer), shapes.text(answer)))


def _opened(shapes: Shapes, client: Any, seen: list[Any]) -> Any:
    stream = shapes.stream(client)
    seen.append(_kind(stream))
    return stream


async def _opened_async(shapes: Shapes, client: Any, seen: list[Any]) -> Any:
    stream = shapes.stream(client)
    if inspect.isawaitable(stream):
        stream = await stream
    seen.append(_kind(stream))
    return stream


def _kind(stream: Any) -> Any:
    """A stream's type, its look from outside, and whether it is its own iterator."""
    names = ("close", "aclose", "response", "__enter__", "__aenter__", "__next__", "__anext__")
    own = hasattr(stream, "__next__") and iter(stream) is stream
    return type(stream), [name for name in names if hasattr(stream, name)], own


def _drain(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    for chunk in _opened(shapes, client, seen):
        seen.append((type(chunk), shapes.text(chunk)))  # noqa: PERF401 # an error may follow


async def _drain_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    async for chunk in await _opened_async(shapes, client, seen):
        seen.append((type(chunk), shapes.text(chunk)))  # noqa: PERF401 # an error may follow


def _some(shapes: Shapes, stream: Any, seen: list[Any]) -> None:
    """Read until there was some text."""
    for chunk in stream:
        seen.append((type(chunk), shapes.text(chunk)))
        if shapes.text(chunk):
            return


async def _some_async(shapes: Shapes, stream: Any, seen: list[Any]) -> None:
    async for chunk in stream:
        seen.append((type(chunk), shapes.text(chunk)))
        if shapes.text(chunk):
            return


def _break(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    stream = _opened(shapes, client, seen)
    _some(shapes, stream, seen)
    del stream
    gc.collect()


async def _break_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    stream = await _opened_async(shapes, client, seen)
    await _some_async(shapes, stream, seen)
    del stream
    await _collected()


def _never_read(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    _opened(shapes, client, seen)
    gc.collect()


async def _never_read_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    await _opened_async(shapes, client, seen)
    await _collected()


async def _collected() -> None:
    """Let the loop close async generators, each of which may hold the next."""
    for _ in range(3):
        gc.collect()
        await asyncio.sleep(0)


def _close(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    stream = _opened(shapes, client, seen)
    _some(shapes, stream, seen)
    getattr(stream, shapes.close)()
    stream = None  # keep nothing for the next collection


async def _close_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    stream = await _opened_async(shapes, client, seen)
    await _some_async(shapes, stream, seen)
    await getattr(stream, shapes.aclose)()
    stream = None


def _with(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    with _opened(shapes, client, seen) as stream:
        _some(shapes, stream, seen)


async def _with_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    async with await _opened_async(shapes, client, seen) as stream:
        await _some_async(shapes, stream, seen)


def _raise_inside(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    with _opened(shapes, client, seen) as stream:
        _some(shapes, stream, seen)
        raise LookupError("the caller's own")


async def _raise_inside_async(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    async with await _opened_async(shapes, client, seen) as stream:
        await _some_async(shapes, stream, seen)
        raise LookupError("the caller's own")


async def _cancel(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    task = asyncio.ensure_future(_create_async(shapes, client, seen))
    await asyncio.sleep(0.15)
    task.cancel()
    await task


async def _cancel_stream(shapes: Shapes, client: Any, seen: list[Any]) -> None:
    stream = await _opened_async(shapes, client, seen)
    await _some_async(shapes, stream, seen)
    task = asyncio.ensure_future(_some_more(stream))
    await asyncio.sleep(0.05)
    task.cancel()
    await task


async def _some_more(stream: Any) -> None:
    async for _ in stream:  # waits nowhere else, so that it is the stream that is cancelled
        pass


BOTH = (_drain, _drain_async)
SCENARIOS = [
    Scenario("create", _create, _create_async, "completed"),
    Scenario("stream", *BOTH, "completed"),
    Scenario("stream left by break", _break, _break_async, "abandoned", partial=True),
    Scenario("stream never read", _never_read, _never_read_async, "abandoned", partial=True),
    Scenario("stream closed", _close, _close_async, "closed", partial=True),
    Scenario("stream left by with", _with, _with_async, "closed", partial=True),
    Scenario(
        "stream left by an error", _raise_inside, _raise_inside_async, "closed", partial=True
    ),
    Scenario("unauthorized", _create, _create_async, "failed", "authentication", {"status": 401}),
    Scenario("forbidden", _create, _create_async, "failed", "permission_denied", {"status": 403}),
    Scenario("not found", _create, _create_async, "failed", "not_found", {"status": 404}),
    Scenario("bad request", _create, _create_async, "failed", "invalid_request", {"status": 400}),
    Scenario("rate limit", _create, _create_async, "failed", "rate_limit", {"status": 429}),
    Scenario("server error", _create, _create_async, "failed", "server_error", {"status": 500}),
    Scenario("stream refused", *BOTH, "failed", "rate_limit", {"status": 429}),
    Scenario("reset", _create, _create_async, "failed", "connection", {"reset_after": 0}),
    Scenario("stream reset", *BOTH, "failed", "connection", {"reset_after": 3}, partial=True),
    Scenario("stream cut short", *BOTH, "completed", None, {"end_after": 3}, partial=True),
    Scenario("malformed event", *BOTH, "failed", "unknown", {"malformed_after": 3}, partial=True),
    Scenario("truncated body", _create, _create_async, "failed", "connection", {"truncate_to": 40}),
    Scenario(
        "timeout", _create, _create_async, "timeout", "timeout",
        {"first_byte_delay": 0.6}, {"timeout": 0.2},
    ),
    Scenario("no server", _create, _create_async, "failed", "connection", refused=True),
    Scenario(
        "retried", _create, _create_async, "completed", None,
        {"status": 500, "retry_after": 0.01}, {"retries": 2}, attempts=2,
    ),
    Scenario(
        "retried in vain", _create, _create_async, "failed", "rate_limit",
        {"status": 429, "retry_after": 0.01, "times": 5}, {"retries": 1}, attempts=2,
    ),
    Scenario(
        "cancelled", None, _cancel, "cancelled", "cancelled", {"first_byte_delay": 0.6}
    ),
    Scenario(
        "stream cancelled", None, _cancel_stream, "cancelled", "cancelled",
        partial=True, chunk_delay=0.3,
    ),
]  # fmt: skip


# -- the suite --------------------------------------------------------------------------------


# What the default run shows of the whole matrix, which `.ci/run` runs.
_EVERY_SCENARIO = ("anthropic", "openai")
_EVERY_PROVIDER = ("create", "stream", "unauthorized", "stream left by with")


def _cases() -> list[Any]:
    cases = []
    for shapes in all_shapes():
        for scenario in SCENARIOS:
            for mode, run in (("sync", scenario.sync), ("async", scenario.asynchronous)):
                if run is None or scenario.name in shapes.skip:
                    continue
                if mode == "async" and not shapes.has_async:
                    continue
                if not shapes.retries and scenario.attempts:
                    continue
                name = f"{shapes.name}-{mode}-{scenario.name}".replace(" ", "_")
                is_usual = shapes.name in _EVERY_SCENARIO or scenario.name in _EVERY_PROVIDER
                marks = () if is_usual else pytest.mark.slow
                cases.append(pytest.param(shapes, scenario, mode, id=name, marks=marks))
    return cases


def _doors() -> list[Any]:
    return [
        pytest.param(
            shapes, name, mode, run, id=f"{shapes.name}-{mode}-{name}".replace(" ", "_")
        )
        for shapes in all_shapes()
        for name, door in shapes.doors.items()
        for mode, run in (("sync", door.sync), ("async", door.asynchronous))
        if run is not None
    ]  # fmt: skip


def _bare(shapes: Shapes, scenario: Scenario, mode: str, run: Any) -> list[Any]:
    """What the caller sees without HILT; what the SDK imports for it leaves later collections."""
    seen = act(shapes, scenario, mode, run)
    gc.collect()
    gc.freeze()
    return seen


@pytest.mark.parametrize(("shapes", "scenario", "mode"), _cases())
def test_shape(shapes: Shapes, scenario: Scenario, mode: str) -> None:
    """Bare and instrumented, the caller sees the same; the log has one prompt and one ending."""
    run = scenario.sync if mode == "sync" else scenario.asynchronous
    bare = _bare(shapes, scenario, mode, run)
    log = Log()
    hilt.instrument(session=log.session, **shapes.arguments)
    try:
        seen = act(shapes, scenario, mode, run)
        gc.collect()
    finally:
        hilt.uninstrument()

    assert seen == bare
    asked, ending = one_call(log)
    facts = ending["extensions"]
    assert facts["outcome"] == scenario.outcome
    assert facts["latency_ms"] >= 0
    assert facts["latency_ms"] == round(facts["latency_ms"], 3)  # whole microseconds
    assert facts.get("partial", False) is scenario.partial
    assert facts.get("error_code") == scenario.error_code
    if scenario.fault.get("status") and scenario.outcome == "failed":
        assert facts["status_code"] == scenario.fault["status"]
    if scenario.attempts and shapes.counts_attempts:
        assert facts["attempts"] == scenario.attempts
    if scenario.outcome == "completed" and not scenario.partial:
        assert ending["content"]["text"] == "".join(ANSWER)
        assert scenario.name == "stream" or ending["metrics"]["tokens"]["prompt"] > 0
    assert "Hello" in asked["content"]["text"]
    assert log.internal_errors == 0


@pytest.mark.parametrize(("shapes", "name", "mode", "run"), _doors())
def test_door(shapes: Shapes, name: str, mode: str, run: Any) -> None:
    """Every other door to the same calls is observed once, and gives what it gave before."""

    def through(_shapes: Shapes, client: Any, seen: list[Any]) -> Any:
        seen.append(run(client))

    async def through_async(_shapes: Shapes, client: Any, seen: list[Any]) -> None:
        seen.append(await run(client))

    scenario = Scenario(name, None, None, "completed")
    caller = through if mode == "sync" else through_async
    bare = _bare(shapes, scenario, mode, caller)
    log = Log()
    hilt.instrument(session=log.session, **shapes.arguments)
    try:
        seen = act(shapes, scenario, mode, caller)
        gc.collect()
    finally:
        hilt.uninstrument()

    assert seen == bare
    assert not isinstance(seen[-1], Failed), seen[-1]
    _, ending = one_call(log)
    assert ending["extensions"]["outcome"] == "completed"
    assert "partial" not in ending["extensions"]
    assert log.internal_errors == 0


@dataclass(frozen=True)
class Failed:
    """An exception that the caller saw."""

    kind: type[BaseException]
    message: str


def act(shapes: Shapes, scenario: Scenario, mode: str, run: Any) -> list[Any]:
    """Do what a caller does, against a provider of its own; everything that the caller saw."""
    with shapes.server() as provider:
        provider.answer(chunks=ANSWER, times=None)
        if scenario.fault:
            provider.fail(**scenario.fault)
        if scenario.chunk_delay:
            provider.chunk_delay = scenario.chunk_delay
        url = f"http://127.0.0.1:{_free_port()}" if scenario.refused else provider.url
        seen: list[Any] = []
        try:
            if mode == "sync":
                run(shapes, shapes.client(url, False, **scenario.options), seen)
            else:
                asyncio.run(_act_async(shapes, run, url, scenario, seen))
        except (Exception, asyncio.CancelledError) as error:
            seen.append(Failed(type(error), _said(error)))
    return seen


async def _act_async(
    shapes: Shapes, run: Any, url: str, scenario: Scenario, seen: list[Any]
) -> None:
    await run(shapes, shapes.client(url, True, **scenario.options), seen)


def _said(error: BaseException) -> str:
    """What an exception says, without addresses, ports, times of day and durations."""
    return re.sub(r"0x[0-9a-f]+|\d{4,5}|\d\d:\d\d:\d\d|=\d+\.\d+ seconds", "N", str(error))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def one_call(log: Log) -> tuple[dict[str, Any], dict[str, Any]]:
    """The prompt and the ending of the only call."""
    (asked,) = log.of("prompt")
    (ending,) = log.endings
    assert ending.extensions["reply_to"] == asked.event_id
    for chunk in log.of("completion_chunk"):
        assert chunk.extensions["reply_to"] == asked.event_id
    return asked.to_dict(), ending.to_dict()
