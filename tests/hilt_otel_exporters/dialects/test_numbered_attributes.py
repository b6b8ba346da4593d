"""Tests for objects that are flattened into numbered attributes."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects.numbered_attributes import numbered
from tests.hilt_otel_exporters.conftest import record


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"m.0.role": "user", "m.0.content": "Hi"}, [{"role": "user", "content": "Hi"}]),
        ({"m.10.id": "b", "m.2.id": "a"}, [{"id": "a"}, {"id": "b"}]),
        ({"m.0.calls.0.id": "a", "m.0.calls.1.id": "b"}, [{"calls": [{"id": "a"}, {"id": "b"}]}]),
        ({"m.0": "text"}, ["text"]),
        ({"m.0": "text", "m.0.id": "a"}, ["text"]),
        ({"m.role": "user"}, []),
        ({"m.²": "x"}, []),
        ({"other.0.role": "user"}, []),
    ],
)
def test_list_of_objects(attributes: dict[str, Any], expected: list[Any]) -> None:
    """In the order of their numbers; what has no numbers is no list."""
    assert numbered(record(attributes), "m.") == expected
