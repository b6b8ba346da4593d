"""Binary content (images, audio, files) as parts of messages: a log never holds the bytes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from operator import is_
from typing import Any
from urllib.parse import unquote

from hilt.genai.coerce import str_or_empty, text_or_none
from hilt.genai.json_values import digest_of
from hilt.genai.values import Part

__all__ = [
    "BASE64_MARK",
    "StreamedBlob",
    "blob",
    "blob_of_base64",
    "blob_of_url",
    "modality_of",
    "text_without_binary",
    "without_binary",
]

BASE64_MARK = ";base64,"
"""What stands in a text before binary content, as in a ``data:`` URL."""


def blob(data: bytes, mime_type: str | None = None, modality: str | None = None) -> Part:
    """The part for binary content in a log: its MIME type, size in bytes and SHA-256."""
    part: Part = {"type": "blob"}
    mime_type = text_or_none(mime_type)
    if mime_type:
        part["mime_type"] = mime_type
    if modality or mime_type:
        part["modality"] = modality or modality_of(mime_type or "")
    part.update(digest_of(data))
    return part


def blob_of_base64(data: object, mime_type: str | None = None, modality: str | None = None) -> Part:
    """The blob of content in base64 (or in bytes, where an SDK decoded it)."""
    return blob(_decoded(data), mime_type, modality)


class StreamedBlob:
    """The blob of content that comes in pieces; none of them is kept.

    Args:
        mime_type: Its type, if the first piece names it.
        modality: What it is.
    """

    __slots__ = ("_digest", "_size", "part")

    def __init__(self, mime_type: str | None, modality: str) -> None:
        self._digest = hashlib.sha256()
        self._size = 0
        self.part = blob(b"", mime_type, modality)  #: is complete after `finish`

    def add(self, piece: object, content_id: str | None = None) -> None:
        """Add a piece, in base64 or in bytes, and the id by which the provider has the content."""
        if content_id:
            self.part["id"] = content_id
        data = _decoded(piece)
        self._digest.update(data)
        self._size += len(data)

    def finish(self) -> None:
        """Note in the part how large the content is, and what it is; or its id, if none came."""
        content_id = self.part.get("id")
        if content_id and not self._size:
            modality = self.part["modality"]
            self.part.clear()
            self.part.update(type="file", modality=modality, file_id=content_id)
            return
        self.part.update(size=self._size, sha256=self._digest.hexdigest())


def _decoded(data: object) -> bytes:
    if isinstance(data, (bytes, bytearray)):
        return bytes(data)
    text = str(data)
    if "\\" in text or "%" in text:  # neither is a letter of base64, but what follows may be
        text = _ESCAPED_BREAK.sub("", text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "==")
    except (binascii.Error, ValueError):
        return text.encode(errors="surrogatepass")


def blob_of_url(url: object, mime_type: str | None = None, modality: str = "image") -> Part:
    """A ``uri`` part, or the blob of a ``data:`` URL, or of its base64 alone."""
    text = str(url)
    if text[:5].lower() == "data:" != text[:5]:
        head, mark, body = text.partition(",")
        text = head.lower() + mark + body
    if is_long_base64(text):  # some hosts take an image without a head
        return blob_of_base64(text, mime_type, modality)
    if not text.startswith("data:"):
        part: Part = {"type": "uri", "modality": modality, "uri": text}
        if mime_type:
            part["mime_type"] = mime_type
        return part
    head, _, body = text[5:].partition(",")
    mime_type = head.split(";")[0] or mime_type
    if head.endswith(";base64"):
        return blob_of_base64(unquote(body) if "%" in body else body, mime_type)
    return blob(body.encode(errors="surrogatepass"), mime_type)


def modality_of(mime_type: str) -> str:
    """What content of a type is: an image, sound, a video, or else a document."""
    kind = mime_type.split("/", maxsplit=1)[0]
    return kind if kind in ("image", "audio", "video") else "document"


# -- what falls through ------------------------------------------------------------------------

_DATA_URL = re.compile(
    r"data:([-\w.+]{1,64}/[-\w.+]{1,128})?((?:;[-\w.+]{1,64}=[^;,\s\"']{0,256}){0,8});base64,"
    r"([A-Za-z0-9+/_=%-]*)"
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]+={0,2}\s{0,2}")
_LINE = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_BREAK = re.compile(r"(?:\r?\n|(?:\\{1,8}r)?\\{1,8}n|(?:%0[Dd])?%0[Aa])[ \t]{0,64}")
_ESCAPED_BREAK = re.compile(r"\\{1,8}[nr]|%0[ADad]")
_LINE_WIDTH = 60  #: that of the narrowest lines; others are 64, 72 and 76 letters wide
_OPENSSH_WIDTH = 70  #: the only usual one that is no multiple of 4; also that of `textwrap`
_WORD = re.compile(r"[A-Za-z]?[a-z]*|(?!A+$)[A-Z]*")  #: zeros are a row of A
_AFTER_CONTENT = frozenset(("", *"\r\n\\\"'`)]}<>,;"))
_MIME_TYPE_NAMES = frozenset({
    "mime_type", "media_type", "mimeType", "mediaType", "content_type",
})  # fmt: skip
_DATA_NAMES = frozenset({
    "audio", "b64_json", "base64", "blob", "body", "bytes", "bytesBase64Encoded", "content",
    "data", "file_data", "fileData", "image", "imageBytes", "image_bytes", "inline_data", "video",
    "videoBytes", "video_bytes",
})  # fmt: skip
_CERTAIN_NAMES = _DATA_NAMES - {"audio", "body", "content", "data", "image", "video"}
_OPAQUE_NAMES = frozenset({
    "encrypted_content", "encrypted_index", "signature", "thought_signature", "thoughtSignature",
})  # fmt: skip
_MEDIA_TYPES = frozenset({
    "audio", "document", "file", "image", "input_audio", "input_file", "input_image", "media",
    "pdf", "video",
})  # fmt: skip
_TEXT = frozenset({"type", "content"})
_KEPT_NAMES = ("id", "index", "name", "filename", "title", "detail", "transcript")
_MAX_DEPTH = 64
_LONG_BASE64 = 512
_CHARACTERS = (re.compile("[a-z]"), re.compile("[A-Z]"), re.compile("[0-9]"))


def without_binary(value: object, depth: int = 0) -> Any:
    """A value of JSON with blobs in place of all binary content; the value itself if it has none.

    Binary is: bytes; a ``data:`` URL, also within a text; base64 beside a media type, or under a
    name that means it. It is the last guard behind the adapters, for what no adapter knows.

    Args:
        value: Parts of messages, results and arguments of tools, documents: anything.
        depth: How deeply the value is nested.
    """
    if isinstance(value, str):
        if BASE64_MARK in value:
            return _without_data_urls(value)
        if len(value) < _LONG_BASE64:
            return value
        return blob_of_base64(value) if is_long_base64(value) else _without_quoted(value)
    if value is None or isinstance(value, (bool, int, float)) or depth > _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        text = value.get("content") if value.keys() == _TEXT and value["type"] == "text" else None
        if type(text) is str and len(text) < _LONG_BASE64 and BASE64_MARK not in text:
            return value  # a part with a text, which nearly all are
        return _without_binary_fields(value, depth)
    if isinstance(value, (list, tuple)):
        items = [without_binary(item, depth + 1) for item in value]
        return value if all(map(is_, items, value)) else items
    if isinstance(value, (bytes, bytearray, memoryview)):
        return blob(bytes(value))
    return value


def text_without_binary(text: str) -> str:
    """A text in which each ``data:`` URL is replaced by what it held: kind, size and hash."""
    if BASE64_MARK not in text:
        return text
    pieces, end = [], 0
    while match := _DATA_URL.search(text, end):
        pieces.append(text[end : match.start()])
        end = _end_of_lines(match)
        pieces.append(_described(text[match.start() : end]))
    return "".join((*pieces, text[end:])) if pieces else text


def is_long_base64(text: str) -> bool:
    """Whether a text is binary content in base64, and too long to be an id or a word."""
    if len(text) < _LONG_BASE64:
        return False
    content = _base64_in(text)
    return content is not None and all(kind.search(content) for kind in _CHARACTERS)


def _base64_in(text: str) -> str | None:
    """The base64 that a text is, without the breaks between its lines; None if it is none."""
    match = _BASE64.match(text)
    if match is None:
        return None
    if match.end() == len(text):
        return text
    return _joined_lines(text) if match.end() >= _LINE_WIDTH else None  # seldom more than a word


def _joined_lines(text: str) -> str | None:
    """The base64 of a text that has lines of one width, as MIME and ``base64`` write it.

    A break may also be as in JSON or in a URL; all of them are the same, so `str.split` finds them.
    """
    first = _LINE.match(text)
    line_break = first and _BREAK.match(text, first.end())
    if not first or not line_break:
        return None
    lines = text.rstrip().split(line_break.group())
    while lines and not lines[-1]:
        lines.pop()
    width = first.end()
    if len(lines) > 1 and (width < _LINE_WIDTH or (width % 4 and width != _OPENSSH_WIDTH)):
        return None
    if len(lines[-1]) > width or any(len(line) != width for line in lines[:-1]):
        return None
    content = "".join(lines)
    match = _BASE64.match(content)
    return content if match is not None and match.end() == len(content) else None


def _end_of_lines(url: re.Match[str]) -> int:
    """Where the content of a ``data:`` URL ends, which may go on in further lines.

    What follows a URL are most often words of the text. A line is content if it is too wide for a
    word and as wide as the one before; the last, if it also completes a group of four letters.
    """
    text, body = url.string, url.group(3)
    end, total, width = url.end(), len(body), 0
    while not body.endswith(("=", "%3D", "%3d")):
        line_break = _BREAK.match(text, end)
        line = line_break and _LINE.match(text, line_break.end())
        if not line or not line.group() or text[line.end() : line.end() + 1] not in _AFTER_CONTENT:
            break
        body = line.group()
        total += len(body)
        if body[-1] == "=" or not _LINE_WIDTH <= len(body) >= (width or len(url.group(3))):
            is_last = total % 4 == 0 and _is_last_line(url, body, width)
            return line.end() if is_last else end
        if width and len(body) != width:
            break
        width, end = len(body), line.end()
    return end


def _is_last_line(url: re.Match[str], line: str, width: int) -> bool:
    """Whether a line is the rest of a URL's content, and no word that stands below it."""
    first = url.group(3)
    if line[-1] == "=":
        return bool(width) or not first or len(url.group()) >= _LINE_WIDTH
    return (width or len(first)) >= _LINE_WIDTH and _WORD.fullmatch(line) is None


def _without_quoted(text: str) -> str:
    """A text without the binary content in the strings of JSON that it may be."""
    pieces = text.split('"')
    found = [index for index in range(1, len(pieces)) if is_long_base64(pieces[index].rstrip("\\"))]
    for index in found:
        content = pieces[index].rstrip("\\")
        part = blob_of_base64(content)
        described = f"[blob data, {part['size']} bytes, sha256 {part['sha256']}]"
        pieces[index] = described + pieces[index][len(content) :]
    return '"'.join(pieces) if found else text


def _without_data_urls(text: str) -> Any:
    stripped = text.strip()
    match = _DATA_URL.match(stripped)
    if match is not None and _end_of_lines(match) == len(stripped):
        return blob_of_url(stripped)
    return text_without_binary(text)


def _described(url: str) -> str:
    part = blob_of_url(url)
    kind = part.get("mime_type") or "data"
    return f"[blob {kind}, {part['size']} bytes, sha256 {part['sha256']}]"


def _without_binary_fields(fields: dict[str, Any], depth: int) -> Any:
    if fields.get("type") == "blob" and "sha256" in fields:
        return fields
    mime_type = _mime_type_in(fields)
    kind = str_or_empty(fields.get("type"))
    for name in _DATA_NAMES.intersection(fields):
        if _is_binary(name, fields[name], mime_type, kind):
            kept = {each: fields[each] for each in _KEPT_NAMES if fields.get(each) is not None}
            others = {key: item for key, item in fields.items() if key not in (name, "type")}
            nested = without_binary(
                {k: v for k, v in others.items() if isinstance(v, (dict, list))}
            )
            return {**_blob_of(fields[name], mime_type, kind), **kept, **nested}
    changed = {
        key: new
        for key, item in fields.items()
        if (new := _field_without_binary(key, item, depth)) is not item
    }
    return {**fields, **changed} if changed else fields


def _mime_type_in(fields: dict[str, Any]) -> str | None:
    if _MIME_TYPE_NAMES.isdisjoint(fields):  # nearly always
        return None
    names = (name for name in fields if name in _MIME_TYPE_NAMES)
    return next((fields[name] for name in names if isinstance(fields[name], str)), None)


def _field_without_binary(name: str, value: object, depth: int) -> Any:
    if name in ("content", "text") and isinstance(value, str):  # a reader expects a text there
        text = text_without_binary(value)
        return text if len(text) < _LONG_BASE64 else _without_quoted(text)
    if name in _OPAQUE_NAMES:
        return value
    return without_binary(value, depth + 1)


def _is_binary(name: str, value: object, mime_type: str | None, kind: str) -> bool:
    """Whether a field holds binary content, by its own form and the fields beside it."""
    if isinstance(value, (bytes, bytearray, memoryview)):
        return True
    if not isinstance(value, str) or len(value) < 2 or value.startswith(("http:", "https:")):  # noqa: PLR2004 # nothing
        return False
    if value.startswith("data:") and BASE64_MARK in value[:400]:
        return bool(mime_type) or kind in _MEDIA_TYPES or name in _CERTAIN_NAMES
    if mime_type is not None and mime_type.startswith("text/"):
        return False
    beside = mime_type is not None or kind in _MEDIA_TYPES or name in _CERTAIN_NAMES
    if not beside and (name in ("content", "body") or len(value) < _LONG_BASE64):
        return False
    return _base64_in(value) is not None


def _blob_of(value: object, mime_type: str | None, kind: str) -> Part:
    modality = {"input_image": "image", "input_audio": "audio"}.get(kind, kind)
    modality = modality if modality in ("image", "audio", "video") else ""
    if isinstance(value, str) and value.startswith("data:"):
        return blob_of_url(value, mime_type)
    return blob_of_base64(value, mime_type, modality or None)
