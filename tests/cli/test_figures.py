"""Figures for people."""

from __future__ import annotations

import io
import sys

import pytest

from hilt.cli import figures
from hilt.cli.figures import bar, compact, duration, percent, print_table, sparkline
from hilt.cli.output import results


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, ""),
        (0, "0 ms"),
        (3.4, "3 ms"),
        (999, "999 ms"),
        (1000, "1.0 s"),
        (1400, "1.4 s"),
        (99_999, "100.0 s"),
        (100_000, "1.7 min"),
        (120_000, "2.0 min"),
    ],
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
    assert sparkline([0, 1, -9e307, 2, float("inf"), float("nan")]) == "▁▅▁██▁"
    assert (sparkline([float("inf")] * 2), sparkline([float("nan")])) == ("██", "")
    assert (bar(5, 4), percent(0.5), percent(float("nan"))) == ("████", "50.0 %", "")

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


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (200, "name  a  b  c"),
        (13, "name  a  b  c"),
        (12, "name  a  b"),
        (10, "name  a  b"),
        (9, "name  a  b"),
    ],
)
def test_columns_go_from_the_end_as_far_as_they_must(monkeypatch, capsys, width, header):
    """Two figures always stay; a table that fits to the character is whole."""
    monkeypatch.setattr(type(results), "is_terminal", True)
    monkeypatch.setattr(type(results), "width", width)
    monkeypatch.setattr(results, "no_color", True)
    monkeypatch.setattr(results, "_color_system", None)

    print_table(["name", "a", "b", "c"], [["n", "1", "2", "3"]])

    assert "".join(capsys.readouterr().out.split("\n")[0]).split() == header.split()


def test_names_stand_left_and_are_cut(monkeypatch, capsys):
    """At 40 characters; figures stand right and are whole."""
    monkeypatch.setattr(figures, "is_unicode", lambda: False)

    print_table(["a", "b", "n"], [["x" * 40, "y", "1"], ["x" * 41, "", "9" * 50]], 2)

    assert capsys.readouterr().out.splitlines() == [
        f"a{' ' * 39}  b  {'n':>50}",
        f"{'x' * 40}  y  {'1':>50}",
        f"{'x' * 39}~     {'9' * 50}",
    ]


def test_the_zone_is_said_where_periods_are_shown(capsys):
    """Of months, days and hours, and of nothing else."""
    for keys in (["month"], ["model", "day"], ["hour"], ["model", "user"], []):
        figures.print_zone_of(keys, utc=True)

    assert capsys.readouterr().err == "Times are UTC.\n" * 3


def test_time_that_cannot_be_read_is_none():
    """A log may be of another program."""
    assert figures.local_time("never", utc=True) is None
    assert figures.local_time("0001-01-01T00:00:00+14:00", utc=True) is None
