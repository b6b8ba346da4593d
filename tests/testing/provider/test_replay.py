"""A log served again: a request gets the answer that it got."""

from __future__ import annotations

import anthropic
import openai
import pytest

import hilt
from hilt.core.event import Event
from hilt.testing import MemorySink
from hilt.testing.provider import Provider, Recording

MODEL = "gpt-4o-mini"


@pytest.fixture
def logged(provider):
    """A client whose calls of a scripted provider are logged, and the sink that has the log."""
    sink = MemorySink()
    hilt.instrument(session=hilt.Session(sink), providers=["openai"])
    with openai.OpenAI(base_url=provider.openai_url, api_key="test", max_retries=0) as client:
        yield client, sink
    hilt.uninstrument()


@pytest.fixture
def replayed():
    """Serves the events of a sink to a client."""
    opened = []

    def serve(sink, **options):
        hilt.uninstrument()  # calls to the replay are not part of the log
        provider = Provider(fallback=Recording.of(sink.events, **options).answer).start()
        client = openai.OpenAI(base_url=provider.openai_url, api_key="test", max_retries=0)
        opened.extend([client.close, provider.stop])
        return client

    yield serve
    for close in opened:
        close()


def user(text):
    """A message of the user."""
    return {"role": "user", "content": text}


def ask(client, *messages, **more):
    """The completion of some messages."""
    return client.chat.completions.create(model=MODEL, messages=list(messages), **more)


def reply_to(client, *messages, **more):
    """The text of the completion of some messages."""
    return ask(client, *messages, **more).choices[0].message.content


def test_answer_is_the_same(logged, provider, replayed):
    """The whole object is what the provider sent the first time."""
    client, sink = logged
    provider.answer("A language.")
    first = ask(client, user("What is Python?"))

    again = ask(replayed(sink), user("What is Python?"))

    assert again.model_dump(exclude={"created"}) == first.model_dump(exclude={"created"})


def test_stream_has_the_recorded_chunks(logged, provider, replayed):
    """A stream is cut where it was cut."""
    client, sink = logged
    provider.answer(chunks=["A l", "angu", "age."])
    list(ask(client, user("What is Python?"), stream=True))

    chunks = list(ask(replayed(sink), user("What is Python?"), stream=True))

    pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert [piece for piece in pieces if piece] == ["A l", "angu", "age."]


def test_conversation_with_tools(logged, provider, replayed):
    """Every step of a conversation is found by its whole history, which the log holds once."""
    client, sink = logged
    provider.answer(tool_calls=[("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"})])
    history = [user("Weather?")]
    calls = ask(client, *history).choices[0].message
    history.append(calls.model_dump(exclude_none=True))
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in calls.tool_calls
    ]
    history.extend(results)
    provider.answer("It rains.")
    ask(client, *history)
    history += [{"role": "assistant", "content": "It rains."}, user("Really?")]
    provider.answer("Really.")
    ask(client, *history)
    provider.answer("What do you mean?")
    ask(client, user("Really?"))

    again = replayed(sink, strict=True)

    assert reply_to(again, *history) == "Really."
    assert reply_to(again, *history[:-2]) == "It rains."
    assert ask(again, *history[:1]).choices[0].message == calls
    assert reply_to(again, user("Really?")) == "What do you mean?"


def test_repeated_question_gets_its_answers_in_turn(logged, provider, replayed):
    """The same question asked three times gets three answers, and then the first again."""
    client, sink = logged
    for text in "ABC":
        provider.answer(text)
        ask(client, user("Say a letter."))

    again = replayed(sink)

    assert [reply_to(again, user("Say a letter.")) for _ in range(4)] == ["A", "B", "C", "A"]


def test_closest_has_the_same_newest_message(logged, provider, replayed):
    """Another system message does no harm, unless only the same input will do."""
    client, sink = logged
    provider.answer("A language.")
    ask(client, {"role": "system", "content": "It is Monday."}, user("What is Python?"))

    tuesday = {"role": "system", "content": "It is Tuesday."}

    assert reply_to(replayed(sink), tuesday, user("What is Python?")) == "A language."
    with pytest.raises(openai.NotFoundError):
        ask(replayed(sink, strict=True), tuesday, user("What is Python?"))


def test_error_is_raised_again(logged, provider, replayed):
    """A rate limit is a rate limit again, with its message and its wait."""
    client, sink = logged
    provider.fail(status=429, message="Slow down.", retry_after=3)
    with pytest.raises(openai.RateLimitError) as first:
        ask(client, user("Hi"))

    with pytest.raises(openai.RateLimitError) as again:
        ask(replayed(sink), user("Hi"))

    assert str(again.value) == str(first.value)
    assert again.value.response.headers["retry-after"] == "3"


def test_unknown_question_says_what_there_is(logged, replayed):
    """The 404 names the question and what the log has of the model."""
    client, sink = logged
    ask(client, user("Hi"))

    with pytest.raises(openai.NotFoundError) as caught:
        ask(replayed(sink), user("Bye"))

    assert caught.value.status_code == 404
    assert "no answer from 'gpt-4o-mini' to 'Bye'; it has 1 other from" in str(caught.value)
    assert "'Hi'" not in str(caught.value)


def test_unknown_model_says_which_there_are(logged, replayed):
    """The 404 names the models of the log."""
    client, sink = logged
    ask(client, user("Hi"))

    with pytest.raises(openai.NotFoundError, match="to 'Hi'; it has 0 others from that model"):
        replayed(sink).chat.completions.create(model="gpt-9", messages=[user("Hi")])


def test_other_api_gets_the_same_answer(logged, provider, replayed):
    """An answer logged from OpenAI serves Anthropic's SDK, with counts in its own names."""
    client, sink = logged
    provider.answer("A language.")
    ask(client, user("What is Python?"))
    root = str(replayed(sink).base_url).removesuffix("/v1/")

    with anthropic.Anthropic(base_url=root, api_key="test") as claude:
        message = claude.messages.create(
            model=MODEL, max_tokens=9, messages=[user("What is Python?")]
        )

    assert message.content[0].text == "A language."
    assert message.usage.input_tokens == 8


def event(event_id, action, content=None, **extensions):
    """An event made by hand."""
    return Event(
        event_id=event_id,
        timestamp="2026-01-01T00:00:00Z",
        session_id="s",
        actor={"type": "human", "id": "user"},
        action=action,
        content=content,
        provenance={"provider": "openai", "operation": "chat", "response_id": f"r_{event_id}"},
        extensions={"model": MODEL, **extensions},
    )


def test_what_cannot_be_served_is_counted():
    """Calls that never got an answer from a server, or lost it, are counted by reason."""
    recording = Recording.of(
        [
            event("p1", "prompt"),
            event("c1", "completion", reply_to="p1", outcome="completed"),
            event("p2", "prompt", {"text": "Hi"}),
            event("c2", "system", reply_to="p2", outcome="timeout", error_code="timeout"),
            event("p3", "prompt", {"text": "Hi"}),
            event("c3", "system", reply_to="p3", outcome="failed", status_code=200),
            event("p4", "prompt", {"text": "Hi"}),
            event("x", "feedback", {"text": "Good"}, reply_to="c1"),
        ]
    )

    assert recording.calls == []
    assert recording.skipped == {
        "logged without its prompt": 1,
        "ended by timeout": 1,
        "failed while answering": 1,
    }


def test_previous_response_is_followed(replayed):
    """A request that names the response before it is found by that and by what is new."""
    sink = MemorySink()
    with hilt.Session(sink) as session:
        session.append_all(
            [
                event("p1", "prompt", {"text": "One"}),
                event("c1", "completion", {"text": "1"}, reply_to="p1", outcome="completed"),
                event("p2", "prompt", {"text": "More"}, context_of="c1"),
                event("c2", "completion", {"text": "2"}, reply_to="p2", outcome="completed"),
                event("p3", "prompt", {"text": "More"}),
                event("c3", "completion", {"text": "?"}, reply_to="p3", outcome="completed"),
            ]
        )
    client = replayed(sink)

    first = client.responses.create(model=MODEL, input="One")
    second = client.responses.create(model=MODEL, input="More", previous_response_id=first.id)
    alone = client.responses.create(model=MODEL, input="More")

    assert (first.output_text, second.output_text, alone.output_text) == ("1", "2", "?")


def test_choices_and_reasoning(replayed):
    """Further choices and reasoning are served; calls go to the choice that made them."""
    call = {"type": "tool_call", "id": "t2", "name": "g", "arguments": {}}
    sink = MemorySink()
    with hilt.Session(sink) as session:
        session.append_all(
            [
                event("p1", "prompt", {"text": "One"}),
                event(
                    "c1",
                    "completion",
                    {
                        "text": "A",
                        "reasoning": "Hm.",
                        "choices": [{"role": "assistant", "parts": [call]}],
                    },
                    reply_to="p1",
                    outcome="completed",
                    finish_reasons=["length", "tool_calls"],
                    finish_reason="length",
                ),
                event("t2", "tool_call", {"tool": {"name": "g", "call_id": "t2"}}, reply_to="c1"),
            ]
        )

    answer = ask(replayed(sink), user("One"))

    first, second = answer.choices
    assert (first.message.content, first.finish_reason) == ("A", "length")
    assert first.message.reasoning_content == "Hm."
    assert first.message.tool_calls is None
    assert second.message.tool_calls[0].function.name == "g"
    assert second.finish_reason == "tool_calls"


def test_instructions_that_change_in_a_conversation(logged, provider, replayed):
    """The newest stand in place of those before, wherever the log has them."""
    client, sink = logged
    history = [user("1")]
    for turn, clock in enumerate(("12:00", "12:01", "12:02", "12:02")):
        provider.answer(f"Answer {turn}")
        said = reply_to(client, {"role": "system", "content": f"It is {clock}."}, *history)
        history += [{"role": "assistant", "content": said}, user(f"More {turn}")]

    again = replayed(sink)

    answers = [
        reply_to(again, {"role": "system", "content": f"It is {clock}."}, *history[: 2 * turn + 1])
        for turn, clock in enumerate(("12:00", "12:01", "12:02", "12:02"))
    ]
    assert answers == [f"Answer {turn}" for turn in range(4)]
