"""History once, conversations, and what `capture_content` and `capture_chunks` leave out."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import hilt
from hilt.core.event import Event
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client, sse

SYSTEM = {"role": "system", "content": "Be brief."}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def answer(text: str | None, number: int = 1, **message: Any) -> dict[str, Any]:
    """A chat completion."""
    said = {"role": "assistant", "content": text, **message}
    return {
        "id": f"c{number}", "object": "chat.completion", "created": 1, "model": "gpt-4o",
        "choices": [{"index": 0, "finish_reason": "stop", "message": said}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }  # fmt: skip


def chat(answers: list[Any]) -> Any:
    """A client whose chat gives these answers."""
    return openai_client({"POST /chat/completions": answers})


def user(text: str) -> dict[str, Any]:
    """A user's message."""
    return {"role": "user", "content": text}


def full_input(log: Log, asked: Event) -> list[dict[str, Any]]:
    """The exact input of a call, by following the links that the events hold."""
    events = {event.event_id: event for event in log.events}
    messages = list(asked.content.messages or [])
    link = (asked.extensions or {}).get("context_of")
    while link:
        ending = events[link]
        said = {"role": "assistant", "parts": [{"type": "text", "content": ending.content.text}]}
        before = events[ending.extensions["reply_to"]]
        messages = [*(before.content.messages or []), said, *messages]
        link = (before.extensions or {}).get("context_of")
    return messages


def test_each_message_is_logged_once(log: Log) -> None:
    """A prompt holds what is new, and names the completion that it continues."""
    client = chat([answer(str(number), number) for number in range(20)])
    history = [SYSTEM]
    for number in range(20):
        history.append(user(f"Question {number}"))
        made = client.chat.completions.create(model="gpt-4o", messages=history)
        history.append({"role": "assistant", "content": made.choices[0].message.content})

    prompts, completions = log.of("prompt"), log.of("completion")
    assert [len(prompt.content.messages) for prompt in prompts] == [2] + [1] * 19
    links = [(prompt.extensions or {}).get("context_of") for prompt in prompts]
    assert links == [None, *(event.event_id for event in completions[:-1])]
    assert b"".join(log.sink.lines).count(b"Question 0") == 2  # the text, and in the message


def test_links_give_the_exact_input_back(log: Log) -> None:
    """Following the links gives every message that was sent, in order."""
    client = chat([answer("A", 1), answer("B", 2), answer("C", 3)])
    history = [SYSTEM, user("1")]
    for reply, more in (("A", "2"), ("B", "3")):
        client.chat.completions.create(model="gpt-4o", messages=history)
        history += [{"role": "assistant", "content": reply}, user(more)]
    client.chat.completions.create(model="gpt-4o", messages=history)

    whole = full_input(log, log.of("prompt")[-1])
    assert [(each["role"], each["parts"][0]["content"]) for each in whole] == [
        (each["role"], each["content"]) for each in history
    ]


def test_forked_histories_continue_the_right_answer(log: Log) -> None:
    """Two continuations of one answer both name it."""
    client = chat([answer("A"), answer("B", 2), answer("C", 3)])
    start = [user("1")]
    client.chat.completions.create(model="gpt-4o", messages=start)
    for question in ("left", "right"):
        messages = [*start, {"role": "assistant", "content": "A"}, user(question)]
        client.chat.completions.create(model="gpt-4o", messages=messages)

    first = log.of("completion")[0].event_id
    assert [event.extensions["context_of"] for event in log.of("prompt")[1:]] == [first, first]


def test_history_that_was_changed_is_logged_whole(log: Log) -> None:
    """An earlier message that was edited breaks the link: the prompt holds it all."""
    client = chat([answer("A"), answer("B", 2)])
    client.chat.completions.create(model="gpt-4o", messages=[user("1")])
    edited = [user("one"), {"role": "assistant", "content": "A"}, user("2")]
    client.chat.completions.create(model="gpt-4o", messages=edited)

    last = log.of("prompt")[1]
    assert len(last.content.messages) == 3
    assert "context_of" not in (last.extensions or {})


def test_tool_loop(log: Log) -> None:
    """Calls and results have events of their own; a call with results only has no prompt."""
    calls = [
        {"id": f"call_{n}", "type": "function",
         "function": {"name": "weather", "arguments": f'{{"city": "{city}"}}'}}
        for n, city in enumerate(("Paris", "Rome"))
    ]  # fmt: skip
    client = chat([answer(None, tool_calls=calls), answer("Sunny", 2)])
    first = client.chat.completions.create(
        model="gpt-4o", messages=[user("Weather?")], tools=[TOOL]
    )
    results = [{"role": "tool", "tool_call_id": f"call_{n}", "content": f"{n} C"} for n in (0, 1)]
    client.chat.completions.create(
        model="gpt-4o",
        messages=[user("Weather?"), first.choices[0].message, *results],
        tools=[TOOL],
    )

    assert log.actions == [
        "prompt", "completion", "tool_call", "tool_call", "tool_result", "tool_result", "completion",
    ]  # fmt: skip
    made, given, ends = log.of("tool_call"), log.of("tool_result"), log.of("completion")
    assert [event.extensions["reply_to"] for event in made] == [ends[0].event_id] * 2
    assert [event.extensions["reply_to"] for event in given] == [event.event_id for event in made]
    assert [event.content.tool["result"] for event in given] == ["0 C", "1 C"]
    assert ends[1].extensions["reply_to"] == given[1].event_id
    assert given[0].extensions["context_of"] == ends[0].event_id


def test_streamed_answer_is_continued_too(log: Log) -> None:
    """What was folded from a stream is known when it is sent back."""
    chunks = [
        {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
         "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]}
        for text, reason in (("Hel", None), ("lo", None), (None, "stop"))
    ]  # fmt: skip
    client = chat([sse(chunks), answer("Bye", 2)])
    list(client.chat.completions.create(model="gpt-4o", messages=[user("1")], stream=True))
    messages = [user("1"), {"role": "assistant", "content": "Hello"}, user("2")]
    client.chat.completions.create(model="gpt-4o", messages=messages)

    assert log.of("prompt")[1].extensions["context_of"] == log.of("completion")[0].event_id


PROGRAM = """
import sys, hilt
from tests.instrumentation.test_history import SYSTEM, answer, chat, user
hilt.instrument(filepath=sys.argv[1], providers=["openai"])
client = chat([answer("A")])
client.chat.completions.create(model="gpt-4o", messages=[SYSTEM, user("Same start")])
hilt.uninstrument()
"""


def test_conversation_that_another_process_continues(tmp_path: Path) -> None:
    """It cannot link it, but gives it the id that the first answer has named."""
    path = tmp_path / "log.jsonl"
    subprocess.run(
        [sys.executable, "-c", PROGRAM, str(path)], check=True, cwd=Path(__file__).parents[2]
    )
    more = [{"role": "assistant", "content": "A"}, user("2")]
    hilt.instrument(filepath=path, providers=["openai"])
    try:
        chat([answer("A")]).chat.completions.create(
            model="gpt-4o", messages=[SYSTEM, user("Same start"), *more]
        )
    finally:
        hilt.uninstrument()
    with hilt.Session(path, "r") as session:
        events = list(session.read())

    first, second = (e for e in events if e.action == "completion")
    assert first.session_id == "conv_4f0318f25cffd9f4"
    assert first.extensions["continues_as"] == second.session_id
    assert "continues_as" not in second.extensions
    assert [len(e.content.messages) for e in events if e.action == "prompt"] == [2, 4]


def test_conversation_is_what_the_caller_says(log: Log) -> None:
    """`conversation` sets the session and who speaks, in threads that are told to."""
    client = chat([answer("A"), answer("B", 2), answer("C", 3)])
    ask = client.chat.completions.create
    with hilt.conversation("order-42", user="alice"):
        ask(model="gpt-4o", messages=[user("1")])
        with hilt.conversation(user="bob"):
            ask(model="gpt-4o", messages=[user("2")])
    ask(model="gpt-4o", messages=[user("3")])

    prompts = log.of("prompt")
    assert [event.session_id for event in prompts[:2]] == ["order-42"] * 2
    assert [event.actor.id for event in prompts] == ["alice", "bob", "user"]
    assert prompts[2].session_id.startswith("conv_")


def test_sessions_follow_the_context(log: Log) -> None:
    """`use_session` is right in each thread (T20)."""
    logs = [Log() for _ in range(4)]

    def call(own: Log) -> None:
        with hilt.get_context().use_session(own.session):
            chat([answer("A")]).chat.completions.create(model="gpt-4o", messages=[user("1")])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(call, logs))

    assert [own.actions for own in logs] == [["prompt", "completion"]] * 4
    assert log.events == []


def test_without_content(instrumented: Any) -> None:
    """With ``capture_content=False`` no event has content; usage and links stay."""
    log = instrumented(capture_content=False)
    chunks = [
        {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
         "choices": [{"index": 0, "delta": {"content": "Secret"}, "finish_reason": "stop"}]}
    ]  # fmt: skip
    calls = [
        {"id": "t", "type": "function", "function": {"name": "f", "arguments": '{"a": "Secret"}'}}
    ]
    client = chat([answer("Secret", tool_calls=calls), sse(chunks)])
    client.chat.completions.create(model="gpt-4o", messages=[user("Secret")])
    result = {"role": "tool", "tool_call_id": "t", "content": "Secret"}
    said = {"role": "assistant", "content": "Secret", "tool_calls": calls}
    list(
        client.chat.completions.create(
            model="gpt-4o", messages=[user("Secret"), said, result], stream=True
        )
    )

    assert b"Secret" not in b"".join(log.sink.lines)
    assert all(event.content is None or not event.content.text for event in log.events)
    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert log.of("completion")[0].metrics.tokens["total"] == 3


def test_without_content_an_error_has_no_message(instrumented: Any) -> None:
    """Providers repeat prompts in their error messages."""
    import openai

    log = instrumented(capture_content=False)
    client = chat([lambda _: client.wire.http.Response(400, json={"error": {"message": "Secret"}})])
    with contextlib.suppress(openai.BadRequestError):
        client.chat.completions.create(model="gpt-4o", messages=[user("Secret")])

    assert b"Secret" not in b"".join(log.sink.lines)
    assert log.ending["extensions"]["error_code"] == "invalid_request"


def test_without_chunks(instrumented: Any) -> None:
    """With ``capture_chunks=False`` a stream leaves its completion only."""
    log = instrumented(capture_chunks=False)
    chunks = [
        {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
         "choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}
    ]  # fmt: skip
    client = chat([sse(chunks)])
    list(client.chat.completions.create(model="gpt-4o", messages=[user("1")], stream=True))

    assert [event.action for event in log.events] == ["prompt", "completion"]
    assert log.ending["content"]["text"] == "Hi"
    assert log.ending["extensions"]["time_to_first_chunk_ms"] >= 0
