"""The example of a program that already uses OpenTelemetry."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "existing_otel_pipeline.py"


def test_pipeline_example_logs_the_agent_and_its_call(tmp_path: Path) -> None:
    """The example prints the events of an agent and of its call, with its cost."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    *events, last = (line.rstrip() for line in done.stdout.splitlines())
    completion, cost = events[2].rsplit(maxsplit=1)
    assert events[:2] == [
        "system     travel",
        "prompt     user     Is it raining in Paris?",
    ]
    assert completion == "completion openai   It is, at 14 degrees."
    assert float(cost.removeprefix("$")) > 0
    assert last == "system     travel"
    assert (tmp_path / "logs" / "pipeline.jsonl").exists()
