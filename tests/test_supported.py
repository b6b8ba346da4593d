"""The README's table of SDKs says what the tests run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def supported() -> Any:
    """The script that makes the table."""
    spec = importlib.util.spec_from_file_location("supported", ROOT / ".ci" / "supported_sdks.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_table_names_every_provider_and_its_oldest_sdk(supported: Any) -> None:
    """Each provider stands there with its package, the oldest SDK tested, and its surfaces.

    The newest version is compared in CI, which installs it.
    """
    text = supported.README.read_text(encoding="utf-8")
    table = text.partition(supported.BEGIN)[2].partition(supported.END)[0]

    assert tuple(table.splitlines()[:2]) == supported.HEADER
    assert list(map(supported._without_newest, table.splitlines()[2:])) == list(
        map(supported._without_newest, supported.rows(table))
    )
