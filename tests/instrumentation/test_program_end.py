"""What is in progress when a program ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_streams_that_a_program_leaves_are_abandoned(tmp_path: Path) -> None:
    """Each has its ending, with the text that had come, though nobody collects it."""
    log = tmp_path / "log.jsonl"
    program = [sys.executable, "-m", "tests.instrumentation.programs.leave_streams", str(log)]
    subprocess.run(program, cwd=ROOT, check=True, timeout=60)

    events = [json.loads(line) for line in log.read_text().splitlines()]
    ended = [
        (each["action"], each["content"]["text"], each["extensions"]["outcome"])
        for each in events
        if each["action"] not in ("prompt", "completion_chunk")
    ]
    assert ended == [("completion", "Hel", "abandoned")] * 2
