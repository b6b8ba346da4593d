"""The lines of an HTTP body that comes in pieces, in time that grows with its length."""

from __future__ import annotations

__all__ = ["LONGEST_LINE", "BodyLines"]

LONGEST_LINE = 64 * 1024 * 1024
"""How long a line may be, in bytes; a longer one is passed over and counted."""


class BodyLines:
    """Cuts pieces of a body into lines, which end in LF, CR or both (WHATWG HTML, 9.2.6)."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []  # of the line that has not ended
        self._size = 0
        self._is_after_cr = False
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """How many lines were too long, with the one that has not ended."""
        return self._dropped + (self._size > LONGEST_LINE)

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that end in this piece, without their ends."""
        if self._is_after_cr and data[:1] == b"\n":
            data = data[1:]
        if not data:
            return []
        self._is_after_cr = data.endswith(b"\r")
        lines = data.splitlines()
        rest = b"" if data[-1:] in b"\r\n" else lines.pop()
        if lines and self._size:
            lines[0] = self._joined(lines[0])
        if rest:
            self._keep(rest)
        return lines

    def _keep(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size <= LONGEST_LINE:
            self._pieces.append(piece)
        else:
            self._pieces.clear()

    def _joined(self, end: bytes) -> bytes:
        self._keep(end)
        line = b"".join(self._pieces)
        self._dropped += self._size > LONGEST_LINE
        self._pieces.clear()
        self._size = 0
        return line
