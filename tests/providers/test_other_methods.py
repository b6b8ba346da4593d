"""Every method of an SDK that sends a request is logged, calls no model, or is not observed."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

import pytest

from hilt.providers.other_methods import NO_MODEL, NOT_OBSERVED, OBSERVED_AS
from hilt.providers.registry import PROVIDERS
from tests.providers.sdk_methods import METHODS

OTHER_CONTENT = {"files.content"}
"""Declared only for the answers of a batch."""


def methods(provider: str) -> set[str]:
    """The methods of an installed SDK that has clients of the form that is walked."""
    pytest.importorskip(PROVIDERS[provider].package)
    try:
        return METHODS[provider]()
    except (ImportError, AttributeError):
        if provider in ("ai21", "fireworks"):
            pytest.skip("an old SDK of another form")
        raise


def declared(provider: str) -> set[str]:
    """The methods that an adapter says it observes; functions of a client without resources."""
    return {
        name
        for surface, names in PROVIDERS[provider].load().surfaces.items()
        for method in names.split(", ")
        for name in (f"{surface}.{method}", method, method.rpartition(".")[2])
    }


def rows(provider: str) -> list[str]:
    """The patterns of a provider in the three tables."""
    tables = (OBSERVED_AS, NO_MODEL, NOT_OBSERVED)
    return [pattern for table in tables for pattern in table.get(provider, ())]


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is that of a method."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def test_every_sdk_is_walked() -> None:
    """Each provider has a row; the retired SDK of Google has no client to walk."""
    assert set(PROVIDERS) - set(METHODS) == {"generativeai"}


@pytest.mark.parametrize("provider", METHODS)
def test_every_method_has_a_row(provider: str) -> None:
    """A method that a new release brings fails here, with its name."""
    missing = methods(provider) - declared(provider)

    assert sorted(name for name in missing if not matches(name, rows(provider))) == []


@pytest.mark.parametrize("provider", METHODS)
def test_observed_methods_are_in_no_other_group(provider: str) -> None:
    """What a row calls the same request is declared; what is declared is in no other group."""
    observed = declared(provider)
    others = [*NO_MODEL.get(provider, ()), *NOT_OBSERVED.get(provider, ())]

    assert set(OBSERVED_AS.get(provider, {}).values()) <= observed
    both = {name for name in observed & methods(provider) if matches(name, others)}
    assert both - OTHER_CONTENT == set()


@pytest.mark.parametrize("provider", METHODS)
def test_new_methods_are_named(provider: str) -> None:
    """Nothing matches every name: a method that nobody has thought of has no row."""
    assert not matches("ask_anything", rows(provider))
    assert not matches("new_resource.create", rows(provider))
