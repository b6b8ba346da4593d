"""OpenAI's images and audio, which others copy: binary content is kept by kind, size and hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    as_list,
    count_or_none,
    list_or_empty,
    number_or_none,
    str_or_none,
    to_text,
)
from hilt.genai.json_values import get_path, text_or_json, to_plain_json
from hilt.genai.media import blob, blob_of_base64, blob_of_url
from hilt.genai.values import BinaryPiece, Delta, Part, Request, Response, Surface, Usage
from hilt.providers._chat_completions import usage_of
from hilt.providers._http import HttpRequest
from hilt.providers._message_parts import file_part, text_message, text_part
from hilt.providers._parameters import Attributes, add_choice_count

__all__ = [
    "Images",
    "Speech",
    "Transcriptions",
    "file_parts",
    "form_contents",
    "image_type",
    "images_request",
    "speech_request",
    "transcription_request",
]


def images_request(sent: HttpRequest) -> Request:
    """A request of ``images.generate``, ``edit`` and ``create_variation``."""
    images = [*file_parts(sent.files, "image"), *_named_images(sent.body)]
    return _request(sent, "image", sent.body.get("prompt"), images)


def _named_images(body: Mapping[str, object]) -> list[Part]:
    """The images of an edit that is sent as JSON: at a URL, in one, or stored."""
    images = [each for name in ("images", "mask") for each in as_list(body.get(name))]
    return [
        blob_of_url(get_path(image, "image_url"))
        if get_path(image, "image_url")
        else file_part(get_path(image, "file_id"), "image")
        for image in images
        if isinstance(image, Mapping)
    ]


def speech_request(sent: HttpRequest) -> Request:
    """A request of ``audio.speech``."""
    request = _request(sent, "speech", sent.body.get("input"), [])
    instructions = str_or_none(sent.body.get("instructions"))
    if instructions:
        request.instructions = [text_part(instructions)]
    return request


def transcription_request(sent: HttpRequest) -> Request:
    """A request of ``audio.transcriptions`` and ``audio.translations``."""
    return _request(sent, "text", sent.body.get("prompt"), file_parts(sent.files, "audio"))


def _request(sent: HttpRequest, output: str, prompt: object, files: list[Part]) -> Request:
    parts = [text_part(prompt)] if isinstance(prompt, str) else []
    attributes: Attributes = {semconv.OUTPUT_TYPE: output}
    add_choice_count(attributes, sent.body.get("n"))
    return Request(
        "generate_content",
        "",
        model=str_or_none(sent.body.get("model")),
        messages=[{"role": "user", "parts": parts + files}],
        attributes=attributes,
        user=str_or_none(sent.body.get("user")),
    )


def file_parts(files: object, modality: str) -> list[Part]:
    """The files of a form. A file that is open is the caller's: it is named and never read."""
    return [_file_part(file, modality) for _, file in _form_fields(files)]


def form_contents(files: object, name: str) -> Iterator[bytes]:
    """The contents of the files of a form that have a name, where they are bytes already."""
    for field, file in _form_fields(files):
        content = file[1] if isinstance(file, tuple) and len(file) > 1 else file
        if field == name and isinstance(content, bytes):
            yield content


def _form_fields(files: object) -> Iterator[tuple[object, ...]]:
    if isinstance(files, Mapping):
        yield from files.items()
    elif isinstance(files, (list, tuple)):
        yield from (each[:2] for each in files if isinstance(each, tuple) and len(each) > 1)


def _file_part(file: object, modality: str) -> Part:
    name, content, kind = None, file, None
    if isinstance(file, tuple):
        name, content = file[0], file[1]
        kind = file[2] if len(file) > 2 else None  # noqa: PLR2004 # name, content, type
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


def _response_fields(body: object) -> Response:
    usage = get_path(body, "usage")
    return Response(
        id=get_path(body, "id") or None,
        model=get_path(body, "model") or None,
        usage=_usage_of(usage),
        raw_usage=to_plain_json(usage) if usage else None,
    )


def _usage_of(usage: object) -> Usage | None:
    if get_path(usage, "type") == "duration":
        seconds = number_or_none(get_path(usage, "seconds"))
        return None if seconds is None else Usage(units={"input_audio_seconds": seconds})
    counts = usage_of(usage)
    details = get_path(usage, "input_token_details")
    if counts is not None and details is not None:
        counts.input_audio_tokens = count_or_none(get_path(details, "audio_tokens"))
    return counts


def _final_delta(chunk: object, parts: list[Part] | None = None) -> Delta:
    """What the last event of a stream adds: the counts, and whatever comes with them."""
    return Delta(parts=parts, finish_reasons={0: "completed"}, response=_response_fields(chunk))


class Images(Surface):
    """Answers of ``images``."""

    name = "images"
    json = True

    def response(self, body: object) -> Response:
        """The images, as blobs or by their URLs."""
        response = _response_fields(body)
        author = str_or_none(get_path(body, "svg_usage", "model"))
        if author and response.usage is not None:  # of another model, that writes the SVG
            response.usage.by_model = {author: usage_of(get_path(body, "svg_usage")) or Usage()}
        kind = image_type(get_path(body, "output_format"))
        rows = list_or_empty(get_path(body, "data"))
        parts = [part for row in rows for part in _image_parts(row, kind)]
        response.messages = [{"role": "assistant", "parts": parts}] if parts else []
        return response

    def delta(self, chunk: object) -> Delta | None:
        """The finished image; the partial ones before it are not the answer."""
        if not str(get_path(chunk, "type") or "").endswith(".completed"):
            return None
        return _final_delta(
            chunk, _image_parts(chunk, image_type(get_path(chunk, "output_format")))
        )


def image_type(output_format: object) -> str:
    """The MIME type of an image in one of the formats that OpenAI makes."""
    return f"image/{'svg+xml' if output_format == 'svg' else output_format or 'png'}"


def _image_parts(row: object, mime_type: str) -> list[Part]:
    parts: list[Part] = []
    if get_path(row, "revised_prompt"):
        parts.append({"type": "revised_prompt", "content": get_path(row, "revised_prompt")})
    if get_path(row, "b64_json"):
        parts.append(blob_of_base64(get_path(row, "b64_json"), mime_type))
    elif get_path(row, "url"):
        parts.append(blob_of_url(get_path(row, "url"), mime_type))
    return parts


class Transcriptions(Surface):
    """Answers of ``audio.transcriptions`` and ``audio.translations``, in any format."""

    name = "audio.transcriptions"

    def response(self, body: object) -> Response:
        """The text; subtitles as they are."""
        is_text = isinstance(body, (str, int, float))  # "42" is JSON to some SDKs
        text = body if is_text else get_path(body, "text") or ""
        response = _response_fields(None if is_text else body)
        response.messages = [text_message("assistant", text_or_json(text))]
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of ``transcript.text.delta``."""
        try:
            text = chunk.delta if chunk.type == "transcript.text.delta" else None
        except AttributeError:
            return None
        return text if type(text) is str else None

    def delta(self, chunk: object) -> Delta | None:
        """What an event adds."""
        kind = get_path(chunk, "type")
        if kind == "transcript.text.delta":
            return Delta(text=to_text(get_path(chunk, "delta")))
        if kind == "transcript.text.segment":
            return self.segment_delta(chunk)
        return self.end_delta(chunk) if kind == "transcript.text.done" else None

    def segment_delta(self, chunk: object) -> Delta:
        """Who said what, in a part of its own: pieces of text may have brought the same."""
        part: Part = {"type": "segment", "content": to_text(get_path(chunk, "text"))}
        speaker = get_path(chunk, "speaker") or get_path(chunk, "speaker_id")
        if isinstance(speaker, str):
            part["speaker"] = speaker
        return Delta(parts=[part])

    def end_delta(self, chunk: object) -> Delta:
        """The counts, and the whole text, which no piece may have brought."""
        delta = _final_delta(chunk)
        text = get_path(chunk, "text")
        if delta.response is not None and text and isinstance(text, str):
            delta.whole = True
            delta.response.messages = [text_message("assistant", text)]
            delta.response.finish_reasons = ["completed"]
        return delta


class Speech(Surface):
    """Answers of ``audio.speech``: bytes."""

    name = "audio.speech"
    binary = True

    def response(self, body: object) -> Response:
        """The sound as a blob, of the bytes that came."""
        http = get_path(body, "response") or get_path(body, "http_response")
        content = body if isinstance(body, bytes) else get_path(body, "content")
        content = get_path(http, "content") if content is None else content
        if not isinstance(content, bytes):
            return Response()
        mime_type = get_path(http, "headers", "content-type")
        part = blob(content, mime_type, "audio")
        return Response(messages=[{"role": "assistant", "parts": [part]}])

    def delta(self, chunk: object) -> Delta | None:
        """A piece of the sound, or the counts at the end of a stream of events."""
        sound = get_path(chunk, "audio")
        if sound:
            return Delta(binary=[BinaryPiece("sound", sound)])
        is_last = get_path(chunk, "type") == "speech.audio.done"
        return _final_delta(chunk) if is_last else None
