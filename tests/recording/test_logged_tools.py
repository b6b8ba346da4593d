"""The tool calls and tool results that are in the log."""

from __future__ import annotations

from hilt.recording.history import History
from hilt.recording.logged_answers import ToolCallEvent


def test_tool_call_is_found_by_its_id() -> None:
    """A result can be given the tool's name and a link."""
    history = History(10)
    history.remember_tool_call("c1", "weather", "evt_1", "conv_1")

    asked = ToolCallEvent("c1", "weather", "evt_1", "conv_1")
    assert history.tool_call("c1") == history.tool_call("c1", "conv_2") == asked
    assert history.tool_call("c2") is None
    assert history.tool_call(None) is None


def test_id_that_two_conversations_use() -> None:
    """Each finds its own tool call; a third finds none, and who names no conversation, the newest."""
    history = History(10)
    for number in (1, 2):
        history.remember_tool_call("c1", "weather", f"evt_{number}", f"conv_{number}")

    found = [history.tool_call("c1", each) for each in ("conv_1", "conv_2", "conv_3", None)]

    assert [each and each.event_id for each in found] == ["evt_1", "evt_2", None, "evt_2"]
    history.remember_tool_call("c1", "weather", "evt_3", "conv_1")
    newest = history.tool_call("c1", "conv_1")
    assert newest is not None
    assert newest.event_id == "evt_3"


def test_result_of_a_span_and_result_that_was_sent() -> None:
    """Both are logged; only the first has an event that a request need not repeat."""
    history = History(10)
    history.remember_tool_result("c1", "evt_1")
    history.remember_sent_result("c2", "evt_2")

    assert [history.has_result(each) for each in ("c1", "c2", "c3", None)] == [
        True,
        True,
        False,
        False,
    ]
    assert [history.tool_result(each) for each in ("c1", "c2", None)] == ["evt_1", None, None]


def test_newest_of_those_that_are_alike_are_kept() -> None:
    """An id that a program uses all day does not fill the memory."""
    history = History(10)
    for number in range(40):
        history.remember_tool_call("c1", "weather", f"evt_{number}", f"conv_{number}")

    kept = [number for number in range(40) if history.tool_call("c1", f"conv_{number}")]

    assert kept == list(range(8, 40))


def test_what_is_used_again_is_forgotten_last() -> None:
    """Of the ids, that which was seen longest ago makes room."""
    history = History(2)
    for call_id in ("c1", "c2", "c1", "c3"):
        history.remember_tool_call(call_id, "weather", f"evt_{call_id}")

    kept = [each for each in ("c1", "c2", "c3") if history.tool_call(each)]

    assert kept == ["c1", "c3"]
