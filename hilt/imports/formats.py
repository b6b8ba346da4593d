"""The formats of histories, and which one a file has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from os import PathLike
from typing import NamedTuple

from hilt.core.exceptions import ConfigurationError
from hilt.imports import chatgpt, claude, claude_code, llm_logs
from hilt.imports.turns import Conversation
from hilt.io.read.json_file import JsonFile

__all__ = ["FORMATS", "HistoryFormat", "format_named", "format_of"]

_LOOKED_AT = 20


class HistoryFormat(NamedTuple):
    """A format: its name, and how a file is read."""

    name: str
    conversations: Callable[[JsonFile], Iterator[Conversation]]


_OF_VALUES = {
    HistoryFormat(module.NAME, module.conversations): module.recognizes
    for module in (chatgpt, claude, claude_code)
}
_LLM = HistoryFormat(llm_logs.NAME, llm_logs.conversations)
FORMATS = (*_OF_VALUES, _LLM)
"""All formats of histories."""


def format_named(name: str) -> HistoryFormat:
    """The format of a name.

    Raises:
        ConfigurationError: If there is none.
    """
    for each in FORMATS:
        if each.name == name:
            return each
    names = ", ".join(each.name for each in FORMATS)
    raise ConfigurationError(
        f"import: no format {name!r}; expected otel, langfuse, langsmith, {names}"
    )


def format_of(path: str | PathLike[str]) -> HistoryFormat | None:
    """The format of a file by what is in it; None if it is none of a history.

    Raises:
        ConfigurationError: If there is no such file, or it is a database of another program.
    """
    file = JsonFile(path)
    if llm_logs.is_database(file.path):
        if llm_logs.recognizes(file.path):
            return _LLM
        raise ConfigurationError(
            f"import: {str(path)!r} is an SQLite database without the table 'responses' of llm"
        )
    for _, value in zip(range(_LOOKED_AT), file.values(), strict=False):
        for each, recognizes in _OF_VALUES.items():
            if recognizes(value):
                return each
    return None
