"""How far a command has come."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from hilt.cli import progress_bars
from hilt.cli.progress_bars import bar_of_bytes


@pytest.mark.parametrize("total", [2_000, None])
def test_bar_of_bytes(monkeypatch: pytest.MonkeyPatch, total: int | None) -> None:
    """A terminal shows what is being done and how much of it is done, until it is over."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(progress_bars, "errors", console)

    with bar_of_bytes("reading", total) as (bar, task):
        bar.advance(task, 500)
        bar.advance(task, 500)
        bar.refresh()
        shown = console.file.getvalue()

    assert "reading" in shown
    assert "1.0/" in shown
    assert bar.finished is False


def test_no_bar_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages in a file stay lines of text."""
    console = Console(file=io.StringIO(), force_terminal=False)
    monkeypatch.setattr(progress_bars, "errors", console)

    with bar_of_bytes("reading", 10) as (bar, task):
        bar.update(task, completed=10)

    assert console.file.getvalue() == ""
