"""The options that choose calls and events, which all commands on a log share."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import typer

from hilt.cli.output import counted, default_log, errors

if TYPE_CHECKING:
    from hilt.analysis.filters import Filters
    from hilt.analysis.log import Log
    from hilt.io.read.bad_line import BadLine

__all__ = [
    "LogFiles",
    "Logs",
    "check_is_no_file",
    "check_matches",
    "filters_of",
    "log_of",
    "naming_option",
    "print_skipped",
    "with_filters",
]

Logs = Annotated[
    list[Path] | None,
    typer.Argument(
        help="The logs; - is standard input. If none is given, HILT_FILEPATH or logs/hilt.jsonl."
    ),
]
"""The argument of commands that take logs."""

LogFiles = Annotated[
    list[Path] | None,
    typer.Argument(help="The logs. If none is given, HILT_FILEPATH or logs/hilt.jsonl."),
]
"""The same of commands that take no standard input."""


def _text(*names: str, help: str) -> Any:  # noqa: A002 # typer's own name for it
    return Annotated[str | None, typer.Option(*names, help=help)]


def _flag(*names: str, help: str) -> Any:  # noqa: A002 # as above
    return Annotated[bool, typer.Option(*names, help=help)]


_OPTIONS: dict[str, tuple[Any, Any]] = {
    "since": (_text("--since", help="From this time: 2026-11-28, 14:30, 2h, yesterday."), None),
    "until": (_text("--until", help="Until this time; a day counts to its end."), None),
    "session": (
        _text("--session", "-s", help="The conversation, or how its ID begins."),
        None,
    ),
    "user": (_text("--user", "-u", help="Who asked. Here and below, * matches anything."), None),
    "model": (_text("--model", "-m", help="The model that was requested, or that answered."), None),
    "provider": (_text("--provider", help="The provider."), None),
    "action": (_text("--action", "-a", help="The action, such as tool_call."), None),
    "outcome": (_text("--outcome", help="How the call ended, such as length."), None),
    "errors": (_flag("--errors", "-e", help="Only what failed."), False),
    "tool": (_text("--tool", help="The tool that was called, or whose result was sent."), None),
    "text": (_text("--text", help="Words in the texts, in any case and script."), None),
    "slower_than": (
        Annotated[
            float | None, typer.Option("--slower-than", help="Only what took longer, in seconds.")
        ],
        None,
    ),
    "costlier_than": (
        Annotated[
            float | None,
            typer.Option("--costlier-than", help="Only what cost more, in US dollars."),
        ],
        None,
    ),
    "chunks": (_flag("--chunks", help="Also read the chunks of streams."), False),
    "utc": (_flag("--utc", help="Use UTC instead of local time."), False),
}


class _Searched:
    """The logs that a command has opened, and whether it has said what could not be searched."""

    current: ClassVar[_Searched | None] = None

    def __init__(self) -> None:
        self.logs: list[Log] = []
        self.is_said = False


def with_filters(command: Callable[..., None]) -> Callable[..., None]:
    """A command with the options of the filters; it is given them as ``filters``."""
    # Commands import the filters, and what reads logs, when they run.
    names = {"Filters": object}
    own = inspect.signature(
        command, globals=command.__globals__, locals=names, eval_str=True
    ).parameters
    parameters = [each for each in own.values() if each.name != "filters"]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in _OPTIONS.items()
    ]

    @wraps(command)
    def run(**arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in _OPTIONS}
        filters, searched = filters_of(given), _Searched()
        before, _Searched.current = _Searched.current, searched
        try:
            command(**arguments, filters=filters)
        finally:
            _Searched.current = before
            if not searched.is_said:
                print_sealed(max((log.sealed for log in searched.logs), default=0))

    run.__dict__["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    return run


def filters_of(given: dict[str, Any]) -> Filters:
    """The filters that options ask for; an error names the option.

    Raises:
        ConfigurationError: If a value is wrong.
    """
    from hilt.analysis.filters import Filters
    from hilt.core.exceptions import ConfigurationError

    try:
        return Filters(**given)
    except ConfigurationError as error:
        name, colon, message = str(error).partition(":")
        raise ConfigurationError(f"--{name.replace('_', '-')}{colon}{message}") from error


@contextmanager
def naming_option(name: str) -> Iterator[None]:
    """Let an error about an argument of the library name the option that it was given by."""
    from hilt.core.exceptions import ConfigurationError

    try:
        yield
    except ConfigurationError as error:
        if not str(error).startswith(f"{name}: "):
            raise
        raise ConfigurationError(f"--{error}") from error


def log_of(paths: list[Path] | None, *, archives: bool = False) -> Log:
    """The logs of a command, or the default log.

    Args:
        paths: The logs.
        archives: Whether the command reads archives, too.

    Raises:
        ReadError: If there is no such log.
    """
    from hilt.analysis.log import open_log

    log = open_log(*(paths or [default_log()]))
    if log.archives and not archives:
        from hilt.core.exceptions import ReadError

        place = min(log.archives)
        raise ReadError(
            f"{place}: is an archive, which this command does not read; "
            f"hilt convert {place} -o app.jsonl makes a log of it"
        )
    if _Searched.current is not None:
        _Searched.current.logs.append(log)
    return log


def check_is_no_file(text: str, logs: list[Path] | None, command: str, wanted: str) -> None:
    """Refuse a log in the place of the words or the query, which were forgotten before it.

    Args:
        text: The first argument.
        logs: The others.
        command: The name of the command.
        wanted: What it takes there.

    Raises:
        ConfigurationError: If it is a file, and there is no log that it could be a question about.
    """
    from hilt.io.read.parts import has_parts

    # A query may be too long for the name of a file, which Path.is_file() refuses.
    if not logs and os.path.isfile(text) and not has_parts(default_log()):  # noqa: PTH113
        from hilt.core.exceptions import ConfigurationError

        raise ConfigurationError(f"{command}: {text!r} is a file; give the {wanted} before it")


def check_matches(count: int, filters: Filters, noun: str = "call") -> None:
    """Refuse a model, a user or another name that nothing in the log has.

    Raises:
        NoMatchError: If filters name something and nothing matched.
    """
    if count == 0 and filters.names:
        from hilt.core.exceptions import NoMatchError

        given = " ".join(f"--{name} {value}" for name, value in filters.names.items())
        others = "" if len(filters.names) == filters.count else " and the other filters"
        raise NoMatchError(f"no {noun} matches {given}{others}")


def print_sealed(count: int) -> None:
    """Say on stderr how many texts could not be searched, as they are sealed."""
    if _Searched.current is not None:
        _Searched.current.is_said = True
    if count:
        texts = "text is sealed and was" if count == 1 else "texts are sealed and were"
        errors.print(f"{count:,} {texts} not searched; hilt unseal opens the log with its key file")


def print_skipped(skipped: int, lines: list[BadLine]) -> None:
    """Say on stderr how many lines could not be read."""
    if skipped:
        first = f"; the first is {lines[0]}" if lines else ""
        errors.print(f"{counted(skipped, 'line')} skipped{first}")
