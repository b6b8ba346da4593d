"""JSON values from files, whatever stands around them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.io.read import json_file
from hilt.io.read.json_file import JsonFile

PRETTY = '{\n  "a": 1\n}'


def values_in(path: Path, content: bytes) -> tuple[list[Any], list[str]]:
    """The values of a file, and what is said of those that cannot be read."""
    path.write_bytes(content)
    file = JsonFile(path)
    values = list(file.values())
    assert file.unreadable == len(file.errors)
    return values, [str(each).removeprefix(f"{path}:") for each in file.errors]


@pytest.mark.parametrize(
    "content",
    [
        '{"a": 1}\n{"a": 2}\n',
        '\n{"a": 1}\n\n{"a": 2}',
        '[{"a": 1}, {"a": 2}]',
        '[\n{"a": 1},\n\n{"a":\n2}]\n',
        '{\n"a": 1\n}\n{"a": 2}',
        '[[{"a": 1}], [{"a": 2}]]',
    ],
)
@pytest.mark.parametrize("chunk", [1 << 18, 7])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_values_in_any_dress(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, chunk: int, pack: Any
) -> None:
    """One a line, one after the other, in lists, compressed; wherever pieces are cut."""
    monkeypatch.setattr(json_file, "_CHUNK", chunk)

    assert values_in(tmp_path / "f", pack(content.encode())) == ([{"a": 1}, {"a": 2}], [])


@pytest.mark.parametrize(
    ("content", "values", "errors"),
    [
        ('{"a": 1}\nnonsense\n{"a": 2}\n', [{"a": 1}, {"a": 2}], ["2: not JSON"]),
        (f"{PRETTY}\n{{broken}}\n{PRETTY}", [{"a": 1}, {"a": 1}], ["4: not JSON"]),
        (f"[{PRETTY},\n{PRETTY},\n{{x}}, {PRETTY}]", [{"a": 1}] * 3, ["7: not JSON"]),
        (f'{PRETTY}\n{{"a": "cut', [{"a": 1}], ["4: not JSON"]),
        ('[{"a": "\\"}]{["}, {"b": {}}]', [{"a": '"}]{['}, {"b": {}}], []),
        ("", [], []),
        (" \n", [], []),
        ("nonsense", [], ["1: not JSON"]),
    ],
)
def test_what_is_no_json_is_named_by_its_line(
    tmp_path: Path, content: str, values: list[Any], errors: list[str]
) -> None:
    """And costs itself only, as long as its end can be told."""
    assert values_in(tmp_path / "f", content.encode()) == (values, errors)


def test_lines_are_counted_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values and blank lines are before."""
    monkeypatch.setattr(json_file, "_CHUNK", 16)
    content = "[" + ",\n\n".join([PRETTY] * 50) + ",\n{x}]"

    values, errors = values_in(tmp_path / "f", content.encode())

    assert len(values) == 50
    assert errors == [f"{content[: content.index('{x}')].count(chr(10)) + 1}: not JSON"]


def test_compressed_file_that_is_cut_off(tmp_path: Path) -> None:
    """What came until then is there."""
    lines = "".join(f'{{"n": {number}, "x": "{number:099}"}}\n' for number in range(20_000))
    packed = gzip.compress(lines.encode())

    values, errors = values_in(tmp_path / "f", packed[: len(packed) // 2])

    assert [each["n"] for each in values] == list(range(len(values)))
    assert len(values) > 1000
    assert "the file cannot be read any further" in errors[-1]


@pytest.mark.parametrize("separator", ["\n", ",\n"])
def test_progress_ends_with_the_file(tmp_path: Path, separator: str) -> None:
    """It is told bytes of the file, never less than before."""
    path = tmp_path / "f"
    rows = [json.dumps({"n": number, "x": "y" * 1000}) for number in range(1000)]
    path.write_text(separator.join(rows) if separator == "\n" else f"[{separator.join(rows)}]")
    told: list[int] = []

    file = JsonFile(path, told.append)

    assert len(list(file.values())) == 1000
    assert told == sorted(told)
    assert told[-1] == file.size == path.stat().st_size


def test_missing_file(tmp_path: Path) -> None:
    """It is named at once."""
    with pytest.raises(ConfigurationError, match="there is no file"):
        JsonFile(tmp_path / "no.json")
