"""What a question gives, as tables."""

from __future__ import annotations

import sys

import pytest

from hilt.core.exceptions import MissingDependencyError


def test_dicts(log):
    """Flat JSON, one row each."""
    log.call()

    assert [row["answer"] for row in log.open().calls().to_dicts()] == ["Hello"]
    assert [row["action"] for row in log.open().events().to_dicts()] == ["prompt", "completion"]


def test_pandas(log):
    """A data frame, where pandas is installed."""
    pytest.importorskip("pandas")
    log.call()
    log.failure(log.prompt())

    frame = log.open().calls().to_pandas()

    assert list(frame["outcome"]) == ["completed", "failed"]


def test_arrow(log):
    """A table, where pyarrow is installed."""
    pytest.importorskip("pyarrow")
    log.call()
    log.failure(log.prompt())

    assert log.open().calls().to_arrow().num_rows == 2


@pytest.mark.parametrize("name", ["pandas", "pyarrow"])
def test_what_is_not_installed_is_named(log, monkeypatch, name):
    """With how to install it."""
    monkeypatch.setitem(sys.modules, name, None)
    calls = log.open().calls()

    with pytest.raises(MissingDependencyError, match=f"pip install {name}"):
        calls.to_pandas() if name == "pandas" else calls.to_arrow()
