"""Images, sound and files in the shapes of the providers' APIs, as parts of a message."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hilt.genai.json_values import get_path, to_plain_json
from hilt.genai.media import blob_of_base64, blob_of_url, modality_of
from hilt.genai.values import Part

__all__ = ["binary_part", "image_part", "media_part"]

_DATA = ("content", "data", "base64", "blob", "bytes", "file_data")
_MIME_TYPES = ("mime_type", "media_type", "mimeType", "mediaType")
_URIS = ("uri", "file_uri", "fileUri", "url")
_NATURES = ("image", "audio", "video", "document")
_APPLICATIONS = {"pdf": "application/pdf"}


def binary_part(raw: Mapping[str, Any], modality: str | None = None) -> Part:
    """The blob of content in base64, or in bytes, beside its MIME type."""
    mime_type = _first(raw, *_MIME_TYPES)
    modality = modality or raw.get("modality")
    return blob_of_base64(_first(raw, *_DATA) or "", mime_type, modality)


def image_part(raw: Mapping[str, Any]) -> Part:
    """An image: a URL, base64, or what an API nests them in."""
    source = raw.get("source") or raw.get("image_url") or raw.get("image") or raw.get("url")
    if isinstance(source, Mapping):
        return _of_source(source, "image") or to_plain_json(raw)
    if source is None:
        return binary_part(raw, "image") if _has_data(raw) else to_plain_json(raw)
    return blob_of_url(source, _first(raw, *_MIME_TYPES))


def media_part(raw: Mapping[str, Any]) -> Part | None:
    """An image, sound, a video or a file as its part; None for any other block.

    What holds neither bytes nor an address, as the document of a text, is none either.
    """
    kind = raw.get("type")
    read = _BY_TYPE.get(kind) if isinstance(kind, str) else None
    if read is not None:
        return read(raw)
    if kind is not None:
        return None
    for nature in _NATURES:  # of Bedrock, whose blocks have no type
        block = raw.get(nature)
        if isinstance(block, Mapping) and isinstance(block.get("source"), Mapping):
            return _of_source(block["source"], nature, block.get("format"))
    file = raw.get("file_data") or raw.get("fileData")
    return _uri(file) if isinstance(file, Mapping) else None


def _of_source(source: Mapping[str, Any], nature: str, form: Any = None) -> Part | None:
    mime_type = _first(source, *_MIME_TYPES)
    if mime_type is None and isinstance(form, str):
        mime_type = _APPLICATIONS.get(form) if nature == "document" else f"{nature}/{form}"
    if source.get("type") != "text" and _has_data(source):
        return blob_of_base64(_first(source, *_DATA), mime_type, nature)
    url = source.get("url") or get_path(source, "s3Location", "uri")
    return blob_of_url(url, mime_type, nature) if isinstance(url, str) else None


def _document(raw: Mapping[str, Any]) -> Part | None:
    source = raw.get("source")
    return _of_source(source, "document") if isinstance(source, Mapping) else None


def _sound(raw: Mapping[str, Any]) -> Part | None:
    audio = raw.get("input_audio")
    if not isinstance(audio, Mapping) or not _has_data(audio):
        return None
    return blob_of_base64(audio["data"], f"audio/{audio.get('format') or 'wav'}")


def _video(raw: Mapping[str, Any]) -> Part | None:
    video = raw.get("video_url")
    url = video.get("url") if isinstance(video, Mapping) else video
    return blob_of_url(url, modality="video") if isinstance(url, str) else None


def _file(raw: Mapping[str, Any]) -> Part | None:
    file = raw.get("file")
    if not isinstance(file, Mapping):
        return None
    data = file.get("file_data")
    if not isinstance(data, str) or not data:
        return None
    part = blob_of_url(data) if data[:5] == "data:" else blob_of_base64(data)
    name = file.get("filename")
    return {**part, "filename": name} if isinstance(name, str) and name else part


def _resource(raw: Mapping[str, Any]) -> Part | None:
    resource = raw.get("resource")
    if not isinstance(resource, Mapping) or not resource.get("blob"):
        return None
    part = binary_part({**resource, "data": resource["blob"]})
    uri = resource.get("uri")
    return {**part, "uri": uri} if isinstance(uri, str) and uri else part


def _uri(raw: Mapping[str, Any]) -> Part | None:
    uri = _first(raw, *_URIS)
    if not isinstance(uri, str):
        return None
    mime_type = _first(raw, *_MIME_TYPES)
    return blob_of_url(uri, mime_type, modality_of(str(mime_type or "")))


def _has_data(raw: Mapping[str, Any]) -> bool:
    return isinstance(_first(raw, *_DATA), (str, bytes))


def _first(raw: Mapping[str, Any], *names: str) -> Any:
    return next((raw[name] for name in names if raw.get(name)), None)


_BY_TYPE: dict[str, Callable[[Mapping[str, Any]], Part | None]] = {
    "document": _document,
    "input_audio": _sound,
    "video_url": _video,
    "file": _file,
    "resource": _resource,
    "file_data": _uri,
}
