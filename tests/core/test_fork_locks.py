"""A child that is forked while another thread holds a lock of HILT's goes on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_child_never_hangs(tmp_path: Path) -> None:
    """Whichever lock is held, a child makes calls, flushes and uninstruments within 5 s."""
    program = [sys.executable, "-m", "tests.core.programs.fork_under_locks", str(tmp_path)]
    done = subprocess.run(
        program, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )

    outcomes = dict(line.split("\t") for line in done.stdout.splitlines())
    assert done.returncode == 0, done.stderr
    assert set(outcomes.values()) == {"ok"}, outcomes
    assert {"JsonlSink._lock", "Guard._lock", "_State.lock", "SpanPipeline._lock"} <= set(outcomes)
