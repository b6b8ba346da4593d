"""Gemini's live API, over a server on this machine: turns, sound, tools, and every ending."""

from __future__ import annotations

import asyncio
import base64
import gc
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import hilt
from hilt.genai.values import Arguments
from hilt.instrumentation.instrumentors import instrumentor_of
from hilt.instrumentation.unseen_calls import is_observed
from hilt.providers._connections import Reading
from hilt.providers.gemini import live, live_answers, live_connections
from tests.conftest import Log
from tests.providers.openai.socket_server import SocketServer

genai = pytest.importorskip("google.genai")
pytest.importorskip("websockets.asyncio.client")
sdk = pytest.importorskip("google.genai.live")
if not hasattr(sdk.AsyncSession, "send_realtime_input"):
    pytest.skip("this google-genai sends by one deprecated method", allow_module_level=True)

MODEL = "gemini-live-2.5-flash-preview"
SETUP_COMPLETE = [{"setupComplete": {"sessionId": "sess_1"}}]
SOUND = b"\x01\x02" * 50
BLOB = {
    "type": "blob", "modality": "audio", "mime_type": "audio/pcm;rate=16000", "size": 100,
    "sha256": hashlib.sha256(SOUND).hexdigest(),
}  # fmt: skip
USAGE = {
    "promptTokenCount": 20, "responseTokenCount": 10, "totalTokenCount": 30,
    "promptTokensDetails": [{"modality": "TEXT", "tokenCount": 20}],
    "responseTokensDetails": [{"modality": "TEXT", "tokenCount": 10}],
}  # fmt: skip
TEXT = {"response_modalities": ["TEXT"], "system_instruction": "Be brief.", "temperature": 0.5}
SPEECH = {"response_modalities": ["AUDIO"], "output_audio_transcription": {}}


def content(**fields: Any) -> dict[str, Any]:
    """A message with what a turn adds."""
    return {"serverContent": fields}


def said(text: str) -> dict[str, Any]:
    """A message with a text of the model's."""
    return content(modelTurn={"parts": [{"text": text}]})


def spoken(data: bytes) -> dict[str, Any]:
    """A message with sound of the model's."""
    inline = {"mimeType": "audio/pcm;rate=24000", "data": base64.b64encode(data).decode()}
    return content(modelTurn={"parts": [{"inlineData": inline}]})


DONE = {**content(turnComplete=True), "usageMetadata": USAGE}
HELLO = [said("Hello"), said(" there"), content(generationComplete=True), DONE]
CALL = {"toolCall": {"functionCalls": [{"id": "c1", "name": "time", "args": {"city": "Oslo"}}]}}


class Script:
    """Answers what begins a turn: each time with the next of some messages."""

    def __init__(self, *turns: list[Any], by: str = "client_content") -> None:
        self.turns = iter(turns)
        self.by = by

    def __call__(self, event: dict[str, Any]) -> Iterator[Any]:
        """What the server sends after a message."""
        text = str(event)
        if self.by in text or "tool_response" in text:
            yield from next(self.turns, ())


@pytest.fixture
def log() -> Iterator[Log]:
    """A log of Gemini's calls."""
    log = Log()
    hilt.instrument(session=log.session, providers=["gemini"])
    yield log
    hilt.uninstrument()


@asynccontextmanager
async def session_of(server: SocketServer, config: Any = None) -> AsyncIterator[Any]:
    """A live session with a server."""
    client = genai.Client(api_key="secret-key-123456")
    url = server.url.removesuffix("/v1").replace("http", "ws")
    client._api_client._websocket_base_url = lambda *_: url  # not with TLS
    client._api_client._websocket_ssl_ctx = {}
    async with client.aio.live.connect(model=MODEL, config=config or TEXT) as session:
        yield session


async def ask(session: Any, text: str) -> None:
    """Send a text, and read the turn that answers it."""
    turn = {"role": "user", "parts": [{"text": text}]}
    await session.send_client_content(turns=turn, turn_complete=True)
    await read(session)


async def read(session: Any) -> list[Any]:
    """The messages of a turn."""
    return [message async for message in session.receive()]


def run(script: Any, use: Any, config: Any = None) -> SocketServer:
    """Use a session with a server that answers by a script."""

    async def main() -> None:
        async with session_of(server, config) as session:
            await use(session)

    with SocketServer.running(SETUP_COMPLETE, script) as server:
        asyncio.run(main())
    return server


def test_two_turns(log):
    """Each turn is a call: what is new is its prompt, the messages of the model its answer."""

    async def use(session: Any) -> None:
        await ask(session, "Hi")
        await ask(session, "And now?")

    run(Script(HELLO, HELLO), use)

    assert log.actions == ["prompt", "completion", "prompt", "completion"]
    first, second = (each.to_dict() for each in log.of("prompt"))
    assert {each.session_id for each in log.events} == {"sess_1"}
    assert first["content"]["messages"] == [
        {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
        {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
    ]
    assert first["extensions"]["parameters"] == {"temperature": 0.5}
    assert second["content"]["text"] == "And now?"
    assert second["extensions"]["context_of"] == log.of("completion")[0].event_id
    ending = log.of("completion")[1].to_dict()
    assert ending["content"]["text"] == "Hello there"
    assert ending["metrics"] == {
        "tokens": {"prompt": 20, "completion": 10, "total": 30},
        "cost_usd": pytest.approx((20 * 0.5 + 10 * 2) / 1e6),
    }
    assert ending["provenance"]["usage"] == USAGE
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["extensions"]["model"] == MODEL
    assert [each.content.text for each in log.of("completion_chunk")[:2]] == ["Hello", " there"]
    assert log.internal_errors == 0


def test_speech(log):
    """Sound is a blob on both sides; its transcriptions are the texts."""
    heard = [content(inputTranscription={"text": each}) for each in ("What time", " is it?")]
    counts = {
        **USAGE,
        "promptTokensDetails": [{"modality": "AUDIO", "tokenCount": 20}],
        "responseTokensDetails": [{"modality": "AUDIO", "tokenCount": 10}],
    }
    turn = [
        *heard, spoken(SOUND[:40]), content(outputTranscription={"text": "No"}),
        content(outputTranscription={"text": "on."}), spoken(SOUND[40:]),
        {**content(turnComplete=True), "usageMetadata": counts},
    ]  # fmt: skip

    async def use(session: Any) -> None:
        for piece in SOUND[:30], SOUND[30:]:
            blob = genai.types.Blob(data=piece, mime_type="audio/pcm;rate=16000")
            await session.send_realtime_input(audio=blob)
        await session.send_realtime_input(audio_stream_end=True)
        await read(session)

    run(Script(turn, by="audioStreamEnd"), use, SPEECH)

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["messages"] == [
        {"role": "user", "parts": [{"type": "text", "content": "What time is it?"}, BLOB]}
    ]
    ending = log.ending
    sound = {**BLOB, "mime_type": "audio/pcm;rate=24000"}
    assert ending["content"]["text"] == "Noon."
    assert str(sound["sha256"]) in str(ending["content"])
    assert ending["metrics"]["tokens"]["audio"] == 30
    assert ending["metrics"]["cost_usd"] == pytest.approx((20 * 3 + 10 * 12) / 1e6)
    assert [each.content.text for each in log.of("completion_chunk")] == ["No", "on."]
    assert base64.b64encode(SOUND[:20]).decode() not in str([each.to_dict() for each in log.events])


def test_transcription_that_comes_late(log):
    """What was heard is a call of its own, if the model had begun to answer before."""
    turn = [
        content(outputTranscription={"text": "Noon."}),
        content(inputTranscription={"text": "What time is it?"}),
        DONE,
    ]

    async def use(session: Any) -> None:
        await session.send_realtime_input(audio={"data": SOUND, "mime_type": "audio/pcm"})
        await read(session)

    run(Script(turn, by="realtime_input"), use, SPEECH)

    assert log.actions == ["prompt", "completion", "prompt", "completion"]
    answer, text = (each.to_dict() for each in log.of("completion"))
    assert (answer["content"]["text"], text["content"]["text"]) == ("Noon.", "What time is it?")
    assert "counted in the answer" in text["extensions"]["cost_unknown"]
    assert {each.session_id for each in log.events} == {"sess_1"}


def test_picture_and_text(log):
    """A text is answered at once; pictures that came before it are in its prompt."""

    async def use(session: Any) -> None:
        await session.send_realtime_input(video={"data": b"jpeg", "mime_type": "image/jpeg"})
        await session.send_realtime_input(text="What is it?")
        await read(session)

    run(Script(HELLO, by="What is it?"), use)

    parts = log.one("prompt")["content"]["messages"][-1]["parts"]
    picture = {
        "type": "blob", "modality": "image", "mime_type": "image/jpeg", "size": 4,
        "sha256": hashlib.sha256(b"jpeg").hexdigest(),
    }  # fmt: skip
    assert parts == [picture, {"type": "text", "content": "What is it?"}]
    assert log.ending["content"]["text"] == "Hello there"


def test_marks_of_speech(log):
    """A program that finds speech itself asks by the mark of its end."""

    async def use(session: Any) -> None:
        await session.send_realtime_input(activity_start={})
        await session.send_realtime_input(text="One")
        await session.send_realtime_input(activity_end={})
        await read(session)

    run(Script(HELLO, by="activityEnd"), use)

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "One"


def test_tool_call_and_its_result(log):
    """A turn with a tool call ends when it is answered, and the rest of the turn is a call."""

    async def use(session: Any) -> None:
        turn = {"role": "user", "parts": [{"text": "What time is it in Oslo?"}]}
        await session.send_client_content(turns=turn)
        async for message in session.receive():
            if message.tool_call:
                result = {"id": "c1", "name": "time", "response": {"result": "14:00"}}
                await session.send_tool_response(function_responses=[result])

    counts = {**CALL, "usageMetadata": USAGE}
    run(Script([counts], [said("Two."), DONE]), use)

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert log.one("tool_call")["content"]["tool"] == {
        "name": "time", "call_id": "c1", "arguments": {"city": "Oslo"},
    }  # fmt: skip
    result = log.one("tool_result")
    assert result["content"]["tool"]["name"] == "time"
    assert result["extensions"]["reply_to"] == log.one("tool_call")["event_id"]
    first, second = (each.to_dict() for each in log.of("completion"))
    assert (first["extensions"]["outcome"], second["content"]["text"]) == ("completed", "Two.")
    assert [each["metrics"]["tokens"]["total"] for each in (first, second)] == [30, 30]
    assert log.internal_errors == 0


def test_two_tools_that_are_answered_apart(log):
    """The model goes on when the last of its tool calls has its result."""
    calls = [{"id": name, "name": name, "args": {}} for name in ("one", "two")]

    async def use(session: Any) -> None:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "Hi"}]})
        async for message in session.receive():
            for call in message.tool_call.function_calls if message.tool_call else ():
                result = {"id": call.id, "name": call.name, "response": {}}
                await session.send_tool_response(function_responses=result)

    run(Script([{"toolCall": {"functionCalls": calls}}], [], [said("Done."), DONE]), use)

    assert log.actions == [
        "prompt", "completion", "tool_call", "tool_call", "tool_result", "tool_result",
        "completion",
    ]  # fmt: skip
    assert log.of("completion")[1].content.text == "Done."


INTERRUPTED = content(interrupted=True)
ENDINGS: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "interrupted": (
        [said("Hello"), INTERRUPTED, content(turnComplete=True)],
        {"outcome": "cancelled", "error_code": "cancelled", "status_code": 499},
    ),
    "interrupted while its sound is played": (
        [said("Hello"), content(generationComplete=True), INTERRUPTED, content(turnComplete=True)],
        {"outcome": "completed", "status_code": 200},
    ),
    "refused": (
        [content(turnComplete=True, turnCompleteReason="PROHIBITED_INPUT_CONTENT")],
        {"outcome": "filtered", "status_code": 200},
    ),
    "a tool call that is none": (
        [content(turnComplete=True, turnCompleteReason="MALFORMED_FUNCTION_CALL")],
        {"outcome": "failed", "error_code": "server_error"},
    ),
    "waiting for more": (
        [said("Yes?"), content(turnComplete=True, turnCompleteReason="NEED_MORE_INPUT")],
        {"outcome": "completed", "status_code": 200},
    ),
}


@pytest.mark.parametrize("how", ENDINGS)
def test_endings(how, log):
    """How a turn ended is its outcome."""
    turn, expected = ENDINGS[how]
    run(Script(turn), lambda session: ask(session, "Hi"))

    assert log.actions[0] == "prompt"
    extensions = log.ending["extensions"]
    assert {name: extensions.get(name) for name in expected} == expected
    assert log.internal_errors == 0


def test_session_that_is_left(log):
    """A program that leaves in the middle has a closed call, with what had come."""

    async def use(session: Any) -> None:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "Hi"}]})
        async for _ in session.receive():
            break

    run(Script([said("Hello")]), use)

    assert log.ending["extensions"]["outcome"] == "closed"
    assert log.ending["content"]["text"] == "Hello"


def test_session_that_is_left_before_an_answer(log):
    """A prompt that nobody waited for has an ending, too."""

    async def use(session: Any) -> None:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "Hi"}]})

    run(Script(), use)

    assert log.actions == ["prompt", "completion"]
    assert log.ending["extensions"]["outcome"] == "closed"


def test_connection_that_breaks(log):
    """The program gets the SDK's exception, and the call is a failed one."""

    async def use(session: Any) -> None:
        with pytest.raises(Exception, match=r"1006|no close frame|[Cc]losed"):
            await ask(session, "Hi")

    run(Script([said("Hello"), None]), use)

    extensions = log.ending["extensions"]
    assert (extensions["outcome"], extensions["error_code"]) == ("failed", "connection")
    assert log.ending["content"]["text"]


@pytest.mark.parametrize(
    ("code", "error"),
    [(1007, "invalid_request"), (1008, "invalid_request"), (1011, "server_error")],
)
def test_connection_that_the_server_closes(code, error):
    """The code of a close says why."""
    from websockets.exceptions import ConnectionClosedError
    from websockets.frames import Close

    failure = live_connections._failure_of(ConnectionClosedError(Close(code, "No."), None))

    assert failure.error_code == error
    assert (failure.message, failure.provider_code) == ("No.", str(code))


def test_error_in_place_of_an_answer(log):
    """The SDK raises it, and the call has it."""

    async def use(session: Any) -> None:
        with pytest.raises(Exception, match=r"No\."):
            await ask(session, "Hi")

    run(Script([{"code": 429, "message": "No.", "status": "RESOURCE_EXHAUSTED"}]), use)

    assert log.ending["extensions"]["error_code"] == "rate_limit"


def test_receive_that_is_cancelled_goes_on(log):
    """``receive`` may be cancelled and called again."""

    async def use(session: Any) -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(read(session), 0.01)
        await ask(session, "Hi")

    run(Script(HELLO), use)

    assert log.ending["extensions"]["outcome"] == "completed"


def test_resumed_session(log):
    """A new connection that continues a session is the same conversation."""
    update = {"sessionResumptionUpdate": {"newHandle": "handle-1", "resumable": True}}

    async def main(server: SocketServer) -> None:
        async with session_of(server) as session:
            await ask(session, "Hi")
        again = {**TEXT, "session_resumption": {"handle": "handle-1"}}
        server.greeting[:] = [{"setupComplete": {"sessionId": "sess_2"}}]
        async with session_of(server, again) as session:
            await ask(session, "And now?")

    with SocketServer.running([*SETUP_COMPLETE], Script([update, *HELLO], HELLO)) as server:
        asyncio.run(main(server))

    assert {each.session_id for each in log.events} == {"sess_1"}
    assert log.of("prompt")[1].extensions["context_of"] == log.of("completion")[0].event_id


def test_context_that_is_updated(log):
    """New instructions and tools are those of the next turn."""

    async def use(session: Any) -> None:
        if not hasattr(session, "send_context_update"):
            pytest.skip("this google-genai cannot change a session's context")
        await ask(session, "Hi")
        await session.send_context_update(system_instruction="Be loud.")
        await ask(session, "And now?")

    run(Script(HELLO, HELLO), use)

    assert "Be loud." in str(log.of("prompt")[1].to_dict()["content"])


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("models/m", "gcp.gemini"),
        ("projects/p/locations/l/publishers/google/models/m", "gcp.vertex_ai"),
    ],
)
def test_who_answers(model, provider):
    """A model of Vertex AI is named by its project."""
    begun: list[Any] = []
    session = live.LiveSession(lambda request, _: begun.append(request), ("h", 443))
    session.sent({"setup": {"model": model}})
    session.sent({"clientContent": {"turns": [{"parts": [{"text": "Hi"}]}], "turnComplete": True}})

    (request,) = begun
    assert (request.provider, request.model) == (provider, "m")


def test_session_that_is_dropped(log):
    """A call whose connection nobody holds any more was abandoned."""
    reading = Reading(_session_with_call(log))
    del reading
    gc.collect()

    assert log.ending["extensions"]["outcome"] == "abandoned"


def _session_with_call(log: Log) -> live.LiveSession:
    engine = instrumentor_of("gemini")._patches.engine  # type: ignore[union-attr]  # it is on
    target = next(each for each in live_connections.TARGETS if live_connections.is_of_live(each))
    session = live.LiveSession(
        lambda *observed: engine.begin(Arguments(target, None, observed, {})), (None, None)
    )
    session.sent({"setup": {"model": "models/m"}})
    session.sent({"client_content": {"turns": [{"parts": [{"text": "Hi"}]}], "turnComplete": True}})
    return session


def test_session_after_uninstrument(log):
    """A session that is still open is left alone."""

    async def use(session: Any) -> None:
        hilt.uninstrument()
        await ask(session, "Hi")

    run(Script(HELLO), use)

    assert log.actions == []


def test_types_are_those_of_the_library(log):
    """A session's connection and its context manager are those that they were."""
    from websockets.asyncio.client import ClientConnection

    async def use(session: Any) -> None:
        assert type(session._ws) is ClientConnection

    run(Script(), use)


SABOTAGE = {
    "a message that is sent": (live.LiveSession, "sent"),
    "a message that comes": (live.LiveSession, "received"),
    "the connection": (live_connections, "_reading_of"),
    "the input": (live._Input, "taken"),
    "the answer": (live_answers.LiveAnswer, "delta"),
    "the end": (live.LiveSession, "end"),
}


@pytest.mark.parametrize("where", SABOTAGE)
def test_sabotage(where, log, monkeypatch):
    """Whatever fails in HILT, the program gets all its messages, and the server too."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    monkeypatch.setattr(*SABOTAGE[where], broken)
    got: list[Any] = []

    async def use(session: Any) -> None:
        await session.send_client_content(turns={"role": "user", "parts": [{"text": "Hi"}]})
        got.extend(await read(session))

    server = run(Script(HELLO), use)

    assert [message.text for message in got] == ["Hello", " there", None, None]
    assert [next(iter(each)) for each in server.received] == ["setup", "client_content"]


def test_connection_is_not_counted(log, monkeypatch):
    """The counter of unseen calls passes over a connection that is observed, and only that."""
    connect, observed = sdk.ws_connect, []

    def connecting(*args: Any, **kwargs: Any) -> Any:
        observed.append(is_observed("generativelanguage.googleapis.com"))
        return connect(*args, **kwargs)

    monkeypatch.setattr(sdk, "ws_connect", connecting)
    run(Script(), lambda session: asyncio.sleep(0))
    hilt.uninstrument()
    run(Script(), lambda session: asyncio.sleep(0))

    assert observed == [True, False]


def test_setup_is_changed_by_what_an_update_has() -> None:
    """Instructions or tools; the rest stays."""
    session: Any = SimpleNamespace(_setup={"model": "m", "tools": ["old"]})

    live.LiveSession._update(session, {"systemInstruction": "Be brief."})
    assert session._setup == {"model": "m", "tools": ["old"], "systemInstruction": "Be brief."}
    live.LiveSession._update(session, {"tools": {"tools": ["new"]}})
    assert session._setup == {"model": "m", "tools": ["new"], "systemInstruction": "Be brief."}
