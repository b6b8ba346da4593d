"""Tests for values that were printed as Python does."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects.printed_objects import value_of_printed


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': [1, (2.5, None)], 'b': True}", {"a": [1, [2.5, None]], "b": True}),
        ("M(role=<Role.USER: 'user'>, n=1)", {"class": "M", "role": "user", "n": 1}),
        ("[f.g(x=<function a.<locals>.b at 0x7f>)]", [{"class": "", "x": None}]),
        ("['<b>kept</b>']", ["<b>kept</b>"]),
        ("{**other, 'a': name}", {"a": None}),
        ("{'a': [1, ", None),
        ("(" * 500 + ")" * 500, None),
        ("'" + "x" * 200_001 + "'", None),
    ],
)
def test_value(text: str, value: Any) -> None:
    """What cannot be read is None, and so is all of what was cut off."""
    assert value_of_printed(text) == value
