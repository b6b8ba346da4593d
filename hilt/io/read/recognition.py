"""Recognizing files that are no logs, to say in one line what they are before reading them."""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from hilt.core.columns import COLUMNS
from hilt.core.exceptions import ReadError
from hilt.io.read.lines import chunks_of, foreign_format, stripped

__all__ = ["check_content", "check_text"]

_SAMPLE = 1 << 16
_HEAD = 1000
_DATABASE = b"SQLite format 3\0"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_COLUMNS = frozenset(COLUMNS)
_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def check_content(path: Path) -> None:
    """Refuse a file that is no log of events; an empty one, or one with torn lines, is a log.

    Raises:
        ReadError: If it is something else; the message says what.
    """
    problem = _problem(_sample_of(path))
    if problem:
        raise ReadError(f"{path}: {problem}")


def check_text(path: Path) -> None:
    """Refuse a file that cannot be JSON: one in UTF-16, or a binary one that is no database.

    Raises:
        ReadError: If it is such a file; the message says what it is.
    """
    sample = _sample_of(path)
    if sample.startswith(_UTF16):
        raise ReadError(f"{path}: is UTF-16; UTF-8 is read: iconv -f UTF-16 -t UTF-8 converts it")
    if (
        b"\0" in sample.strip(b"\0")
        and not sample.startswith(_DATABASE)
        and stripped(sample[:_HEAD])[:1] not in (b"{", b"[")
    ):
        raise ReadError(f"{path}: is a binary file, not JSON")


def _sample_of(path: Path) -> bytes:
    """The beginning of a file, decompressed; nothing if it cannot be read, or only once."""
    try:
        if not path.is_file():  # a pipe can be read once
            return b""
        with path.open("rb") as file:
            foreign = foreign_format(file)
            if foreign is None:
                return next(chunks_of(file), b"")[:_SAMPLE]
    except (OSError, EOFError):
        return b""
    except zlib.error as error:
        raise ReadError(f"{path}: is not a gzip file that can be read: {error}") from error
    raise ReadError(
        f"{path}: is compressed with {foreign}, and only gzip is read; decompress it first"
    )


def _problem(sample: bytes) -> str:
    if sample.startswith(_UTF16):
        return "is UTF-16; a log is UTF-8: iconv -f UTF-16 -t UTF-8 converts it"
    lines = [stripped(line) for line in sample.split(b"\n")]
    lines = [line for line in lines if line]
    if not lines:
        return ""
    for line in lines:
        try:
            members = _decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            continue
        if "action" in members and "actor" in members:
            return ""
        if members and not members.keys() - _COLUMNS:
            return "is a table, not a log of events: it was written with columns=..."
    if len(sample) == _SAMPLE and len(lines) == 1:
        return ""  # the first line goes on
    if b"\0" in sample.strip(b"\0"):
        return "is a binary file, not a log of events"
    if any(line.startswith(b'{"hilt_version"') for line in lines):
        return ""  # a log whose lines are torn
    return "has no events: each line of a log is a JSON object with an action and an actor"
