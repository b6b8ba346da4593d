"""Tests for the auto-agent: programs that were not changed, started by opentelemetry-instrument."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from hilt.instrumentation.instrumentors import instrumentor_of
from hilt.providers.registry import PROVIDERS
from hilt.testing import Provider

SYNC = """
import os, openai
client = openai.OpenAI(base_url=os.environ["PROVIDER"], api_key="x")
ask = dict(model="gpt-4o-mini", messages=[{"role": "user", "content": "What is Python?"}])
client.chat.completions.create(**ask)
for chunk in client.chat.completions.create(**ask, stream=True):
    pass
"""
ASYNC = """
import asyncio, os, openai
async def main():
    client = openai.AsyncOpenAI(base_url=os.environ["PROVIDER"], api_key="x")
    def ask(number):
        messages = [{"role": "user", "content": f"Question {number}"}]
        return client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    await asyncio.gather(*map(ask, range(5)))
asyncio.run(main())
"""
WEB = """
import os, openai
client = openai.OpenAI(base_url=os.environ["PROVIDER"], api_key="x")
def app(environ, start_response):
    content = "Question " + environ["PATH_INFO"].strip("/")
    messages = [{"role": "user", "content": content}]
    client.chat.completions.create(model="gpt-4o-mini", messages=messages)
    start_response("200 OK", [("content-type", "text/plain")])
    return [str(os.getpid()).encode()]
"""

needs_distro = pytest.mark.skipif(
    not entry_points(group="opentelemetry_configurator"), reason="needs opentelemetry-distro"
)


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on the loopback."""
    with Provider() as running:
        yield running


def environment(provider: Provider, log: Path, **more: str) -> dict[str, str]:
    """What the one-liner sets."""
    folder = str(Path(sys.executable).parent)
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', '')}",
        "PROVIDER": provider.openai_url,
        "HILT_FILEPATH": str(log),
        "OTEL_TRACES_EXPORTER": "hilt_jsonl",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        **more,
    }


def run(program: str, folder: Path, provider: Provider, **more: str) -> tuple[list[Any], str]:
    """The events of a program that was started by opentelemetry-instrument, and its output."""
    (folder / "app.py").write_text(program)
    done = subprocess.run(
        ["opentelemetry-instrument", "python", "app.py"],
        cwd=folder,
        env=environment(provider, folder / "log.jsonl", **more),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return read(folder / "log.jsonl"), done.stdout


def read(path: Path) -> list[Any]:
    """The events of a log."""
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def texts(events: list[Any], action: str) -> list[str]:
    """What the events of an action say."""
    return [event["content"]["text"] for event in events if event["action"] == action]


def test_every_instrumentor_is_an_entry_point() -> None:
    """Each instrumentor is found by the auto-agent, under a name that begins with ``hilt_``."""
    found = {
        entry.name: entry.load()
        for entry in entry_points(group="opentelemetry_instrumentor")
        if entry.name.startswith("hilt_")
    }

    assert found == {f"hilt_{name}": type(instrumentor_of(name)) for name in PROVIDERS}


def test_both_exporters_are_entry_points() -> None:
    """``OTEL_TRACES_EXPORTER`` knows both exporters by name."""
    names = {entry.name for entry in entry_points(group="opentelemetry_traces_exporter")}

    assert {"hilt_jsonl", "hilt_sheets"} <= names


def printed_command() -> str:
    """The commands of docs/opentelemetry.md that start a program, after the one that installs."""
    page = (Path(__file__).parents[2] / "docs" / "opentelemetry.md").read_text(encoding="utf-8")
    block = next(each for each in page.split("```bash\n") if "opentelemetry-instrument" in each)
    install, *commands = block.partition("```")[0].splitlines()
    assert install == "pip install opentelemetry-distro"
    return "\n".join(commands)


@pytest.mark.slow
@needs_distro
def test_printed_command_logs_a_program(tmp_path: Path, provider: Provider) -> None:
    """What the page prints works with what the page installs, and says nothing on stderr."""
    (tmp_path / "app.py").write_text(SYNC)
    variables = environment(provider, tmp_path)
    bare = {k: v for k, v in variables.items() if not k.startswith(("OTEL_", "HILT_"))}

    done = subprocess.run(
        ["bash", "-c", printed_command()],
        cwd=tmp_path,
        env=bare,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert (done.returncode, done.stderr) == (0, "")
    answers = texts(read(tmp_path / "logs" / "app.jsonl"), "completion")
    assert answers == ["You said: What is Python?"] * 2


@pytest.mark.slow
@needs_distro
def test_unchanged_program_is_logged_with_its_content(tmp_path: Path, provider: Provider) -> None:
    """One command, and the log has prompts, chunks and answers."""
    events, _ = run(SYNC, tmp_path, provider)

    assert texts(events, "prompt") == ["What is Python?"] * 2
    assert texts(events, "completion") == ["You said: What is Python?"] * 2
    assert "".join(texts(events, "completion_chunk")) == "You said: What is Python?"


@pytest.mark.slow
@needs_distro
def test_call_that_returned_is_logged_though_nothing_is_flushed(
    tmp_path: Path, provider: Provider
) -> None:
    """A program that ends without a goodbye, as uvicorn does on a signal, has logged its calls."""
    events, _ = run(SYNC + "os._exit(0)\n", tmp_path, provider)

    assert texts(events, "completion") == ["You said: What is Python?"] * 2


@pytest.mark.slow
@needs_distro
def test_example_script_logs_a_program(tmp_path: Path, provider: Provider) -> None:
    """``examples/auto_agent.sh`` is the same one command, with its settings."""
    (tmp_path / "app.py").write_text(SYNC)
    script = Path(__file__).parents[2] / "examples" / "auto_agent.sh"

    subprocess.run(
        ["sh", str(script), "app.py"],
        cwd=tmp_path,
        env=environment(provider, tmp_path / "log.jsonl"),
        check=True,
        timeout=120,
    )

    assert texts(read(tmp_path / "log.jsonl"), "prompt") == ["What is Python?"] * 2


@pytest.mark.slow
@needs_distro
def test_unchanged_async_program_is_logged(tmp_path: Path, provider: Provider) -> None:
    """Concurrent calls of an async client are all there."""
    events, _ = run(ASYNC, tmp_path, provider)

    assert sorted(texts(events, "prompt")) == [f"Question {number}" for number in range(5)]
    assert len(texts(events, "completion")) == 5


@pytest.mark.slow
@needs_distro
def test_content_reaches_no_other_exporter_unless_asked_for(
    tmp_path: Path, provider: Provider
) -> None:
    """Beside HILT's exporter, another sees the spans without what was said."""
    events, shown = run(SYNC, tmp_path, provider, OTEL_TRACES_EXPORTER="console,hilt_jsonl")

    assert "gen_ai.request.model" in shown
    assert "What is Python?" not in shown
    assert texts(events, "prompt") == ["What is Python?"] * 2


@pytest.mark.slow
@needs_distro
@pytest.mark.parametrize(
    ("mode", "expected"),
    [("SPAN_ONLY", True), ("span_and_event", True), ("EVENT_ONLY", False), ("NO_CONTENT", False)],
)
def test_standard_variable_decides_what_spans_carry(
    tmp_path: Path, provider: Provider, mode: str, expected: bool
) -> None:
    """Content is on the span where the conventions' variable says so; HILT's log always has it."""
    events, shown = run(
        SYNC,
        tmp_path,
        provider,
        OTEL_TRACES_EXPORTER="console,hilt_jsonl",
        OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=mode,
    )

    assert ("What is Python?" in shown) is expected
    assert texts(events, "prompt") == ["What is Python?"] * 2


@pytest.mark.slow
@needs_distro
def test_content_stays_out_of_the_log_where_hilt_is_told_so(
    tmp_path: Path, provider: Provider
) -> None:
    """``HILT_CAPTURE_CONTENT=false`` leaves the events without content."""
    events, _ = run(SYNC, tmp_path, provider, HILT_CAPTURE_CONTENT="false")

    assert len(events) > 4
    assert not any("content" in event for event in events)


@pytest.mark.slow
@needs_distro
def test_disabled_instrumentation_is_not_logged(tmp_path: Path, provider: Provider) -> None:
    """``OTEL_PYTHON_DISABLED_INSTRUMENTATIONS`` works on ours as on all others."""
    events, _ = run(SYNC, tmp_path, provider, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="hilt_openai")

    assert events == []


@pytest.mark.slow
@needs_distro
@pytest.mark.skipif(shutil.which("gunicorn") is None, reason="needs gunicorn")
@pytest.mark.parametrize("preload", [[], ["--preload"]], ids=["workers", "preload"])
def test_four_gunicorn_workers_share_one_log(
    tmp_path: Path, provider: Provider, preload: list[str]
) -> None:
    """Every call of every worker is in the file, once and whole."""
    (tmp_path / "web.py").write_text(WEB)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [
            *("opentelemetry-instrument", "gunicorn", "-w", "4", "--threads", "2"),
            *("-b", f"127.0.0.1:{port}", *preload, "web:app"),
        ],
        cwd=tmp_path,
        env=environment(provider, tmp_path / "log.jsonl"),
        stderr=subprocess.DEVNULL,
    )
    try:
        ask(port, "warm", patience=60)
        with ThreadPoolExecutor(16) as pool:
            pids = set(pool.map(lambda number: ask(port, str(number)), range(80)))
    finally:
        server.terminate()
        server.wait(60)

    events = read(tmp_path / "log.jsonl")
    asked = [text for text in texts(events, "prompt") if text != "Question warm"]
    assert len(pids) > 1
    assert sorted(asked) == sorted(f"Question {number}" for number in range(80))
    assert len(texts(events, "completion")) == len(texts(events, "prompt"))


def ask(port: int, path: str, patience: float = 30) -> bytes:
    """What the server answers, once it listens."""
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=30) as answer:
                return bytes(answer.read())
        except ConnectionError:
            if time.monotonic() > until:
                raise
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionError) or time.monotonic() > until:
                raise
        time.sleep(0.05)


@needs_distro
def test_service_of_the_resource_is_in_the_events(tmp_path: Path, provider: Provider) -> None:
    """Its name, version and environment, as the standard variables give them."""
    rest = "service.version=1.2,deployment.environment.name=production"
    events, _ = run(
        SYNC, tmp_path, provider, OTEL_SERVICE_NAME="shop", OTEL_RESOURCE_ATTRIBUTES=rest
    )

    names = ("service", "service_version", "environment")
    found = [event["provenance"] for event in events if event["action"] != "completion_chunk"]
    assert [[each[name] for name in names] for each in found] == [["shop", "1.2", "production"]] * 4
