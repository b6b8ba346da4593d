"""The page ``docs/cli.md``, made from the help of the commands.

Run ``python -m hilt.cli.reference > docs/cli.md`` after a change; a test compares the two.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import typer

from hilt.cli.main import app

__all__ = ["page"]

_HEAD = """\
# The command line

<!-- Made by `python -m hilt.cli.reference > docs/cli.md`: change the commands, not this page. -->

Installing HILT installs the command `hilt`; `python -m hilt` is the same.
Results go to stdout, everything else to stderr, so results can be piped.
With `--json`, where a command has it, results are JSON for programs.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | something was found: an invalid line, a provider that is not observed |
| 2 | wrong usage: an unknown option, a log that is not there |
"""


def page() -> str:
    """The whole page, in Markdown."""
    command = typer.main.get_command(app)
    return "\n".join([_HEAD, *_group("hilt", command)])


def _group(path: str, group: Any) -> Iterator[str]:
    for name, command in sorted(group.commands.items()):
        below = f"{path} {name}"
        if hasattr(command, "commands"):
            yield from _group(below, command)
        else:
            yield from _command(below, command)


def _command(path: str, command: Any) -> Iterator[str]:
    parameters = [each for each in command.params if not getattr(each, "hidden", False)]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name == "option"]
    usage = " ".join([path, *(["[OPTIONS]"] if options else []), *map(_in_usage, arguments)])
    yield f"## `{path}`\n"
    yield f"```text\n{usage}\n```\n"
    yield f"{_plain(command.help)}\n"
    if parameters:
        yield "| | |\n|---|---|"
        for each in (*arguments, *options):
            yield f"| {_name(each)} | {_help(each)} |"
        yield ""


def _in_usage(argument: Any) -> str:
    name = _metavar(argument)
    name = f"{name}..." if argument.nargs == -1 else name
    return name if argument.required else f"[{name}]"


def _metavar(parameter: Any) -> str:
    return str(parameter.name).upper()


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_metavar(parameter)}`"
    # Short options last, however they were declared.
    return ", ".join(f"`{each}`" for each in sorted(parameter.opts, key=lambda each: -len(each)))


def _help(parameter: Any) -> str:
    default = parameter.default
    told = _plain(parameter.help).replace("|", "\\|")
    if parameter.required or callable(default) or default in (None, False, ()):
        return told
    return f"{told} Default: `{default}`."


def _plain(text: str | None) -> str:
    """Docstrings are written in one page's width: their paragraphs become single lines."""
    paragraphs = inspect.cleandoc(text or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


if __name__ == "__main__":
    print(page(), end="")
