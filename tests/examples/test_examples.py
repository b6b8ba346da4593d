"""Every example runs as a reader would run it, without an API key, and logs what it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hilt.io.read.events import read_events

EXAMPLES = Path(__file__).parents[2] / "examples"
LOGS = {
    "openai_integration": ("logs/openai.hilt.jsonl", {"prompt", "completion", "system"}),
    "claude_integration": ("logs/claude.hilt.jsonl", {"prompt", "completion_chunk", "completion"}),
    "gemini_integration": ("logs/gemini.hilt.jsonl", {"prompt", "completion_chunk", "completion"}),
    "langchain_integration": ("logs/langchain.hilt.jsonl", {"completion", "tool_result", "system"}),
    "rag": ("logs/rag.jsonl", {"prompt", "retrieval", "completion"}),
    "per_customer_sessions": ("logs/customers/customer-07.jsonl", {"prompt", "completion"}),
    "custom_integration": ("logs/custom.jsonl", {"prompt", "tool_result", "feedback"}),
}
OUTPUTS = {
    "langchain_integration": """\
You said: Explain the HILT format in one sentence.
It is raining in Paris.
system       RunnableSequence
  prompt       user
  completion   openai
system       RunnableSequence
tool_call    agent
tool_result  get_weather
""",
    "per_customer_sessions": """\
20 logs in logs/customers, each with the calls of one customer:
customer-07  customer-07: Where is my order? -> You said: customer-07: Where is my order?
customer-07  customer-07: And when will it arrive? -> You said: customer-07: And when will it arrive?
""",
    "custom_integration": """\
prompt       human:bob
system       system:guardrail
tool_result  tool:mailer
completion   agent:own-model
feedback     human:bob
""",
}
PACKAGES = {
    "openai": "openai",
    "anthropic": "anthropic",
    "gemini": "google.genai",
    "langchain": "langchain_core",
    "sheets": "gspread",
    "api": "fastapi",
    "sql": "duckdb",
}
"""A package of each extra that the examples could need."""
INSTALLS = re.compile(r"^    pip install (.*)$", re.MULTILINE)
HIDING = """\
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in {hidden!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Hidden())
import importlib.util

find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: (
    None if name in {hidden!r} else find_spec(name, package)
)
"""
"""A sitecustomize.py with which some packages are not installed."""
NEEDS = {
    "claude_integration": "anthropic",
    "gemini_integration": "google.genai",
    "langchain_integration": "langchain_openai",
}


def run(name: str, folder: Path, *hidden: str) -> subprocess.CompletedProcess[str]:
    """Run an example in a folder without an API key, and without some packages."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if "API_KEY" not in key and not key.startswith(("GOOGLE_", "HILT_"))
    }
    if hidden:
        sites = folder / "sites"
        sites.mkdir()
        (sites / "sitecustomize.py").write_text(HIDING.format(hidden=hidden), encoding="utf-8")
        environment["PYTHONPATH"] = f"{sites}{os.pathsep}{EXAMPLES.parent}"
    return subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / f"{name}.py")],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def packages_of_other_extras(name: str) -> list[str]:
    """What is not there where only the example's own extra is installed."""
    [installs] = INSTALLS.findall((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))
    own = re.findall(r"[a-z]+", installs)
    return [package for extra, package in PACKAGES.items() if extra not in own]


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name == "rag" else pytest.mark.slow) for name in LOGS],
)
def test_example_runs(name: str, tmp_path: Path) -> None:
    """With its own extra alone it succeeds, prints what it should, and logs what it is about."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])

    done = run(name, tmp_path, *packages_of_other_extras(name))

    assert done.returncode == 0, done.stderr
    log, actions = LOGS[name]
    assert actions <= {event.action for event in read_events(tmp_path / log)}
    assert done.stdout
    assert done.stdout == OUTPUTS.get(name, done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(), ("openai",)], ids=["with openai", "without openai"])
def test_sheets_example_fills_a_sheet(hidden: tuple[str, ...], tmp_path: Path) -> None:
    """The rows are the same with the OpenAI SDK and without it."""
    pytest.importorskip("gspread")

    done = run("sheets_example", tmp_path, *hidden)

    assert done.returncode == 0, done.stderr
    first, _header, question, answer = done.stdout.splitlines()
    assert first == "delivered"
    assert "'What is Python?'" in question
    assert "'Python is a programming language.'" in answer


@pytest.mark.slow
def test_openai_example_makes_a_table(tmp_path: Path) -> None:
    """The OpenAI example leaves a CSV file with a row for each event."""
    run("openai_integration", tmp_path)

    table = (tmp_path / "logs" / "openai.csv").read_text(encoding="utf-8")
    events = list(read_events(tmp_path / "logs" / "openai.hilt.jsonl"))
    assert table.startswith("timestamp,conversation_id,")
    assert len(table.splitlines()) >= len(events)


def test_every_example_is_run() -> None:
    """No example is without a test."""
    tested = {*LOGS, "chatbot_api", "sheets_example", "existing_otel_pipeline"}

    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested


def test_every_example_is_on_its_page() -> None:
    """The page names each example, with the extra that it installs."""
    page = (EXAMPLES.parent / "docs" / "examples.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| \[([\w.]+)\]\([^)]*\) \| ([^|]*) \|", page, re.MULTILINE))

    assert rows.keys() == {path.name for path in EXAMPLES.iterdir() if path.is_file()}
    for name, needs in rows.items():
        installs = re.findall(r"pip install (.*)", (EXAMPLES / name).read_text(encoding="utf-8"))[0]
        assert re.findall(r"[a-z-]+", needs)[1:] == re.findall(r"[a-z-]+", installs), name
