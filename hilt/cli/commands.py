"""The table of the commands: where each one is, and what it does in one line.

A command's module is imported when the command runs. ``hilt --help`` imports none of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from itertools import groupby
from operator import attrgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

__all__ = ["COMMANDS", "CommandsOnDemand", "Row", "load"]


class Row(NamedTuple):
    """A command: a function, or a :class:`typer.Typer` with commands of its own."""

    name: str
    attribute: str
    """``module:attribute``, below ``hilt.cli``."""
    help: str
    """The first sentence of its help."""
    panel: str
    """The heading under which ``hilt --help`` lists it."""
    settings: Mapping[str, Any] = MappingProxyType({})
    """The command's ``context_settings``."""


_EXPECTED = "Input should be "
_READ = "Read a log"
_SHARE = "Share and move it"
_PRIVACY = "Privacy"
_SETUP = "Set up and test"

COMMANDS = (
    Row(
        "tail",
        "tail:tail",
        "Show the last calls of a log and, with -f, new ones as they end.",
        _READ,
    ),
    Row(
        "show",
        "show:show",
        "Show a conversation or a call: who said what, tools, costs and times.",
        _READ,
    ),
    Row(
        "search",
        "search:search",
        "Find events by the words in their texts, in any case and script.",
        _READ,
    ),
    Row(
        "stats",
        "stats:stats",
        "Count calls, tokens, cost and errors, and show how long calls took.",
        _READ,
    ),
    Row(
        "cost",
        "cost:cost",
        "Show what calls cost, the most expensive first, and how many have no price and why.",
        _READ,
    ),
    Row(
        "reprice",
        "reprice:reprice",
        "Compute costs again: with other prices, at another date, with a newer price table.",
        _READ,
    ),
    Row(
        "watch",
        "watch:watch",
        "Watch what calls add up to, and say when a limit is passed.",
        _READ,
    ),
    Row(
        "diff",
        "diff:diff",
        "Compare two logs, days or commits: cost, latency, errors, and what was answered.",
        _READ,
    ),
    Row(
        "sql",
        "sql:sql",
        "Ask a log in SQL, over the views events, calls, conversations and feedback.",
        _READ,
    ),
    Row(
        "validate",
        "validate:validate",
        "Check that every line of a log is a valid event and that no event ID is used twice.",
        _READ,
    ),
    Row(
        "view",
        "view:view",
        "Show logs in the browser: calls, conversations and charts, live, until interrupted.",
        _READ,
    ),
    Row(
        "report",
        "report:report",
        "Write calls as one HTML page: figures, charts and transcripts.",
        _SHARE,
    ),
    Row(
        "convert",
        "convert:convert",
        "Write a log in another format: a table with one row per event, transcripts, a database.",
        _SHARE,
    ),
    Row(
        "archive",
        "archive:archive",
        "Archive logs as Parquet files, in a folder for each day, again and again.",
        _SHARE,
    ),
    Row(
        "import",
        "import_:import_command",
        "Convert spans and histories that other programs wrote to events, one set for each call.",
        _SHARE,
    ),
    Row(
        "sheets",
        "sheets:app",
        "Log to Google Sheets: make a sheet ready, bring reviews back, see what waits.",
        _SHARE,
    ),
    Row("privacy", "privacy:privacy", "Check a log for personal data.", _PRIVACY),
    Row(
        "redact",
        "privacy:redact",
        "Apply a privacy policy to a log, also while programs write to it.",
        _PRIVACY,
    ),
    Row(
        "subject",
        "subject:subject",
        "Find, export or erase what a log holds on a person.",
        _PRIVACY,
    ),
    Row(
        "retain",
        "privacy:retain",
        "Take out what is older than a retention time, also while programs write to the log.",
        _PRIVACY,
    ),
    Row(
        "unseal", "privacy:unseal", "Write a sealed log with its texts, by the key file.", _PRIVACY
    ),
    Row(
        "demo",
        "demo:demo",
        "Make a few calls to a model, and show the events that they produce.",
        _SETUP,
    ),
    Row(
        "doctor",
        "doctor:doctor",
        "Show which SDKs are observed and where events go, and report problems.",
        _SETUP,
    ),
    Row(
        "replay",
        "replay:replay",
        "Serve the answers in a log to SDKs until interrupted.",
        _SETUP,
        MappingProxyType({"allow_extra_args": True}),
    ),
)


def load(row: Row) -> Any:
    """The command of a row, as typer builds it."""
    module, _, attribute = row.attribute.partition(":")
    target = getattr(import_module(f"hilt.cli.{module}"), attribute)
    if isinstance(target, typer.Typer):
        group = typer.main.get_group(target)
        group.name = row.name
        return group
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(row.name, context_settings=dict(row.settings))(target)
    return typer.main.get_command(alone)


def naming_values(command: Any) -> Any:
    """A command, or a group, whose errors about options have the value that was given."""
    for each in getattr(command, "commands", {}).values():
        naming_values(each)
    parse = command.parse_args

    def parse_args(ctx: Any, args: list[str]) -> Any:
        given = list(args)
        try:
            return parse(ctx, args)
        except typer.BadParameter as error:
            name_value(error, given)
            raise

    command.parse_args = parse_args
    return command


def name_value(error: Any, given: list[str]) -> None:
    """Put the value into the message of an error about an option that lacks it.

    Args:
        error: Any error of typer's: newer releases say only what a value should be.
        given: The arguments of the command.
    """
    message, param = getattr(error, "message", None), getattr(error, "param", None)
    if not isinstance(message, str) or not message.startswith(_EXPECTED) or param is None:
        return
    value = _value_of(getattr(param, "opts", ()), given)
    if value is not None:
        expected, _, _ = message.removeprefix(_EXPECTED).partition(", unable")
        error.message = f"{value!r} is not {expected}"


def _value_of(names: Sequence[str], given: list[str]) -> str | None:
    """The last value that was given to an option."""
    found = None
    for index, each in enumerate(given):
        for name in names:
            if each == name:
                found = next(iter(given[index + 1 :]), found)
            elif each.startswith(f"{name}=") or (len(name) == 2 and each.startswith(name)):  # noqa: PLR2004 # -n5
                found = each[len(name) :].removeprefix("=")
    return found


class CommandsOnDemand(TyperGroup):
    """The group of :data:`COMMANDS`, each of which is loaded when it is to run."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        for row in COMMANDS:
            self.commands[row.name] = TyperCommand(row.name, help=row.help)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """The commands under their headings."""
        for heading, rows in groupby(COMMANDS, key=attrgetter("panel")):
            with formatter.section(heading):
                formatter.write_dl([(row.name, row.help) for row in rows])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that the arguments name, loaded, and what is left of them."""
        name, command, rest = super().resolve_command(ctx, args)
        for row in COMMANDS:
            if row.name == name:
                return name, naming_values(load(row)), rest
        return name, command, rest
