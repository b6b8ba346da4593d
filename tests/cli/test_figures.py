"""Figures for people."""

from __future__ import annotations

import io
import sys

import pytest

from hilt.cli import figures
from hilt.cli.figures import bar, compact, duration, print_table, sparkline
from hilt.cli.output import results


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(None, ""), (3.4, "3 ms"), (999, "999 ms"), (1400, "1.4 s"), (120_000, "2.0 min")],
)
def test_durations(milliseconds, text):
    """In the unit that fits."""
    assert duration(milliseconds) == text


def test_numbers_are_short():
    """At most four digits."""
    assert [compact(each) for each in (0, 999, 1000, 12_345, 5e6, 7.25e9)] == [
        "0", "999", "1k", "12.3k", "5M", "7.25G",
    ]  # fmt: skip


def test_bars_and_sparklines(monkeypatch):
    """Blocks, or what an ASCII terminal has."""
    monkeypatch.setattr(figures, "is_unicode", lambda: True)
    assert (bar(0.5, 4), sparkline([0, 1, 2])) == ("██  ", "▁▅█")
    assert (bar(float("nan"), 4), bar(float("inf"), 4)) == ("    ", "    ")

    monkeypatch.setattr(figures, "is_unicode", lambda: False)
    assert (bar(0.5, 4), sparkline([0, 1, 2])) == ("##  ", "")


def test_encodings(monkeypatch):
    """Only UTF has the blocks for sure."""
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert not figures.is_unicode()


@pytest.mark.parametrize(("width", "columns"), [(40, 4), (200, 6)])
def test_tables_fit_the_terminal(monkeypatch, capsys, width, columns):
    """A narrow one shows fewer figures and shorter names."""
    monkeypatch.setattr(type(results), "is_terminal", True)
    monkeypatch.setattr(type(results), "width", width)
    monkeypatch.setattr(results, "no_color", True)
    monkeypatch.setattr(results, "_color_system", None)

    print_table(["name", "a", "b", "c", "d", "e"], [["n" * 30, *["1234567"] * 5]])

    header, row = capsys.readouterr().out.splitlines()
    assert len(header.split()) <= columns
    assert max(len(header), len(row)) <= width
    assert len(row) == len(header)
    assert width == 200 or row.split()[0].endswith(("n…", "n~"))


def test_a_long_table_has_all_of_its_rows(capsys):
    """However many are printed at once."""
    print_table(["name", "n"], [[f"name {number}", str(number)] for number in range(1001)])

    lines = capsys.readouterr().out.splitlines()
    assert (len(lines), lines[0].split(), lines[-1].split()) == (
        1002, ["name", "n"], ["name", "1000", "1000"],
    )  # fmt: skip
    assert {len(line) for line in lines} == {len(lines[0])}
