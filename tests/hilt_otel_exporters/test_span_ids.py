"""Tests for sets of span ids."""

from __future__ import annotations

from pathlib import Path

from hilt_otel_exporters.span_ids import SpanIds, span_ids_of_log


def test_every_span_that_was_added_is_there() -> None:
    """Also beyond the size that the set begins with; and no other."""
    ids = SpanIds()

    assert all(ids.add(f"{number}", f"{number}") for number in range(5000))
    assert not any(ids.add(f"{number}", f"{number}") for number in range(5000))
    assert len(ids) == 5000
    assert all(ids.has(f"{number}", f"{number}") for number in range(5000))
    assert not ids.has("1", "2")


def test_a_span_without_an_id_is_always_new() -> None:
    """Nothing says that two of them are one."""
    ids = SpanIds()

    assert [ids.add("1", ""), ids.add("1", "")] == [True, True]
    assert not ids.has("1", "")


def test_ids_are_read_from_lines_of_any_writer(tmp_path: Path) -> None:
    """With blanks or without; chunks and lines without ids add nothing."""
    log = tmp_path / "log.jsonl"
    log.write_text(
        '{"action":"prompt","provenance":{"trace_id":"a","span_id":"b"}}\n'
        '{"action": "completion", "provenance": {"trace_id": "c", "span_id": "d"}}\n'
        '{"action":"feedback","content":{"text":"\\"trace_id\\":\\"e\\""}}\n'
    )

    ids = span_ids_of_log(log)

    assert (len(ids), ids.has("a", "b"), ids.has("c", "d")) == (2, True, True)


def test_a_log_that_is_not_there_has_none(tmp_path: Path) -> None:
    """It is made by what is imported."""
    assert len(span_ids_of_log(tmp_path / "log.jsonl")) == 0
