"""``hilt privacy``, ``redact``, ``retain``, ``unseal``: what a log says of people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from hilt.cli.filtering import print_sealed
from hilt.cli.output import counted, errors, print_json, results
from hilt.cli.privacy_places import (
    DryRunOption,
    KeysOption,
    LogArgument,
    SheetOption,
    WhyOption,
    check_keys,
    named_place,
    progress,
    report_change,
    whole_file,
)
from hilt.cli.sheet_options import CredentialsOption, WorksheetOption
from hilt.core.exceptions import ConfigurationError, EventError

if TYPE_CHECKING:
    from hilt.privacy.keys import KeyFile
    from hilt.privacy.tools.survey import Survey

__all__ = ["privacy", "redact", "retain", "unseal"]

privacy = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Check a log for personal data."
)


@privacy.command("check")
def check(
    logs: Annotated[
        list[Path] | None,
        typer.Argument(
            help="The logs or archives. If none is given, and no sheet, HILT_FILEPATH or "
            "logs/hilt.jsonl."
        ),
    ] = None,
    *,
    sheet: SheetOption = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Look for this kind only; may be given several times."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each log.")
    ] = False,
) -> None:
    """Say which kinds of personal data stand where in a log, and how often.

    No value is shown. The exit code is 1 if anything was found. Names and postal addresses have no
    form, and are not found.
    """
    from hilt.privacy.tools.survey import survey_log

    wanted = _kinds(kinds)
    clean = True
    places = [named_place(log) for log in logs or ()]
    if sheet is not None or not places:
        places.append(named_place(None, sheet, credentials, worksheet))
    for at in places:
        with progress(at.place, "checking") as on_bytes:
            survey = survey_log(at.place, wanted, on_bytes=on_bytes)
        clean = clean and not survey.found
        if as_json:
            print_json({"log": at.name, **survey.to_dict()})
        else:
            _show_survey(at.name, survey)
    if not clean:
        raise typer.Exit(1)


def _kinds(names: list[str] | None) -> frozenset[str]:
    """The kinds that ``--kind`` names; all of them if it is not given."""
    from hilt.privacy.patterns import KINDS

    for name in names or ():
        if name.lower() not in KINDS:
            raise ConfigurationError(
                f"--kind: there is no kind {name!r}; expected one of {', '.join(sorted(KINDS))}"
            )
    return frozenset(name.lower() for name in names) if names else KINDS


def _show_survey(log: str, survey: Survey) -> None:
    from rich.table import Table

    if survey.found:
        table = Table(box=None, pad_edge=False)
        for name, justify in (("kind", "left"), ("place", "left"), ("count", "right")):
            table.add_column(name, justify=justify)  # type: ignore[arg-type]  # rich's own literal
        for (kind, place), count in survey.found.most_common():
            table.add_row(kind, place, f"{count:,}")
        results.print(table)
    found = sum(survey.found.values())
    errors.print(
        f"{log}: {counted(found, 'value')} in {counted(survey.with_findings, 'event')} of "
        f"{survey.events:,}"
    )
    print_sealed(survey.sealed)
    if survey.unreadable:
        errors.print(f"{log}: {counted(survey.unreadable, 'line')} could not be read")
    if survey.chunks:
        errors.print(
            f"{log}: {counted(survey.chunks, 'chunk')} with text of their own; "
            "what they say was looked at in their completions"
        )


def redact(
    log: LogArgument = None,
    *,
    sheet: SheetOption = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    policy: Annotated[
        str,
        typer.Option("--policy", help="redact, pseudonymous, metadata, sealed, or a TOML file."),
    ] = "redact",
    why: WhyOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Apply a privacy policy to a log, also while programs write to it.

    Rotated and compressed files and the log's own outbox are included, and archives may be named.
    With --sheet, the rows of a spreadsheet are redacted, too. What was done is noted in the log; to
    run it again changes nothing.
    """
    from hilt.privacy.policy import Policy, policy_of
    from hilt.privacy.tools.redaction import redact_log

    at = named_place(log, sheet, credentials, worksheet)
    chosen = policy_of(policy) or Policy()
    with progress(at.place, "redacting") as on_bytes:
        change = redact_log(at.place, chosen, why=why, dry_run=dry_run, on_bytes=on_bytes)
    report_change(at.name, "redacted", change, dry_run=dry_run)


def retain(
    log: LogArgument = None,
    *,
    sheet: SheetOption = None,
    credentials: CredentialsOption = None,
    worksheet: WorksheetOption = "Logs",
    older_than: Annotated[
        str, typer.Option("--older-than", help="An age such as 90d or 12h, or a date.")
    ],
    actions: Annotated[
        list[str] | None,
        typer.Option("--action", help="Only events of this action; may be given several times."),
    ] = None,
    contents: Annotated[
        bool,
        typer.Option("--contents", help="Take out only what was said; keep numbers and times."),
    ] = False,
    why: WhyOption = None,
    dry_run: DryRunOption = False,
) -> None:
    """Take out what is older than a retention time, also while programs write to the log.

    The log's own outbox is included; with --sheet, the rows of a spreadsheet are, too.
    """
    from hilt.privacy.tools.retention import cutoff_of, retain

    at = named_place(log, sheet, credentials, worksheet)
    cutoff = cutoff_of(older_than)
    with progress(at.place, "reading") as on_bytes:
        change = retain(
            at.place,
            cutoff,
            actions=tuple(actions or ()),
            contents_only=contents,
            why=why,
            dry_run=dry_run,
            on_bytes=on_bytes,
        )
    report_change(at.name, "emptied", change, dry_run=dry_run)


def unseal(
    log: LogArgument = None,
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The log to write, with the texts.")
    ],
    keys: KeysOption = None,
    why: WhyOption = None,
) -> None:
    """Write a sealed log with its texts, by the key file. That it was opened is noted in the log.

    The exit code is 1 if some events stay sealed, because their keys were dropped.
    """
    from hilt.privacy.keys import KeyFile, default_key_path
    from hilt.privacy.tools.receipts import Receipt
    from hilt.privacy.tools.rewriting import LogChange

    at = named_place(log)
    path = check_keys(keys) if keys is not None else default_key_path()
    had_keys, key_file = path.exists(), KeyFile(path)
    with progress(at.place, "opening") as on_bytes, whole_file(output, log) as target:
        counts = _write_opened(at.place.lines(on_bytes), key_file, target)
        # Before the file has its name: nobody opens a log without a trace.
        receipt = Receipt("unseal", why, lambda _: {"events": counts["opened"]})
        at.place.append(receipt.of_change(LogChange()))
    errors.print(f"Opened {counted(counts['opened'], 'event')}, and wrote {output}")
    if closed := counts["closed"]:
        why_not = (
            "the keys were dropped, or the texts are not what was sealed"
            if had_keys
            else f"there is no key file {path}; give it with --keys"
        )
        errors.print(f"{counted(closed, 'event')} cannot be opened: {why_not}")
    if unreadable := counts["unreadable"]:
        errors.print(f"{counted(unreadable, 'line')} could not be read, and left out")
    if closed or unreadable:
        raise typer.Exit(1)


def _write_opened(lines: Iterable[bytes], keys: KeyFile, target: TextIO) -> Counter[str]:
    """Write events with their texts; how many were opened, stayed closed, or are unreadable.

    Raises:
        ConfigurationError: If the master key is gone, or another one.
    """
    from hilt.core.event import Event
    from hilt.privacy.filter import opened

    counts: Counter[str] = Counter()
    for line in filter(bytes.strip, lines):
        try:
            event = Event.from_json(line)
        except EventError:
            counts["unreadable"] += 1
            continue
        try:
            whole = opened(event, keys)
        except ConfigurationError:
            raise
        except ValueError:  # it was changed, or belongs to another event
            whole = None
        counts["opened"] += whole is not None and whole is not event
        counts["closed"] += whole is None
        target.write((whole or event).to_json() + "\n")
    return counts
