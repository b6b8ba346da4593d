"""Captured spans through the live exporter give the same events as from their files."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hilt_otel_exporters.span_files import SpanFile
from hilt_otel_exporters.span_record import LogRecord, SpanRecord
from tests.conftest import shared_folder
from tests.hilt_otel_exporters.expected import plain
from tests.hilt_otel_exporters.live_spans import live_events
from tests.shared.test_foreign_spans import convert

pytestmark = pytest.mark.shared


def _files() -> list[str]:
    """Each file of spans in both collections."""
    folders = (shared_folder() / name for name in ("foreign-spans", "foreign-spans-2"))
    return [
        f"{path.parent.parent.name}/{path.parent.name}/{path.name}"
        for folder in folders
        for path in sorted(folder.glob("*/*.json"))
        if not path.name.endswith((".logs.json", "metrics.json", "truth.json"))
    ]


Records = list[SpanRecord | LogRecord]


def _one_by_one(records: Records) -> list[Records]:
    """Batches of one: each parent is in another batch than its children."""
    return [[each] for each in records]


def _in_reverse(records: Records) -> list[Records]:
    return [records[::-1]]


def _shuffled(records: Records) -> list[Records]:
    """Two batches, each in any order."""
    mixed = random.Random(5).sample(records, len(records))
    return [mixed[::2], mixed[1::2]]


@pytest.mark.parametrize("file", _files())
def test_live_spans_are_the_same_events(file: str, shared: Path) -> None:
    """Texts may be of any class, lists are tuples, and spans come in any batches and order."""
    path = shared / file
    logs = path.with_suffix(".logs.json")
    records = [record for each in (path, logs) if each.exists() for record in SpanFile(each)]

    events = plain(convert(path, logs))
    assert plain(live_events(records)) == events
    for order in (_one_by_one, _in_reverse, _shuffled):
        assert plain(live_events(*order(records))) == events, order.__name__
