"""Mistral's transcriptions, whole and streamed, through the SDK."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hilt.providers._http import HttpRequest
from hilt.providers.mistral.transcriptions import transcription_request
from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import PIXELS, PIXELS_DIGEST

mistralai = pytest.importorskip("mistralai.client", reason="mistralai before 2 has no such module")

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(
        not hasattr(mistralai, "Mistral"), reason="mistralai before 2 has another client"
    ),
]

USAGE = {"prompt_tokens": 4, "completion_tokens": 9, "total_tokens": 13, "prompt_audio_seconds": 30}
WHOLE = {"model": "voxtral-mini-2602", "text": "Hello.", "language": "en", "usage": USAGE,
         "segments": []}  # fmt: skip
STREAM = [
    {"event": "transcription.text.delta", "data": {"type": "transcription.text.delta", "text": "Hel"}},
    {"event": "transcription.text.delta", "data": {"type": "transcription.text.delta", "text": "lo."}},
    {"event": "transcription.done", "data": {"type": "transcription.done", **WHOLE}},
]  # fmt: skip
FILE = {"file_name": "a.mp3", "content": PIXELS}


def client(url: str) -> Any:
    """A client of a server."""
    return mistralai.Mistral(api_key="k", server_url=url)


def test_transcription(log: Log) -> None:
    """The sound is a blob, the text the answer, and the price is by the second."""
    with Scripted(WHOLE) as server:
        client(server.url).audio.transcriptions.complete(model="voxtral-mini-2602", file=FILE)

    (part,) = log.one("prompt")["content"]["messages"][0]["parts"]
    assert {**PIXELS_DIGEST, "modality": "audio", "filename": "a.mp3"}.items() <= part.items()
    ending = log.one("completion")
    assert ending["content"]["text"] == "Hello."
    assert ending["provenance"]["usage"] == USAGE
    assert ending["extensions"]["model"] == "voxtral-mini-2602"
    # 0.18 USD an hour
    assert ending["metrics"]["cost_usd"] == pytest.approx(0.18 * 30 / 3600)


def test_stream(log: Log) -> None:
    """Each piece is a chunk, and the last event has the counts."""
    events = "".join(
        f"event: {each['event']}\ndata: {json.dumps(each['data'])}\n\n" for each in STREAM
    )
    with Scripted((200, {"content-type": "text/event-stream"}, events)) as server:
        stream = client(server.url).audio.transcriptions.stream(
            model="voxtral-mini-2602", file=FILE
        )
        assert len(list(stream)) == 3

    ending = log.one("completion")
    assert len(log.of("completion_chunk")) == 2
    assert ending["content"]["text"] == "Hello."
    assert ending["extensions"]["outcome"] == "completed"
    assert ending["metrics"]["cost_usd"] == pytest.approx(0.18 * 30 / 3600)


@pytest.mark.parametrize("is_whole", [True, False])
def test_stream_of_segments(log: Log, is_whole: bool) -> None:
    """The last event has the text; until then each segment is a part of the answer."""
    segment = {"type": "transcription.segment", "text": "Hello.", "start": 0.0, "end": 1.0,
               "speaker_id": "speaker_1"}  # fmt: skip
    events = "".join(
        f"event: {each['type']}\ndata: {json.dumps(each)}\n\n"
        for each in (segment, {"type": "transcription.done", **WHOLE})[: 1 + is_whole]
    )
    with Scripted((200, {"content-type": "text/event-stream"}, events)) as server:
        list(client(server.url).audio.transcriptions.stream(model="voxtral-mini-2602", file=FILE))

    content = log.one("completion")["content"]
    part = {"type": "segment", "content": "Hello.", "speaker": "speaker_1"}
    assert content == ({"text": "Hello."} if is_whole else {"text": "", "parts": [part]})


def test_async_transcription_of_a_url(log: Log) -> None:
    """A sound at a URL is named by it."""

    async def ask(url: str) -> None:
        await client(url).audio.transcriptions.complete_async(
            model="voxtral-mini-2602", file_url="https://example.com/a.mp3"
        )

    with Scripted(WHOLE) as server:
        asyncio.run(ask(server.url))

    (part,) = log.one("prompt")["content"]["messages"][0]["parts"]
    assert part["uri"] == "https://example.com/a.mp3"


def test_request_of_a_stored_file() -> None:
    """A stored file is named by its id."""
    body = {"model": "m", "file_id": "f1"}

    request = transcription_request(HttpRequest("post", "/v1/audio/transcriptions", body))

    assert request.messages[0]["parts"] == [{"type": "file", "modality": "audio", "file_id": "f1"}]


def test_ocr(log: Log) -> None:
    """The SDK's OCR is a prompt and a priced completion."""
    body = {
        "pages": [{"index": 0, "markdown": "Hi", "images": [], "dimensions": None}],
        "model": "mistral-ocr-2512",
        "usage_info": {"pages_processed": 1, "doc_size_bytes": 9},
    }
    with Scripted(body) as server:
        client(server.url).ocr.process(
            model="mistral-ocr-2512",
            document={"type": "document_url", "document_url": "https://example.com/a.pdf"},
        )

    assert log.actions == ["prompt", "completion"]
    assert log.one("completion")["metrics"]["cost_usd"] == pytest.approx(0.002)
