"""The README's table of SDKs says what the tests run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def drawn() -> Any:
    """The script that makes the table."""
    spec = importlib.util.spec_from_file_location("supported", ROOT / "docs" / "draw_supported.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_table_names_every_provider_and_its_oldest_sdk(drawn: Any) -> None:
    """Each provider stands there with its package, the oldest SDK tested, and its surfaces."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = text.split(drawn.BEGIN)[1].split(drawn.END)[0]
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in shown.splitlines()[3:]]

    assert [(row[0], row[1], row[2], row[4]) for row in cells] == [
        (name, package, oldest, surfaces) for name, package, oldest, _, surfaces in drawn.rows()
    ]
