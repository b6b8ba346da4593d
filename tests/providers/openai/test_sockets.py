"""Realtime sessions and the responses API by WebSocket, over a server on this machine."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import Mock

import pytest

import hilt
from hilt.instrumentation.unseen_calls import is_observed
from hilt.providers._connections import Reading
from hilt.providers.openai import realtime, response_sockets, sockets
from tests.conftest import Log
from tests.providers.openai.socket_server import SocketServer

openai = pytest.importorskip("openai")
pytest.importorskip("openai.resources.realtime", reason="this version of the SDK has no realtime")
exceptions = pytest.importorskip("websockets.exceptions")
if "websocket_base_url" not in inspect.signature(openai.OpenAI).parameters:
    pytest.skip("this openai has no sessions by WebSocket", allow_module_level=True)
pytestmark = pytest.mark.filterwarnings(  # of websockets 17, about the SDK's own use of it
    "ignore:connect\\(\\) must be used as a context manager:DeprecationWarning"
)

SESSION = {
    "id": "sess_1",
    "model": "gpt-4o-realtime-preview",
    "instructions": "Be brief.",
    "audio": {
        "input": {"format": {"type": "audio/pcm"}, "transcription": {"model": "whisper-1"}},
        "output": {"format": {"type": "audio/pcm"}},
    },
}
GREETING = [{"type": "session.created", "event_id": "e0", "session": SESSION}]
USAGE = {
    "total_tokens": 30, "input_tokens": 20, "output_tokens": 10,
    "input_token_details": {"text_tokens": 20, "audio_tokens": 0, "cached_tokens": 0},
    "output_token_details": {"text_tokens": 10, "audio_tokens": 0},
}  # fmt: skip
SOUND = b"\x01\x02" * 50


def text_item(text: str) -> dict[str, Any]:
    """An item that the user says."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def response(number: int, output: list[Any], **more: Any) -> dict[str, Any]:
    """A response that is done."""
    return {"id": f"resp_{number}", "status": "completed", "output": output, "usage": USAGE, **more}


def done(number: int, text: str = "Hello there", **more: Any) -> Iterator[Any]:
    """The events of a response with a text."""
    name, item = f"resp_{number}", f"item_{number}"
    yield {"type": "response.created", "response": {"id": name, "status": "in_progress"}}
    for piece in text.partition(" ")[0], text[len(text.partition(" ")[0]) :]:
        yield {"type": "response.output_text.delta", "response_id": name, "item_id": item,
               "delta": piece}  # fmt: skip
    content = [{"type": "output_text", "text": text}]
    output = [{"id": item, "type": "message", "role": "assistant", "content": content}]
    yield {"type": "response.done", "response": response(number, output, **more)}


class Script:
    """Answers each ``response.create``, with an item's echo for each item."""

    def __init__(self) -> None:
        self.responses = 0
        self.items = 0
        self.turns = 0

    def __call__(self, event: dict[str, Any]) -> Iterator[Any]:
        """What the server sends after an event."""
        if event["type"] == "conversation.item.create":
            self.items += 1
            yield {"type": "conversation.item.added",
                   "item": {"id": f"user_{self.items}", **event["item"]}}  # fmt: skip
        elif event["type"] == "input_audio_buffer.commit":
            yield from self.spoken()
        elif event["type"] == "response.create":
            self.responses += 1
            yield from self.answer(event)

    def answer(self, event: dict[str, Any]) -> Iterator[Any]:
        """A response."""
        yield from done(self.responses)

    def spoken(self) -> Iterator[Any]:
        """The user has spoken, and the server answers without being asked."""
        self.turns += 1
        item, name = f"audio_{self.turns}", f"resp_{8 + self.turns}"
        yield {"type": "input_audio_buffer.committed", "item_id": item}
        content = [{"type": "input_audio", "transcript": None}]
        yield {
            "type": "conversation.item.added",
            "item": {"id": item, "type": "message", "role": "user", "content": content},
        }
        yield {"type": "response.created", "response": {"id": name}}
        yield {
            "type": "conversation.item.input_audio_transcription.completed",
            "item_id": item,
            "transcript": "What time is it?",
            "usage": {"type": "tokens", "input_tokens": 7, "output_tokens": 5, "total_tokens": 12},
        }
        for half in SOUND[:40], SOUND[40:]:
            yield {
                "type": "response.output_audio.delta",
                "response_id": name,
                "item_id": f"item_{8 + self.turns}",
                "delta": base64.b64encode(half).decode(),
            }
        yield {
            "type": "response.output_audio_transcript.delta",
            "response_id": name,
            "item_id": f"item_{8 + self.turns}",
            "delta": "Noon.",
        }
        output = [
            {
                "id": f"item_{8 + self.turns}",
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_audio", "transcript": "Noon."}],
            }
        ]
        yield {"type": "response.done", "response": response(8 + self.turns, output)}  # fmt: skip


@pytest.fixture
def log() -> Iterator[Log]:
    """A log of OpenAI's calls."""
    log = Log()
    hilt.instrument(session=log.session, providers=["openai"])
    yield log
    hilt.uninstrument()


def client(server: SocketServer, kind: Any = None) -> Any:
    """A client of the server."""
    return (kind or openai.OpenAI)(
        api_key="secret-key-123456",
        base_url=server.url,
        websocket_base_url=server.url.replace("http", "ws"),
    )


@contextmanager
def connected(script: Script) -> Iterator[Any]:
    """A realtime connection to a server that answers by a script."""
    with (
        SocketServer.running(GREETING, script) as server,
        client(server) as sdk,
        sdk.realtime.connect(model="gpt-4o-realtime-preview") as connection,
    ):
        yield connection


def until_done(connection: Any) -> list[str]:
    """The types of the events up to the end of a response."""
    types = []
    while not types or types[-1] not in ("response.done", "response.completed", "error"):
        types.append(connection.recv().type)
    return types


def test_two_turns(log):
    """Each response is a call: new items are its prompt, ``response.done`` its answer."""
    with connected(Script()) as connection:
        for text in "Hi", "And now?":
            connection.conversation.item.create(item=text_item(text))
            connection.response.create()
            until_done(connection)

    assert log.actions == ["prompt", "completion", "prompt", "completion"]
    first, second = log.of("prompt")
    assert len({each.session_id for each in log.events}) == 1
    assert (first.content.text, second.content.text) == ("Hi", "And now?")
    assert second.content.messages[-1]["parts"] == [{"type": "text", "content": "And now?"}]
    ending = log.of("completion")[1].to_dict()
    assert second.extensions["context_of"] == log.of("completion")[0].event_id
    assert ending["content"]["text"] == "Hello there"
    assert ending["metrics"]["tokens"]["total"] == 30
    assert ending["metrics"]["cost_usd"] == pytest.approx((20 * 5 + 10 * 20) / 1e6)
    assert ending["extensions"]["outcome"] == "completed"
    assert [each.content.text for each in log.of("completion_chunk")[:2]] == ["Hello", " there"]
    assert log.internal_errors == 0


def test_async_connection(log):
    """The async connection gives the same."""

    async def use(server: SocketServer) -> None:
        async with (
            client(server, openai.AsyncOpenAI) as sdk,
            sdk.realtime.connect(model="gpt-4o-realtime-preview") as connection,
        ):
            await connection.conversation.item.create(item=text_item("Hi"))
            await connection.response.create()
            async for event in connection:
                if event.type == "response.done":
                    break

    with SocketServer.running(GREETING, Script()) as server:
        asyncio.run(use(server))

    assert log.actions == ["prompt", "completion"]
    assert log.ending["content"]["text"] == "Hello there"
    assert log.internal_errors == 0


def test_first_version_of_the_api(log):
    """``beta.realtime`` gives the same."""
    pytest.importorskip("openai.resources.beta.realtime")
    with (
        SocketServer.running(GREETING, Script()) as server,
        client(server) as sdk,
        sdk.beta.realtime.connect(model="gpt-4o-realtime-preview") as connection,
    ):
        connection.conversation.item.create(item=text_item("Hi"))
        connection.response.create()
        until_done(connection)

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Hi"


def test_speech(log):
    """Sound is a blob on both sides, and its transcription a call of the model that heard it."""
    with connected(Script()) as connection:
        for piece in SOUND[:30], SOUND[30:]:
            connection.input_audio_buffer.append(audio=base64.b64encode(piece).decode())
        connection.input_audio_buffer.commit()
        until_done(connection)

    blob = {
        "type": "blob", "modality": "audio", "mime_type": "audio/pcm", "size": 100,
        "sha256": hashlib.sha256(SOUND).hexdigest(),
    }  # fmt: skip
    heard, asked = log.of("prompt")
    text, answer = log.of("completion")
    assert heard.content.messages[-1]["parts"] == [blob]
    assert asked.content.messages[-1]["parts"] == [blob]
    assert (text.content.text, text.extensions["model"]) == ("What time is it?", "whisper-1")
    assert answer.content.text == "Noon."
    assert {each.session_id for each in log.events} == {"sess_1"}
    assert base64.b64encode(SOUND[:20]).decode() not in str([each.to_dict() for each in log.events])
    parts = answer.to_dict()["content"]
    assert str(blob["sha256"]) in str(parts)


def test_sound_of_each_turn_is_its_own(log):
    """What was said before, or taken back, is not in the size and the hash of a later turn."""
    sounds = [SOUND, b"a shorter one", b"the last"]
    with connected(Script()) as connection:
        for number, sound in enumerate(sounds):
            if number == 2:
                connection.input_audio_buffer.append(audio=base64.b64encode(b"not this").decode())
                connection.input_audio_buffer.clear()
            connection.input_audio_buffer.append(audio=base64.b64encode(sound).decode())
            connection.input_audio_buffer.commit()
            until_done(connection)

    blobs = [
        part
        for event in log.of("prompt")
        for message in event.content.messages
        for part in message["parts"]
        if part["type"] == "blob"
    ]
    heard = [(len(each), hashlib.sha256(each).hexdigest()) for each in sounds for _ in range(2)]
    assert [(each["size"], each["sha256"]) for each in blobs] == heard


def test_tool_call_and_its_result(log):
    """A function call of the answer is a tool call, and the item with its output the result."""

    class Tools(Script):
        def answer(self, event: dict[str, Any]) -> Iterator[Any]:
            if self.responses > 1:
                yield from done(self.responses)
                return
            yield {"type": "response.created", "response": {"id": "resp_1"}}
            call = {"id": "item_1", "type": "function_call", "call_id": "c1", "name": "time",
                    "arguments": '{"city": "Oslo"}'}  # fmt: skip
            yield {"type": "response.done", "response": response(1, [call])}

    with connected(Tools()) as connection:
        connection.conversation.item.create(item=text_item("Hi"))
        connection.response.create()
        until_done(connection)
        output = {"type": "function_call_output", "call_id": "c1", "output": "14:00"}
        connection.conversation.item.create(item=output)
        connection.response.create()
        until_done(connection)

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert log.one("tool_call")["content"]["tool"] == {
        "name": "time", "call_id": "c1", "arguments": {"city": "Oslo"},
    }  # fmt: skip


def test_answer_apart_from_the_conversation(log):
    """It has an input of its own, and the next answer of the conversation does not see it."""
    with connected(Script()) as connection:
        assert connection.recv().type == "session.created"
        connection.conversation.item.create(item={**text_item("Hi"), "id": "mine"})
        referred = {"type": "item_reference", "id": "mine"}
        apart = {"conversation": "none", "input": [referred, text_item("Which language?")]}
        connection.response.create(response=apart)
        until_done(connection)
        connection.response.create()
        until_done(connection)

    texts = [
        [part["content"] for each in prompt.content.messages for part in each["parts"]]
        for prompt in log.of("prompt")
    ]
    assert texts == [["Be brief.", "Hi", "Which language?"], ["Be brief.", "Hi"]]


@pytest.mark.parametrize(
    ("more", "ending"),
    [
        ({"status": "cancelled", "status_details": {"reason": "turn_detected"}}, "cancelled"),
        ({"status": "incomplete", "status_details": {"reason": "max_output_tokens"}}, "length"),
        ({"status": "failed", "status_details": {"error": {"type": "server_error"}}}, "failed"),
    ],
)
def test_other_endings(more, ending, log):
    """How a response ended is its outcome."""

    class Ending(Script):
        def answer(self, event: dict[str, Any]) -> Iterator[Any]:
            yield from done(1, **more)

    with connected(Ending()) as connection:
        connection.conversation.item.create(item=text_item("Hi"))
        connection.response.create()
        until_done(connection)

    assert log.ending["extensions"]["outcome"] == ending


def test_error_event(log):
    """An error that the request got is the call's failure, and the session goes on."""

    class Errors(Script):
        def answer(self, event: dict[str, Any]) -> Iterator[Any]:
            yield {
                "type": "error",
                "error": {
                    "type": "invalid_request_error",
                    "message": "No.",
                    "event_id": event.get("event_id"),
                },
            }

    with connected(Errors()) as connection:
        connection.response.create(event_id="mine")
        until_done(connection)

    assert log.ending["extensions"]["error_code"] == "invalid_request"
    assert log.ending["content"]["text"] == "No."


def test_connection_that_is_closed(log):
    """A program that leaves in the middle has a closed call, with what had come."""

    class Slow(Script):
        def answer(self, event: dict[str, Any]) -> Iterator[Any]:
            yield from list(done(1))[:2]

    with connected(Slow()) as connection:
        connection.conversation.item.create(item=text_item("Hi"))
        connection.response.create()
        while connection.recv().type != "response.output_text.delta":
            pass

    assert log.ending["extensions"]["outcome"] == "closed"
    assert log.ending["content"]["text"] == "Hello"


def test_connection_that_breaks(log):
    """The program gets the exception of ``websockets``, and the call is a failed one."""

    class Breaking(Script):
        def answer(self, event: dict[str, Any]) -> Iterator[Any]:
            yield from list(done(1))[:2]
            yield None

    with connected(Breaking()) as connection:
        connection.response.create()
        with pytest.raises(exceptions.ConnectionClosed):
            until_done(connection)

    assert log.ending["extensions"]["outcome"] == "failed"
    assert log.ending["extensions"]["error_code"] == "connection"


def test_cancelled_receive_goes_on(log):
    """``recv`` may be cancelled and called again."""

    async def use(server: SocketServer) -> None:
        async with (
            client(server, openai.AsyncOpenAI) as sdk,
            sdk.realtime.connect(model="gpt-4o-realtime-preview") as connection,
        ):
            assert (await connection.recv()).type == "session.created"
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(connection.recv(), 0.01)
            await connection.response.create()
            while (await connection.recv()).type != "response.done":
                pass

    with SocketServer.running(GREETING, Script()) as server:
        asyncio.run(use(server))

    assert log.ending["extensions"]["outcome"] == "completed"


def test_connection_that_is_dropped(log):
    """A call whose connection nobody holds any more was abandoned."""
    reading = Reading(_session_with_call(log))
    del reading
    gc.collect()

    assert log.ending["extensions"]["outcome"] == "abandoned"


def _session_with_call(log: Log) -> realtime.RealtimeSession:
    from hilt.genai.values import Arguments
    from hilt.instrumentation.instrumentors import instrumentor_of

    engine = instrumentor_of("openai")._patches.engine  # type: ignore[union-attr]  # it is on
    target = sockets.TARGETS[0]
    session = realtime.RealtimeSession(
        lambda *observed: engine.begin(Arguments(target, None, observed, {})), (None, None), "m"
    )
    session.sent({"type": "response.create"})
    session.received({"type": "response.created", "response": {"id": "r"}})
    return session


def responded(_: dict[str, Any]) -> Iterator[Any]:
    """The events of a response of the responses API."""
    name = {"id": "resp_1", "object": "response", "model": "gpt-4o-mini"}
    yield {
        "type": "response.created",
        "response": {**name, "status": "in_progress", "output": []},
    }
    yield {
        "type": "response.output_text.delta",
        "item_id": "m",
        "output_index": 0,
        "content_index": 0,
        "delta": "Hello",
    }
    content = [{"type": "output_text", "text": "Hello", "annotations": []}]
    output = [{"id": "m", "type": "message", "role": "assistant", "content": content}]
    usage = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
    yield {
        "type": "response.completed",
        "response": {**name, "status": "completed", "output": output, "usage": usage},
    }


@contextmanager
def connected_to_responses(script: Any = responded) -> Iterator[tuple[Any, SocketServer]]:
    """A connection to the responses API, and its server."""
    if not hasattr(openai.OpenAI(api_key="k").responses, "connect"):
        pytest.skip("this version of the SDK has no such connection")
    with (
        SocketServer.running([], script) as server,
        client(server) as sdk,
        sdk.responses.connect() as connection,
    ):
        yield connection, server


def test_responses_by_socket(log):
    """Each ``response.create`` of a connection is a call, with the usage of the last event."""
    with connected_to_responses() as (connection, _):
        connection.response.create(model="gpt-4o-mini", input="Hi")
        until_done(connection)

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Hi"
    assert log.ending["content"]["text"] == "Hello"
    assert log.ending["metrics"]["cost_usd"] == pytest.approx((10 * 0.15 + 2 * 0.6) / 1e6)
    assert log.ending["extensions"]["outcome"] == "completed"


def of_response(number: int, lane: str | None = None, **more: Any) -> Iterator[dict[str, Any]]:
    """The events of one response of several."""
    name = {"id": f"resp_{number}", "object": "response", "model": "gpt-4o-mini"}
    output = [{"id": "m", "type": "message", "role": "assistant",
               "content": [{"type": "output_text", "text": f"Answer {number}"}]}]  # fmt: skip
    usage = {"input_tokens": 10, "output_tokens": number, "total_tokens": 10 + number}
    whole = {**name, "status": "completed", "output": output, "usage": usage, **more}
    delta = {"item_id": "m", "output_index": 0, "content_index": 0, "delta": f"Answer {number}"}
    begun = {**name, "status": "in_progress", "output": [],
             "previous_response_id": more.get("previous_response_id")}  # fmt: skip
    kind = "incomplete" if whole["status"] == "incomplete" else "completed"
    for event in (
        {"type": "response.created", "response": begun},
        {"type": "response.output_text.delta", **delta},
        {"type": f"response.{kind}", "response": whole},
    ):
        yield {**event, "stream_id": lane} if lane else event


def test_lanes_of_a_connection(log):
    """Two responses that are made at the same time keep their own answers, whichever ends first."""
    sent = []

    def script(event: dict[str, Any]) -> Iterator[Any]:
        sent.append(event)
        if len(sent) == 2:
            first, second = of_response(1, "a"), of_response(2, "b")
            yield from (next(first), *second, *first)

    with connected_to_responses(script) as (connection, _):
        for lane, question in (("a", "One?"), ("b", "Two?")):
            connection.send({"type": "response.create", "stream_id": lane,
                             "model": "gpt-4o-mini", "input": question})  # fmt: skip
        until_done(connection)
        until_done(connection)

    asked = {event.event_id: event.content.text for event in log.of("prompt")}
    found = {
        asked[each.extensions["reply_to"]]: (each.content.text, each.metrics.tokens["completion"])
        for each in log.endings
    }
    assert found == {"One?": ("Answer 1", 1), "Two?": ("Answer 2", 2)}


def steered(events: list[dict[str, Any]]) -> Callable[[dict[str, Any]], Iterator[Any]]:
    """A server that begins a response, and sends some events once the response is steered."""

    def script(event: dict[str, Any]) -> Iterator[Any]:
        if event["type"] == "response.create":
            yield next(of_response(1))
        else:
            yield from events

    return script


STEERED = {"status": "incomplete", "incomplete_details": {"reason": "steered"}}


def test_response_that_is_steered(log):
    """What the program says meanwhile is the question of the response that follows by itself."""
    events = [*list(of_response(1, **STEERED))[1:], *of_response(2, previous_response_id="resp_1")]

    with connected_to_responses(steered(events)) as (connection, _):
        connection.response.create(model="gpt-4o-mini", input="Hi", instructions="Be kind.")
        connection.recv()
        connection.send({"type": "response.steer", "previous_response_id": "resp_1",
                         "input": "Be brief"})  # fmt: skip
        until_done(connection)

    assert log.actions == ["prompt", "completion", "prompt", "completion"]
    assert [each.content.text for each in log.of("prompt")] == ["Hi", "Be brief"]
    first, second = log.endings
    assert (first.extensions["outcome"], second.extensions["outcome"]) == ("closed", "completed")
    assert [first.content.text, second.content.text] == ["Answer 1", "Answer 2"]
    assert second.metrics.tokens["completion"] == 2
    assert log.of("prompt")[1].extensions["context_of"] == first.event_id
    assert first.session_id == second.session_id


def test_steering_that_waits_for_a_request(log):
    """The server puts it before the input of the next request; what it refused is not said."""
    refused = {"type": "response.steer.failed", "error": {"code": "invalid_input"},
               "steer": {"previous_response_id": "resp_1", "input": "No"}}  # fmt: skip
    connection = response_sockets.ResponsesConnection(lambda *_: None, (None, None))
    for said in ("No", "Be brief"):
        connection.sent({"type": "response.steer", "previous_response_id": "resp_1", "input": said})
    connection.received(refused)
    begun: list[Any] = []
    connection._begin = lambda request, _: begun.append(request.messages)
    connection.sent({"type": "response.create", "previous_response_id": "resp_1", "input": "42"})

    assert begun == [[{"role": "user", "content": "Be brief"}, {"role": "user", "content": "42"}]]
    assert connection._lanes == {}


def test_what_was_said_is_not_kept(log):
    """It may hold images, and a connection lasts for an hour."""
    connection = response_sockets.ResponsesConnection(lambda *_: Mock(), (None, None))
    connection.sent({"type": "response.create", "model": "gpt-4o-mini", "input": "Hi"})
    for event in of_response(1):
        connection.received(event)

    assert connection._settings == {"resp_1": {"model": "gpt-4o-mini"}}
    assert connection._lanes == {}


SABOTAGE = {
    "an event that is sent": (realtime.RealtimeSession, "sent"),
    "an event that comes": (realtime.RealtimeSession, "received"),
    "the connection": (sockets, "_reading_of"),
    "the answer": (realtime.RealtimeAnswer, "response"),
    "the end": (realtime.RealtimeSession, "end"),
}


@pytest.mark.parametrize("where", SABOTAGE)
def test_sabotage(where, log, monkeypatch):
    """Whatever fails in HILT, the program gets all its events, and the server too."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    monkeypatch.setattr(*SABOTAGE[where], broken)
    with (
        SocketServer.running(GREETING, Script()) as server,
        client(server) as sdk,
        sdk.realtime.connect(model="gpt-4o-realtime-preview") as connection,
    ):
        connection.conversation.item.create(item=text_item("Hi"))
        connection.response.create()
        assert until_done(connection)[-1] == "response.done"

    assert [each["type"] for each in server.received] == [
        "conversation.item.create", "response.create",
    ]  # fmt: skip


@pytest.mark.parametrize("where", ["sent", "received", "end"])
def test_sabotage_of_responses(where, log, monkeypatch):
    """The same of the responses API."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    monkeypatch.setattr(response_sockets.ResponsesConnection, where, broken)
    with connected_to_responses() as (connection, server):
        connection.response.create(model="gpt-4o-mini", input="Hi")
        types = until_done(connection)

    assert types == ["response.created", "response.output_text.delta", "response.completed"]
    assert [each["type"] for each in server.received] == ["response.create"]


def test_connection_is_not_counted(log, monkeypatch):
    """The counter of unseen calls passes over a connection that is observed, and only that."""
    client_module = pytest.importorskip("websockets.sync.client")
    connect, observed = client_module.connect, []

    def connecting(*args: Any, **kwargs: Any) -> Any:
        observed.append(is_observed("api.openai.com"))
        return connect(*args, **kwargs)

    monkeypatch.setattr(client_module, "connect", connecting)
    with connected(Script()):
        pass
    hilt.uninstrument()
    with connected(Script()):
        pass

    assert observed == [True, False]
