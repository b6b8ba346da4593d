"""Tests for the parameters that dialects have under names of their own."""

from __future__ import annotations

from typing import Any

import pytest

from hilt_otel_exporters.dialects.dialect import Dialect
from hilt_otel_exporters.dialects.parameters import add_parameters
from tests.hilt_otel_exporters.conftest import record

MINE = Dialect("mine", parameter_bodies=("request",), parameters={"my.temperature": "temperature"})


def parameters_of(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """The fields after the parameters of a dialect were added."""
    add_parameters(record(attributes), [Dialect("other"), MINE], fields)
    return fields


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"my.temperature": 0.5}, {"gen_ai.request.temperature": 0.5}),
        ({"request": '{"temperature": 0.5, "model": "m"}'}, {"gen_ai.request.temperature": 0.5}),
        (
            {"request": '{"temperature": 0.5}', "my.temperature": 0.9},
            {"gen_ai.request.temperature": 0.5},
        ),
        ({"request": '{"maxOutputTokens": 5}'}, {"gen_ai.request.max_tokens": 5}),
        ({"request": '{"max_tokens": 6, "topK": 2}'}, {"gen_ai.request.max_tokens": 6, "gen_ai.request.top_k": 2}),
        ({"request": '{"temperature": "hot"}'}, {}),
        ({"request": "[5]"}, {}),
        ({}, {}),
    ],
)  # fmt: skip
def test_parameters(attributes: dict[str, Any], expected: dict[str, Any]) -> None:
    """In the body of a request or one by one, in the spelling of any API."""
    assert parameters_of(attributes) == expected


def test_official_name_counts_first() -> None:
    """What the conventions' own attribute says stays."""
    name = "gen_ai.request.temperature"

    assert parameters_of({"my.temperature": 0.5}, **{name: 0.9}) == {name: 0.9}
