"""Events as lines and tables, and text from a log on a terminal."""

from __future__ import annotations

import pytest

from hilt.cli import output
from hilt.core.event import Event


def event(**more):
    """A completion."""
    return Event(
        timestamp="2026-01-01T12:34:56.789Z",
        session_id="conv_0123456789abcdef",
        actor={"type": "agent", "id": "openai"},
        action="completion",
        **more,
    )


def test_line_tells_a_call():
    """A line has the time, the conversation, who, what, and what it took."""
    told = event(
        content={"text": "Hello\n there"},
        metrics={"tokens": {"prompt": 1200, "completion": 5}, "cost_usd": 0.00025},
        extensions={"latency_ms": 1234.5, "status_code": 200},
    )

    assert output.event_line(told).plain == (
        "12:34:56 01234567 completion       openai: Hello there   1,200→5 tokens  $0.00025  1.2 s"
    )


def test_line_tells_a_failure():
    """A failure shows its status and its code."""
    told = event(extensions={"status_code": 429, "error_code": "rate_limit", "latency_ms": 7})

    assert output.event_line(told).plain.endswith("429 rate_limit  7 ms")


def test_line_is_cut_before_the_facts():
    """On a narrow terminal the text is cut, not the facts."""
    told = event(content={"text": "x" * 500}, extensions={"latency_ms": 7})

    line = output.event_line(told, 80).plain

    assert len(line) <= 80
    assert line.endswith("…   7 ms")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J\x1b]0;owned\x07", "\ufffd[2J\ufffd]0;owned\ufffd"),
        ("a\r\nb\tc", "a b c"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("\x9b31m", "\ufffd31m"),
        ("é 漢 🙂", "é 漢 🙂"),
    ],
)
def test_text_cannot_command_the_terminal(text, shown):
    """Control characters and those that turn text around are shown as such."""
    assert output.printable(text) == shown


def test_markup_in_a_log_is_shown_as_it_is(capsys):
    """Text that looks like Rich markup is only text."""
    output.results.print(output.event_line(event(content={"text": "[red]x[/red] [/]"})))

    assert "[red]x[/red] [/]" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cost", "shown"),
    [(None, ""), (0, "$0.00"), (0.000015, "$0.000015"), (0.5, "$0.50"), (12.345, "$12.35")],
)
def test_dollars(cost, shown):
    """Small amounts have as many places as they need, others two."""
    assert output.dollars(cost) == shown


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_table_fits(monkeypatch, capsys, width):
    """No row of the table is wider than the terminal, and the cost is there in full."""
    monkeypatch.setattr(output.results, "_width", width)
    told = event(content={"text": "x" * 500}, metrics={"cost_usd": 0.000015})

    output.results.print(output.event_table([told]), soft_wrap=False, crop=False)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert "$0.000015" in lines[1]
