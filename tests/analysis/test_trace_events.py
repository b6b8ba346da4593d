"""Calls as a timeline."""

from __future__ import annotations

from hilt.analysis.trace_events import trace_events


def slices(log):
    """The slices, with the names of their tracks, in seconds from the first."""
    events = list(trace_events(log.open().calls()))
    names = {each["tid"]: each["args"]["name"] for each in events if each["name"] == "thread_name"}
    drawn = [each for each in events if each["ph"] == "X"]
    first = min((each["ts"] for each in drawn), default=0)
    return [
        (names[each["tid"]], each["cat"], each["name"], (each["ts"] - first) / 1e6,
         each["dur"] / 1e6)
        for each in drawn
    ]  # fmt: skip


def test_a_conversation_is_a_track_of_calls_and_tools(log):
    """A tool takes from its call to its result."""
    asked = log.call("Rain?", "", session_id="s")
    called = log.tool_call(asked)
    log.call("Hi", session_id="t")
    log.answer(log.tool_result(called, asked), "Rain")

    assert slices(log) == [
        ("s", "call", "chat gpt-5-2026", 0, 1),
        ("t", "call", "chat gpt-5-2026", 3, 1),
        ("s", "tool", "get_weather", 2, 3),
        ("s", "call", "chat gpt-5-2026", 5, 1),
    ]


def test_what_overlaps_is_on_further_tracks(log):
    """Slices of one track follow each other."""
    first, second = log.prompt(), log.prompt()
    log.answer(first)
    log.answer(second)
    log.call()

    assert [each[0] for each in slices(log)] == ["s", "s (2)", "s"]


def test_call_that_ended_before_it_began_takes_no_time(log):
    """A clock was put back meanwhile; no viewer draws less than nothing."""
    prompt = log.prompt()
    log.write(
        "s", ("agent", "openai"), "completion", timestamp="2026-11-28T09:00:00.000000Z",
        extensions={"reply_to": prompt, "outcome": "completed"},
    )  # fmt: skip

    assert [each[-1] for each in slices(log)] == [0]


def test_texts_are_cut_and_times_that_cannot_be_read_left_out(log):
    """A viewer shows them when a slice is clicked."""
    log.call("x" * 5000)
    odd = "2026-11-28T12:00:00.000000Z"
    log.write("s", ("agent", "openai"), "completion", timestamp=odd)
    log.path.write_text(log.path.read_text().replace(odd, "never"))

    _, _, call = trace_events(log.open().calls())

    assert call["args"]["prompt"] == "x" * 1000 + "..."


def test_a_tool_that_answers_after_many_others_is_left_out(log, monkeypatch):
    """Results that never come cost no memory: the oldest is forgotten."""
    monkeypatch.setattr("hilt.analysis.trace_events._WAITING_TOOLS", 1)
    asked = log.call("Rain?", "", session_id="s")
    first, second = (log.tool_call(asked, name, call_id=name) for name in ("first", "second"))
    for called, name in ((first, "first"), (second, "second")):
        log.answer(log.tool_result(called, asked, name, call_id=name), "Rain")

    assert [name for _, kind, name, *_ in slices(log) if kind == "tool"] == ["second"]
