"""Whole events of calls, from requests and answers."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest

from hilt import semconv
from hilt._context import FrameworkContext
from hilt.core.guard import guard
from hilt.genai.values import Failure, Message, Response, Usage
from hilt.recording import event_builder
from hilt.recording.chunk_events import chunk_events
from hilt.recording.event_builder import EventBuilder, newest_text
from hilt.recording.event_fields import provenance_of
from hilt.recording.history import History, history_of
from hilt.testing import fixed
from tests.recording.calls import STARTED, ListWriter, answer, call, message, request

ID = "evt_019b76daa800700{}800000000000000{}"
CONVERSATION = "conv_1"
PROVENANCE = {"provider": "acme", "operation": "chat", "request_model": "acme-1"}
TOOL_CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"city": "Paris"}}
RESULT = {"type": "tool_call_response", "id": "c1", "response": "14 C"}
IMAGE = {"type": "blob", "mime_type": "image/png", "modality": "image", "size": 1, "sha256": "ab"}


def event_id(number: int) -> str:
    """The id of an event, by its number in the test."""
    return ID.format(number - 1, number)


def head(number: int, actor: str, who: str, action: str, ended: bool = False) -> dict[str, Any]:
    """What every event begins with."""
    return {
        "hilt_version": "1.0.0",
        "event_id": event_id(number),
        "timestamp": f"2026-01-01T00:00:00.{250000 if ended else 0:06d}Z",
        "session_id": CONVERSATION,
        "actor": {"type": actor, "id": who},
        "action": action,
    }


def plain(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events as they would be written."""
    decoded: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(events))
    return decoded


# -- the request --------------------------------------------------------------------------------


def test_prompt() -> None:
    """What a call that begins a conversation logs of its request."""
    asked = request(
        message("user", "Hi"),
        attributes={semconv.REQUEST_TEMPERATURE: 0.2, semconv.OUTPUT_TYPE: "json"},
        instructions=[{"type": "text", "content": "Be brief."}],
        tools=[{"name": "weather"}],
        documents=[{"text": "D"}],
        user="alice",
        server_address="acme.test",
        server_port=8443,
    )
    observation = call(
        asked,
        conversation=CONVERSATION,
        sdk="acme 1.0",
        trace_id="a" * 32,
        span_id="b" * 16,
        parent_span_id="c" * 16,
        extensions={"mine": 1},
        provenance={"helper": "rag"},
    )

    with fixed():
        events = EventBuilder().begin(observation)

    assert events == [
        {
            **head(1, "human", "alice", "prompt"),
            "content": {
                "text": "Hi",
                "messages": [message("system", "Be brief."), message("user", "Hi")],
                "tools": [{"name": "weather"}],
                "documents": [{"text": "D"}],
            },
            "provenance": {
                **PROVENANCE,
                "server": "acme.test:8443",
                "sdk": "acme 1.0",
                "trace_id": "a" * 32,
                "span_id": "b" * 16,
                "parent_span_id": "c" * 16,
                "helper": "rag",
            },
            "extensions": {"model": "acme-1", "parameters": {"temperature": 0.2}, "mine": 1},
        }
    ]
    assert (observation.prompt_id, observation.reply_to) == (event_id(1), event_id(1))


def fail_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next event of a request fail."""
    failures = iter([True])

    def failing(made: Any) -> dict[str, object]:
        if next(failures, False):
            raise ValueError("an odd request")
        return provenance_of(made)

    monkeypatch.setattr(event_builder, "provenance_of", failing)


def test_request_that_is_read_again_continues_its_answer_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the first try continued is open again before the second one."""
    history = History()
    builder = EventBuilder(history)
    first = call(response=answer("Ho"))
    [_, ending] = builder.begin(first) + builder.end(first)
    fail_once(monkeypatch)

    again = call(request(message("user", "Hi"), message("assistant", "Ho"), message("user", "So?")))
    [prompt] = builder.begin(again)

    assert prompt["extensions"]["context_of"] == ending["event_id"]
    assert again.continuation.answer.continued == 1


def test_request_that_is_read_otherwise_has_no_link_of_the_first_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In its simplest form it may continue nothing."""
    builder = EventBuilder(History())
    first = call(response=answer("Ho"))
    builder.begin(first)
    builder.end(first)
    fail_once(monkeypatch)
    monkeypatch.setattr(
        event_builder, "normalized_request", lambda _: request(message("user", "So?"))
    )

    again = call(request(message("user", "Hi"), message("assistant", "Ho"), message("user", "So?")))
    [prompt] = builder.begin(again)

    assert "context_of" not in prompt["extensions"]
    assert prompt["session_id"] != first.session_id


def test_prompt_of_the_least() -> None:
    """A request of nothing but an operation is a prompt all the same."""
    asked = request(model=None)

    with fixed():
        events = EventBuilder().begin(call(asked, conversation=CONVERSATION))

    assert events == [
        {
            **head(1, "human", "user", "prompt"),
            "content": {"text": ""},
            "provenance": {"provider": "acme", "operation": "chat"},
        }
    ]


def test_prompt_with_an_id_of_its_own() -> None:
    """An id that was given to a span already is that of the event."""
    observation = call(prompt_id="evt_chosen")

    (event,) = EventBuilder().begin(observation)

    assert event["event_id"] == observation.reply_to == "evt_chosen"


def test_without_content_nobody_is_named_and_no_stop_sequence_is_logged():
    """People and conversations have keyed pseudonyms, the same for the same one."""
    attributes = {"gen_ai.request.stop_sequences": ["alice@example.com"], "gen_ai.request.seed": 7}
    silent = request(message("user", "Hi"), attributes=attributes, user="alice")
    builder = EventBuilder()
    (event,) = builder.begin(call(silent, capture_content=False))
    (again,) = builder.begin(call(silent, capture_content=False, user="alice"))
    (other,) = builder.begin(call(silent, capture_content=False, user="u-1"))

    assert event["extensions"]["parameters"] == {"seed": 7}
    people = [each["actor"]["id"] for each in (event, again, other)]
    assert people[0] == people[1] != people[2]
    assert all(re.fullmatch("user_[0-9a-f]{16}", each) for each in people)
    assert all(re.fullmatch("conv_[0-9a-f]{16}", each["session_id"]) for each in (event, other))
    (named,) = builder.begin(call(silent, capture_content=False, conversation="order-42"))
    assert "order-42" not in str(named)


def test_prompt_without_content() -> None:
    """Where content is not captured, there is none."""
    (event,) = EventBuilder().begin(call(capture_content=False))

    assert "content" not in event


def test_media_stand_beside_the_messages() -> None:
    """A picture is found without reading the messages."""
    (event,) = EventBuilder().begin(call(request(message("user", "Look:", IMAGE))))

    assert event["content"] == {
        "text": "Look:",
        "messages": [message("user", "Look:", IMAGE)],
        "media": [IMAGE],
    }


def test_binary_content_that_stands_where_a_text_does() -> None:
    """A part that is no text is looked through before it is written."""
    picture = "iVBORw0KGgo" * 60

    (event,) = EventBuilder().begin(
        call(request(message("user", "Look:", {"type": "image", "content": picture})))
    )

    assert event["content"]["text"] == "Look:"
    assert picture not in str(event)


def test_agent_that_a_framework_names() -> None:
    """It is the name of who answers, streams and calls tools; and of nobody who asks."""
    framework = FrameworkContext("agents", agent="planner")
    observation = call(response=answer("Ho", TOOL_CALL), framework=framework)
    observation.chunks.append((STARTED, "Ho"))
    builder = EventBuilder()

    prompt = builder.begin(observation)
    events = [*prompt, *chunk_events(observation), *builder.end(observation)]

    assert [event["actor"].get("name") for event in events] == [
        None, "planner", "planner", "planner",
    ]  # fmt: skip
    assert events[-1]["provenance"] == framework.provenance


def test_port_of_https_is_not_said() -> None:
    """Only another one is."""
    servers = []
    for port in (443, None, 80):
        asked = request(message("user", "Hi"), server_address="acme.test", server_port=port)
        (event,) = EventBuilder().begin(call(asked))
        servers.append(event["provenance"]["server"])

    assert servers == ["acme.test", "acme.test", "acme.test:80"]


@pytest.mark.parametrize(
    ("messages", "newest"),
    [
        ([], ""),
        ([message("user", "Hi")], "Hi"),
        ([message("user", "Hi"), message("assistant", "Ho")], "Hi"),
        ([message("user", "Hi"), message("user", "More")], "More"),
        ([message("user", "Hi"), message("user", IMAGE)], "Hi"),
        ([message("system", "Be brief."), message("assistant", "Ho")], "Ho"),
    ],
)
def test_text_of_a_prompt(messages: list[Message], newest: str) -> None:
    """That of the newest user message; where no user speaks, of the newest message."""
    assert newest_text(messages) == newest


# -- the conversation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("by_user", "by_request", "conversation"),
    [("mine", "theirs", "mine"), (None, "theirs", "theirs"), (None, None, "conv_0a285745fb42fd5c")],
)
def test_conversation(by_user: str | None, by_request: str | None, conversation: str) -> None:
    """What the user set, else what the request names, else derived from the opening."""
    asked = request(message("user", "Hi"), conversation=by_request)
    observation = call(asked, conversation=by_user)

    EventBuilder().begin(observation)

    assert observation.session_id == conversation


def test_continued_call() -> None:
    """What is logged already is not in the prompt; links and conversation are those before."""
    builder = EventBuilder()
    shared = {
        "tools": [{"name": "weather"}],
        "instructions": [{"type": "text", "content": "Brief"}],
    }
    first = call(request(message("user", "Hi"), **shared), answer("Ho"), conversation="mine")
    builder.begin(first)
    builder.end(first)

    sent = [message("user", "Hi"), message("assistant", "Ho"), message("user", "More")]
    second = call(request(*sent, **shared), conversation="mine")
    (prompt,) = builder.begin(second)

    assert prompt["content"] == {"text": "More", "messages": sent[2:]}
    assert prompt["extensions"] == {"context_of": first.ending_id, "model": "acme-1"}
    assert prompt["session_id"] == "mine"


def test_continued_call_with_other_tools() -> None:
    """Tools and instructions are logged again where they changed."""
    builder, before = EventBuilder(), {"instructions": [{"type": "text", "content": "Brief"}]}
    first = call(
        request(message("user", "Hi"), tools=[{"name": "a"}], **before), answer("Ho", id="r1")
    )
    builder.begin(first)
    builder.end(first)

    later = request(
        message("user", "More"),
        previous_response="r1",
        tools=[{"name": "b"}],
        instructions=[{"type": "text", "content": "Long"}],
    )
    (prompt,) = builder.begin(call(later))

    assert prompt["content"] == {
        "text": "More",
        "messages": [message("system", "Long"), message("user", "More")],
        "tools": [{"name": "b"}],
    }
    assert prompt["extensions"] == {
        "context_of": first.ending_id,
        "new_instructions": True,
        "model": "acme-1",
    }


@pytest.mark.parametrize(
    ("response", "failure"),
    [
        (answer(partial=True), None),
        (answer("Ho"), Failure("server_error", "acme.Error")),
        (None, Failure("server_error", "acme.Error")),
    ],
)
def test_answer_that_cannot_be_continued(
    response: Response | None, failure: Failure | None
) -> None:
    """An answer of which nothing came, and a failure, are nothing that a caller sends back."""
    builder = EventBuilder()
    first = call(response=response, failure=failure)
    builder.begin(first)
    builder.end(first)

    sent = [message("user", "Hi"), message("assistant", "Ho"), message("user", "More")]
    second = call(request(*sent))
    builder.begin(second)

    assert second.context_of is None


@pytest.mark.parametrize(
    ("began", "sent"),
    [
        (True, [message("assistant", '{"a": 1}')]),
        (True, [message("assistant", '"a": 1}')]),
        (False, [message("user", "{"), message("assistant", '"a": 1}')]),
    ],
)
def test_answer_that_the_caller_began(began: bool, sent: list[Message]) -> None:
    """It comes back with the caller's words in it, or alone; a question is never left out so."""
    builder, before = EventBuilder(History()), [message("user", "Hi"), message("assistant", "Ho")]
    asked = (
        [message("user", "JSON?"), message("assistant", "{")] if began else [message("user", "{")]
    )
    first = call(request(*before, *asked), answer('"a": 1}'))
    builder.begin(first)
    builder.end(first)

    again, other = (
        call(request(*before, *each, message("user", "More")))
        for each in ([*asked[: 1 if began else 0], *sent], sent[-1:])
    )
    for each in (again, other):
        builder.begin(each)

    assert (again.context_of, other.context_of) == (first.ending_id, None)


@pytest.mark.parametrize("of_call", [True, False])
def test_answer_is_continued_by_whom_it_was_given(of_call: bool) -> None:
    """Who is named by the program, or by the request; an id in another's hands is another's."""
    builder, found = EventBuilder(History()), []
    name = {"user": "ann"}
    asked = request(message("user", "Hi"), **({} if of_call else name))
    first = call(asked, answer("Ho", id="r1"), **(name if of_call else {}))
    builder.begin(first)
    builder.end(first)

    for user in ("bob", "ann"):
        again = call(request(message("user", "More"), previous_response="r1"), user=user)
        builder.begin(again)
        found.append(again.context_of)

    assert found == [None, first.ending_id]


@pytest.mark.parametrize("is_stored_already", [True, False])
def test_conversation_that_the_provider_keeps(is_stored_already: bool) -> None:
    """It is known by the id of the request, or, where the provider makes it, of the answer."""
    builder, kept = EventBuilder(History()), {"conversation": "thread_1", "stored_history": True}
    asked = request(message("user", "Hi"), **(kept if is_stored_already else {}))
    first = call(asked, answer("Ho", conversation=None if is_stored_already else "thread_1"))
    builder.begin(first)
    builder.end(first)

    again = call(request(message("user", "More"), **kept))
    builder.begin(again)

    assert again.context_of == first.ending_id


@pytest.mark.parametrize(
    ("outcome", "is_same"),
    [("failed", True), ("timeout", True), ("cancelled", True), ("closed", False)],
)
def test_call_that_is_made_again_after_it_failed(outcome: str, is_same: bool) -> None:
    """It is the same conversation: only an answer makes the next call another one."""
    builder = EventBuilder(History())
    first, again = call(outcome=outcome, response=answer("H")), call()
    builder.begin(first)
    builder.end(first)
    builder.begin(again)

    assert (again.session_id == first.session_id) is is_same


# -- tools --------------------------------------------------------------------------------------


def test_tool_loop() -> None:
    """A tool call replies to its completion, its result to it, and the next answer to that."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    first = call(request(sent), answer("Wait.", TOOL_CALL), conversation=CONVERSATION)
    second = call(
        request(sent, message("assistant", "Wait.", TOOL_CALL), message("tool", RESULT)),
        answer("14 degrees."),
        conversation=CONVERSATION,
    )

    with fixed():
        events = [
            event for each in (first, second) for event in builder.begin(each) + builder.end(each)
        ]

    tool = {"name": "weather", "call_id": "c1"}
    links = {"reply_to": event_id(3), "context_of": event_id(2)}
    assert plain(events)[2:] == [
        {
            **head(3, "agent", "acme", "tool_call", ended=True),
            "content": {"tool": {**tool, "arguments": {"city": "Paris"}}},
            "extensions": {"reply_to": event_id(2)},
        },
        {
            **head(4, "tool", "weather", "tool_result"),
            "content": {"text": "14 C", "tool": {**tool, "result": "14 C"}},
            "provenance": PROVENANCE,
            "extensions": links,
        },
        {
            **head(5, "agent", "acme", "completion", ended=True),
            "content": {"text": "14 degrees."},
            "provenance": PROVENANCE,
            "extensions": {
                "reply_to": event_id(4),
                "model": "acme-1",
                "outcome": "completed",
                "cost_unknown": "the provider sent no usage",
            },
        },
    ]
    assert second.prompt_id is None


def test_result_that_a_span_has_logged() -> None:
    """It is not logged again, and the answer replies to it."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    first = call(request(sent), answer(TOOL_CALL))
    builder.begin(first)
    (_, asked) = builder.end(first)
    builder.history(None).remember_tool_result(asked["event_id"], "evt_span")

    second = call(request(sent, message("assistant", TOOL_CALL), message("tool", RESULT)))

    assert builder.begin(second) == []
    assert second.reply_to == "evt_span"


@pytest.mark.parametrize("by_span", [(), (0,), (1,), (0, 1)])
def test_answer_replies_to_the_last_result_whoever_logged_it(by_span: tuple[int, ...]) -> None:
    """Spans of the tools may have logged some of them: the order is that of the request."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    asked = [TOOL_CALL, {**TOOL_CALL, "id": "c2"}]
    first = call(request(sent), answer(*asked))
    builder.begin(first)
    logged_calls = builder.end(first)[1:]
    for number in by_span:
        called = logged_calls[number]["event_id"]
        builder.history(None).remember_tool_result(called, f"evt_span_{number}")

    results = [message("tool", RESULT), message("tool", {**RESULT, "id": "c2"})]
    second = call(request(sent, message("assistant", *asked), *results))
    events = builder.begin(second)

    numbers = [number for number in range(2) if number not in by_span]
    ids = {number: f"evt_span_{number}" for number in by_span}
    ids.update({number: event["event_id"] for number, event in zip(numbers, events, strict=True)})
    assert second.reply_to == ids[1]
    assert [each["extensions"].get("context_of") for each in events] == [
        first.ending_id, None
    ][: len(events)]  # fmt: skip
    assert [each["extensions"]["reply_to"] for each in events] == [
        logged_calls[number]["event_id"] for number in numbers
    ]


def test_result_with_a_question() -> None:
    """Where a user speaks as well, there is a prompt, and the answer replies to that."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    first = call(request(sent), answer(TOOL_CALL))
    builder.begin(first)
    builder.end(first)

    both = [message("tool", RESULT), message("user", "And tomorrow?")]
    second = call(request(sent, message("assistant", TOOL_CALL), *both))
    result, prompt = builder.begin(second)

    assert (result["action"], prompt["action"]) == ("tool_result", "prompt")
    assert prompt["content"] == {"text": "And tomorrow?", "messages": both}
    assert second.reply_to == second.prompt_id == prompt["event_id"]
    assert result["extensions"] == {"reply_to": builder.history(None).tool_call("c1").event_id}


def test_results_that_come_with_other_tools_and_instructions() -> None:
    """No prompt says what changed, so the first of the results does; and its content stays."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    asked = message("assistant", TOOL_CALL, {**TOOL_CALL, "id": "c2", "name": "news"})
    first = call(
        request(message("system", "Brief."), sent, tools=[{"name": "a"}]),
        Response(messages=[asked]),
    )
    builder.begin(first)
    builder.end(first)

    second = call(
        request(
            message("system", "Long."), sent, asked,
            message("tool", RESULT), message("tool", {**RESULT, "id": "c2"}),
            tools=[{"name": "b"}], documents=[{"text": "D"}],
        )
    )  # fmt: skip
    events = builder.begin(second)

    assert [event["content"] for event in events] == [
        {
            "text": "14 C",
            "tool": {"name": "weather", "call_id": "c1", "result": "14 C"},
            "messages": [message("system", "Long.")],
            "tools": [{"name": "b"}],
            "documents": [{"text": "D"}],
        },
        {"text": "14 C", "tool": {"name": "news", "call_id": "c2", "result": "14 C"}},
    ]
    assert [sorted(event["extensions"]) for event in events] == [
        ["context_of", "new_instructions", "reply_to"], ["reply_to"],
    ]  # fmt: skip
    assert events[0]["extensions"]["context_of"] == first.ending_id
    assert events[0]["extensions"]["new_instructions"] is True


@pytest.mark.parametrize("capture_content", [True, False])
def test_result_that_says_no_more_than_a_result(capture_content: bool) -> None:
    """Where nothing changed, it has a link to the answer before, and no context."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    shared: dict[str, Any] = {"tools": [{"name": "a"}]}
    first = call(request(sent, **shared), answer(TOOL_CALL))
    builder.begin(first)
    _, asked = builder.end(first)

    later = request(sent, message("assistant", TOOL_CALL), message("tool", RESULT), **shared)
    (result,) = builder.begin(call(later, capture_content=capture_content))

    tool = {"name": "weather", "call_id": "c1", "result": "14 C"}
    assert result.get("content") == ({"text": "14 C", "tool": tool} if capture_content else None)
    assert result["extensions"] == {
        "reply_to": asked["event_id"], "context_of": first.ending_id,
    }  # fmt: skip


def test_message_that_is_a_mark_for_a_cache_alone() -> None:
    """No result of a tool is in it, so it is a prompt like any other."""
    marked = message("user", {"type": "cachePoint", "content": {"type": "default"}})

    (prompt,) = EventBuilder().begin(call(request(marked)))

    assert prompt["action"] == "prompt"
    assert prompt["content"]["messages"] == [marked]


def test_results_without_ids_reply_to_the_calls_of_their_names() -> None:
    """Some APIs have no ids: of an answer's calls, the one with the result's name is meant."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    parts = [{"type": "tool_call", "name": each, "arguments": {}} for each in ("weather", "news")]
    first = call(request(sent), answer(*parts))
    builder.begin(first)
    _, weather, news = builder.end(first)

    results = [
        message("tool", {"type": "tool_call_response", "name": each, "response": "x"})
        for each in ("news", "weather")
    ]
    events = builder.begin(call(request(sent, message("assistant", *parts), *results)))

    assert [event["extensions"]["reply_to"] for event in events] == [
        news["event_id"],
        weather["event_id"],
    ]


def test_result_without_a_name_among_calls_without_names() -> None:
    """Nobody can tell which of them it answers, so it replies to none."""
    builder, sent = EventBuilder(), message("user", "Weather?")
    parts = [{"type": "tool_call", "arguments": {"a": each}} for each in (1, 2)]
    first = call(request(sent), answer(*parts))
    builder.begin(first)
    builder.end(first)

    result = message("tool", {"type": "tool_call_response", "response": "x"})
    (event,) = builder.begin(call(request(sent, message("assistant", *parts), result)))

    assert event["extensions"] == {"context_of": first.ending_id}


def test_result_of_a_conversation_that_is_not_logged() -> None:
    """The whole of it is in a prompt, and only the newest results are events."""
    old = {**RESULT, "id": "c0"}
    sent = [
        message("user", "Weather?"),
        message("assistant", {**TOOL_CALL, "id": "c0"}),
        message("tool", old),
        message("assistant", TOOL_CALL),
        message("tool", RESULT),
    ]
    observation = call(request(*sent))

    result, prompt = EventBuilder().begin(observation)

    assert result["actor"] == {"type": "tool", "id": "weather"}
    assert prompt["content"]["messages"] == sent
    assert observation.reply_to == prompt["event_id"]


# -- the ending ---------------------------------------------------------------------------------


def test_completion() -> None:
    """What a call logs of its answer."""
    response = answer(
        "Ho",
        id="r1",
        model="acme-1-large",
        finish_reasons=["stop"],
        usage=Usage(5, 7),
        raw_usage={"in": 5, "out": 7},
        service_tier="flex",
    )
    observation = call(
        response=response,
        session_id=CONVERSATION,
        reply_to="evt_prompt",
        latency_ms=250.0,
        status_code=200,
        request_id="req_1",
        cost_usd=0.5,
    )

    with fixed():
        (event,) = plain(EventBuilder().end(observation))

    version = event["provenance"].pop("price_version")
    assert version.startswith("genai-prices ")
    assert event == {
        **head(1, "agent", "acme", "completion", ended=True),
        "content": {"text": "Ho"},
        "metrics": {"tokens": {"prompt": 5, "completion": 7, "total": 12}, "cost_usd": 0.5},
        "provenance": {
            **PROVENANCE,
            "response_model": "acme-1-large",
            "response_id": "r1",
            "service_tier": "flex",
            "usage": {"in": 5, "out": 7},
            "request_id": "req_1",
        },
        "extensions": {
            "reply_to": "evt_prompt",
            "model": "acme-1",
            "latency_ms": 250.0,
            "status_code": 200,
            "outcome": "completed",
            "finish_reason": "stop",
        },
    }
    assert observation.ending_id == event_id(1)


def test_failure() -> None:
    """A call that raised ends as a `system` event with the error's message."""
    failure = Failure("rate_limit", "acme.RateLimitError", "Slow down.", 429)
    observation = call(failure=failure, status_code=429, session_id=CONVERSATION)

    with fixed():
        events = plain(EventBuilder().end(observation))

    assert events == [
        {
            **head(1, "system", "acme", "system", ended=True),
            "content": {"text": "Slow down."},
            "provenance": PROVENANCE,
            "extensions": {
                "model": "acme-1",
                "status_code": 429,
                "outcome": "failed",
                "error_code": "rate_limit",
                "error_type": "acme.RateLimitError",
            },
        }
    ]


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("chat", "completion"),
        ("text_completion", "completion"),
        ("embeddings", "embedding"),
        ("rerank", "rerank"),
        ("retrieval", "retrieval"),
    ],
)
def test_action_of_an_ending(operation: str, action: str) -> None:
    """It is that of the operation."""
    (event,) = EventBuilder().end(call(request(operation=operation), Response()))

    assert event["action"] == action


def test_ending_without_content() -> None:
    """Where content is not captured, neither answer nor arguments are in the log."""
    ending, tool_call = EventBuilder().end(
        call(response=answer("Ho", TOOL_CALL), capture_content=False)
    )

    assert "content" not in ending
    assert "content" not in tool_call


def test_tool_call_without_an_id() -> None:
    """It has a name and arguments."""
    bare = {"type": "tool_call", "name": "weather"}

    _, tool_call = EventBuilder().end(call(response=answer(bare)))

    assert tool_call["content"] == {"tool": {"name": "weather", "arguments": None}}


def test_outcome_that_is_set_stays() -> None:
    """A caller who closed a stream closed it, whatever the finish reason."""
    observation = call(response=answer("Ho", finish_reasons=["length"]), outcome="closed")

    (event,) = plain(EventBuilder().end(observation))

    assert event["extensions"]["outcome"] == "closed"


def test_ending_whose_beginning_failed() -> None:
    """It has a conversation all the same."""
    events = [
        EventBuilder().end(call(response=answer("Ho"), conversation=each))[0]
        for each in (None, "mine")
    ]

    assert events[0]["session_id"].startswith("conv_")
    assert events[1]["session_id"] == "mine"


def test_history_is_that_of_the_destination_unless_one_is_given() -> None:
    """What one log has is not continued in another; a builder with a history asks that alone."""
    one, other, given = ListWriter(), ListWriter(), History()
    builder, with_history = EventBuilder(), EventBuilder(given)

    assert builder.history(one) is history_of(one)
    assert builder.history(other) is history_of(other)
    assert builder.history(one) is history_of(one)
    assert builder.history(None) not in (history_of(one), history_of(other))
    assert [with_history.history(session) for session in (one, None, other)] == [given] * 3


# -- values of the wrong type -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("odd", "user", "session_id"),
    [
        ({"user": 7, "conversation": "c"}, "7", "c"),
        ({"user": "ann", "conversation": ["c"]}, "ann", '["c"]'),
    ],
)
def test_id_of_a_wrong_type(odd: dict[str, Any], user: str, session_id: str) -> None:
    """An id is a text in the log, whatever a program has given."""
    before = guard.errors

    (event,) = EventBuilder().begin(call(request(message("user", "Hi"), **odd)))

    assert (event["actor"]["id"], event["session_id"]) == (user, session_id)
    assert guard.errors == before + 1


def test_request_that_cannot_be_logged_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried twice, and then left to whoever guards the call."""

    def failing(_: object) -> None:
        raise ValueError("an odd request")

    monkeypatch.setattr(event_builder, "provenance_of", failing)
    before = guard.errors

    with pytest.raises(ValueError, match="an odd request"):
        EventBuilder().begin(call())

    assert guard.errors == before + 1


def test_request_of_wrong_types() -> None:
    """It is counted as an internal error, and logged as text."""
    before = guard.errors
    odd: Any = request(message("user", "Hi"), {"role": 5}, user=7, conversation=["c"])  # type: ignore[arg-type]

    (event,) = EventBuilder().begin(call(odd))

    assert event["actor"] == {"type": "human", "id": "7"}
    assert event["session_id"] == '["c"]'
    assert event["content"]["messages"][0] == message("user", "Hi")
    assert guard.errors == before + 1


@pytest.mark.parametrize(
    ("fields", "actor", "conversation"),
    [({"user": 7, "conversation": "mine"}, "7", "mine"), ({"conversation": 42}, "user", "42")],
)
def test_id_that_is_a_number(fields: dict[str, Any], actor: str, conversation: str) -> None:
    """Ids are texts in the log, whatever a program gives for them."""
    observation = call(request(message("user", "Hi"), **fields))

    (event,) = EventBuilder().begin(observation)

    assert (event["actor"]["id"], event["session_id"]) == (actor, conversation)


def test_answer_of_wrong_types() -> None:
    """It is counted as an internal error, and logged as it came."""
    before = guard.errors
    odd: Any = Response(messages=["Ho"])  # type: ignore[list-item]

    (event,) = EventBuilder().end(call(response=odd))

    assert event["content"]["parts"] == [{"type": "unknown", "content": "Ho"}]
    assert guard.errors == before + 1


def test_failure_that_cannot_be_logged_is_raised_to_the_guard() -> None:
    """There is no answer to put right, so it is not tried again, nor counted twice."""
    before = guard.errors
    with pytest.raises(AttributeError, match="'object' object has no attribute 'outcome'"):
        EventBuilder().end(call(failure=object()))

    assert guard.errors == before


@pytest.mark.parametrize("of_call", [True, False])
@pytest.mark.parametrize("user", [None, "alice"])
def test_process_that_goes_on_with_the_id_of_an_answer(user: str | None, of_call: bool) -> None:
    """Each ending names the conversation that another process makes of the answer's id."""
    ids: list[tuple[str, str | None]] = []
    for number in range(3):  # each in a process of its own
        before = f"r{number}" if number else None
        asked = request(
            message("user", str(number)),
            previous_response=before,
            continued_by_id=True,
            user=None if of_call else user,
        )
        said = answer("Ho", id=f"r{number + 1}")
        observation, builder = call(asked, said, user=user if of_call else None), EventBuilder()
        builder.begin(observation)
        (ending,) = plain(builder.end(observation))
        ids.append((ending["session_id"], ending["extensions"]["continues_as"]))

    assert [here for here, _ in ids[1:]] == [following for _, following in ids[:-1]]


@pytest.mark.parametrize(
    ("given", "sent", "answered", "continues"),
    [
        (None, None, "thread_1", "thread_1"),
        (None, "thread_1", "thread_1", None),
        ("thread_1", None, "thread_1", None),
        ("mine", "thread_1", "thread_2", "thread_2"),
        ("mine", None, "", None),
        ("mine", None, 7, None),
    ],
)
def test_conversation_that_the_provider_names(
    given: str | None, sent: str | None, answered: Any, continues: str | None
) -> None:
    """An ending says where another process goes on, unless that is where it stands."""
    asked = request(message("user", "Hi"), conversation=sent)
    observation = call(asked, answer("Ho", conversation=answered), conversation=given)
    builder = EventBuilder()
    builder.begin(observation)

    (ending,) = plain(builder.end(observation))

    assert ending["extensions"].get("continues_as") == continues


@pytest.mark.parametrize(
    ("first", "second", "is_continued"),
    [
        ({"by_request": "alice"}, {"by_request": "alice"}, True),
        ({"by_request": "alice"}, {"by_request": "bob"}, False),
        ({"by_caller": "alice"}, {"by_request": "bob"}, False),
        ({"by_caller": "alice", "by_request": "bob"}, {"by_caller": "alice"}, True),
        ({"by_request": "alice"}, {}, True),
        ({}, {"by_request": "alice"}, True),
    ],
)
def test_answer_that_was_given_to_somebody_else_is_not_continued(
    first: dict[str, str], second: dict[str, str], is_continued: bool
) -> None:
    """Whoever names the id of an answer continues it, if it was not another user's."""
    builder, calls = EventBuilder(), []
    for users, before in ((first, None), (second, "r1")):
        asked = request(
            message("user", "Hi"), previous_response=before, user=users.get("by_request")
        )
        observation = call(asked, answer("Ho", id="r1"), user=users.get("by_caller"))
        builder.begin(observation)
        builder.end(observation)
        calls.append(observation)

    assert calls[1].context_of == (calls[0].ending_id if is_continued else None)


def test_conversation_with_a_name_continues_as_nothing_else() -> None:
    """Whoever goes on with it gives its name, too."""
    asked = request(message("user", "Hi"), continued_by_id=True)
    observation, builder = (
        call(asked, answer("Ho", id="r1"), conversation="order-42"),
        EventBuilder(),
    )
    builder.begin(observation)

    (ending,) = plain(builder.end(observation))

    assert "continues_as" not in ending["extensions"]
