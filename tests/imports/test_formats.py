"""Which format a file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.imports.formats import FORMATS, format_named, format_of
from tests.imports.histories import entry, write_json, write_lines


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ([{"mapping": {}}], "chatgpt"),
        ({"mapping": {}}, "chatgpt"),
        ([{"chat_messages": []}], "claude"),
        (entry("user", "u1", None, 1, "Hi"), "claude-code"),
    ],
)
def test_format_is_recognised_by_its_content(tmp_path: Path, value: object, name: str) -> None:
    """Whatever the file is called, and however many values it has."""
    found = format_of(write_json(tmp_path / "file", value))

    assert found is not None
    assert found.name == name


def test_first_lines_may_be_of_another_kind(tmp_path: Path) -> None:
    """A session of Claude Code may begin with entries that are no messages."""
    path = write_lines(tmp_path / "a", {"type": "queue"}, entry("user", "u1", None, 1, "Hi"))

    found = format_of(path)

    assert found is not None
    assert found.name == "claude-code"


@pytest.mark.parametrize("value", [{"resourceSpans": []}, {}, [], 5, [[]]])
def test_other_files_are_no_histories(tmp_path: Path, value: object) -> None:
    """Such as files of spans."""
    assert format_of(write_json(tmp_path / "file", value)) is None


def test_format_has_a_name() -> None:
    """One that is unknown is an error that names those that are known."""
    assert [format_named(each.name) for each in FORMATS] == list(FORMATS)
    with pytest.raises(
        ConfigurationError,
        match="no format 'x'; expected otel, langfuse, langsmith, chatgpt, claude",
    ):
        format_named("x")


def test_missing_file_is_an_error(tmp_path: Path) -> None:
    """It is named."""
    with pytest.raises(ConfigurationError, match="there is no file"):
        format_of(tmp_path / "gone")
