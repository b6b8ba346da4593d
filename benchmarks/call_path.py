"""How many functions and files a call passes through on its way to the log.

    uv run python benchmarks/call_path.py [--list chat|chunk|span] [--json]

What a newcomer has to read to follow one call, and what runs cold between two milliseconds of the
SDK's own work. Three ways are counted: a chat call through the OpenAI SDK with a transport in the
process, one chunk of a stream, and one span of another emitter. Each is gone several times and the
shortest counts: what is done at the first call, or every few milliseconds, is left out.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from itertools import count, pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import openai
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

import hilt
import hilt_otel_exporters
from hilt.io.session import Session
from hilt_otel_exporters import HiltJsonlSpanExporter
from hilt_otel_exporters.pipeline import pipeline_for

ROOT = Path(str(hilt.__file__)).parents[1]
PACKAGES = tuple(f"{Path(str(each.__file__)).parent}/" for each in (hilt, hilt_otel_exporters))
INLINED = ("<listcomp>", "<dictcomp>", "<setcomp>")  # functions of their own before Python 3.12
TIMES = 50
MESSAGES: Any = [
    {"role": "system", "content": "You are terse."},
    {"role": "user", "content": "Summarise the incident in three sentences, please."},
]
HEAD = {"id": "chatcmpl-1", "created": 1760000000, "model": "gpt-4o-mini-2024-07-18"}
USAGE = {"prompt_tokens": 71, "completion_tokens": 83, "total_tokens": 154}


def answer() -> bytes:
    """A whole answer, as OpenAI sends it."""
    message = {"role": "assistant", "content": "A disk was full."}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {**HEAD, "object": "chat.completion", "choices": [choice], "usage": USAGE}
    return json.dumps(body).encode()


def stream() -> bytes:
    """An answer in a few chunks more than are looked at."""
    words = [{"content": f"word{number} "} for number in range(TIMES + 5)]
    deltas = [{"role": "assistant", "content": ""}, *words]
    choices = [[{"index": 0, "delta": delta, "finish_reason": None}] for delta in deltas]
    kind = {**HEAD, "object": "chat.completion.chunk"}
    lines = [f"data: {json.dumps({**kind, 'choices': each})}\n\n" for each in choices]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()


def span_attributes(number: int) -> dict[str, Any]:
    """A chat call by the conventions, as OpenTelemetry's own instrumentations record it."""
    told, asked, said = (
        {"type": "text", "content": text}
        for text in (*(each["content"] for each in MESSAGES), "A disk was full.")
    )
    answered = [{"role": "assistant", "parts": [said], "finish_reason": "stop"}]
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.request.temperature": 0.2,
        "server.address": "api.openai.com",
        "server.port": 443,
        "gen_ai.response.id": f"chatcmpl-{number}",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.finish_reasons": ("stop",),
        "gen_ai.usage.input_tokens": 71,
        "gen_ai.usage.output_tokens": 83,
        "gen_ai.usage.cache_read.input_tokens": 64,
        "gen_ai.system_instructions": json.dumps([told]),
        "gen_ai.input.messages": json.dumps([{"role": "user", "parts": [asked]}]),
        "gen_ai.output.messages": json.dumps(answered),
    }


def client(body: bytes, content_type: str) -> openai.OpenAI:
    """A client whose transport answers by itself."""
    base = sys.modules["openai._base_client"]
    http = getattr(base, "httpx2", None) or base.httpx

    def respond(_: Any) -> Any:
        # From an iterator: a body that is there at once is read already.
        headers = {"content-type": content_type, "x-request-id": "req_1"}
        return http.Response(200, headers=headers, content=iter([body]))

    transport = http.Client(transport=http.MockTransport(respond))
    return openai.OpenAI(api_key="none", http_client=transport, max_retries=0)


def functions_called(action: Callable[[], object]) -> list[CodeType]:
    """The functions of HILT that an action enters, in order."""
    entered: list[CodeType] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if (
            event == "call"
            and code.co_filename.startswith(PACKAGES)
            and code.co_name not in INLINED
        ):
            entered.append(code)

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return entered


def shortest(action: Callable[[], object]) -> list[CodeType]:
    """The functions that an action enters when it enters the fewest."""
    return min((functions_called(action) for _ in range(TIMES)), key=len)


def chat_call(folder: Path) -> list[CodeType]:
    """One whole call, written to a file."""
    hilt.instrument(filepath=folder / "chat.jsonl", providers=["openai"])
    sdk, questions = client(answer(), "application/json"), count()

    def ask() -> object:  # each call a question of its own, and so a conversation
        messages = [
            MESSAGES[0],
            {"role": "user", "content": f"Summarise incident {next(questions)}"},
        ]
        return sdk.chat.completions.create(model="gpt-4o-mini", messages=messages, temperature=0.2)

    entered = shortest(ask)
    hilt.uninstrument()
    return entered


def chunk(folder: Path) -> list[CodeType]:
    """One chunk in the middle of a stream."""
    hilt.instrument(filepath=folder / "chunk.jsonl", providers=["openai"])
    sdk = client(stream(), "text/event-stream")
    chunks = sdk.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, stream=True)
    entered = shortest(lambda: next(chunks))
    chunks.close()
    hilt.uninstrument()
    return entered


def foreign_span(folder: Path) -> list[CodeType]:
    """One span of another emitter, from the exporter's door to its lines in a file.

    What waited is written by a thread as a rule: here by hand.
    """
    session = Session(folder / "span.jsonl")
    pipeline = pipeline_for(session, live=False, linger_s=0.0)
    exporter = HiltJsonlSpanExporter(session=session)
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("somebody.else")

    def ended(number: int) -> ReadableSpan:
        span = tracer.start_span("chat gpt-4o-mini", attributes=span_attributes(number))
        span.end()
        return span  # type: ignore[return-value]  # the SDK's span is one

    waiting = [ended(number) for number in range(TIMES)]

    def export() -> None:
        exporter.export([waiting.pop()])
        pipeline.write_due()

    entered = shortest(export)
    exporter.shutdown()
    session.close()
    return entered


WAYS = {"chat": chat_call, "chunk": chunk, "span": foreign_span}


def figures(entered: list[CodeType]) -> dict[str, int]:
    """What is counted of a way."""
    files = [code.co_filename for code in entered]
    return {
        "functions": len(set(entered)),
        "files": len(set(files)),
        "calls": len(entered),
        "changes_of_file": sum(a != b for a, b in pairwise(files)),
    }


def main() -> None:
    """Count, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--list", choices=WAYS, help="print the functions of one way, in order")
    parser.add_argument("--json", action="store_true", help="print JSON in place of a table")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        entered = {way: count(Path(name)) for way, count in WAYS.items()}
    if options.list:
        for code in entered[options.list]:
            print(f"{Path(code.co_filename).relative_to(ROOT)}:{code.co_name}")
        return
    results = {way: figures(codes) for way, codes in entered.items()}
    if options.json:
        print(json.dumps(results))
        return
    print(f"{'':8} {'functions':>10} {'files':>6} {'calls':>6} {'changes of file':>16}")
    for way, row in results.items():
        counts = tuple(row.values())
        print(f"{way:8} {counts[0]:10} {counts[1]:6} {counts[2]:6} {counts[3]:16}")


if __name__ == "__main__":
    main()
