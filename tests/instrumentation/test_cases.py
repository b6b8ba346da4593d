"""What broke other instrumentations, one by one, on OpenAI's chat."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider

import hilt
from tests.conftest import Log
from tests.instrumentation.mock_http import Wire, openai_client, sse

CANARY = "sk-canary-0123456789abcdefghij"
ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}


def whole(**message: Any) -> dict[str, Any]:
    """A chat completion with this message."""
    return {
        "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
        "choices": [{"index": 0, "finish_reason": "stop",
                     "message": {"role": "assistant", "content": "Hello!", **message}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    }  # fmt: skip


def chunk(delta: Any, reason: str | None = None, **fields: Any) -> dict[str, Any]:
    """A chunk of a chat completion."""
    return {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **fields}  # fmt: skip


def chat(answer: Any, **options: Any) -> Any:
    """A client whose chat gives this answer."""
    return openai_client({"POST /chat/completions": answer}, **options)


def test_chunks_without_choices_or_delta(log: Log) -> None:
    """Azure sends chunks with no choices, or choices with no delta (T8)."""
    chunks = [
        {**chunk({}), "choices": [], "prompt_filter_results": [{"prompt_index": 0}]},
        {**chunk({}), "choices": [{"index": 0, "delta": None, "finish_reason": None}]},
        chunk({"content": "Hello"}),
        {**chunk({}), "choices": None},
        chunk({}, "stop"),
    ]
    given = list(chat(sse(chunks)).chat.completions.create(**ASK, stream=True))

    assert len(given) == len(chunks)
    assert log.ending["content"]["text"] == "Hello"
    assert log.ending["extensions"]["outcome"] == "completed"


_TOOL_PIECE = {"index": 0, "id": "t1", "function": {"name": "f", "arguments": "{}"}}


@pytest.mark.parametrize(
    ("came", "content", "tools"),
    [
        ([], None, []),
        ([chunk({}, id="")], None, []),
        ([chunk({}, id="c1")], {}, []),
        ([chunk({"content": each}, id="") for each in ("Hel", "lo")], {"partial_text": "Hello"}, []),
        ([chunk({"refusal": "No."}, id="")], {"parts": [{"type": "refusal", "content": "No."}]}, []),
        ([chunk({"reasoning_content": "Hm"}, id="")], {"reasoning": "Hm"}, []),
        ([chunk({"tool_calls": [_TOOL_PIECE]}, id="")], {},
         [{"name": "f", "call_id": "t1", "arguments": {}}]),
    ],
)  # fmt: skip
def test_what_came_of_a_stream_that_broke(
    log: Log, came: list[Any], content: dict[str, Any] | None, tools: list[Any]
) -> None:
    """Not only text: tool calls and reasoning have cost as much, of hosts without ids too."""
    broken = sse([*came, {"error": {"message": "overloaded"}}])

    with pytest.raises(Exception, match="overloaded"):
        list(chat(broken).chat.completions.create(**ASK, stream=True))

    ending = log.one("system")
    assert ending["content"] == {"text": "overloaded", **(content or {})}
    assert ending["extensions"]["outcome"] == "failed"
    assert ending["extensions"].get("partial") == (None if content is None else True)
    events = [event.to_dict() for event in log.of("tool_call")]
    assert [event["content"]["tool"] for event in events] == tools


def test_parallel_tool_calls_arrive_interleaved(log: Log) -> None:
    """Pieces are put together by their index, and what is not JSON stays text (T29)."""
    pieces = [
        (0, "a", "left", '{"x"'), (1, "b", "right", "not "), (0, None, None, ": 1}"), (1, None, None, "json"),
    ]  # fmt: skip
    chunks = [
        chunk({"tool_calls": [{"index": i, "id": id_, "type": "function" if id_ else None,
                               "function": {"name": name, "arguments": text}}]})
        for i, id_, name, text in pieces
    ]  # fmt: skip
    list(chat(sse([*chunks, chunk({}, "tool_calls")])).chat.completions.create(**ASK, stream=True))

    assert [event.content.tool for event in log.of("tool_call")] == [
        {"name": "left", "call_id": "a", "arguments": {"x": 1}},
        {"name": "right", "call_id": "b", "arguments": "not json"},
    ]


def test_streamed_refusal_is_a_part(log: Log) -> None:
    """A refusal that arrives in pieces is the same part as one that arrives whole."""
    chunks = [chunk({"refusal": "I "}), chunk({"refusal": "cannot."}), chunk({}, "stop")]
    list(chat(sse(chunks)).chat.completions.create(**ASK, stream=True))
    streamed = log.ending["content"]
    log.clear()
    chat(whole(content=None, refusal="I cannot.")).chat.completions.create(**ASK)

    assert streamed == log.ending["content"]
    assert streamed["parts"] == [{"type": "refusal", "content": "I cannot."}]


def test_streamed_speech_is_logged_as_its_transcript(log: Log) -> None:
    """Sound that is streamed has its transcript in the same chunks."""
    chunks = [
        chunk({"audio": {"id": "audio_1", "data": "AAAA", "transcript": text}})
        for text in ("A ", "cat")
    ]
    stream = chat(sse([*chunks, chunk({}, "stop")])).chat.completions.create(**ASK, stream=True)
    list(stream)

    assert log.ending["content"]["text"] == "A cat"
    assert b"AAAA" not in b"".join(log.sink.lines)


def test_media_is_never_inline(log: Log) -> None:
    """Base64 pictures and sounds become blobs, in prompts and answers (T32)."""
    import base64

    data = base64.b64encode(b"picture " * 1000).decode()
    content = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
        {"type": "input_audio", "input_audio": {"data": data, "format": "mp3"}},
        {"type": "file", "file": {"file_data": f"data:application/pdf;base64,{data}"}},
    ]
    audio = {"id": "audio_1", "data": data, "expires_at": 1, "transcript": "A cat"}
    client = chat(whole(content=None, audio=audio))
    client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": content}])

    assert data[:100].encode() not in b"".join(log.sink.lines)
    assert [part["mime_type"] for part in log.one("prompt")["content"]["media"]] == [
        "image/png", "audio/mp3", "application/pdf",
    ]  # fmt: skip
    assert log.ending["content"]["text"] == "A cat"
    assert log.ending["content"]["media"][0]["size"] == 8000


def test_no_warning_is_raised(log: Log) -> None:
    """Nothing that HILT reads makes pydantic warn (T33)."""
    odd = {**whole(content=["not", "text"]), "usage": {"prompt_tokens": "many"}, "extra": 1}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        chat(odd).chat.completions.create(**ASK)

    assert log.ending["action"] == "completion"


def test_sentinels_are_not_in_the_log(log: Log) -> None:
    """What the SDK does not send is not in the log (T34)."""
    import openai

    chat(whole()).chat.completions.create(**ASK, temperature=openai.NOT_GIVEN, max_tokens=5)

    assert log.one("prompt")["extensions"]["parameters"] == {"max_tokens": 5}


def test_secrets_never_reach_the_log(
    log: Log, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys in headers, query, client and error messages stay out of the log (T37)."""
    import openai

    caplog.set_level(logging.DEBUG, logger="hilt")
    message = f"Incorrect API key provided: {CANARY}"
    client = chat(
        [whole(), lambda _: client.wire.http.Response(401, json={"error": {"message": message}})],
        api_key=CANARY,
        organization=CANARY,
        default_headers={"x-secret": CANARY, "Authorization": f"Bearer {CANARY}"},
        default_query={"key": CANARY},
    )
    extra = {
        "extra_headers": {"x-more": CANARY},
        "extra_query": {"api_key": CANARY},
        "extra_body": {"api_key": CANARY, "nested": {"token": CANARY}, "metadata": {"key": CANARY}},
    }
    client.chat.completions.create(**ASK, **extra)
    with pytest.raises(openai.AuthenticationError):
        client.chat.completions.create(**ASK, **extra)

    assert log.actions == ["prompt", "completion", "prompt", "system"]
    assert CANARY.encode() not in b"".join(log.sink.lines)
    assert CANARY not in caplog.text
    assert CANARY in client.wire.requests[0].headers["authorization"]


def test_secrets_never_reach_a_span(instrumented: Any) -> None:
    """Nor the spans of a provider that the program hands in (T37)."""
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    instrumented(tracer_provider=provider)
    client = chat(whole(), api_key=CANARY, default_headers={"x-secret": CANARY})
    client.chat.completions.create(**ASK, extra_body={"api_key": CANARY})

    (span,) = exporter.get_finished_spans()
    assert CANARY not in span.to_json()
    assert "Hello!" not in span.to_json()  # content is opt-in


def test_global_provider_is_left_alone(log: Log) -> None:
    """HILT neither sets the global tracer provider nor adds to it (T21)."""
    before = trace.get_tracer_provider()
    chat(whole()).chat.completions.create(**ASK)

    assert trace.get_tracer_provider() is before
    assert not isinstance(before, TracerProvider)


def test_no_context_is_left_attached(log: Log, caplog: pytest.LogCaptureFixture) -> None:
    """A stream left early, in another task, leaves the OpenTelemetry context as it was (T16)."""
    client = openai_client(
        {"POST /chat/completions": sse([chunk({"content": "a"})] * 5)}, is_async=True
    )

    async def main() -> None:
        stream = await client.chat.completions.create(**ASK, stream=True)
        await asyncio.create_task(anext_of(stream))
        before = context.get_current()
        del stream
        gc.collect()
        await asyncio.sleep(0)
        assert context.get_current() is before

    async def anext_of(stream: Any) -> None:
        async for _ in stream:
            break

    asyncio.run(main())

    assert "detach" not in caplog.text


def test_no_trace_context_is_sent(log: Log) -> None:
    """The provider gets no trace headers, and the user's own spans no parent of HILT's."""
    client = chat(whole())
    client.chat.completions.create(**ASK)

    assert "traceparent" not in client.wire.requests[0].headers
    assert not trace.get_current_span().is_recording()


def test_calls_join_the_users_trace(log: Log) -> None:
    """The user's current span is the parent of the call, by its ids in the log."""
    with TracerProvider().get_tracer("app").start_as_current_span("work") as span:
        chat(whole()).chat.completions.create(**ASK)

    origin = log.ending["provenance"]
    assert origin["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert origin["parent_span_id"] == f"{span.get_span_context().span_id:016x}"


def test_one_shot_messages_are_not_consumed(log: Log) -> None:
    """A generator of messages is read by the SDK, and by nobody else (T9)."""
    client = chat(whole())

    def messages() -> Iterator[dict[str, str]]:
        yield {"role": "user", "content": "Once"}

    client.chat.completions.create(model="gpt-4o", messages=messages())

    sent = json.loads(client.wire.requests[0].content)
    assert sent["messages"] == [{"role": "user", "content": "Once"}]
    assert log.one("prompt")["content"]["text"] == "Once"


def test_peeking_and_looping(log: Log) -> None:
    """``next`` before a loop, and two loops, give each chunk once, as in the SDK (T11)."""
    chunks = [chunk({"content": text}) for text in "abcd"]
    stream = chat(sse([*chunks, chunk({}, "stop")])).chat.completions.create(**ASK, stream=True)
    given = [next(stream)]
    for each in stream:
        given.append(each)
        break
    given += list(stream)

    assert "".join(each.choices[0].delta.content or "" for each in given) == "abcd"
    assert log.ending["content"]["text"] == "abcd"
    assert log.ending["extensions"]["outcome"] == "completed"


def test_stream_is_the_sdks_own(log: Log) -> None:
    """The stream is an instance of the SDK's class with all that it has (T4, T5)."""
    import openai

    stream = chat(sse([chunk({"content": "a"}, "stop")])).chat.completions.create(
        **ASK, stream=True
    )

    assert type(stream) is openai.Stream
    assert stream.response.status_code == 200
    assert not hasattr(stream, "aclose")
    list(stream)


def test_raw_response_of_an_unread_stream(log: Log) -> None:
    """What LiteLLM does: a raw response whose stream it parses later (T1, T2)."""
    client = chat(sse([chunk({"content": "Hi"}), chunk({}, "stop")]))
    raw = client.chat.completions.with_raw_response.create(**ASK, stream=True)
    assert raw.headers["x-request-id"] == "req_1"
    assert log.actions == ["prompt"]
    text = "".join(each.choices[0].delta.content or "" for each in raw.parse())

    assert text == log.ending["content"]["text"] == "Hi"
    assert log.ending["extensions"]["outcome"] == "completed"


def test_generator_exit_and_interrupts_pass(log: Log) -> None:
    """KeyboardInterrupt goes through as it is, and is a cancelled call (T10, T13)."""

    def interrupt(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        chat(interrupt).chat.completions.create(**ASK)

    assert log.ending["extensions"]["outcome"] == "cancelled"
    assert log.ending["extensions"]["status_code"] == 499


def test_unpriced_model_says_so(log: Log) -> None:
    """An unknown price is no zero (T27)."""
    chat({**whole(), "model": "my-own-model"}).chat.completions.create(
        model="my-own-model", messages=ASK["messages"]
    )

    assert "cost_usd" not in log.ending["metrics"]
    assert log.ending["extensions"]["cost_unknown"]


def test_request_is_not_changed(log: Log) -> None:
    """No ``stream_options`` is put into a request, and missing usage is missing (T28)."""
    client = chat(sse([chunk({"content": "Hi"}, "stop")]))
    list(client.chat.completions.create(**ASK, stream=True))

    assert json.loads(client.wire.requests[0].content) == {**ASK, "stream": True}
    assert "metrics" not in log.ending
    assert log.ending["extensions"]["cost_unknown"] == "the provider sent no usage"


def test_long_conversations_are_whole(log: Log) -> None:
    """No limit of attributes drops a message (T30, T31)."""
    messages = [
        {"role": "user" if n % 2 == 0 else "assistant", "content": str(n)} for n in range(401)
    ]
    long = "x" * 500_000
    chat(whole(content=long)).chat.completions.create(model="gpt-4o", messages=messages)

    assert len(log.one("prompt")["content"]["messages"]) == 401
    assert log.ending["content"]["text"] == long


def test_unreadable_text_is_logged(log: Log) -> None:
    """Halves of characters, control characters and huge numbers make no invalid line."""
    body = json.dumps(whole(content="a\ud800b\x00c\n", huge=1 << 80)).encode()
    chunks = sse([chunk({"content": "\ud83d"}), chunk({"content": "\ude00", "n": 1 << 80}, "stop")])
    client = chat([lambda _: client.wire.http.Response(200, content=body), chunks])
    client.chat.completions.create(**ASK)
    list(client.chat.completions.create(**ASK, stream=True))

    assert all(json.loads(line) for line in log.sink.lines)
    first, second = log.of("completion")
    assert first.content.text == "a\ufffdb\x00c\n"
    assert second.content.text == "\U0001f600"
    assert len(log.of("completion_chunk")) == 2


def test_instrumented_inside_a_running_loop() -> None:
    """Nothing HILT does needs or starts an event loop (T6)."""

    async def main() -> list[str]:
        log = Log()
        hilt.instrument(session=log.session, providers=["openai"])
        client = openai_client({"POST /chat/completions": whole()}, is_async=True)
        await asyncio.gather(*(client.chat.completions.create(**ASK) for _ in range(5)))
        hilt.uninstrument()
        return log.actions

    assert sorted(asyncio.run(main())) == ["completion"] * 5 + ["prompt"] * 5


def test_attempts_and_request_id(log: Log) -> None:
    """Retries are one call, with how many there were and the last request's id (T36)."""
    answers = [lambda _: wire.http.Response(500), whole()]
    client = chat(answers, max_retries=2)
    wire: Wire = client.wire
    answers[0] = lambda _: wire.http.Response(500, headers={"retry-after": "0.01"})
    client.chat.completions.create(**ASK)

    assert log.actions == ["prompt", "completion"]
    assert log.ending["extensions"]["attempts"] == 2
    assert log.ending["provenance"]["request_id"] == "req_1"


@pytest.mark.parametrize("header", ["x-request-id", "X-Request-ID", "request-id"])
def test_request_id_of_a_stream(log: Log, header: str) -> None:
    """No model of an answer has it there: it is in the headers alone (T36)."""
    body = sse([chunk({"content": "Hi"}), chunk({}, "stop")])
    client = chat(lambda _: client.wire.http.Response(200, headers={header: "req_9"}, content=body))
    list(client.chat.completions.create(**ASK, stream=True))

    assert log.ending["provenance"]["request_id"] == "req_9"
