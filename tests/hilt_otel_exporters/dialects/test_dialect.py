"""Tests for what a dialect is."""

from __future__ import annotations

import pytest

from hilt_otel_exporters.dialects.dialect import PLUMBING, Content, Dialect, kind_by
from tests.hilt_otel_exporters.conftest import record


def test_dialect_needs_no_more_than_a_name() -> None:
    """One that says nothing else reads nothing."""
    dialect = Dialect("mine")

    assert dialect.content(record({"any": "thing"})) == Content()
    assert dialect.kind(record({"any": "thing"})) is None


@pytest.mark.parametrize(
    ("attributes", "kind"),
    [
        ({"my.kind": "LLM"}, "model"),
        ({"my.kind": "llm"}, "model"),
        ({"my.kind": "SpanKind.LLM"}, "model"),
        ({"my.kind": "other"}, PLUMBING),
        ({"my.kind": "LLM", "operation": "chat"}, None),
        ({}, None),
    ],
)
def test_kind_by_an_attribute(attributes: dict[str, str], kind: str | None) -> None:
    """A value that is not in the table is plumbing; None leaves it to other dialects."""
    assert kind_by("my.kind", {"LLM": "model"}, unless="operation")(record(attributes)) == kind
