"""Clients that tests drop leave sockets to the collector: they are collected with their module."""

from __future__ import annotations

import gc
import warnings
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Collect what a module's tests dropped, so that no later test is warned of it."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


@pytest.fixture(scope="session", autouse=True)
def quick_clients(one_certificate: None) -> None:
    """Thousands of clients are made here."""
