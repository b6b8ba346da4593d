"""What ``hilt doctor`` examines: versions, SDKs, the destination of events, and outboxes."""

from __future__ import annotations

import os
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from hilt.cli.misspelt_variables import misspelt_variables
from hilt.cli.other_instrumentations import other_instrumentations
from hilt.cli.sdk_sources import defines
from hilt.cli.unseen_calls import unseen_calls_in
from hilt.core.exceptions import HILTError
from hilt.instrumentation.patching import replaced_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hilt._config import Config
    from hilt.genai.values import Target
    from hilt.providers.registry import Entry

__all__ = ["Destination", "Diagnosis", "ProviderStatus", "diagnose", "has_target"]

_LOW_DISK_SPACE_BYTES = 100 << 20
_DISTRIBUTIONS = (
    "hilt",
    "opentelemetry-api",
    "opentelemetry-sdk",
    "genai-prices",
    "wrapt",
    "msgspec",
)


class ProviderStatus(msgspec.Struct, omit_defaults=True):
    """Whether the calls of one SDK would be logged.

    Args:
        name: As in ``instrument(providers=[...])``.
        distribution: The SDK's name for pip.
        installed: The installed version, or None.
        observed: The methods that are observed, by surface.
        others: The other instrumentations of this SDK that are installed, on or off.
        problem: Why calls would not be logged.
        note: Why they would not be logged, where that is the user's choice.
        not_observed: What else of the SDK calls a model and is not logged, with the reasons.
    """

    name: str
    distribution: str
    installed: str | None
    observed: dict[str, str]
    others: list[str] = []
    problem: str = ""
    note: str = ""
    not_observed: dict[str, str] = {}


class Destination(msgspec.Struct, omit_defaults=True):
    """Where events go."""

    backends: tuple[str, ...] = ()
    path: str | None = None
    bytes: int | None = None
    free_bytes: int | None = None
    sheet_id: str | None = None
    note: str = ""


class Diagnosis(msgspec.Struct):
    """Everything that was examined; calls or events would be lost where there are problems."""

    versions: dict[str, str | None]
    providers: list[ProviderStatus]
    destination: Destination
    outboxes: list[dict[str, object]]
    problems: list[str]
    not_observed: dict[str, str] = {}
    """The reasons why installed SDKs are not observed at all, by distribution."""
    unseen_calls: list[dict[str, object]] = []
    """The requests to known model hosts that the log says nothing observed."""


def diagnose() -> Diagnosis:
    """Examine this machine and the environment."""
    from hilt.providers.not_observed import installed_sdks

    config, problems = _configuration()
    problems += misspelt_variables(os.environ)
    instrumentations = metadata.entry_points(group="opentelemetry_instrumentor")
    providers = [_provider_status(entry, config, instrumentations) for entry in _entries()]
    problems += [f"{each.name}: {each.problem}" for each in providers if each.problem]
    if not any(each.observed for each in providers):
        problems.append("No installed SDK is observed, so no calls would be logged.")
    destination = Destination() if config is None else _destination(config, problems)
    return Diagnosis(
        versions={
            "python": sys.version.split()[0],
            **{name: _version(name) for name in _DISTRIBUTIONS},
        },
        providers=providers,
        destination=destination,
        outboxes=_outboxes(problems),
        problems=problems,
        not_observed=installed_sdks(),
        unseen_calls=_unseen_calls(destination, problems),
    )


def _configuration() -> tuple[Config | None, list[str]]:
    from hilt._config import is_disabled, resolve
    from hilt.pricing.price_file import load_price_file

    try:
        if is_disabled():
            return None, ["HILT_DISABLED is true, so instrument() logs nothing."]
        config = resolve({})
        if config.prices is not None:
            load_price_file(config.prices)
    except HILTError as error:
        return None, [f"instrument() would raise: {error}"]
    if config.providers == ():
        return config, ["HILT_PROVIDERS names no provider, so only manual events would be logged."]
    return config, []


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _entries() -> list[Entry]:
    from hilt.providers.registry import PROVIDERS

    return list(PROVIDERS.values())


def _provider_status(
    entry: Entry, config: Config | None, instrumentations: Iterable[metadata.EntryPoint]
) -> ProviderStatus:
    from hilt.providers.not_observed import surfaces_of

    status = ProviderStatus(entry.name, entry.distribution, installed=None, observed={})
    if not entry.is_installed:
        return status
    status.installed = _version(entry.distribution) or "unknown"
    if config is not None and config.providers is not None and entry.name not in config.providers:
        status.note = "excluded by HILT_PROVIDERS"
        return status
    try:
        provider = entry.load()
        missing = [target for target in provider.targets if not has_target(target)]
        hidden = _hidden_functions(provider.targets)
    except Exception as error:  # an SDK may fail in any way while it is imported
        status.problem = f"cannot be imported: {error}"
        return status
    status.observed = dict(provider.surfaces)
    status.not_observed = surfaces_of(entry.name)
    status.others = other_instrumentations(entry.name, instrumentations)
    if missing:
        functions = ", ".join(f"{target.module}.{target.path}" for target in missing)
        status.problem = f"this version has no {functions}, so calls made through it are not logged"
    elif hidden:
        status.problem = f"{hidden[0]}, so some calls may not be logged"
    return status


def _hidden_functions(targets: Sequence[Target]) -> list[str]:
    """The functions of an SDK that something has replaced which HILT cannot see through.

    Only what is imported can be replaced.
    """
    found = []
    for target in targets:
        if target.module not in sys.modules:
            continue
        owner, name = _owner_of(target)
        if owner is not None and name in vars(owner):
            hidden_by = replaced_by(vars(owner)[name], target)
            if hidden_by is not None:
                found.append(f"{target.module}.{target.path} was replaced by a {hidden_by}")
    return found


def has_target(target: Target) -> bool:
    """Whether the installed SDK has a function that HILT patches, or need not have it.

    Nothing is imported: it takes seconds, and some SDKs go to the network meanwhile.
    """
    if target.optional:
        return True
    if target.module not in sys.modules:
        return defines(target.module, target.path)
    owner, name = _owner_of(target)
    return owner is not None and name in vars(owner)


def _owner_of(target: Target) -> tuple[object, str]:
    """The module or the class that holds a function, if it is there, and the function's name."""
    *path, name = target.path.split(".")
    owner: object = sys.modules.get(target.module)
    for step in path:
        owner = getattr(owner, step, None)
    return owner, name


def _destination(config: Config, problems: list[str]) -> Destination:
    destination = Destination(backends=config.backends)
    if "local" in config.backends:
        _examine_file(Path(config.filepath).expanduser().absolute(), destination, problems)
    if "sheets" in config.backends:
        destination.sheet_id = config.sheet_id
        if _version("gspread") is None or _version("google-auth") is None:
            problems.append('Google Sheets needs more packages: pip install "hilt[sheets]"')
    if not config.capture_content:
        destination.note = "HILT_CAPTURE_CONTENT is off: events are written without content."
    return destination


def _examine_file(path: Path, destination: Destination, problems: list[str]) -> None:
    destination.path = str(path)
    if path.exists():
        destination.bytes = path.stat().st_size
    folder = next(each for each in (path, *path.parents) if each.exists())
    if not os.access(folder, os.W_OK):
        problems.append(f"The current user cannot write to {folder}.")
    destination.free_bytes = free = shutil.disk_usage(folder).free
    if free < _LOW_DISK_SPACE_BYTES:
        problems.append(f"Only {free >> 20} MiB of disk space are left for {path}.")


def _unseen_calls(destination: Destination, problems: list[str]) -> list[dict[str, object]]:
    if destination.path is None or not destination.bytes:
        return []
    try:
        return unseen_calls_in(Path(destination.path))
    except OSError as error:
        problems.append(f"The log {destination.path} cannot be read: {error}")
        return []


def _outboxes(problems: list[str]) -> list[dict[str, object]]:
    """The outboxes on this machine, which hold the rows that Google Sheets does not have yet."""
    from hilt.io.sheets.outbox_status import outbox_status

    try:
        outboxes = outbox_status()
    except OSError as error:
        problems.append(f"Outbox: the outboxes cannot be read: {error}")
        return []
    problems += [f"Outbox: {each.problem}" for each in outboxes if each.problem]
    return [{**each.to_dict(), "problem": each.problem} for each in outboxes]
