"""Tool calls that wait for whoever runs the tool, and does not know the id of the call.

A program takes a tool call out of an answer and runs the tool by its name and arguments, over MCP
for example. Both say which call it was, unless two conversations ask for the very same.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from hilt.core.bounded import BoundedDict
from hilt.genai.json_values import decode_json, encode_json

if TYPE_CHECKING:
    from hilt.recording.history import ToolCallEvent

__all__ = ["OpenToolCalls"]

_MOST_ALIKE = 32
_PREFIX = re.compile(r"^.*(?:__|[./:])")
"""What frameworks put before the name of a tool: that of its server."""


class OpenToolCalls:
    """The newest tool calls of a log that nobody has run yet.

    Args:
        limit: How many are kept at the most.
    """

    def __init__(self, limit: int) -> None:
        self._calls: BoundedDict[int, list[ToolCallEvent]] = BoundedDict(limit)

    def add(self, logged: ToolCallEvent, arguments: object) -> None:
        """Keep a tool call."""
        alike = self._calls.kept(_key(logged.name, arguments), [])
        alike.append(logged)
        del alike[:-_MOST_ALIKE]

    def matching(self, name: str, arguments: object, session_id: str | None) -> list[ToolCallEvent]:
        """The tool calls that a run of a tool may answer, the oldest first.

        Args:
            name: Of the tool.
            arguments: What it is run with.
            session_id: The conversation, if that is known.
        """
        alike = list(self._calls.get(_key(name, arguments), ()))
        return [each for each in alike if session_id in (None, each.session_id)]

    def take(self, logged: ToolCallEvent, arguments: object) -> None:
        """Somebody runs the tool: the call is not open any longer."""
        with contextlib.suppress(KeyError, ValueError):  # another thread was quicker
            self._calls[_key(logged.name, arguments)].remove(logged)


def _key(name: str, arguments: object) -> int:
    """The hash of a tool's name and of its arguments, as an object or as its JSON."""
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):
            arguments = decode_json(arguments)
    return hash((_PREFIX.sub("", name) or name, encode_json(arguments or {}, in_order=True)))
