"""Functions of SDKs that are looked up in their source."""

from __future__ import annotations

import pytest

from hilt.cli.sdk_sources import defines
from hilt.providers.registry import PROVIDERS


@pytest.mark.parametrize(
    ("module", "path", "there"),
    [
        ("json.decoder", "JSONDecoder.decode", True),
        ("json.decoder", "JSONDecoder.nothing", False),
        ("json", "dumps", True),
        ("json.nothing", "decode", False),
        ("hilt_has_no_such_sdk.client", "Client.chat", False),
        ("_json", "make_encoder", True),
    ],
)
def test_function(module, path, there):
    """Every step of a path is defined; what is compiled is taken to be there."""
    assert defines(module, path) is there


@pytest.mark.parametrize("entry", PROVIDERS.values(), ids=PROVIDERS)
def test_targets_of_every_installed_sdk(entry):
    """What HILT patches is found without an import."""
    if not entry.is_installed:
        pytest.skip(f"{entry.distribution} is not installed")
    targets = [each for each in entry.load().targets if not each.optional]

    assert [each.path for each in targets if not defines(each.module, each.path)] == []
