"""Tool calls that nobody has run yet."""

from __future__ import annotations

import pytest

from hilt.recording.logged_tools import ToolCallEvent
from hilt.recording.open_tool_calls import OpenToolCalls


def call(number: int, name: str = "weather", session_id: str = "conv_1") -> ToolCallEvent:
    """A tool call."""
    return ToolCallEvent(f"c{number}", name, f"evt_{number}", session_id)


def test_of_calls_that_are_alike_the_newest_are_kept() -> None:
    """A poller asks for the same for months, and nobody says that its tool ran."""
    calls = OpenToolCalls(100)
    for number in range(50):
        calls.add(call(number), {"city": "Bern"})

    kept = calls.matching("weather", {"city": "Bern"}, None)

    assert kept == [call(number) for number in range(18, 50)]


@pytest.mark.parametrize(
    ("name", "arguments", "session_id", "found"),
    [
        ("weather", {"b": 2, "a": 1}, "conv_1", True),
        ("weather", '{"a": 1, "b": 2}', None, True),
        ("server__weather", {"a": 1, "b": 2}, "conv_1", True),
        ("mcp.weather", {"a": 1, "b": 2}, "conv_1", True),
        ("weather", {"a": 1}, "conv_1", False),
        ("weather", None, "conv_1", False),
        ("other", {"a": 1, "b": 2}, "conv_1", False),
        ("weather", {"a": 1, "b": 2}, "conv_2", False),
    ],
)
def test_run_is_matched_by_name_and_arguments(
    name: str, arguments: object, session_id: str | None, found: bool
) -> None:
    """In whatever order and form; a framework's prefix of the name does not count."""
    calls = OpenToolCalls(100)
    calls.add(call(1), {"a": 1, "b": 2})

    assert calls.matching(name, arguments, session_id) == ([call(1)] if found else [])


def test_call_that_is_taken_is_open_no_longer() -> None:
    """Once: that another thread was quicker is no error."""
    calls = OpenToolCalls(100)
    for number in (1, 2):
        calls.add(call(number), None)

    for _ in range(2):
        calls.take(call(1), {})

    assert calls.matching("weather", None, None) == [call(2)]
