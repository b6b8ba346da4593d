"""The example of a program that runs OpenTelemetry already."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "existing_otel_pipeline.py"


def test_pipeline_example_logs_the_agent_and_its_call(tmp_path: Path) -> None:
    """The example prints the story that its log tells."""
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 0, done.stderr
    told = [line.split()[0] for line in done.stdout.splitlines()]
    assert told == ["system", "prompt", "completion", "system"]
    assert "It is, at 14 degrees." in done.stdout
    assert (tmp_path / "logs" / "pipeline.jsonl").exists()
