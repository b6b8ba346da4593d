"""Puts a real instrumentation of openai and HILT on and off, in each of some orders.

    python orders_of_others.py NAME ORDER ...

In an order, H and h switch HILT on and off, O and o the other instrumentation. After each step a
client that was there before, and one that is made now, each make a call and read a stream, plain
and async. Each order runs in a child of its own, since some instrumentations never come off.
Prints a line for each step after which a call was not logged once, or was while HILT was off.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import logging
import os
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import hilt
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client, sse
from tests.instrumentation.test_patching import ANSWER, ASK

NOWHERE = "http://127.0.0.1:1"
SETTINGS = {
    "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
    "DD_REMOTE_CONFIGURATION_ENABLED": "false",
    "DD_TRACE_AGENT_URL": NOWHERE,
    "LANGFUSE_BASE_URL": NOWHERE,
    "LANGFUSE_HOST": NOWHERE,
    "LANGFUSE_PUBLIC_KEY": "pk",
    "LANGFUSE_SECRET_KEY": "sk",
    "LANGSMITH_API_KEY": "key",
    "LANGSMITH_ENDPOINT": NOWHERE,
    "LANGSMITH_TRACING": "true",
}
CHUNKS = [
    {**ANSWER, "object": "chat.completion.chunk", "usage": None,
     "choices": [{"index": 0, "finish_reason": reason, "delta": {"content": text}}]}
    for text, reason in (("Hel", None), ("lo!", None), ("", "stop"))
]  # fmt: skip
ONCE = {"prompt": 8, "completion": 8}  # two clients, plain and async, whole and streamed

Off = Callable[[], object]


def answer(request: Any) -> Any:
    """A stream, or a whole answer."""
    http = sys.modules[type(request).__module__.partition(".")[0]]
    if b'"stream":true' in request.content.replace(b" ", b""):
        headers = {"content-type": "text/event-stream"}
        return http.Response(200, content=sse(CHUNKS), headers=headers)
    return http.Response(200, json=ANSWER)


def clients() -> list[Any]:
    """A client and an async client."""
    return [
        openai_client({"POST /chat/completions": answer}, is_async=is_async)
        for is_async in (False, True)
    ]


def call(client: Any) -> None:
    """Make a call, and read a stream."""
    client.chat.completions.create(**ASK)
    for _ in client.chat.completions.create(**ASK, stream=True):
        pass


async def call_async(client: Any) -> None:
    """The same with an async client."""
    await client.chat.completions.create(**ASK)
    async for _ in await client.chat.completions.create(**ASK, stream=True):
        pass


@contextlib.contextmanager
def put_back(*owners: Any) -> Iterator[None]:
    """What comes off by nothing but putting back what stood there."""
    before = [dict(vars(owner)) for owner in owners]
    yield
    for owner, names in zip(owners, before, strict=True):
        for name, value in vars(owner).copy().items():
            if name not in names:
                delattr(owner, name)
            elif names[name] is not value:
                setattr(owner, name, names[name])


def _instrumentor(module: str) -> Callable[[list[Any]], Off]:
    def switch_on(_: list[Any]) -> Off:
        from opentelemetry.sdk.trace import TracerProvider

        instrumentor = importlib.import_module(module).OpenAIInstrumentor()
        instrumentor.instrument(tracer_provider=TracerProvider())
        off: Off = instrumentor.uninstrument
        return off

    return switch_on


def _until_put_back(owners: list[Any], switch_on: Callable[[], object]) -> Off:
    putting_back = put_back(*owners)
    putting_back.__enter__()
    switch_on()
    return lambda: putting_back.__exit__(None, None, None)


def _openlit(_: list[Any]) -> Off:
    import openlit
    from openai.resources.chat.completions import AsyncCompletions, Completions

    return _until_put_back(
        [Completions, AsyncCompletions],
        # Without a file of prices it would ask the network for one.
        lambda: openlit.init(otlp_endpoint=NOWHERE, disable_metrics=True, pricing_json=os.devnull),
    )


def _langfuse(_: list[Any]) -> Off:
    from openai.resources.chat.completions import AsyncCompletions, Completions

    def switch_on() -> None:
        loaded = sys.modules.get("langfuse.openai")
        if loaded is None:
            importlib.import_module("langfuse.openai")
        else:
            loaded.register_tracing()

    return _until_put_back([Completions, AsyncCompletions], switch_on)


def _langsmith(used: list[Any]) -> Off:
    from langsmith.wrappers import wrap_openai

    completions = [client.chat.completions for client in used]
    return _until_put_back(completions, lambda: [wrap_openai(client) for client in used])


def _logfire(used: list[Any] | None) -> Off:
    import logfire

    logfire.configure(send_to_logfire=False, console=False)
    switches = [logfire.instrument_openai(each) for each in used or [None]]

    def off() -> None:
        for switch in switches:
            with switch:
                pass

    return off


def _ddtrace(_: list[Any]) -> Off:
    from ddtrace import patch
    from ddtrace.contrib.internal.openai.patch import unpatch

    patch(openai=True, raise_errors=True)
    off: Off = unpatch
    return off


OTHERS: dict[str, tuple[str, Callable[[list[Any]], Off]]] = {
    "ddtrace": ("ddtrace", _ddtrace),
    "langfuse": ("langfuse", _langfuse),
    "langsmith": ("langsmith", _langsmith),
    "logfire, a client": ("logfire", _logfire),
    "logfire, all clients": ("logfire", lambda _: _logfire(None)),
    "official": (
        "opentelemetry.instrumentation.genai.openai",
        _instrumentor("opentelemetry.instrumentation.genai.openai"),
    ),
    "official, v2": (
        "opentelemetry.instrumentation.openai_v2",
        _instrumentor("opentelemetry.instrumentation.openai_v2"),
    ),
    "openinference": (
        "openinference.instrumentation.openai",
        _instrumentor("openinference.instrumentation.openai"),
    ),
    "openllmetry": (
        "opentelemetry.instrumentation.openai",
        _instrumentor("opentelemetry.instrumentation.openai"),
    ),
    "openlit": ("openlit", _openlit),
}
"""By name: the module that must be there, and what is given clients and switches it on."""


def wrong_steps(name: str, order: str) -> Iterator[str]:
    """A line for each step after which calls were not logged as they are to be."""
    log, used, off = Log(), clients(), []
    running = asyncio.new_event_loop()
    is_on = False
    for number, step in enumerate(order, 1):
        if step == "O":
            off.append(OTHERS[name][1](used))
        elif step == "o" and off:
            off.pop()()
        elif step == "H":
            hilt.instrument(session=log.session, providers=["openai"])
        elif step == "h":
            hilt.uninstrument()
        is_on = step == "H" if step in "Hh" else is_on
        before = Counter(log.actions)
        for plain, asynchronous in (used, clients()):
            call(plain)
            running.run_until_complete(call_async(asynchronous))
        logged = Counter(log.actions) - before
        del logged["completion_chunk"]
        if logged != (ONCE if is_on else {}):
            yield f"{order[:number]} {dict(logged)}"


def main(name: str, orders: list[str]) -> None:
    """Run each order in a child."""
    os.environ.update(SETTINGS)
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    importlib.import_module(OTHERS[name][0])  # once, for all children
    for order in orders:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                for line in wrong_steps(name, order):
                    print(line, flush=True)
                status = 0
            except BaseException as error:  # said, and the others run
                print(f"{order} {type(error).__name__}: {error}", flush=True)
            finally:
                os._exit(status)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
