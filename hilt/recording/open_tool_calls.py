"""Tool calls that wait to be run, for matching runs that do not know the id of the call.

A program takes a tool call from an answer and runs the tool by its name and arguments, for example
over MCP. These two show which call it was, unless two conversations ask for exactly the same.
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
"""The name of the server, which frameworks put before the name of a tool."""


class OpenToolCalls:
    """The newest tool calls of a log that have not been run yet.

    Args:
        limit: How many are kept at most.
    """

    def __init__(self, limit: int) -> None:
        self._calls: BoundedDict[int, list[ToolCallEvent]] = BoundedDict(limit)

    def add(self, logged: ToolCallEvent, arguments: object) -> None:
        """Keep a tool call."""
        alike = self._calls.kept(_key(logged.name, arguments), [])
        alike.append(logged)
        del alike[:-_MOST_ALIKE]

    def matching(self, name: str, arguments: object, session_id: str | None) -> list[ToolCallEvent]:
        """The tool calls that a run of a tool may answer, oldest first.

        Args:
            name: The name of the tool.
            arguments: The arguments that it is run with.
            session_id: The conversation, if that is known.
        """
        alike = list(self._calls.get(_key(name, arguments), ()))
        return [each for each in alike if session_id in (None, each.session_id)]

    def take(self, logged: ToolCallEvent, arguments: object) -> None:
        """Remove a tool call, as the tool is being run for it."""
        with contextlib.suppress(KeyError, ValueError):  # another thread was quicker
            self._calls[_key(logged.name, arguments)].remove(logged)


def _key(name: str, arguments: object) -> int:
    """The hash of a tool's name and of its arguments, whether these are an object or JSON."""
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):
            arguments = decode_json(arguments)
    return hash((_PREFIX.sub("", name) or name, encode_json(arguments or {}, in_order=True)))
