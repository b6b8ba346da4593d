"""Where an archive can be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hilt.analysis.archive_addresses import address_of, check_target, named_errors
from hilt.core.exceptions import ConfigurationError, ReadError, SinkError


@pytest.mark.parametrize(
    ("place", "address"),
    [
        ("s3://bucket/hilt", "s3://bucket/hilt"),
        ("S3://Bucket/Hilt", "s3://Bucket/Hilt"),
        (Path("s3://bucket/hilt/"), "s3://bucket/hilt"),
        ("gs://bucket/", "gs://bucket"),
        ("memory://a//b", "memory://a//b"),
        ("file:///var/archive/", "/var/archive"),
        (Path("file:///var/archive"), "/var/archive"),
        ("file://localhost/var/archive", "/var/archive"),
        ("/var/archive/", "/var/archive"),
        ("/", "/"),
    ],
)
def test_an_address_is_as_it_was_given(place, address):
    """A path that was made of one has lost a slash."""
    assert address_of(place) == str(address)


def test_path_is_absolute(tmp_path, monkeypatch):
    """DuckDB may be in another folder by then."""
    monkeypatch.chdir(tmp_path)
    assert address_of("archive") == str(tmp_path / "archive")


def test_folder_that_nobody_may_write_to(tmp_path, monkeypatch):
    """It is named, before anything is read."""
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(ConfigurationError) as raised:
        check_target(str(tmp_path / "new" / "archive"))

    assert str(raised.value) == (
        f"--to: {tmp_path}/new/archive: this user may not write to {tmp_path}; expected another "
        "folder, or an address such as s3://bucket/hilt"
    )


@pytest.mark.parametrize("to", ["archive", "a/b", "file:///tmp/x", "s3://b", "ftp://h/x", "a:b"])
def test_what_may_be_an_archive(to, tmp_path, monkeypatch):
    """Whether there is such a host is seen when it is used."""
    monkeypatch.chdir(tmp_path)
    check_target(to)


class _Error(Exception):
    """Stands for DuckDB's."""


def message(error: Exception, address: str = "s3://bucket") -> str:
    """What a user is told."""
    with pytest.raises(SinkError) as raised, named_errors(address, _Error):
        raise error
    return str(raised.value)


def test_errors_are_one_line():
    """Without the query, and without the traceback of a file system."""
    traceback = "Traceback (most recent call last):\n  File x\nOSError: no disk\n\nLINE 1: SELECT"

    assert message(_Error("HTTP 403\n\nNo credentials.\nLINE 1: SELECT")) == (
        "s3://bucket: HTTP 403 No credentials."
    )
    assert message(_Error(traceback)) == "s3://bucket: OSError: no disk"
    assert message(KeyError()) == "s3://bucket: KeyError"


def test_extension_that_cannot_be_downloaded():
    """The message says how to get it."""
    assert message(_Error("install the required extension 'httpfs:\nFailed")) == (
        "s3://bucket: DuckDB needs its extension httpfs and could not download it; connect to the "
        "internet once, or get it with: duckdb -c 'INSTALL httpfs'"
    )


def test_other_errors_pass():
    """Those that have a message of HILT's, and those that a folder has nothing to do with."""
    with pytest.raises(ReadError), named_errors("s3://bucket", _Error):
        raise ReadError("a log")
    with pytest.raises(ZeroDivisionError), named_errors("/var/archive", _Error):
        raise ZeroDivisionError
