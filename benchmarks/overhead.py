"""What HILT adds to a call of the OpenAI SDK: bare and instrumented calls in turn, medians.

    uv run python benchmarks/overhead.py [--calls 300] [--scenario chat ...] [--json]

The provider is a transport inside the process, so what is measured is the SDK and HILT and nothing
else. Bare and instrumented calls alternate, each pair close in time, and the median of the
differences is reported: a machine that is busy now and then does not change it much.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import openai

import hilt
from hilt.instrumentation import engine
from hilt.io.jsonl import log_file
from hilt.recording import event_builder, event_fields, writer

WORDS = [f"word{number} " for number in range(100)]
USAGE = {"prompt_tokens": 71, "completion_tokens": 83, "total_tokens": 154}
HEAD = {"id": "chatcmpl-1", "created": 1760000000, "model": "gpt-4o-mini-2024-07-18"}


def request(**extra: Any) -> dict[str, Any]:
    """A chat request."""
    messages = [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "Summarise the incident in three sentences, please."},
    ]
    return {"model": "gpt-4o-mini", "messages": messages, "temperature": 0.2, **extra}


def long_request() -> dict[str, Any]:
    """A conversation of 100 messages of 1,000 characters."""
    roles = ("user", "assistant")
    messages = [
        {"role": roles[turn % 2], "content": f"turn {turn} " + "lorem ipsum " * 83}
        for turn in range(99)
    ]
    return request(messages=[*messages, {"role": "user", "content": "And now?"}])


def answer() -> bytes:
    """A whole answer."""
    message = {"role": "assistant", "content": "".join(WORDS)}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return json.dumps(
        {**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    ).encode()


def stream(chunks: int) -> list[bytes]:
    """An answer in so many chunks."""
    kind = {**HEAD, "object": "chat.completion.chunk"}

    def event(delta: dict[str, Any], reason: str | None = None) -> dict[str, Any]:
        return {**kind, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}

    events = [event({"role": "assistant", "content": ""})]
    events += [event({"content": WORDS[number % 100]}) for number in range(chunks)]
    events += [event({}, "stop"), {**kind, "choices": [], "usage": USAGE}]
    return [f"data: {json.dumps(each)}\n\n".encode() for each in events] + [b"data: [DONE]\n\n"]


def make_client(reply: bytes | list[bytes], *, asynchronous: bool) -> Any:
    """A client whose transport answers by itself."""
    base = sys.modules["openai._base_client"]
    http = getattr(base, "httpx2", None) or base.httpx
    streamed = isinstance(reply, list)
    headers = {"content-type": "text/event-stream" if streamed else "application/json"}

    def respond(_: Any) -> Any:
        return http.Response(200, headers=headers, content=iter(reply) if streamed else reply)

    async def respond_async(_: Any) -> Any:
        return http.Response(200, headers=headers, content=reply)

    if asynchronous:
        client = http.AsyncClient(transport=http.MockTransport(respond_async))
        return openai.AsyncOpenAI(api_key="none", http_client=client, max_retries=0)
    client = http.Client(transport=http.MockTransport(respond))
    return openai.OpenAI(api_key="none", http_client=client, max_retries=0)


def caller(name: str) -> Callable[[], None]:
    """What makes one call of a scenario."""
    reply = stream(int(name.removeprefix("stream"))) if name.startswith("stream") else answer()
    client = make_client(reply, asynchronous=name == "async")
    sent = long_request() if name == "long" else request()
    if name == "async":
        loop = asyncio.new_event_loop()
        return lambda: loop.run_until_complete(client.chat.completions.create(**sent)) and None
    if not name.startswith("stream"):
        return lambda: client.chat.completions.create(**sent) and None

    def drain() -> None:
        for _ in client.chat.completions.create(**sent, stream=True):
            pass

    return drain


def timed(call: Callable[[], None]) -> tuple[float, float]:
    """Wall and processor microseconds of one call."""
    wall, cpu = time.perf_counter_ns(), time.process_time_ns()
    call()
    return (time.perf_counter_ns() - wall) / 1e3, (time.process_time_ns() - cpu) / 1e3


def measure(name: str, calls: int, folder: Path) -> dict[str, float]:
    """The medians of a scenario: a bare call, and what HILT adds in wall and processor time."""
    call = caller(name)
    pairs = []
    for number in range(calls + 20):
        bare = timed(call)
        hilt.instrument(filepath=folder / "log.jsonl", providers=["openai"])
        call()  # instrument() has just been called: not what is measured
        logged = timed(call)
        hilt.uninstrument()
        call()
        if number >= 20:  # warm by now
            pairs.append((bare, logged))
    return {
        "bare_us": statistics.median(bare[0] for bare, _ in pairs),
        "added_wall_us": statistics.median(logged[0] - bare[0] for bare, logged in pairs),
        "added_cpu_us": statistics.median(logged[1] - bare[1] for bare, logged in pairs),
    }


PARTS = (
    (engine.Engine, "begin", "before the request leaves, in all"),
    (event_builder.EventBuilder, "begin", "  making the prompt event"),
    (engine.Call, "end", "after the answer came, in all"),
    (event_builder.EventBuilder, "end", "  making the ending"),
    (event_fields, "cost_usd_of", "  pricing"),
    (writer, "encode_events", "encoding, each time"),
    (log_file.LogFile, "append", "writing what a call ends with"),
)


@contextmanager
def stopwatch(owner: Any, name: str, times: list[float]) -> Iterator[None]:
    """Note how long a function takes, in microseconds, each time it is called."""
    original = getattr(owner, name)

    def timed_function(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter_ns()
        try:
            return original(*args, **kwargs)
        finally:
            times.append((time.perf_counter_ns() - start) / 1e3)

    setattr(owner, name, timed_function)
    try:
        yield
    finally:
        setattr(owner, name, original)


def parts(calls: int, folder: Path) -> dict[str, float]:
    """Where a chat call's time goes, part by part, in place."""
    call = caller("chat")
    found = {}
    for owner, name, label in PARTS:
        times: list[float] = []
        # Wrappers keep the functions that they call, so the watch comes before they are made.
        with stopwatch(owner, name, times):
            hilt.instrument(filepath=folder / "parts.jsonl", providers=["openai"])
            for _ in range(calls):
                call()
            hilt.uninstrument()
        found[label] = statistics.median(times)
    return found


def main() -> None:
    """Measure, and print a table."""
    scenarios = ("chat", "async", "stream100", "stream2000", "long")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--calls", type=int, default=200, help="pairs of calls in a scenario")
    parser.add_argument("--scenario", nargs="+", choices=scenarios, default=scenarios)
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        results = {}
        for scenario in options.scenario:
            calls = max(10, options.calls // (10 if scenario == "stream2000" else 1))
            results[scenario] = measure(scenario, calls, folder)
        breakdown = parts(options.calls, folder)
    if options.json:
        print(json.dumps({"scenarios": results, "parts": breakdown}))
        return
    print(f"openai {openai.__version__}, Python {sys.version.split()[0]}\n")
    print(f"{'scenario':12} {'bare call':>12} {'added wall':>12} {'added cpu':>12}   microseconds")
    for scenario, row in results.items():
        cells = "".join(f" {value:12,.0f}" for value in row.values())
        print(f"{scenario:12}{cells}")
    print("\nWhere a chat call's time goes (microseconds, in place):")
    for label, value in breakdown.items():
        print(f"  {label:38} {value:8.1f}")


if __name__ == "__main__":
    main()
