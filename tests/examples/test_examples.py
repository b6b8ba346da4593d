"""Every example runs as a reader would run it, without an API key, and logs what it shows."""

from __future__ import annotations

import os
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
    "per_customer_sessions": "20 logs in logs/customers, each with the calls of one customer\n",
    "custom_integration": """\
prompt       human:bob
system       system:guardrail
tool_result  tool:mailer
completion   agent:own-model
feedback     human:bob
""",
}
NEEDS = {
    "claude_integration": "anthropic",
    "gemini_integration": "google.genai",
    "langchain_integration": "langchain_openai",
}


@pytest.mark.parametrize("name", LOGS)
def test_example_runs(name: str, tmp_path: Path) -> None:
    """The example succeeds, prints what it should, and its log has the events that it is about."""
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])
    environment = {key: value for key, value in os.environ.items() if "API_KEY" not in key}

    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(EXAMPLES / f"{name}.py")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    log, actions = LOGS[name]
    assert actions <= {event.action for event in read_events(tmp_path / log)}
    assert done.stdout
    assert done.stdout == OUTPUTS.get(name, done.stdout)


def test_openai_example_makes_a_table(tmp_path: Path) -> None:
    """The OpenAI example leaves a CSV file with a row for each event."""
    script = str(EXAMPLES / "openai_integration.py")
    environment = {key: value for key, value in os.environ.items() if "API_KEY" not in key}

    subprocess.run(
        [sys.executable, "-W", "ignore", script],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )

    table = (tmp_path / "logs" / "openai.csv").read_text(encoding="utf-8")
    events = list(read_events(tmp_path / "logs" / "openai.hilt.jsonl"))
    assert table.startswith("timestamp,conversation_id,")
    assert len(table.splitlines()) >= len(events)


def test_every_example_is_run() -> None:
    """No example is without a test."""
    tested = {*LOGS, "chatbot_api", "sheets_example", "existing_otel_pipeline"}

    assert {path.stem for path in EXAMPLES.glob("*.py")} <= tested
