"""``hilt doctor``: what would be logged on this machine, and why something would not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer
from rich.table import Table

from hilt.cli.output import counted, errors, print_json, results

if TYPE_CHECKING:
    from hilt.cli.diagnosis import Destination, Diagnosis, ProviderStatus

__all__ = ["doctor"]

_WIRE = "`HILT_WIRE=true` or `instrument(wire=True)` logs such requests, where their body is JSON"


def doctor(
    *,
    show_all: Annotated[
        bool, typer.Option("--all", help="Also list the providers that are not installed.")
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", help="Also say why a part of an SDK is not observed.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Show which SDKs are observed and where events go, and report problems.

    The exit code is 1 if there is a problem.
    """
    from hilt.cli.diagnosis import diagnose

    diagnosis = diagnose()
    if as_json:
        print_json(diagnosis)
    else:
        _show(diagnosis, show_all=show_all, verbose=verbose)
    if diagnosis.problems:
        raise typer.Exit(1)


def _show(diagnosis: Diagnosis, *, show_all: bool, verbose: bool) -> None:
    versions = diagnosis.versions.items()
    results.print(
        ", ".join(f"{name} {version or 'missing'}" for name, version in versions), soft_wrap=False
    )
    results.print()
    results.print(_table(diagnosis.providers, show_all=show_all))
    missing = [each.name for each in diagnosis.providers if each.installed is None]
    if missing and not show_all:
        results.print(f"\nNot installed: {', '.join(missing)}.", soft_wrap=False)
    if verbose:
        _show_reasons(diagnosis.providers)
    for name, reason in diagnosis.not_observed.items():
        results.print(f"Not observed: {name}: {reason}.", soft_wrap=False)
    results.print()
    _show_destination(diagnosis.destination)
    for unseen in diagnosis.unseen_calls:
        results.print(_unseen_call(unseen))
    if any(unseen["path"] is not None for unseen in diagnosis.unseen_calls):
        results.print(f"{_WIRE}.", soft_wrap=False)
    for outbox in diagnosis.outboxes:
        results.print(
            f"Outbox for sheet {outbox['sheet_id']}, {outbox['worksheet_name']}: "
            f"{outbox['waiting']:,} waiting, {outbox['dropped']:,} dropped."
        )
    for problem in diagnosis.problems:
        errors.print(f"✗ {problem}", style="red")
    if not diagnosis.problems:
        errors.print("✓ No problems found.", style="green")


def _show_reasons(providers: list[ProviderStatus]) -> None:
    """Print each reason once for all that it holds for."""
    for each in providers:
        names: dict[str, list[str]] = {}
        for name, reason in each.not_observed.items():
            names.setdefault(reason, []).append(name)
        for reason, methods in names.items():
            text = f"Not observed: {each.name}: {', '.join(methods)}: {reason}."
            results.print(text, soft_wrap=False)


def _table(providers: list[ProviderStatus], *, show_all: bool) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("provider", "version", "observed"):
        table.add_column(name, overflow="fold")
    for each in providers:
        if each.installed is not None or show_all:
            table.add_row(each.name, each.installed or "-", _observed(each))
    return table


def _observed(provider: ProviderStatus) -> str:
    surfaces = "; ".join(f"{name}: {methods}" for name, methods in provider.observed.items())
    others = f"can also be instrumented by {', '.join(provider.others)}" if provider.others else ""
    rest = f"not observed: {', '.join(provider.not_observed)}" if provider.not_observed else ""
    parts = (surfaces, rest, others, provider.problem or provider.note)
    return " — ".join(text for text in parts if text)


def _unseen_call(unseen: dict[str, object]) -> str:
    requests = counted(cast("int", unseen["requests"]), "request")
    if unseen["path"] is None:
        requests = counted(cast("int", unseen["requests"]), "TLS connection")
    by = f" by {unseen['package']}" if unseen["package"] else ""
    return f"Not logged: {requests} to {unseen['host']}{unseen['path'] or ''}{by}."


def _show_destination(destination: Destination) -> None:
    if destination.path is not None:
        size = destination.bytes
        state = "not created yet" if size is None else counted(size, "byte")
        results.print(f"Events go to {destination.path} ({state}).")
    if destination.sheet_id is not None:
        results.print(f"Events go to the Google Sheet {destination.sheet_id}.")
    if destination.note:
        results.print(destination.note)
