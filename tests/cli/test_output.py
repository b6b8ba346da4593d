"""Events as lines and tables, and text from a log on a terminal."""

from __future__ import annotations

import json

import pytest

from hilt.cli import output
from hilt.core.event import Event


def completion(**fields):
    """A completion."""
    return Event(
        timestamp="2026-01-01T12:34:56.789Z",
        session_id="conv_0123456789abcdef",
        actor={"type": "agent", "id": "openai"},
        action="completion",
        **fields,
    )


def test_line_of_a_call():
    """A line has the time, the conversation, the action, the actor, the text and the figures."""
    event = completion(
        content={"text": "Hello\n there"},
        metrics={"tokens": {"prompt": 1200, "completion": 5}, "cost_usd": 0.00025},
        extensions={"latency_ms": 1234.5, "status_code": 200},
    )

    assert output.event_line(event).plain == (
        "12:34:56 01234567 completion       openai: Hello there   1,200→5 tokens  $0.00025  1.2 s"
    )


def test_line_of_a_failure():
    """A failure shows its status and its code."""
    event = completion(extensions={"status_code": 429, "error_code": "rate_limit", "latency_ms": 7})

    assert output.event_line(event).plain == (
        "12:34:56 01234567 completion       openai: rate_limit   429 rate_limit  7 ms"
    )


def test_line_of_an_event_with_fields_of_any_type():
    """Figures that are no numbers are left out, and no field can control the terminal."""
    event = completion(
        extensions={"status_code": 500, "error_code": "\x1b[2J", "latency_ms": "slow"}
    )

    assert output.event_line(event).plain == (
        "12:34:56 01234567 completion       openai: \ufffd[2J   500 \ufffd[2J"
    )


def test_long_text_is_cut_before_the_figures():
    """On a narrow terminal the text is cut, not the figures."""
    event = completion(content={"text": "x" * 500}, extensions={"latency_ms": 7})

    line = output.event_line(event, 80).plain

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


def test_markup_is_shown_as_it_is(capsys):
    """Text that looks like Rich's markup is only text, on both streams."""
    output.results.print(output.event_line(completion(content={"text": "[red]x[/red] [/]"})))

    output.results.print("logs/[red].jsonl")
    output.errors.print("logs/[red].jsonl [/]")

    shown = capsys.readouterr()
    assert shown.out == (
        "12:34:56 01234567 completion       openai: [red]x[/red] [/]\nlogs/[red].jsonl\n"
    )
    assert shown.err == "logs/[red].jsonl [/]\n"


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 events"), (1, "1 event"), (2, "2 events"), (1234, "1,234 events")]
)
def test_counted(number, text):
    """Only a single one is not in the plural."""
    assert output.counted(number, "event") == text


@pytest.mark.parametrize(
    ("status", "error"), [(200, False), (400, True), ("500", False), (None, False), (True, False)]
)
def test_error_statuses(status, error):
    """A status is that of an error from 400 on, if it is a number."""
    assert output.is_error_status(status) is error


def test_default_log(monkeypatch):
    """It is that of HILT_FILEPATH, unless this is blank."""
    monkeypatch.setenv("HILT_FILEPATH", "app.jsonl")
    given = output.default_log()
    monkeypatch.setenv("HILT_FILEPATH", " ")

    assert [str(given), str(output.default_log())] == ["app.jsonl", "logs/hilt.jsonl"]


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
    event = completion(content={"text": "x" * 500}, metrics={"cost_usd": 0.000015})

    output.results.print(output.event_table([event]), soft_wrap=False, crop=False)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert "$0.000015" in lines[1]


def test_json_cannot_command_the_terminal(capsys):
    """Control characters are escaped, and the JSON is the same."""
    value = {"text": "\x1b]0;x\x07\x9b31m\u202eabc\n"}
    output.print_json(value)
    line = capsys.readouterr().out

    assert output.CONTROL_CHARACTERS.search(line.removesuffix("\n")) is None
    assert json.loads(line) == value
