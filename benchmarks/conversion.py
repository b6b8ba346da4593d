"""How fast spans of other emitters become events, and in how much memory.

    python benchmarks/conversion.py [--spans 100000] [--check SPANS_PER_SECOND]

Writes a file of spans as an agent framework records them, with two calls of a model and a tool in
each trace and a call that a second instrumentation saw too, and imports it in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PER_TRACE = 5


def main() -> int:
    """Make a file, import it in a fresh process, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spans", type=int, default=100_000)
    parser.add_argument("--check", type=int, help="fail below so many spans a second")
    parser.add_argument("--import-only", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.import_only:
        return measure(*options.import_only)
    with tempfile.TemporaryDirectory() as folder:
        spans = Path(folder, "spans.jsonl")
        with spans.open("w", encoding="utf-8") as out:
            for index in range(options.spans // PER_TRACE):
                out.writelines(json.dumps(span) + "\n" for span in trace(index))
        megabytes = spans.stat().st_size / 1e6
        command = [sys.executable, __file__, "--import-only", str(spans), f"{folder}/log.jsonl"]
        found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    print(f"{found['spans']:,} spans ({megabytes:.0f} MB) -> {found['events']:,} events")
    print(f"{found['spans_per_second']:,.0f} spans/s, {found['seconds']:.1f} s by the clock")
    print(f"{found['spans_per_cpu_second']:,.0f} spans/s of processor time")
    print(f"peak memory {found['peak_mb']:.0f} MB, of which {found['base_mb']:.0f} MB at the start")
    return int(options.check is not None and found["spans_per_cpu_second"] < options.check)


def measure(spans: str, log: str) -> int:
    """Import a file, and print what it took as JSON."""
    from hilt.io.session import Session
    from hilt_otel_exporters.importing import import_spans

    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    start, busy = time.perf_counter(), time.process_time()
    with Session(log) as session:
        found = import_spans([spans], session)
    seconds, busy = time.perf_counter() - start, time.process_time() - busy
    figures = {
        "spans": found.spans,
        "events": found.events,
        "seconds": seconds,
        "cpu_seconds": busy,
        "spans_per_second": found.spans / seconds,
        "spans_per_cpu_second": found.spans / busy,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "base_mb": base,
    }
    print(json.dumps(figures))
    return 0


def trace(index: int) -> Iterator[dict[str, Any]]:
    """The spans of one run of an agent, in the order in which they end."""
    number = f"{index + 1:032x}"
    question = f"What is the weather in town {index}?"
    asked = [_message("user", _text(question))]
    call = {
        "type": "tool_call",
        "id": f"call_{index}",
        "name": "weather",
        "arguments": {"t": index},
    }
    answer = [_message("assistant", call)]
    result = {"type": "tool_call_response", "id": f"call_{index}", "response": "14 degrees"}
    then = [*asked, *answer, _message("tool", result)]
    yield _span(number, 3, 2, 10, 90, "POST chat", _model(f"resp-{index}-1", asked, answer))
    yield _span(number, 2, 1, 5, 100, "chat gpt-4o-mini", _model(f"resp-{index}-1", asked, answer))
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "weather",
        "gen_ai.tool.call.id": f"call_{index}",
        "gen_ai.tool.call.arguments": json.dumps({"t": index}),
        "gen_ai.tool.call.result": "14 degrees",
    }
    yield _span(number, 4, 1, 110, 120, "execute_tool weather", tool)
    said = [_message("assistant", _text("It is 14 degrees."))]
    yield _span(number, 5, 1, 130, 200, "chat gpt-4o-mini", _model(f"resp-{index}-2", then, said))
    agent = {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "weather_agent"}
    yield _span(number, 1, None, 0, 210, "invoke_agent weather_agent", agent)


def _message(role: str, *parts: dict[str, Any]) -> dict[str, Any]:
    return {"role": role, "parts": list(parts)}


def _text(text: str) -> dict[str, Any]:
    return {"type": "text", "content": text}


def _model(response_id: str, asked: list[Any], said: list[Any]) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": response_id,
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.usage.input_tokens": 120,
        "gen_ai.usage.output_tokens": 12,
        "gen_ai.input.messages": json.dumps(asked),
        "gen_ai.output.messages": json.dumps(said),
    }


def _span(
    trace_id: str,
    span: int,
    parent: int | None,
    began: int,
    ended: int,
    name: str,
    attributes: dict[str, Any],
) -> dict[str, Any]:
    index = int(trace_id, 16)
    second = f"{index // 3600 % 24:02}:{index // 60 % 60:02}:{index % 60:02}"
    return {
        "name": name,
        "context": {"trace_id": f"0x{trace_id}", "span_id": f"0x{index * 8 + span:016x}"},
        "parent_id": None if parent is None else f"0x{index * 8 + parent:016x}",
        "kind": "SpanKind.CLIENT",
        "start_time": f"2026-01-01T{second}.{began * 1000:06}Z",
        "end_time": f"2026-01-01T{second}.{ended * 1000:06}Z",
        "status": {"status_code": "UNSET"},
        "attributes": attributes,
        "events": [],
        "scope": {"name": "sdk.instrumentation" if span == 3 else "agent.framework"},
    }


if __name__ == "__main__":
    sys.exit(main())
