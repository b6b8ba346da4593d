"""OpenAI's images and audio: what is binary is kept as a blob, by kind, size and hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import count_or_none, list_or_empty, to_text
from hilt.genai.json_values import get_path, text_or_json, to_plain_json
from hilt.genai.media import blob, blob_of_base64, blob_of_url
from hilt.genai.values import Delta, Message, Part, Request, Response, Surface, Usage
from hilt.providers._chat_usage import usage_of
from hilt.providers._stainless import Options

__all__ = [
    "Images",
    "Speech",
    "Transcriptions",
    "images_request",
    "speech_request",
    "transcription_request",
]


def images_request(sent: Options) -> Request:
    """What ``images.generate``, ``edit`` and ``create_variation`` ask for."""
    return _request(sent, "image", sent.body.get("prompt"), _files(sent.files, "image"))


def speech_request(sent: Options) -> Request:
    """What ``audio.speech`` asks for."""
    request = _request(sent, "speech", sent.body.get("input"), [])
    instructions = sent.body.get("instructions")
    if isinstance(instructions, str) and instructions:
        request.instructions = [{"type": "text", "content": instructions}]
    return request


def transcription_request(sent: Options) -> Request:
    """What ``audio.transcriptions`` and ``audio.translations`` ask for."""
    return _request(sent, "text", sent.body.get("prompt"), _files(sent.files, "audio"))


def _request(sent: Options, output: str, prompt: Any, files: list[Part]) -> Request:
    body = sent.body
    parts: list[Part] = [{"type": "text", "content": prompt}] if isinstance(prompt, str) else []
    attributes: dict[str, Any] = {semconv.OUTPUT_TYPE: output}
    count = body.get("n")
    if isinstance(count, int) and count != 1:
        attributes[semconv.REQUEST_CHOICE_COUNT] = count
    user, model = body.get("user"), body.get("model")
    return Request(
        "generate_content",
        "",
        model=model if isinstance(model, str) else None,
        messages=[{"role": "user", "parts": parts + files}],
        attributes=attributes,
        user=user if isinstance(user, str) else None,
    )


def _files(files: Any, modality: str) -> list[Part]:
    """The files of a form. A file that is open is the caller's: it is named and never read."""
    return [_file(each, modality) for _, each in _pairs(files)]


def _pairs(files: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(files, Mapping):
        yield from files.items()
    elif isinstance(files, (list, tuple)):
        yield from (each for each in files if isinstance(each, tuple) and len(each) > 1)


def _file(given: Any, modality: str) -> Part:
    name, content, kind = None, given, None
    if isinstance(given, tuple):
        name, content = given[0], given[1]
        kind = given[2] if len(given) > 2 else None  # noqa: PLR2004 # name, content, type
    if isinstance(content, (bytes, bytearray)):
        part = blob(bytes(content), kind, modality)
    elif isinstance(content, str):
        part = blob(content.encode(errors="surrogatepass"), kind, modality)
    else:
        part = {"type": "file", "modality": modality}
        name = name or getattr(content, "name", None)
    if isinstance(name, str):
        part["filename"] = name
    return part


def _facts(body: Any) -> Response:
    usage = get_path(body, "usage")
    return Response(
        id=get_path(body, "id") or None,
        model=get_path(body, "model") or None,
        usage=_counted(usage),
        raw_usage=to_plain_json(usage) if usage else None,
    )


def _counted(usage: Any) -> Usage | None:
    if get_path(usage, "type") == "duration":
        return None  # paid by the second: no tokens were counted
    found = usage_of(usage)
    details = get_path(usage, "input_token_details")
    if found is not None and details is not None:
        found.input_audio_tokens = count_or_none(get_path(details, "audio_tokens"))
    return found


class Images(Surface):
    """Answers of ``images``."""

    name = "images"

    def response(self, body: Any) -> Response:
        """The pictures, as blobs or where they can be fetched."""
        found = _facts(body)
        kind = f"image/{get_path(body, 'output_format') or 'png'}"
        parts = [
            part for row in list_or_empty(get_path(body, "data")) for part in _picture(row, kind)
        ]
        found.messages = [{"role": "assistant", "parts": parts}] if parts else []
        return found

    def delta(self, chunk: Any) -> Delta | None:
        """The finished picture; the sketches before it are not the answer."""
        kind = str(get_path(chunk, "type") or "")
        if not kind.endswith(".completed"):
            return None
        picture = f"image/{get_path(chunk, 'output_format') or 'png'}"
        return Delta(
            parts=_picture(chunk, picture),
            finish_reasons={0: "completed"},
            response=_facts(chunk),
        )


def _picture(row: Any, kind: str) -> list[Part]:
    parts: list[Part] = []
    if get_path(row, "revised_prompt"):
        parts.append({"type": "revised_prompt", "content": get_path(row, "revised_prompt")})
    if get_path(row, "b64_json"):
        parts.append(blob_of_base64(get_path(row, "b64_json"), kind))
    elif get_path(row, "url"):
        parts.append(blob_of_url(get_path(row, "url"), kind))
    return parts


class Transcriptions(Surface):
    """Answers of ``audio.transcriptions`` and ``audio.translations``, in any format."""

    name = "audio.transcriptions"

    def response(self, body: Any) -> Response:
        """The text; subtitles as they are."""
        bare = isinstance(body, (str, int, float))  # a text such as "42" is JSON to some SDKs
        text = body if bare else get_path(body, "text") or ""
        found = _facts(None if bare else body)
        found.messages = [_spoken(text_or_json(text))]
        return found

    def text(self, chunk: Any) -> str | None:
        """The text of ``transcript.text.delta``."""
        try:
            text = chunk.delta if chunk.type == "transcript.text.delta" else None
        except AttributeError:
            return None
        return text if type(text) is str else None

    def delta(self, chunk: Any) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "type")
        if kind == "transcript.text.delta":
            return Delta(text=to_text(get_path(chunk, "delta")))
        if kind == "transcript.text.done":
            return Delta(finish_reasons={0: "completed"}, response=_facts(chunk))
        return None


def _spoken(text: str) -> Message:
    return {"role": "assistant", "parts": [{"type": "text", "content": text}]}


class Speech(Surface):
    """Answers of ``audio.speech``: bytes."""

    name = "audio.speech"
    binary = True

    def response(self, body: Any) -> Response:
        """The sound as a blob, of the bytes that came."""
        content = body if isinstance(body, bytes) else get_path(body, "content")
        kind = get_path(body, "response", "headers", "content-type")
        if not isinstance(content, bytes):
            return Response()
        part = blob(content, kind, "audio")
        return Response(messages=[{"role": "assistant", "parts": [part]}])

    def delta(self, chunk: Any) -> Delta | None:
        """The counts at the end of a stream of events; a piece of sound by itself says nothing."""
        if get_path(chunk, "type") != "speech.audio.done":
            return None
        return Delta(finish_reasons={0: "completed"}, response=_facts(chunk))
