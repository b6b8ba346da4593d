"""The formats of histories, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from hilt.core.exceptions import ConfigurationError
from hilt.imports import chatgpt, claude, claude_code
from hilt.imports.turns import Conversation
from hilt.io.read.json_file import JsonFile

__all__ = ["FORMATS", "HistoryFormat", "format_named", "format_of", "open_history"]

_LOOKED_AT = 20


class HistoryFormat(NamedTuple):
    """A format: its name, how one of its values is recognised, and how a file is read."""

    name: str
    recognizes: Callable[[object], bool]
    conversations: Callable[[JsonFile], Iterator[Conversation]]


FORMATS = tuple(
    HistoryFormat(module.NAME, module.recognizes, module.conversations)
    for module in (chatgpt, claude, claude_code)
)


def format_named(name: str) -> HistoryFormat:
    """The format of a name.

    Raises:
        ConfigurationError: If there is none.
    """
    for each in FORMATS:
        if each.name == name:
            return each
    names = ", ".join(each.name for each in FORMATS)
    raise ConfigurationError(f"import: no format {name!r}; expected otel, {names}")


def format_of(path: str | PathLike[str]) -> HistoryFormat | None:
    """The format of a file by what is in it; None if it is none of a history.

    Raises:
        ConfigurationError: If there is no such file.
    """
    values = JsonFile(path).values()
    for _, value in zip(range(_LOOKED_AT), values, strict=False):
        for each in FORMATS:
            if each.recognizes(value):
                return each
    return None


def open_history(
    path: str | PathLike[str],
    history_format: HistoryFormat,  # noqa: ARG001  # a database is opened in another way
    on_progress: Callable[[int], None] | None = None,
) -> JsonFile:
    """A file, to be read."""
    return JsonFile(Path(path), on_progress)
