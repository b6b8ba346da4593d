"""Mistral's transcriptions: a sound in, its text out; paid by the second."""

from __future__ import annotations

from typing import Any

from hilt.genai.coerce import to_text
from hilt.genai.json_values import get_path
from hilt.genai.media import blob_of_url
from hilt.genai.values import Delta, Request
from hilt.providers import _media
from hilt.providers._http import HttpRequest
from hilt.providers._media import Transcriptions
from hilt.providers._message_parts import file_part

__all__ = ["MistralTranscriptions", "transcription_request"]


def transcription_request(sent: HttpRequest) -> Request:
    """A request of ``audio.transcriptions``: of a file, of one at a URL, or of a stored one."""
    request = _media.transcription_request(sent)
    parts = request.messages[0]["parts"]
    if sent.body.get("file_url"):
        parts.append(blob_of_url(sent.body["file_url"], modality="audio"))
    if sent.body.get("file_id"):
        parts.append(file_part(sent.body["file_id"], "audio"))
    return request


class MistralTranscriptions(Transcriptions):
    """Answers of ``audio.transcriptions``."""

    def text(self, chunk: Any) -> str | None:
        """Leave every event to `delta`."""
        return None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds: a piece of the text, a segment, or the counts at the end."""
        kind = get_path(chunk, "type")
        if kind == "transcription.text.delta":
            return Delta(text=to_text(get_path(chunk, "text")))
        if kind == "transcription.segment":
            return self.segment_delta(chunk)
        return self.end_delta(chunk) if kind == "transcription.done" else None
