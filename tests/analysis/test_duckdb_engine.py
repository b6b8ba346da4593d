"""What DuckDB's errors become."""

from __future__ import annotations

import pytest

from hilt.analysis.duckdb_engine import interruptible


def test_an_interrupted_query_is_an_interrupt():
    """DuckDB raises an error of its own when it is interrupted."""
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise RuntimeError("Query interrupted")


def test_other_errors_are_what_they_were():
    """Only an interrupt is one."""
    with pytest.raises(RuntimeError, match="disk full"), interruptible():
        raise RuntimeError("disk full")
