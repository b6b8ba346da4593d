"""Where an archive can be: a folder on this machine, or an address such as ``s3://bucket/hilt``."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from hilt.analysis.duckdb_engine import message_of
from hilt.core.exceptions import ConfigurationError, HILTError, SinkError

__all__ = ["add_file_system", "address_of", "check_target", "named_errors"]

# An address that was made a `Path` has lost one of its slashes.
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/{1,2}(?=[^/])")
_FILE = re.compile(r"file:(?://(?:localhost)?(?=/)|(?=/[^/]))", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_BUILT_IN = frozenset({"azure", "az", "gcs", "gs", "hf", "http", "https", "r2", "s3"})
_ONLY_READ = frozenset({"hf", "http", "https"})
_WAY_OUT = "expected a folder, or an address such as s3://bucket/hilt"
_EXTENSION = re.compile(r"required extension '(\w+)")


def address_of(place: str | os.PathLike[str]) -> str:
    """The address of an archive for DuckDB: the path of a folder, or ``s3://...``."""
    text = os.fspath(place).rstrip("/" if os.sep == "/" else "/\\") or os.sep
    file = _FILE.match(text)
    if file is not None:
        return text[file.end() :]
    address = _ADDRESS.match(text)
    if address is not None:
        return f"{address[1].lower()}://{text[address.end() :]}"
    return str(Path(text).expanduser().absolute())


def check_target(to: str) -> None:
    """Refuse a place where no archive can be made, before anything is read.

    Raises:
        ConfigurationError: If it is one; the message says why, and what is right.
    """
    if not to.strip():
        raise ConfigurationError("--to: is empty; expected a folder or an address")
    if to == "-":
        raise ConfigurationError(f"--to: an archive is no stream that '-' could be; {_WAY_OUT}")
    scheme = _SCHEME.match(to)
    address = address_of(to)
    if scheme is None or _FILE.match(to):
        _check_folder(to, Path(address))
    elif scheme[1].lower() == "file":
        raise ConfigurationError(f"--to: {to} names no folder of this machine; {_WAY_OUT}")
    elif scheme[1].lower() in _ONLY_READ:
        raise ConfigurationError(f"--to: nobody can write to {to}; {_WAY_OUT}")
    elif not to[scheme.end() :].strip("/"):
        raise ConfigurationError(f"--to: {to} names no bucket or host; {_WAY_OUT}")
    elif "://" not in address and scheme[1].lower() in _BUILT_IN:
        raise ConfigurationError(f"--to: {to} is no address; expected {scheme[1]}://...")


def _check_folder(to: str, folder: Path) -> None:
    """Refuse a folder that cannot be made or written to."""
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    if not there.is_dir():
        what = "is a file" if there.is_file() else "is no folder"
        raise ConfigurationError(f"--to: {to}: {there} {what}; {_WAY_OUT}")
    if not os.access(there, os.W_OK | os.X_OK):
        raise ConfigurationError(
            f"--to: {to}: this user may not write to {there}; expected another folder, or an "
            "address such as s3://bucket/hilt"
        )


def add_file_system(database: Any, address: str) -> None:
    """Let fsspec serve an address that DuckDB does not know by itself.

    Raises:
        ConfigurationError: If fsspec cannot serve it either.
    """
    scheme, separator, _ = address.partition("://")
    if not separator or scheme in _BUILT_IN:
        return
    try:
        import_module("fsspec")
        file_system, _ = import_module("fsspec.core").url_to_fs(address)
    except ModuleNotFoundError as error:
        if error.name == "fsspec":
            raise ConfigurationError(
                f"{address}: DuckDB does not know {scheme}, and fsspec, which may, is not "
                "installed: pip install fsspec"
            ) from error
        raise _unusable(address, error) from error
    except Exception as error:  # each file system has errors of its own
        raise _unusable(address, error) from error
    database.register_filesystem(file_system)


def _unusable(address: str, error: Exception) -> ConfigurationError:
    scheme = address.partition("://")[0]
    return ConfigurationError(
        f"{address}: neither DuckDB nor fsspec can use {scheme}: {_one_line(error)}; {_WAY_OUT}"
    )


@contextlib.contextmanager
def named_errors(address: str, of_duckdb: type[Exception]) -> Iterator[None]:
    """Turn errors of DuckDB and of fsspec's file systems into one line that names the address.

    Args:
        address: As from `address_of`.
        of_duckdb: DuckDB's class of errors.

    Raises:
        SinkError: In place of such an error.
    """
    try:
        yield
    except HILTError:
        raise
    except of_duckdb as error:
        raise SinkError(f"{address}: {_reason(error)}") from error
    except Exception as error:  # each file system has errors of its own
        if "://" not in address:
            raise
        raise SinkError(f"{address}: {_one_line(error)}") from error


def _reason(error: Exception) -> str:
    """DuckDB's message without the query, which the user did not write."""
    extension = _EXTENSION.search(str(error))
    if extension is not None:
        name = extension[1]
        return (
            f"DuckDB needs its extension {name} and could not download it; connect to the "
            f"internet once, or get it with: duckdb -c 'INSTALL {name}'"
        )
    return message_of(error) if '"exception_message"' in str(error) else _one_line(error)


def _one_line(error: Exception) -> str:
    text = str(error).partition("\nLINE ")[0].strip()
    if "Traceback (most recent call last)" in text:  # of a file system, as DuckDB quotes it
        text = text.splitlines()[-1]
    return " ".join(text.split()) or type(error).__name__
