"""What the tests of files share: events, and programs to run in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hilt.core.event import Event

PROGRAMS = Path(__file__).parent / "programs"


@pytest.fixture
def event():
    """Make an event that carries a number."""

    def make(number: int = 0, text: str = "Hello", **fields: object) -> Event:
        values = {
            "session_id": "s",
            "actor": {"type": "human", "id": "user"},
            "action": "prompt",
            "content": {"text": text},
            "extensions": {"number": number},
        }
        return Event(**{**values, **fields})

    return make


@pytest.fixture
def program():
    """Start one of the programs, and end those that still run."""
    running: list[subprocess.Popen[bytes]] = []

    def start(name: str, *arguments: object, **options: object) -> subprocess.Popen[bytes]:
        command = [sys.executable, PROGRAMS / f"{name}.py", *map(str, arguments)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        running.append(subprocess.Popen(command, env=environment, **options))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
