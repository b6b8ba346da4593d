"""Which columns a tab has."""

from __future__ import annotations

import pytest

from hilt.core.exceptions import (
    ConfigurationError,
)
from hilt.io.sheets.columns import Columns


def test_review_columns_are_split_from_the_others():
    """They may be asked for by name or all together."""
    assert Columns.of(["message", "comment"]).required == ("message", "comment", "event_id")
    assert Columns.of(["event_id"], review=True).required == (
        "event_id", "rating", "comment", "correction",
    )  # fmt: skip
    with pytest.raises(ConfigurationError):
        Columns.of(["comment"])
