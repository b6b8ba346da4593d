"""What `instrument` was asked for: arguments over ``HILT_*`` variables over defaults."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast, get_args

from hilt.core.arguments import path_checked
from hilt.core.columns import Rows, check_columns
from hilt.core.exceptions import ConfigurationError, MissingDependencyError

__all__ = ["BACKENDS", "Config", "is_disabled", "resolve"]

BACKENDS = ("local", "sheets")
"""Where events can go."""

_T = TypeVar("_T")

_DEFAULT_PATH = "logs/hilt.jsonl"
_TRUE = frozenset(("1", "true", "yes", "on"))
_FALSE = frozenset(("0", "false", "no", "off"))
_SIZE = re.compile(r"(\d+)\s*([kmgt]?)(i?)b?")
_UNITS = ("", "k", "m", "g", "t")
_HOST = re.compile(
    # A URL is one as well, of which the host is taken.
    r"(?:[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@]*@)?)?"
    r"(?:\[[0-9A-Fa-f:.]+\]|[^\s/?#:@\[\]*,]+)(?::\d{1,5})?(?:/\S*)?"
)
_ALIASES = {
    "sheet_id": ("HILT_SHEET_ID", "GOOGLE_SHEET_ID"),
    "credentials_path": ("HILT_CREDENTIALS_PATH", "GOOGLE_CREDENTIALS_PATH"),
}


@dataclass(frozen=True, slots=True)
class Config:
    """The arguments of `instrument`, checked and complete."""

    backends: tuple[str, ...]
    filepath: str
    sheet_id: str | None
    credentials_path: str | None
    credentials_json: Any
    worksheet_name: str
    columns: tuple[str, ...] | None
    rows: Rows | None
    fsync: bool
    rotate_bytes: int | None
    rotate_daily: bool
    keep: int | None
    compress: bool
    archive: str | None
    file_mode: int | None
    folder_mode: int | None
    providers: tuple[str, ...] | None
    capture_content: bool
    capture_chunks: bool
    prices: str | None
    unseen_calls: bool
    wire: bool
    wire_hosts: tuple[str, ...]
    git_status: bool

    def of_session(self) -> dict[str, Any]:
        """The arguments of a `hilt.Session` that writes where this says, and as this says."""
        others = (
            "backends",
            "providers",
            "capture_content",
            "capture_chunks",
            "prices",
            "unseen_calls",
            "wire",
            "wire_hosts",
            "git_status",
        )
        arguments = {each.name: getattr(self, each.name) for each in fields(self)}
        backend = self.backends if len(self.backends) > 1 else self.backends[0]
        kept = {name: value for name, value in arguments.items() if name not in others}
        return {"backend": backend, **kept}


def resolve(arguments: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Config:
    """Check the arguments of `instrument` and fill in what the environment says.

    Raises:
        ConfigurationError: If a value is wrong; the message names it, says what is right, and which
            variable gave it.
    """
    read = _Reader(arguments, os.environ if environment is None else environment)
    return read.checked(_config_of)


def is_disabled(environment: Mapping[str, str] | None = None) -> bool:
    """Whether ``HILT_DISABLED`` switches `instrument` off.

    Raises:
        ConfigurationError: If it is not a flag.
    """
    read = _Reader({}, os.environ if environment is None else environment)
    return read.checked(lambda read: read.flag("disabled", default=False))


def _config_of(read: _Reader) -> Config:
    filepath, sheet_id = read.path("filepath"), read.text("sheet_id")
    backends = _backends(read.value("backend"), filepath, sheet_id)
    columns, wire_hosts = read.names("columns"), read.names("wire_hosts") or ()
    for host in wire_hosts:
        if not isinstance(host, str) or not _HOST.fullmatch(host):
            raise ConfigurationError(
                f"wire_hosts: {host!r} is not the name of a host; expected one such as "
                "llm.example.com or llm.example.com:8000"
            )
    config = Config(
        backends=backends,
        filepath=filepath or _DEFAULT_PATH,
        sheet_id=sheet_id,
        credentials_path=read.path("credentials_path", as_given=True),
        credentials_json=read.value("credentials_json"),
        worksheet_name=read.text("worksheet_name") or "Logs",
        columns=None if columns is None else check_columns(columns),
        rows=_rows(read.text("rows")),
        fsync=read.flag("fsync", default=False),
        rotate_bytes=read.size("rotate_bytes"),
        rotate_daily=read.flag("rotate_daily", default=False),
        keep=read.number("keep"),
        compress=read.flag("compress", default=True),
        archive=read.path("archive"),
        file_mode=read.permissions("file_mode"),
        folder_mode=read.permissions("folder_mode"),
        providers=_providers(read.names("providers")),
        capture_content=read.flag("capture_content", default=True),
        capture_chunks=read.flag("capture_chunks", default=True),
        prices=read.path("prices"),
        unseen_calls=read.flag("unseen_calls", default=True),
        wire=read.flag("wire", default=False) or bool(wire_hosts),
        wire_hosts=wire_hosts,
        git_status=read.flag("git_status", default=True),
    )
    if "sheets" in backends and not sheet_id:
        raise ConfigurationError(
            'sheet_id: the backend "sheets" needs one: the long id in the address of the sheet, '
            "https://docs.google.com/spreadsheets/d/<sheet_id>/edit, or GOOGLE_SHEET_ID"
        )
    return config


_ERRORS = (("no provider ", "providers"), ("no backend ", "backend"))
"""How errors begin that do not begin with the argument's name."""


class _Reader:
    """One argument at a time, from the call or the environment."""

    def __init__(self, arguments: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._environment = environment

    def checked(self, of: Callable[[_Reader], _T]) -> _T:
        """What a function reads; an error of it says which variable gave the wrong value."""
        try:
            return of(self)
        except ConfigurationError as error:
            begins = str(error).partition(":")[0]
            name = next((name for text, name in _ERRORS if begins.startswith(text)), begins)
            variable = self._variable_behind(name)
            raise ConfigurationError(f"{error} (from {variable})") if variable else error from None

    def _variable_behind(self, name: str) -> str | None:
        """The variable that gave a wrong value; a flag that is what it is by default gave none."""
        if not isinstance(self._arguments.get(name), bool):
            return self.variable_of(name)
        return _Reader({}, self._environment).variable_of(name)

    def value(self, name: str) -> Any:
        given = self._arguments.get(name)
        if given is not None:
            return given
        variable = self.variable_of(name)
        return None if variable is None else self._environment[variable].strip()

    def variable_of(self, name: str) -> str | None:
        """The variable that gives an argument, unless the call does; None if none does."""
        if self._arguments.get(name) is None:
            for variable in _ALIASES.get(name, (f"HILT_{name.upper()}",)):
                if self._environment.get(variable, "").strip():
                    return variable
        return None

    def text(self, name: str) -> str | None:
        value = self.value(name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise ConfigurationError(f"{name}: {value!r} is not text")
        return value

    def path(self, name: str, *, as_given: bool = False) -> str | None:
        """A path; ``as_given`` leaves ``//`` in it, as a key may stand in its place."""
        value = self.value(name)
        if value is None:
            return None
        path = path_checked(name, value)
        return os.fspath(value if as_given else path)

    def flag(self, name: str, *, default: bool) -> bool:
        given = self._arguments.get(name)
        if isinstance(given, bool):
            if given is not default:
                return given
            text = self._environment.get(f"HILT_{name.upper()}", "").strip().lower()
        else:
            text = str(self.value(name) if given is None else given).lower()
        if text in ("", "none"):
            return default
        if text not in _TRUE | _FALSE:
            raise ConfigurationError(f"{name}: {text!r} is not a flag; expected true or false")
        return text in _TRUE

    def number(self, name: str) -> int | None:
        value = self.value(name)
        if isinstance(value, str) and value.strip().isdecimal():
            return int(value)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise ConfigurationError(f"{name}: {value!r} is not a whole number")
        return value

    def size(self, name: str) -> int | None:
        """A number of bytes, or a text such as ``100MB``."""
        value = self.value(name)
        if not isinstance(value, str):
            return self.number(name)
        match = _SIZE.fullmatch(value.strip().lower())
        if match is None:
            raise ConfigurationError(f"{name}: {value!r} is not a size; expected 500000 or 100MB")
        unit: int = (1024 if match[3] else 1000) ** _UNITS.index(match[2])
        return int(match[1]) * unit

    def permissions(self, name: str) -> int | None:
        """The permissions of a file: in the environment octal digits, as ``0640``."""
        value = self.value(name)
        if isinstance(value, str):
            try:
                return int(value, 8)
            except ValueError:
                raise ConfigurationError(
                    f"{name}: {value!r} are no permissions; expected octal digits, as 0640"
                ) from None
        return self.number(name)

    def names(self, name: str) -> tuple[str, ...] | None:
        """A list of names: an empty list is one too, and not the same as none given."""
        given = self._arguments.get(name)
        if given is None:
            text = self.value(name)
            if text is None:
                return None
            return tuple(each.strip() for each in _listed(name, text) if each.strip())
        if isinstance(given, str) or not isinstance(given, Sequence | set | frozenset):
            raise ConfigurationError(f"{name}: {given!r} is not a list of names, as [{given!r}]")
        return tuple(given)


def _listed(name: str, text: str) -> list[str]:
    """The names in a text: a JSON list of them, or names between commas."""
    if not text.startswith("["):
        return text.split(",")
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        listed = [None]
    if not all(isinstance(each, str) for each in listed):
        raise ConfigurationError(
            f'{name}: {text!r:.80} is no list of names; expected ["a", "b"] or a,b'
        )
    return list(listed)


def _backends(value: Any, filepath: str | None, sheet_id: str | None) -> tuple[str, ...]:
    if value is None:
        inferred = [name for name, sign in zip(BACKENDS, (filepath, sheet_id), strict=True) if sign]
        return tuple(inferred) or ("local",)
    if not isinstance(value, str | Sequence):
        raise ConfigurationError(f'backend: {value!r}; expected "local", "sheets" or both')
    named = tuple(value.split(",")) if isinstance(value, str) else tuple(value)
    for name in named:
        if name not in BACKENDS:
            hint = f"; a file is given by name, filepath={name!r}" if _is_like_a_path(name) else ""
            raise ConfigurationError(f'no backend {name!r}; expected "local" or "sheets"{hint}')
    if not named:
        raise ConfigurationError('backend: none given; expected "local", "sheets" or both')
    return tuple(dict.fromkeys(named))


def _rows(value: str | None) -> Rows | None:
    if value is None or value in get_args(Rows):
        return cast("Rows | None", value)
    raise ConfigurationError(f'rows: {value!r}; expected "calls" or "events"')


def _is_like_a_path(name: object) -> bool:
    return isinstance(name, str) and any(sign in name for sign in "./\\")


def _providers(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if names is None:
        return None
    return tuple(dict.fromkeys(_installed_provider(name) for name in names))


def _installed_provider(name: str) -> str:
    """The provider that a name stands for here: ``gemini`` may be an older SDK of Google's."""
    from hilt.providers.registry import PROVIDERS

    if name not in PROVIDERS:
        known = ", ".join(PROVIDERS)
        raise ConfigurationError(f"no provider {name!r}; there are {known}")
    entry = PROVIDERS[name]
    if entry.is_installed:
        return name
    if entry.older_sdk is not None and PROVIDERS[entry.older_sdk].is_installed:
        return entry.older_sdk
    way = f', or pip install "hilt[{name}]"' if entry.has_extra else ""
    raise MissingDependencyError(
        f'the provider "{name}" needs the package {entry.distribution}, which is not '
        f"installed: pip install {entry.distribution}{way}"
    )
