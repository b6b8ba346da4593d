"""Captured spans through the live exporter give the same events as from their files."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilt_otel_exporters.span_files import SpanFile
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


@pytest.mark.parametrize("file", _files())
def test_live_spans_are_the_same_events(file: str, shared: Path) -> None:
    """Texts may be of any class, and lists are tuples."""
    path = shared / file
    logs = path.with_suffix(".logs.json")
    records = [record for each in (path, logs) if each.exists() for record in SpanFile(each)]

    assert plain(live_events(records)) == plain(convert(path, logs))
