"""What is known and not observed is said, and is not said of what is observed."""

from __future__ import annotations

import pytest

from hilt.providers import not_observed
from hilt.providers.not_observed import SDKS, installed_sdks, surfaces_of
from hilt.providers.other_methods import NOT_OBSERVED
from hilt.providers.registry import PROVIDERS


def test_surfaces_are_those_of_providers() -> None:
    """Each row belongs to a provider, and names none of what its adapter observes."""
    for name in NOT_OBSERVED:
        assert not set(PROVIDERS[name].load().surfaces) & set(surfaces_of(name))


def test_patterns_are_shown_as_names() -> None:
    """What ``hilt doctor`` shows has no signs of patterns at its ends."""
    assert {"live", "realtime", "realtime.calls"} <= set(surfaces_of("together")) | set(
        surfaces_of("openai")
    )
    assert "guardrail" in surfaces_of("bedrock")
    assert surfaces_of("azure_inference") == {}


def test_sdks_have_no_adapter() -> None:
    """What has an adapter is not among the SDKs without one."""
    assert not {entry.package for entry in PROVIDERS.values()} & set(SDKS)


def test_installed_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is installed is named, by its name for pip."""
    rows = {"json": ("json-sdk", "a reason"), "no_such_package": ("missing", "another")}
    monkeypatch.setattr(not_observed, "SDKS", rows)

    assert installed_sdks() == {"json-sdk": "a reason"}
