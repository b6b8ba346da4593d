"""Doubles of libraries that are too large to install: packages of the same name in folders here."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import hilt
from tests.conftest import Log


@contextmanager
def imported_from(
    folder: Path, package: str, monkeypatch: pytest.MonkeyPatch, *more: Path
) -> Iterator[None]:
    """Let a package be imported from a folder in this block, and be what it was afterwards."""

    def is_of_package(module: str) -> bool:
        return module.partition(".")[0] == package

    real = {name: sys.modules.pop(name) for name in list(sys.modules) if is_of_package(name)}
    for each in (*more, folder):
        monkeypatch.syspath_prepend(str(each))
    yield
    for name in filter(is_of_package, list(sys.modules)):
        del sys.modules[name]
    sys.modules.update(real)


@contextmanager
def logged(provider: str) -> Iterator[Log]:
    """A log of one provider's calls; HILT itself raises nothing."""
    log = Log()
    hilt.instrument(session=log.session, providers=[provider])
    yield log
    hilt.uninstrument()
    assert log.internal_errors == 0


@contextmanager
def logged_by_policy(provider: str, privacy: str) -> Iterator[Log]:
    """A log of one provider's calls under a privacy policy."""
    log = Log()
    log.session = hilt.Session(log.sink, privacy=privacy)
    hilt.instrument(session=log.session, providers=[provider])
    try:
        yield log
    finally:
        hilt.uninstrument()
