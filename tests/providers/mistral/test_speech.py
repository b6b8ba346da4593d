"""Mistral's speech: a text in, a sound out."""

from __future__ import annotations

from hilt.genai.values import Response
from hilt.providers._http import HttpRequest
from hilt.providers.mistral.speech import MistralSpeech, speech_request
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

SOUND = {"type": "blob", "modality": "audio", "mime_type": "audio/*", **PIXELS_DIGEST}


def test_request() -> None:
    """The text, and the voice to speak with."""
    body = {"model": "voxtral-tts", "input": "Hello", "ref_audio": PIXELS_BASE64}

    request = speech_request(HttpRequest("post", "/v1/audio/speech", body))

    parts = [{"type": "text", "content": "Hello"}, SOUND]
    assert request.messages == [{"role": "user", "parts": parts}]
    assert request.model == "voxtral-tts"


def test_answer() -> None:
    """The sound is kept by size and hash."""
    message = {"role": "assistant", "parts": [SOUND]}

    assert MistralSpeech().response({"audio_data": PIXELS_BASE64}) == Response(messages=[message])
    assert MistralSpeech().response({}) == Response()


def test_counts_of_a_stream() -> None:
    """Pieces of sound add nothing; the last event has the counts."""
    surface = MistralSpeech()
    done = {"type": "speech.audio.done", "usage": {"prompt_tokens": 3, "total_tokens": 3}}

    assert surface.delta({"type": "speech.audio.delta", "audio_data": "AAAA"}) is None
    delta = surface.delta(done)
    assert delta is not None
    assert delta.response is not None
    assert delta.response.raw_usage == done["usage"]
