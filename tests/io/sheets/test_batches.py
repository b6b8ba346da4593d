"""From lines of an outbox to rows of one request."""

from __future__ import annotations

import json

import pytest

from hilt.io.sheets.batches import Batch, EventReader, build_batch
from hilt.io.sheets.columns import Columns

from .conftest import prompt_of

COLUMNS = Columns.of(["message"])
POSITIONS = {"message": 0, "event_id": 1}


def batch_of(*texts: str, max_bytes: int = 0) -> Batch:
    """The batch of some events, of which each line is one byte long."""
    events = [prompt_of(text) for text in texts]
    lines = [(("a", at, at + 1), event.encode()) for at, event in enumerate(events)]
    return build_batch(lines, POSITIONS, EventReader(COLUMNS), COLUMNS, max_bytes=max_bytes)


def texts_of(batch: Batch) -> list[str]:
    """What is in the first column of a batch's rows."""
    return [row[0]["userEnteredValue"]["stringValue"] for row in batch.rows]


@pytest.mark.parametrize(("more", "count"), [(-1, 1), (0, 2), (1, 2)])
def test_as_many_rows_as_fit(more: int, count: int) -> None:
    """The last one that fits may fill the request to its last byte; the others wait."""
    size = sum(len(json.dumps(row)) for row in batch_of("aa", "bb").rows)

    batch = batch_of("aa", "bb", "cc", max_bytes=size + more)

    assert texts_of(batch) == ["aa", "bb", "cc"][:count]
    assert batch.spans == [("a", at, at + 1) for at in range(count)]


def test_a_row_that_is_larger_than_a_request_goes_alone() -> None:
    """It may be refused, but it must not wait for ever and hold up all others."""
    assert texts_of(batch_of("a" * 500, "b", max_bytes=100)) == ["a" * 500]
    assert texts_of(batch_of("a", "b" * 500, max_bytes=100)) == ["a"]
