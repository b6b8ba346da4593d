"""Images and audio of the SDKs that copy OpenAI's: Together's and Groq's, through their clients."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.scripted import Scripted
from tests.providers.wire import PIXELS, PIXELS_BASE64, PIXELS_DIGEST

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def client(name: str, url: str, *, is_async: bool = False) -> Any:
    """A client of one of the SDKs."""
    sdk: Any = pytest.importorskip(name)
    prefix = "Async" if is_async else ""
    cls = getattr(sdk, f"{prefix}{name.capitalize()}")
    path = "/v1" if name == "together" else ""
    return cls(api_key="k", base_url=f"{url}{path}", max_retries=0)


def test_image_of_together(log: Log) -> None:
    """A picture is logged by its hash."""
    row = {"index": 0, "type": "b64_json", "b64_json": PIXELS_BASE64}
    body = {
        "id": "i1",
        "model": "black-forest-labs/FLUX.1-schnell",
        "object": "list",
        "data": [row],
    }
    with Scripted(body) as server:
        client("together", server.url).images.generate(
            prompt="A cat", model="black-forest-labs/FLUX.1-schnell"
        )

    assert log.one("prompt")["content"]["text"] == "A cat"
    (image,) = log.one("completion")["content"]["images"]
    assert PIXELS_DIGEST.items() <= image.items()
    assert PIXELS_BASE64 not in str([each.to_dict() for each in log.events])


@pytest.mark.parametrize("name", ["together", "groq"])
@pytest.mark.parametrize("kind", ["transcriptions", "translations"])
def test_sound_to_text(log: Log, name: str, kind: str) -> None:
    """The sound is a blob and the text the answer."""
    with Scripted({"text": "Hello."}) as server:
        made = getattr(client(name, server.url).audio, kind).create(
            file=("a.mp3", PIXELS), model="whisper-large-v3"
        )

    assert made.text == "Hello."
    (part,) = log.one("prompt")["content"]["messages"][0]["parts"]
    assert {**PIXELS_DIGEST, "filename": "a.mp3"}.items() <= part.items()
    ending = log.one("completion")
    assert ending["content"]["text"] == "Hello."
    assert ending["extensions"]["cost_unknown"] == "the provider sent no usage"


def test_async_sound_to_text(log: Log) -> None:
    """The asynchronous client is logged as the other is."""

    async def ask(url: str) -> Any:
        audio = client("groq", url, is_async=True).audio
        return await audio.transcriptions.create(file=("a.mp3", PIXELS), model="whisper-large-v3")

    with Scripted({"text": "Hello."}) as server:
        asyncio.run(ask(server.url))

    assert log.one("completion")["content"]["text"] == "Hello."


@pytest.mark.parametrize("name", ["together", "groq"])
def test_text_to_sound(log: Log, name: str) -> None:
    """The sound that came back is a blob."""
    with Scripted((200, {"content-type": "audio/wav"}, "RIFF")) as server:
        audio = client(name, server.url).audio
        if not hasattr(audio, "speech"):
            pytest.skip(f"this {name} has no audio.speech")
        made = audio.speech.create(input="Hello", model="m", voice="v", response_format="wav")
        assert made.read() == b"RIFF"

    assert log.one("prompt")["content"]["text"] == "Hello"
    (sound,) = log.one("completion")["content"]["media"]
    assert (sound["mime_type"], sound["size"]) == ("audio/wav", 4)


def test_refused(log: Log) -> None:
    """A refusal is the SDK's exception, and a failure in the log."""
    groq: Any = pytest.importorskip("groq")
    with Scripted((429, {"error": {"message": "Slow down."}})) as server:
        audio = client("groq", server.url).audio
        with pytest.raises(groq.RateLimitError):
            audio.transcriptions.create(file=("a.mp3", PIXELS), model="whisper-large-v3")

    assert log.one("system")["extensions"]["error_code"] == "rate_limit"
