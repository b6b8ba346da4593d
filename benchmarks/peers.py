"""What HILT and other tools add to a call of the OpenAI SDK, measured in the same way.

    uv run python benchmarks/peers.py [--tools hilt otel ...] [--scenario chat stream100]

Each tool has a virtual environment of its own, with the newest release that the index has. Two
processes use it: one that records, and one that does not. They take turns with short bursts of
calls, and the median of the differences is reported, so a machine that is busy now and then does
not change it much. Tools other than HILT write their spans to a file, from a background thread
whose time is not in these figures. The provider is a transport inside the process.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, cast

ROOT = Path(__file__).parents[1]
OTLP = "opentelemetry-exporter-otlp-json-file"
SCENARIOS = ("chat", "async", "stream100", "stream2000", "long")


def exporter() -> Any:
    """What writes the spans of a tool to a file."""
    from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter

    return FileSpanExporter(Path("spans.jsonl"))


def provider() -> Any:
    """A tracer provider that writes to a file, as most programs are set up."""
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    made = TracerProvider()
    made.add_span_processor(BatchSpanProcessor(exporter()))
    return made


def set_up_hilt() -> None:
    """HILT, with a local file."""
    import hilt

    hilt.instrument(filepath="log.jsonl", providers=["openai"])


def set_up_otel() -> None:
    """OpenTelemetry's own instrumentation, with content on the span."""
    os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
    from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider())


def set_up_openllmetry() -> None:
    """OpenLLMetry's instrumentation of OpenAI."""
    from opentelemetry.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider())


def set_up_openinference() -> None:
    """OpenInference's instrumentation of OpenAI."""
    from openinference.instrumentation.openai import OpenAIInstrumentor

    OpenAIInstrumentor().instrument(tracer_provider=provider())


def set_up_logfire() -> None:
    """Logfire, which sends nothing."""
    import logfire
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    processors = [BatchSpanProcessor(exporter())]
    logfire.configure(
        send_to_logfire=False,
        console=False,
        metrics=False,
        inspect_arguments=False,
        additional_span_processors=processors,
    )
    logfire.instrument_openai()


def set_up_langfuse() -> None:
    """Langfuse, with a file in the place of its server."""
    from langfuse import Langfuse

    Langfuse(public_key="pk-lf-none", secret_key="sk-lf-none", span_exporter=exporter())
    import langfuse.openai  # noqa: F401  # replaces the SDK's functions


TOOLS: dict[str, tuple[Callable[[], None], tuple[str, ...]]] = {
    "hilt": (set_up_hilt, ()),
    "otel": (set_up_otel, ("opentelemetry-instrumentation-genai-openai", OTLP)),
    "openllmetry": (set_up_openllmetry, ("opentelemetry-instrumentation-openai", OTLP)),
    "openinference": (set_up_openinference, ("openinference-instrumentation-openai", OTLP)),
    "logfire": (set_up_logfire, ("logfire", OTLP)),
    "langfuse": (set_up_langfuse, ("langfuse", OTLP)),
}
"""Each tool's set-up, and the packages that it needs beside HILT and the OpenAI SDK."""


class Worker:
    """A process that makes a burst of calls whenever it is asked to."""

    def __init__(self, python: Path, tool: str, scenario: str, folder: str) -> None:
        command = [python, "-W", "ignore", __file__, "--work", tool, "--scenario", scenario]
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.burst(200)  # warm

    def burst(self, calls: int) -> float:
        """Microseconds a call, on average over a burst."""
        print(calls, file=cast("IO[str]", self.process.stdin), flush=True)
        return float(cast("IO[str]", self.process.stdout).readline())

    def close(self) -> None:
        """Let the process end."""
        self.process.communicate(timeout=60)


def work(tool: str, scenario: str) -> None:
    """Be a worker: read how many calls, make them, print microseconds a call."""
    if tool != "none":
        TOOLS[tool][0]()
    from overhead import caller

    call = caller(scenario)
    for line in sys.stdin:
        started = time.perf_counter()
        for _ in range(int(line)):
            call()
        print((time.perf_counter() - started) * 1e6 / int(line), flush=True)


def environment(tool: str, folder: Path) -> Path:
    """The Python of a tool's environment, which is made if it is missing."""
    python = folder / tool / "bin" / "python"
    if not python.exists():
        packages = ["-e", f"{ROOT}[openai]", *TOOLS[tool][1]]
        subprocess.run(["uv", "venv", "-q", folder / tool], check=True)
        subprocess.run(["uv", "pip", "install", "-q", "--python", python, *packages], check=True)
    return python


def compare(python: Path, tool: str, scenario: str, bursts: int) -> tuple[float, float]:
    """Microseconds of a bare call, and what the tool adds."""
    calls = 2 if scenario == "stream2000" else 20
    with tempfile.TemporaryDirectory() as folder:
        bare, recorded = (Worker(python, each, scenario, folder) for each in ("none", tool))
        pairs = [(bare.burst(calls), recorded.burst(calls)) for _ in range(bursts)]
        bare.close()
        recorded.close()
        if not any(path.stat().st_size for path in Path(folder).iterdir()):
            raise SystemExit(f"{tool} recorded nothing: its figures would mean nothing")
    return (
        statistics.median(before for before, _ in pairs),
        statistics.median(after - before for before, after in pairs),
    )


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--tools", nargs="+", choices=TOOLS, default=list(TOOLS))
    parser.add_argument("--scenario", nargs="+", choices=SCENARIOS, default=["chat", "stream100"])
    parser.add_argument("--bursts", type=int, default=40, help="pairs of bursts")
    parser.add_argument(
        "--environments", type=Path, default=Path(tempfile.gettempdir(), "hilt-peers")
    )
    parser.add_argument("--work", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work, options.scenario[0])
        return
    print(f"{'tool':15}{'scenario':12}{'bare call':>12}{'added':>10}   microseconds")
    for scenario in options.scenario:
        for tool in options.tools:
            python = environment(tool, options.environments.resolve())
            bare, added = compare(python, tool, scenario, options.bursts)
            print(f"{tool:15}{scenario:12}{bare:12,.0f}{added:10,.0f}", flush=True)


if __name__ == "__main__":
    main()
