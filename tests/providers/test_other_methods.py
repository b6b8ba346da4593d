"""Every method of an SDK that sends a request is logged, calls no model, or is not observed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from importlib import import_module
from inspect import isfunction
from pkgutil import walk_packages

import pytest

from hilt.providers.other_methods import NO_MODEL, NOT_OBSERVED, OBSERVED_AS
from hilt.providers.registry import PROVIDERS

SDKS = ("openai", "anthropic", "groq", "cerebras", "writer")


def methods(package: str) -> set[str]:
    """The public methods of the synchronous resources of an SDK, as a client names them."""
    root = import_module(f"{package}.resources")
    base = import_module(f"{package}._resource").SyncAPIResource
    modules = [
        import_module(each.name) for each in walk_packages(root.__path__, f"{root.__name__}.")
    ]
    return {
        f"{resource(module.__name__.removeprefix(f'{root.__name__}.'))}.{name}"
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
        for name, value in vars(each).items()
        if isfunction(value) and not name.startswith("_")
    }


def resource(module: str) -> str:
    """A resource's name: ``chat.completions`` for the module ``chat.completions.completions``."""
    parts = module.split(".")
    return ".".join(parts[:-1] if parts[-2:-1] == parts[-1:] else parts)


def declared(provider: str) -> set[str]:
    """The methods that an adapter says it observes."""
    return {
        f"{surface}.{method}"
        for surface, names in PROVIDERS[provider].load().surfaces.items()
        for method in names.split(", ")
    }


def rows(provider: str) -> list[str]:
    """The patterns of a provider in the three tables."""
    tables = (OBSERVED_AS, NO_MODEL, NOT_OBSERVED)
    return [pattern for table in tables for pattern in table.get(provider, ())]


def matches(name: str, patterns: list[str]) -> bool:
    """Whether one of the patterns is that of a method."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


@pytest.mark.parametrize("provider", SDKS)
def test_every_method_has_a_row(provider: str) -> None:
    """A method that a new release brings fails here, with its name."""
    pytest.importorskip(PROVIDERS[provider].package)
    missing = methods(PROVIDERS[provider].package) - declared(provider)

    assert sorted(name for name in missing if not matches(name, rows(provider))) == []


@pytest.mark.parametrize("provider", SDKS)
def test_observed_methods_are_in_no_other_group(provider: str) -> None:
    """What a row calls the same request is declared; what is declared is in no other group."""
    observed = declared(provider)
    others = [*NO_MODEL.get(provider, ()), *NOT_OBSERVED.get(provider, ())]
    content = {"batches.files.content"}  # The answers of a batch, by `files.content`.

    assert set(OBSERVED_AS.get(provider, {}).values()) <= observed
    assert sorted(name for name in observed - content if matches(name, others)) == []
