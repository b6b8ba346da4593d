"""``hilt show``."""

from __future__ import annotations

import json

import pytest

from hilt import Actor, Event, Session
from tests.analysis.conftest import LogWriter

SHARED = "conv_0123456789abcdef"


@pytest.fixture
def weather(tmp_path):
    """A conversation with a tool."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call("Hello", session_id="other")
    answer = log.call("Weather?", "I will look.", "order-42", "alice", finish_reason="tool_calls")
    call = log.tool_call(answer, session_id="order-42", city="Paris")
    result = log.tool_result(call, answer, session_id="order-42")
    last = log.answer(result, "It rains.\x1b[31m", "order-42")
    log.write("order-42", action="feedback", extensions={"reply_to": last, "rating": 5})
    return log


def test_a_conversation_as_a_transcript(hilt, weather):
    """Who said what, with tools, costs, times and ratings; nothing controls the terminal."""
    code, out, err = hilt("show", "order-42", weather.path, "--utc")

    assert (code, err) == (0, "Times are UTC.\n")
    assert out.splitlines() == [
        "Conversation order-42: 2 calls, $1.00",
        "",
        "alice  2026-11-28 10:00:03",
        "Weather?",
        "",
        "gpt-5-2026  2026-11-28 10:00:04 2.0 s 10 in, 4 out $0.50",
        "I will look.",
        "",
        "get_weather",
        'call: {"city":"Paris"}',
        "",
        "get_weather  2026-11-28 10:00:06",
        "rain",
        "",
        "gpt-5-2026  2026-11-28 10:00:07 2.0 s 10 in, 4 out $0.50",
        "It rains.\ufffd[31m",
        "",
        "user  2026-11-28 10:00:08",
        "rating: 5",
    ]


def test_the_newest_conversation(hilt, weather):
    """Without an id."""
    assert hilt("show", "--last", weather.path)[1].startswith("Conversation order-42: 2 calls")


def test_filters_choose_the_conversation_or_its_calls(hilt, weather):
    """The newest one with a call that fits; of one that is named, the calls that fit."""
    newest = hilt("show", "--last", weather.path, "--text", "hello")[1]
    calls = hilt("show", "order-42", weather.path, "--outcome", "completed", "-u", "alice")[1]

    assert newest.startswith("Conversation other: 1 call,")
    assert calls.startswith("Conversation order-42: 1 call,")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--last", "LOG", "-m", "nope"), "no call matches --model nope"),
        (("order-42", "LOG", "-m", "nope"), "no call of order-42 matches --model nope"),
        (("order-42", "LOG", "--errors"), "no call of order-42 matches the filters"),
    ],
    ids=" ".join,
)
def test_filters_that_nothing_matches(hilt, weather, arguments, message):
    """Exit code 1, and a line that repeats them."""
    arguments = [weather.path if each == "LOG" else each for each in arguments]

    assert hilt("show", *arguments) == (1, "", f"hilt: {message}\n")


def test_markdown(hilt, weather):
    """To share as it stands."""
    lines = hilt("show", "order-42", weather.path, "--markdown", "--utc")[1].splitlines()

    assert lines[:5] == [
        "# Conversation order-42",
        "",
        "## alice (2026-11-28 10:00:03)",
        "",
        "Weather?",
    ]


def test_for_a_model(hilt, weather):
    """Short plain text."""
    assert hilt("show", "order-42", weather.path, "--for-model")[1].splitlines()[:2] == [
        "user alice: Weather?",
        "assistant gpt-5-2026: I will look.",
    ]


def test_json_with_the_exact_input(hilt, weather):
    """Each call with its events, and what it sent."""
    _, out, _ = hilt("show", "order-42", weather.path, "--json", "--full")

    calls = json.loads(out)["calls"]
    assert [event["action"] for event in calls[1]["events"]] == [
        "tool_result", "completion", "feedback",
    ]  # fmt: skip
    assert [message["role"] for message in calls[1]["input"]] == ["user", "assistant", "tool"]


def test_conversations_of_one_id_are_all_shown(hilt, tmp_path):
    """Processes that were asked the same first: none of them stands for the others."""
    log = LogWriter(tmp_path / "app.jsonl")
    for name in ("ann", "bob"):
        answer = log.call("Hi", "Hello", SHARED, name)
        log.call(f"I am {name}", "I see", SHARED, name, context=answer)

    _, out, _ = hilt("show", SHARED, log.path, "--utc")
    _, lines, _ = hilt("show", SHARED, log.path, "--json")
    _, of_bob, _ = hilt("show", SHARED, log.path, "--json", "--user", "bob")

    assert out.count(f"Conversation {SHARED}: 2 calls") == 2
    assert [line for line in out.splitlines() if line.startswith("I am")] == [
        "I am ann",
        "I am bob",
    ]
    asked = [[call["prompt"] for call in json.loads(line)["calls"]] for line in lines.splitlines()]
    assert asked == [["Hi", "I am ann"], ["Hi", "I am bob"]]
    assert of_bob == lines.splitlines(keepends=True)[1]


def test_json_of_a_conversation_without_calls(hilt, tmp_path):
    """Its events are there, as are those beside the calls of another."""
    with Session(tmp_path / "app.jsonl") as session:
        for action in ("tool_call", "tool_result"):
            actor = Actor("agent", "bot") if action == "tool_call" else Actor("tool", "t")
            session.append(Event(session_id="s", actor=actor, action=action))

    _, out, _ = hilt("show", "s", tmp_path / "app.jsonl", "--json")
    shown = json.loads(out)

    assert shown["calls"] == []
    assert [each["action"] for each in shown["other_events"]] == ["tool_call", "tool_result"]


def test_a_failed_call(hilt, tmp_path):
    """Its error is what was answered."""
    log = LogWriter(tmp_path / "app.jsonl")
    ending = log.failure(log.prompt())

    _, out, _ = hilt("show", ending, log.path)

    assert out.splitlines()[0] == f"Call {ending} of s: 1 call, $0.00"
    assert out.splitlines()[-2].endswith("100 ms failed rate_limit")
    assert out.splitlines()[-1] == "Too many requests"


def test_a_conversation_without_calls(hilt, weather):
    """Its other events are shown: notices, and what a tool has done to the log."""
    receipt = {"tool": "erase", "by": "ann", "removed": 2}
    weather.write("checks", ("system", "guardrail"), "system", content={"text": "Passed"})
    weather.write("checks", ("system", "hilt"), "system", extensions={"receipt": receipt})

    code, out, err = hilt("show", "checks", weather.path, "--utc")

    assert (code, err) == (0, "Times are UTC.\n")
    assert out.splitlines() == [
        "Conversation checks: 0 calls, $0.00",
        "",
        "guardrail (system)  2026-11-28 10:00:09",
        "Passed",
        "",
        "hilt (system)  2026-11-28 10:00:10",
        "tool: erase, by: ann, removed: 2",
    ]


def test_wrong_ids_are_said(hilt, weather):
    """In one line; no ID at all is wrong usage."""
    assert hilt("show", "nothing-like-it", weather.path) == (
        1, "", "hilt: no id begins with 'nothing-like-it'\n",
    )  # fmt: skip
    assert hilt("show")[0] == 2


def test_a_log_in_the_place_of_the_id_is_said(hilt, weather):
    """Alone, or before the ID."""
    said = f"show: {str(weather.path)!r} is a file; give an ID before it, or --last for the newest "

    assert hilt("show", weather.path) == (2, "", f"hilt: {said}conversation\n")
    assert hilt("show", weather.path, "order-42") == (2, "", f"hilt: {said}conversation\n")


def test_nodes_of_a_graph_read_as_a_story(hilt, log):
    """Who asks which node, which tool it calls, whose result it gets, and who answers."""
    openai, human = {"type": "agent", "id": "openai"}, {"type": "human", "id": "ann"}

    def event(number, action, actor, node, content, agent=None, **extensions):
        return Event(
            session_id="t-1", event_id=f"evt_{number}", timestamp=f"2026-11-28T10:00:0{number}Z",
            action=action, actor=actor, content=content, extensions=extensions,
            provenance={"provider": "openai", "run": "r", "node": node, "agent": agent},
        )  # fmt: skip

    search = {"name": "search", "call_id": "c", "arguments": {"q": "order"}}
    path = log(
        event(1, "prompt", human, "grade", {"text": "Relevant?"}),
        event(2, "completion", openai, "grade", {"text": "Yes"}, reply_to="evt_1", model="m"),
        event(3, "prompt", human, "model", {"text": "Where?"}, "support"),
        event(4, "completion", openai, "model", None, "support", reply_to="evt_3", model="m"),
        event(5, "tool_call", openai, "model", {"tool": search}, "support", reply_to="evt_4"),
        event(6, "tool_result", {"type": "tool", "id": "search"}, "model", {"text": "Lima"},
              "support", reply_to="evt_5"),
        event(7, "completion", openai, "model", {"text": "In Lima"}, "support", reply_to="evt_6",
              model="m"),
        event(8, "retrieval", {"type": "tool", "id": "docs"}, "look-up", {"text": "Lima?"}),
        event(9, "prompt", human, "check", {"text": "Check"}),
    )  # fmt: skip

    assert hilt("show", "t-1", path, "--for-model")[1].splitlines() == [
        "user ann to grade: Relevant?",
        "assistant grade (m): Yes",
        "user ann to support, model: Where?",
        "assistant support, model (m): ",
        'tool support, model to search: call: {"q":"order"}',
        "tool search to support, model: Lima",
        "assistant support, model (m): In Lima",
        "system docs (retrieval by look-up): Lima?",
        "user ann to check: Check",
        "error check (assistant): (no answer in the log)",
    ]


def test_run_of_agents_in_order(hilt, tmp_path):
    """Who answered, and what the framework did in between; two chains of a run are one."""
    run = {"framework": "openai-agents", "run": "trace_1"}
    session = "conv_0123456789abcdef"

    def event(number, action, actor, text, **fields):
        return {
            "event_id": f"evt_{number}",
            "timestamp": f"2026-11-28T10:00:0{number}Z",
            "session_id": session,
            "actor": actor,
            "action": action,
            "content": {"text": text},
            **fields,
        }

    def call(number, text, agent):
        of = {**run, "provider": "openai", "agent": agent}
        answer = {"type": "agent", "id": "openai", "name": agent}
        human = {"type": "human", "id": "user"}
        reply = {"extensions": {"reply_to": f"evt_{number}", "model": "gpt-5"}}
        return [
            event(number, "prompt", human, text, provenance=of),
            event(number + 1, "completion", answer, f"{text}!", provenance=of, **reply),
        ]

    steps = {"extensions": {"step": "handoff", "phase": "end"}, "provenance": run}
    handoff = event(3, "system", {"type": "agent", "id": "Triage"}, "Handoff to Orders", **steps)
    failure = {"reply_to": "evt_6", "outcome": "failed", "error_code": "rate_limit"}
    asked, failed = call(6, "Again", "Orders")
    failed.update(action="system", actor={"type": "system", "id": "openai"}, extensions=failure)
    other = {**handoff, "event_id": "evt_9", "provenance": {"run": "trace_2"}}
    log = tmp_path / "agents.jsonl"
    lines = [*call(1, "Hi", "Triage"), *call(4, "Look", "Orders"), handoff, asked, failed, other]
    log.write_text("".join(f"{json.dumps(line)}\n" for line in lines))

    assert hilt("show", "--last", log, "--for-model")[1].splitlines() == [
        "user user to Triage: Hi",
        "assistant Triage (gpt-5): Hi!",
        "system Triage (handoff): Handoff to Orders",
        "user user to Orders: Look",
        "assistant Orders (gpt-5): Look!",
        "user user to Orders: Again",
        "error Orders (openai): Again!",
    ]


def test_the_whole_input(hilt, weather):
    """Each message that was sent, with names of tools, and parts that are no text by their type."""
    log = LogWriter(weather.path.with_name("full.jsonl"))
    parts = [{"type": "text", "content": "Look:"}, {"type": "blob"}, "odd"]
    first = log.answer(log.write(content={"messages": [{"role": "user", "parts": parts}, {}]}), "")
    result = log.tool_result(log.tool_call(first, city="Paris"), first)
    log.answer(result, "Rain")

    code, out, _ = hilt("show", "--last", log.path, "--full", "--utc")

    turns = [turn.splitlines() for turn in out.split("\n\n")]
    assert code == 0
    assert [(turn[0].split("  ")[0], turn[1:]) for turn in turns[1:]] == [
        ("user", ["Look:", "blob"]),
        ("", []),
        ("gpt-5-2026", []),
        ("get_weather", ['call: {"city":"Paris"}']),
        ("user", ["Look:", "blob"]),
        ("", []),
        ("assistant", ["get_weather: {'city': 'Paris'}"]),
        ("tool", ["rain"]),
        ("gpt-5-2026", ["Rain"]),
    ]


def test_steps_between_calls(hilt, tmp_path):
    """A step that ended without a text says how, and documents are listed."""
    log = LogWriter(tmp_path / "app.jsonl")
    step = {"step": "guardrail", "phase": "end", "outcome": "completed"}
    log.write("s", ("system", "check"), "system", extensions=step)
    log.write("s", ("system", "check"), "system", content={"text": "Passed"}, extensions=step)
    log.write(
        "s", ("tool", "search"), "retrieval",
        content={"text": "rain?", "documents": [{"text": "It rains"}, {"id": "d2"}]},
        provenance={"node": "look"},
    )  # fmt: skip

    _, out, _ = hilt("show", "s", log.path, "--utc")

    assert out.splitlines()[2:] == [
        "check (guardrail)  2026-11-28 10:00:01",
        "guardrail ended: completed",
        "",
        "check (guardrail)  2026-11-28 10:00:02",
        "Passed",
        "",
        "search (retrieval by look)  2026-11-28 10:00:03",
        "rain?",
        "- It rains",
        "- d2",
    ]


def test_an_event_alone_is_json(hilt, tmp_path):
    """What belongs to no call has no transcript."""
    log = LogWriter(tmp_path / "app.jsonl")
    notice = log.write("s", ("system", "hilt"), "system", content={"text": "Full"})

    code, out, err = hilt("show", notice, log.path)

    assert (code, err) == (0, "")
    assert (json.loads(out)["event_id"], json.loads(out)["content"]) == (notice, {"text": "Full"})
