"""Mistral's speech: a text in, a sound out."""

from __future__ import annotations

from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_base64
from hilt.genai.values import Request, Response
from hilt.providers import _media
from hilt.providers._http import HttpRequest
from hilt.providers._media import Speech

__all__ = ["MistralSpeech", "speech_request"]


def speech_request(sent: HttpRequest) -> Request:
    """A request of ``audio.speech``, perhaps with a sound whose voice is to be spoken with."""
    request = _media.speech_request(sent)
    if sent.body.get("ref_audio"):
        part = blob_of_base64(sent.body["ref_audio"], "audio/*", "audio")
        request.messages[0]["parts"].append(part)
    return request


class MistralSpeech(Speech):
    """Answers of ``audio.speech``: JSON that holds the sound."""

    binary = False

    def response(self, body: object) -> Response:
        """The sound as a blob; its format is the one that was asked for, which is not in it."""
        data = get_path(body, "audio_data")
        if data is None:
            return Response()
        part = blob_of_base64(data, "audio/*", "audio")
        return Response(messages=[{"role": "assistant", "parts": [part]}])
