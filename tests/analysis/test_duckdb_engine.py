"""What DuckDB's errors become."""

from __future__ import annotations

import pytest

from hilt.analysis.duckdb_engine import interruptible, message_of


def test_an_interrupted_query_is_an_interrupt():
    """DuckDB raises an error of its own when it is interrupted."""
    with pytest.raises(KeyboardInterrupt), interruptible():
        raise RuntimeError("Query interrupted")


def test_other_errors_are_what_they_were():
    """Only an interrupt is one."""
    with pytest.raises(RuntimeError, match="disk full"), interruptible():
        raise RuntimeError("disk full")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("IO Error: no room", "IO Error: no room"),
        ("IO Error: no\n\nLINE 1: SELECT", "IO Error: no"),
        (
            'IO Error: Async write failed: {"exception_type":"IO",'  # noqa: ISC004
            '"exception_message":"Could not write file \\"/a b/x\\": No space left","errno":"28"}',
            'Could not write file "/a b/x": No space left',
        ),
        ('{"exception_message":"\\x"}', '{"exception_message":"\\x"}'),
        ("", ""),
    ],
)
def test_an_error_is_said_in_one_line(text, message):
    """Without the query, and without the JSON that quotes another error."""
    assert message_of(OSError(text)) == message
