"""The table of emitters in docs/foreign_spans.md is what its script makes of the captured spans."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

pytestmark = [pytest.mark.shared, pytest.mark.slow]

SCRIPT = Path(__file__).parents[2] / ".ci" / "foreign_spans.py"


def test_page_is_what_the_script_makes(shared: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No fact is on a span and not in the events, but for those with a reason."""
    spec = importlib.util.spec_from_file_location("foreign_spans", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folders = [str(shared / name) for name in ("foreign-spans", "foreign-spans-2")]

    assert module.main(["--check", *folders]) == 0, capsys.readouterr().out
