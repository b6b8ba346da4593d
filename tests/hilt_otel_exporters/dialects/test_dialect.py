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
    [({"my.kind": "LLM"}, "model"), ({"my.kind": "other"}, PLUMBING), ({}, None)],
)
def test_kind_by_an_attribute(attributes: dict[str, str], kind: str | None) -> None:
    """A value that is not in the table is plumbing; without the attribute others shall say."""
    assert kind_by("my.kind", {"LLM": "model"})(record(attributes)) == kind
