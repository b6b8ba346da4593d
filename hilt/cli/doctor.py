"""``hilt doctor``: what would be logged on this machine, and why something would not."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import import_module, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from hilt.cli.output import errors, print_json, results
from hilt.core.exceptions import HILTError

if TYPE_CHECKING:
    from hilt._config import Config
    from hilt.genai.values import Target
    from hilt.providers.registry import Entry

__all__ = ["doctor"]

Json = dict[str, Any]

_LITTLE_ROOM = 100 << 20


def doctor(
    *,
    every: Annotated[
        bool, typer.Option("--all", help="List the providers that are not installed too.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print everything as JSON.")] = False,
) -> None:
    """Say what is observed of each installed SDK, where events go, and what stands in the way.

    The exit code is 1 if something would not be logged.
    """
    report = examine()
    if as_json:
        print_json(report)
    else:
        _show(report, every=every)
    if report["problems"]:
        raise typer.Exit(1)


def examine() -> Json:
    """Everything that the doctor knows, as JSON.

    ``{"versions": {}, "providers": [{"name", "installed", "observed", "problem"}],
    "destination": {}, "outboxes": [], "problems": []}``
    """
    config, problems = _configuration()
    providers = [_provider(entry, config) for entry in _entries()]
    problems += [f"{each['name']}: {each['problem']}" for each in providers if each.get("problem")]
    if not any(each.get("observed") for each in providers):
        problems.append("No SDK is installed that HILT could observe, so no call would be logged.")
    destination = _destination(config)
    problems += destination.pop("problems")
    outboxes = _outboxes()
    problems += [f"Outbox: {each['problem']}" for each in outboxes if each["problem"]]
    return {
        "versions": _versions(),
        "providers": providers,
        "destination": destination,
        "outboxes": outboxes,
        "problems": problems,
    }


def _configuration() -> tuple[Config | None, list[str]]:
    from hilt._config import resolve

    try:
        config = resolve({})
    except HILTError as error:
        return None, [f"instrument() would raise: {error}"]
    if config.providers == ():
        return config, ["HILT_PROVIDERS names none: only events made by hand would be logged."]
    return config, []


def _versions() -> dict[str, str | None]:
    names = ("hilt", "opentelemetry-api", "opentelemetry-sdk", "genai-prices", "wrapt", "msgspec")
    return {"python": sys.version.split()[0], **{name: _version(name) for name in names}}


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


# -- providers ----------------------------------------------------------------------------------


def _entries() -> list[Entry]:
    from hilt.providers.registry import PROVIDERS

    return list(PROVIDERS.values())


def _provider(entry: Entry, config: Config | None) -> Json:
    found: Json = {"name": entry.name, "distribution": entry.distribution}
    if not entry.is_installed:
        return {**found, "installed": None, "observed": {}}
    found["installed"] = _version(entry.distribution) or "unknown"
    if config is not None and config.providers is not None and entry.name not in config.providers:
        return {**found, "observed": {}, "note": "left out by HILT_PROVIDERS"}
    try:
        provider = entry.load()
        missing = [_path_of(each) for each in provider.targets if not is_there(each)]
    except Exception as error:  # an SDK may fail in any way while it is imported
        return {**found, "observed": {}, "problem": f"cannot be imported: {error}"}
    if missing:
        found["problem"] = f"this version has no {', '.join(missing)}: calls there are not logged"
    return {**found, "observed": dict(provider.surfaces)}


def is_there(target: Target) -> bool:
    """Whether an installed SDK has a function that HILT patches, or may lack it."""
    try:
        module = import_module(target.module)
    except ImportError:
        return target.optional
    *path, name = target.path.split(".")
    owner: Any = module
    for step in path:
        owner = getattr(owner, step, None)
    return target.optional or (owner is not None and name in vars(owner))


def _path_of(target: Target) -> str:
    return f"{target.module}.{target.path}"


# -- destinations -------------------------------------------------------------------------------


def _destination(config: Config | None) -> Json:
    if config is None:
        return {"problems": []}
    found: Json = {"backends": list(config.backends), "problems": []}
    if "local" in config.backends:
        found.update(_local(Path(config.filepath).expanduser()))
    if "sheets" in config.backends:
        found["sheet_id"] = config.sheet_id
        if _version("gspread") is None and _version("google-auth") is None:
            found["problems"].append('Sheets need more packages: pip install "hilt[sheets]"')
    if not config.capture_content:
        found["note"] = "HILT_CAPTURE_CONTENT is off: events come without content"
    return found


def _local(path: Path) -> Json:
    found: Json = {"path": str(path.absolute()), "problems": []}
    if path.exists():
        found["bytes"] = path.stat().st_size
    folder = next(each for each in (path.absolute(), *path.absolute().parents) if each.exists())
    if not os.access(folder, os.W_OK):
        found["problems"].append(f"{folder} cannot be written to by this user.")
    free = shutil.disk_usage(folder).free
    found["free_bytes"] = free
    if free < _LITTLE_ROOM:
        found["problems"].append(f"Only {free >> 20} MiB are free where {path} is.")
    return found


def _outboxes() -> list[Json]:
    """The outboxes on this machine: rows on their way to Google Sheets."""
    from hilt.io.sheets.outbox_status import outbox_status

    try:
        return [{**each.to_dict(), "problem": each.problem} for each in outbox_status()]
    except OSError as error:
        return [{"problem": f"the outboxes cannot be read: {error}"}]


# -- what is shown ------------------------------------------------------------------------------


def _show(report: Json, *, every: bool) -> None:
    versions = ", ".join(f"{name} {v or 'missing'}" for name, v in report["versions"].items())
    _say(versions)
    results.print()
    results.print(_table(report["providers"], every=every))
    absent = [each["name"] for each in report["providers"] if each["installed"] is None]
    if absent and not every:
        _say(f"\nNot installed: {', '.join(absent)}.")
    results.print()
    _say_destination(report["destination"])
    for outbox in report["outboxes"]:
        if "waiting" in outbox:
            _say(
                f"Outbox of sheet {outbox['sheet_id']}, {outbox['worksheet_name']}: "
                f"{outbox['waiting']:,} events wait, {outbox['dropped']:,} were dropped."
            )
    for problem in report["problems"]:
        errors.print(f"✗ {problem}", style="red", markup=False, highlight=False, soft_wrap=True)
    if not report["problems"]:
        errors.print("✓ Nothing stands in the way.", style="green")


def _table(providers: list[Json], *, every: bool) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("provider", "version", "observed"):
        table.add_column(name, overflow="fold")
    for each in providers:
        if each["installed"] is not None or every:
            table.add_row(each["name"], each["installed"] or "-", _observed(each))
    return table


def _observed(provider: Json) -> str:
    surfaces = "; ".join(f"{name}: {methods}" for name, methods in provider["observed"].items())
    said = provider.get("problem") or provider.get("note") or ""
    return " — ".join(each for each in (surfaces, said) if each)


def _say_destination(destination: Json) -> None:
    if "path" in destination:
        there = f"{destination['bytes']:,} bytes" if "bytes" in destination else "not there yet"
        _say(f"Events go to {destination['path']} ({there}).")
    if "sheet_id" in destination:
        _say(f"Events go to the Google Sheet {destination['sheet_id']}.")
    if "note" in destination:
        _say(destination["note"])


def _say(text: str) -> None:
    results.print(text, markup=False, highlight=False)
