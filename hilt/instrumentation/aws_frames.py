"""JSON events out of the bytes of an AWS event stream, which is how Bedrock streams.

A frame is its length, the length of its headers, a checksum, headers, payload and a checksum
(https://docs.aws.amazon.com/transcribe/latest/dg/event-stream.html).
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from typing import Any

from hilt.genai.json_values import decode_json, get_path

__all__ = ["AwsFrameDecoder"]

_PRELUDE = 12
_CHECKSUM = 4
_LARGEST = 32 * 1024 * 1024


class AwsFrameDecoder:
    """Gives the JSON in each frame; the model's own where the frame carries a chunk of it."""

    done = False  #: no frame marks the end

    def __init__(self) -> None:
        self.dropped = 0  #: whether what came was no event stream any more, or too large a frame
        self._rest = bytearray()  # grows, and loses its beginning, without being copied

    def feed(self, data: bytes) -> Iterator[Any]:
        """The JSON values of the frames that are complete by now."""
        self._rest += data
        while len(self._rest) >= _PRELUDE:
            length, headers = struct.unpack(">II", self._rest[:8])
            if not _PRELUDE + headers + _CHECKSUM <= length <= _LARGEST:
                self._rest.clear()  # no event stream
                self.dropped += 1
                return
            if len(self._rest) < length:
                return
            payload = bytes(self._rest[_PRELUDE + headers : length - _CHECKSUM])
            del self._rest[:length]
            yield from _decoded(payload)


def _decoded(payload: bytes) -> Iterator[Any]:
    try:
        value = decode_json(payload)
        chunk = get_path(value, "bytes")
        yield value if chunk is None else decode_json(base64.b64decode(chunk))
    except ValueError:
        return
