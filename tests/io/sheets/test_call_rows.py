"""A call is one row: written when it ends, once, whatever happens in between."""

from __future__ import annotations

import time
from datetime import timezone
from zoneinfo import ZoneInfo

import pytest

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import ConfigurationError
from hilt.io.sheets.call_rows import (
    CallReader,
    OpenCall,
    RowStep,
    _call_row,
    _hash_of,
    _outcome,
    _tool_names,
    datetime_of,
    serial_of,
)
from hilt.testing.sheets import Fault

from .conftest import answer_to, prompt_of, put


def calls(sheets, title="Logs"):
    """The rows of calls, by the words in the header."""
    header, *table = sheets.book().tab(title).values()
    return [dict(zip(header, row, strict=False)) for row in table]


def reply(prompt, text, action="completion", **extensions):
    """An ending of a call."""
    return Event(
        session_id=prompt.session_id,
        actor=Actor(type="agent", id="openai"),
        action=action,
        content=Content(text=text),
        extensions={"reply_to": prompt.event_id, **extensions},
    )


def tool_event(action, name, reply_to, **fields):
    """A tool's call or result."""
    kind = "tool" if action == "tool_result" else "agent"
    return Event(
        session_id="conv_1",
        actor=Actor(type=kind, id=name),
        action=action,
        content=Content(text=fields.pop("text", None), tool={"name": name}),
        extensions={"reply_to": reply_to},
        **fields,
    )


def wait_for(condition, seconds=10.0):
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_call_is_one_row_when_it_ends(sheets, sink_of):
    """Question, answer and figures, with a real date in the spreadsheet's time zone."""
    sheets.edit("book", {"updateSpreadsheetProperties": {
        "properties": {"timeZone": "Asia/Tokyo"}, "fields": "timeZone"}})  # fmt: skip
    sink = sink_of()
    sink.open()
    prompt = prompt_of("=What?", timestamp="2026-11-21T20:00:00.000000Z")
    put(sink, prompt)
    assert sink.flush(10)
    assert calls(sheets) == []

    answer = answer_to(prompt)
    put(sink, answer)
    assert sink.flush(10)
    assert calls(sheets) == [
        {
            "Time": serial_of("2026-11-22T05:00:00Z", timezone.utc),
            "Who": "user",
            "Question": "=What?",
            "Answer": "A language.",
            "Outcome": "completed",
            "Cost (USD)": 0.000015,
            "Seconds": 0.842,
            "Model": "",
            "Tools": "",
            "Tokens read": 5,
            "Tokens written": 87,
            "Rating": "",
            "Comment": "",
            "Correction": "",
            "Conversation": "conv_1",
            "Prompt id": prompt.event_id,
            "Event id": answer.event_id,
        }
    ]
    tab = sheets.book().tab("Logs")
    assert tab.hidden_columns == {14, 15, 16}
    assert tab.cell(1, 0).format["numberFormat"]["type"] == "DATE_TIME"
    assert '"$"0.000000' in tab.cell(1, 3).format["numberFormat"]["pattern"]


@pytest.mark.parametrize("zone", ["Etc/UTC", "Asia/Tokyo", "America/New_York"])
def test_date_of_a_sheet_is_a_time_again(zone):
    """To the millisecond, in every time zone."""
    serial = serial_of("2026-11-21T20:00:00.123000Z", ZoneInfo(zone))

    assert datetime_of(serial, ZoneInfo(zone)).isoformat() == "2026-11-21T20:00:00.123000+00:00"


@pytest.mark.parametrize(
    ("timestamp", "zone", "time"),
    [
        ("2026-11-21t20:00:00.5z", "Etc/UTC", 46347.833339120),
        ("9999-12-31T23:59:59.999999Z", "Asia/Tokyo", "9999-12-31T23:59:59.999999Z"),
        ("0001-01-01T00:00:00Z", "America/New_York", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+14:00", "Etc/UTC", "0001-01-01T00:00:00+14:00"),
    ],
)
def test_unusual_time_holds_up_no_row(sheets, sink_of, timestamp, zone, time):
    """A time that no calendar has there stays text, and the rows behind it come."""
    sheets.edit("book", {"updateSpreadsheetProperties": {
        "properties": {"timeZone": zone}, "fields": "timeZone"}})  # fmt: skip
    sink = sink_of()
    sink.open()
    prompt, last = prompt_of("a", timestamp=timestamp), prompt_of("b")
    put(sink, prompt, answer_to(prompt), last, answer_to(last))

    assert sink.flush(10)
    assert [row["Question"] for row in calls(sheets)] == ["a", "b"]
    assert calls(sheets)[0]["Time"] == time
    assert {each.event_id for each in sink.read()} >= {prompt.event_id, last.event_id}


@pytest.mark.parametrize("latency", [10**18, 10**400], ids=["a lot", "no float"])
def test_unusual_latency_holds_up_no_row_and_no_reader(sheets, sink_of, latency):
    """A number of milliseconds that no time can be so late by is no reason to stop."""
    sink = sink_of()
    sink.open()
    prompt, last = prompt_of("a"), prompt_of("b")
    put(sink, prompt, reply(prompt, "x", latency_ms=latency), last, answer_to(last))

    assert sink.flush(10)
    assert [row["Question"] for row in calls(sheets)] == ["a", "b"]
    assert len([*sink.read()]) == 4


def test_time_that_people_have_made_up_is_read(sheets, sink_of):
    """What stands in the column of times may be any number; the id has the time, too."""
    sink = sink_of()
    sink.open()
    prompt = prompt_of("a")
    put(sink, prompt, answer_to(prompt))
    assert sink.flush(10)
    tab = sheets.book().tab("Logs")
    for number in (1e12, -1e12, 2958466):
        sheets.edit("book", {"updateCells": {
            "start": {"sheetId": tab.sheet_id, "rowIndex": 1, "columnIndex": 0},
            "rows": [{"values": [{"userEnteredValue": {"numberValue": number}}]}],
            "fields": "userEnteredValue"}})  # fmt: skip

        read = [*sink.read()]
        assert [each.action for each in read] == ["prompt", "completion"]
        assert read[0].timestamp[:16] == prompt.timestamp[:16]


def test_failed_call_says_what_failed(sheets, sink_of):
    """The outcome is a word to filter by, the error is where the answer would be."""
    sink = sink_of()
    sink.open()
    prompt = prompt_of("a")
    put(sink, prompt, reply(prompt, "Too many", "system", outcome="failed", error_code="rate_limit"))  # fmt: skip

    assert sink.flush(10)
    (row,) = calls(sheets)
    assert (row["Question"], row["Answer"], row["Outcome"]) == ("a", "Too many", "failed")


def test_chunks_and_quiet_steps_make_no_rows(sheets, sink_of):
    """A streamed answer is one row, and so is what an agent asks of a model."""
    sink = sink_of()
    sink.open()
    prompt = prompt_of("a")
    step = Event(session_id="conv_1", actor=Actor(type="system", id="chain"), action="system", extensions={"phase": "start", "step": "chain"})  # fmt: skip
    put(sink, step, prompt)
    put(sink, *[reply(prompt, text, "completion_chunk", chunk_index=0) for text in "ab"])
    put(sink, reply(prompt, "ab", outcome="completed"))

    assert sink.flush(10)
    assert [row["Answer"] for row in calls(sheets)] == ["ab"]


def test_tools_are_named_and_their_results_are_the_next_question(sheets, sink_of):
    """Two calls of a model with tools between them are two rows."""
    sink = sink_of()
    sink.open()
    prompt = prompt_of("a")
    answer = reply(prompt, None, outcome="completed")
    wanted = [tool_event("tool_call", name, answer.event_id) for name in ("search", "search", "get")]  # fmt: skip
    sink.write(b"".join(each.encode() + b"\n" for each in (answer, *wanted)), 4)
    results = [tool_event("tool_result", each.actor.id, each.event_id, text="7") for each in wanted]
    sink.write(b"".join(each.encode() + b"\n" for each in results), 3)
    put(sink, reply(results[-1], "Seven.", outcome="completed"))

    assert sink.flush(10)
    first, second = calls(sheets)
    assert first["Tools"] == "search (2), get"
    assert (second["Question"], second["Answer"]) == ("(result of get) 7", "Seven.")
    assert sink.outbox.state.open_calls == []


def test_calls_of_one_conversation_at_the_same_time_keep_their_questions(sheets, sink_of):
    """An agent answers with a tool's result while another one asks: each has its span."""
    sink = sink_of()
    sink.open()
    first = [tool_event("tool_result", name, "evt_0", text=name) for name in ("search", "get")]
    other = prompt_of("b")
    for event, span in zip((*first, other), ("a" * 16, "a" * 16, "b" * 16), strict=True):
        event.provenance = {"span_id": span}
    put(sink, *first, other, reply(first[-1], "one"), reply(other, "two"))

    assert sink.flush(10)
    assert [(row["Question"], row["Answer"]) for row in calls(sheets)] == [
        ("(result of get) get", "one"),
        ("b", "two"),
    ]
    assert sink.outbox.state.open_calls == []


def test_call_of_a_program_that_died_says_so_once(sheets, sink_of, tmp_path):
    """The prompt was logged; whoever starts next says that it has no answer."""
    first = sink_of()
    first.open()
    prompt, other = prompt_of("a"), prompt_of("b")
    put(first, prompt, other, answer_to(other))
    assert first.flush(10)
    first.close()

    for _ in range(2):
        following = sink_of()
        following.open()
        answered = prompt_of("c")
        put(following, answered, answer_to(answered))
        assert following.flush(10)
        wait_for(lambda sink=following: not sink.outbox.state.open_calls)
        following.close()
    rows = calls(sheets)
    assert sorted((row["Question"], row["Outcome"]) for row in rows) == [
        ("a", "no answer"), ("b", "completed"), ("c", "completed"), ("c", "completed"),
    ]  # fmt: skip
    assert next(row for row in rows if row["Question"] == "a")["Event id"] == prompt.event_id


def test_prompt_waits_as_long_as_its_program_lives(sheets, sink_of):
    """However long a model thinks, and however many other calls end meanwhile."""
    sink = sink_of()
    sink.open()
    slow = prompt_of("slow")
    put(sink, slow)
    for _ in range(3):
        quick = prompt_of("quick")
        put(sink, quick, answer_to(quick))
        assert sink.flush(10)
    time.sleep(1.2)
    assert [row["Question"] for row in calls(sheets)] == ["quick"] * 3

    put(sink, answer_to(slow))
    assert sink.flush(10)
    assert [row["Question"] for row in calls(sheets)] == ["quick"] * 3 + ["slow"]


@pytest.mark.parametrize("kind", ["status_after", "reset_after", "truncated"])
def test_lost_answer_of_google_doubles_no_call(sheets, sink_of, kind):
    """The row is looked for by the id of the event that ended the call."""
    sink = sink_of()
    sink.open()
    sheets.faults.add(Fault(kind, status=500) if kind == "status_after" else Fault(kind))
    prompt = prompt_of("a")
    put(sink, prompt, answer_to(prompt))

    assert sink.flush(20)
    assert [row["Question"] for row in calls(sheets)] == ["a"]


def test_log_of_events_keeps_its_kind(sheets, sink_of, rows):
    """What is there decides, where a program has chosen nothing."""
    sink_of(rows="events").open()
    sink = sink_of()
    sink.open()
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows()] == ["a"]
    assert [tab.title for tab in sheets.book()] == ["Sheet1", "Logs"]


def test_events_beside_calls_get_a_tab_of_their_own(sheets, sink_of, rows, caplog):
    """Rows of two kinds never mix, and a warning says why."""
    sink_of().open()
    sink = sink_of(columns=["timestamp", "message"])
    sink.open()
    put(sink, prompt_of("a"))

    assert sink.flush(10)
    assert [row["message"] for row in rows("Logs (2)")] == ["a"]
    assert "has rows of calls, not of events" in caplog.text


def test_columns_of_calls_cannot_be_chosen(sink_of):
    """The promised columns are those of events."""
    with pytest.raises(ConfigurationError, match="columns: those of calls cannot be chosen"):
        sink_of(rows="calls", columns=["timestamp"])
    with pytest.raises(ConfigurationError, match=r"rows: 'lines'; expected"):
        sink_of(rows="lines")


def test_review_of_a_call_is_about_its_answer(sheets, sink_of):
    """It comes back as feedback to the event that ended the call."""
    sink = sink_of()
    sink.open()
    prompt = prompt_of("a")
    answer = answer_to(prompt)
    put(sink, prompt, answer)
    assert sink.flush(10)
    sheets.type_in("book", "Logs!L2", "4/5", "fine")

    (review,) = sink.feedback()
    assert review.extensions == {"reply_to": answer.event_id, "rating": "4/5", "comment": "fine"}
    assert review.session_id == "conv_1"


def test_reading_gives_the_events_of_a_call_back(sheets, sink_of):
    """As far as a row holds them; a call that has not ended is read from the outbox."""
    sink = sink_of()
    sink.open()
    prompt, waiting = prompt_of("a"), prompt_of("b")
    answer = answer_to(prompt)
    put(sink, prompt, answer, waiting)
    assert sink.flush(10)

    read = [(event.event_id, event.action, event.content.text) for event in sink.read()]
    assert read == [
        (prompt.event_id, "prompt", "a"),
        (answer.event_id, "completion", "A language."),
        (waiting.event_id, "prompt", "b"),
    ]


def test_new_tab_has_colours_a_filter_and_views(sheets, sink_of):
    """What failed is red, what ended early yellow; reviewers have a view."""
    sink_of().open()

    tab = sheets.book().tab("Logs")
    formulas = [
        rule["booleanRule"]["condition"]["values"][0]["userEnteredValue"]
        for rule in tab.conditional_formats
    ]
    assert formulas[0] == '=($C2="failed")+($C2="timeout")+($C2="cancelled")'
    assert '($C2="no answer")' in formulas[1]
    newest = [{"dimensionIndex": 0, "sortOrder": "DESCENDING"}]
    blank = {"columnIndex": 11, "filterCriteria": {"condition": {"type": "BLANK"}}}
    trouble = {"columnIndex": 2, "filterCriteria": {"hiddenValues": ["completed"]}}
    assert [
        (view["title"], view["filterSpecs"], view["sortSpecs"]) for view in tab.filter_views
    ] == [
        ("Newest first", [], newest),
        ("Needs review", [blank], newest),
        ("Problems", [trouble], newest),
    ]
    assert tab.basic_filter is not None


@pytest.mark.parametrize(
    ("action", "extensions", "outcome"),
    [
        ("completion", {"outcome": "length"}, "length"),
        ("completion", {}, "completed"),
        ("embedding", None, "completed"),
        ("system", {"error_code": "rate_limit"}, "failed"),
        ("system", {"error_code": ""}, "note"),
        ("system", None, "note"),
        ("feedback", {"rating": 1}, "feedback"),
        ("retrieval", {"outcome": ""}, "retrieval"),
    ],
)
def test_the_outcome_of_what_does_not_say_it(action, extensions, outcome):
    """By what it is, and whether it has an error."""
    event = Event(session_id="s", actor=Actor("agent", "a"), action=action, extensions=extensions)

    assert _outcome(event) == outcome


@pytest.mark.parametrize(
    ("extensions", "logged", "seconds"),
    [
        ({"latency_ms": 1234.5}, 9.0, 1.234),
        ({"latency_ms": 0}, 9.0, 0),
        ({}, 1500.0, 1.5),
        ({}, None, None),
        ({"latency_ms": "long"}, 9.0, None),
    ],
)
def test_seconds_of_a_call(extensions, logged, seconds):
    """As it was measured, or as somebody has logged it by hand."""
    metrics = Metrics(tokens={"prompt": 3, "completion": 2}, cost_usd=0.5, latency_ms=logged)
    ending = Event(
        session_id="s", actor=Actor("agent", "a"), action="completion", extensions=extensions,
        metrics=metrics, content=Content(text="Hi"), provenance={"request_model": "m"},
        timestamp="1900-01-01T12:00:00.000000Z", event_id="evt_1",
    )  # fmt: skip

    assert _call_row(ending, None, "search", timezone.utc) == {
        "time": 2.5, "who": "a", "question": None, "answer": "Hi", "outcome": "completed",
        "cost": 0.5, "seconds": seconds, "model": "m", "tools": "search", "tokens_read": 3,
        "tokens_written": 2, "conversation": "s", "prompt_id": None, "event_id": "evt_1",
    }  # fmt: skip


def test_tools_are_those_right_behind_an_answer():
    """Counted by name; others, and those of another answer, are not its."""
    ending = Event(session_id="s", actor=Actor("agent", "a"), action="completion", event_id="evt_1")
    own = [tool_event("tool_call", name, "evt_1") for name in ("search", "rain", "search")]
    nameless = tool_event("tool_call", "x", "evt_1")
    nameless.content = None
    other = tool_event("tool_call", "other", "evt_2")
    result = tool_event("tool_result", "search", "evt_1")

    assert _tool_names(ending, own) == "search (2), rain"
    assert _tool_names(ending, [nameless]) == "tool"
    assert _tool_names(ending, [own[0], other, own[1]]) == "search"
    assert _tool_names(ending, [result, *own]) is None
    ending.action = "embedding"
    assert _tool_names(ending, own) is None


@pytest.mark.parametrize("action", ["prompt", "tool_result"])
def test_what_opens_a_call_closes_the_results_before_it(action):
    """Those of its own conversation and writer: others have a call of their own to come."""
    opened = [
        OpenCall(("w1.1", 0, 9), _hash_of("conv_1", "w1"), "tool_result", "evt_1"),
        OpenCall(("w1.2", 9, 9), _hash_of("conv_1", "w1"), "tool_result", "evt_2"),
        OpenCall(("w1.1", 18, 9), _hash_of("conv_1", "w1"), "prompt", "evt_3"),
        OpenCall(("w1.1", 27, 9), _hash_of("conv_2", "w1"), "tool_result", "evt_4"),
        OpenCall(("w2.1", 0, 9), _hash_of("conv_1", "w2"), "tool_result", "evt_5"),
    ]
    reader = CallReader(opened, (), lambda _: None, lambda _: (), timezone.utc)
    event = Event(session_id="conv_1", actor=Actor("human", "a"), action=action)

    step = reader.read(("w1.1", 36, 9), event)

    assert step == RowStep(
        opened=OpenCall(("w1.1", 36, 9), _hash_of("conv_1", "w1"), action, event.event_id),
        closed=("evt_1", "evt_2"),
    )
    reader.apply(step)
    assert reader.read(("w1.1", 45, 9), event).closed == (
        (event.event_id,) if action == "tool_result" else ()
    )
    event.provenance = {"operation": "execute_tool"}
    assert reader.read(("w1.1", 45, 9), event) == RowStep()


def test_answer_of_another_process_comes_behind_its_question(sheets, sink_of):
    """Long events of the process that has asked do not hold it up."""
    asking, fetching = sink_of(), sink_of()
    asking.open()
    fetching.open()
    sheets.faults.add(Fault("status", times=1000))
    long = [prompt_of("x" * 200_000) for _ in range(15)]
    for prompt in long:
        put(asking, prompt, answer_to(prompt))
    prompt = prompt_of("a")
    put(asking, prompt)
    put(fetching, answer_to(prompt))
    sheets.faults.clear()

    assert asking.flush(10)
    assert fetching.flush(10)
    assert [row["Question"] for row in calls(sheets)][-1] == "a"
    assert asking.outbox.state.open_calls == []


def test_state_has_no_id_of_a_conversation(sheets, sink_of, tmp_path):
    """It may be a person's address, and the line that has it may be erased."""
    sink = sink_of()
    sink.open()
    prompt = prompt_of("a")
    prompt.session_id = "ann@example.com"
    put(sink, prompt)
    assert sink.flush(10)

    assert [each.event_id for each in sink.outbox.state.open_calls] == [prompt.event_id]
    (state,) = tmp_path.glob("outbox/*/state.json")
    assert b"ann" not in state.read_bytes()
