"""TOML files that people write."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.core.toml_files import read_toml


def test_numbers_can_be_exact(tmp_path: Path) -> None:
    """A price is what its digits say, not the nearest float."""
    (tmp_path / "a.toml").write_text("input = 0.1")

    assert read_toml(tmp_path / "a.toml", Decimal) == {"input": Decimal("0.1")}
    assert read_toml(tmp_path / "a.toml") == {"input": 0.1}


def test_a_mark_before_the_text_is_no_part_of_it(tmp_path: Path) -> None:
    """Editors of Windows write one."""
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfinput = 1\r\n")

    assert read_toml(tmp_path / "a.toml") == {"input": 1}


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "cannot be read: No such file or directory"), (b"input =", "not TOML: "),
     (b"\xff\xfei\x00", "is not UTF-8, as TOML is"), (b"a = " + b"[" * 5000, "not TOML: ")],
)  # fmt: skip
def test_a_file_that_is_none(tmp_path: Path, content: bytes | None, why: str) -> None:
    """The error names the file, and says what is wrong."""
    path = tmp_path / "a.toml"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(ConfigurationError) as error:
        read_toml(path)

    assert str(error.value).startswith(f"{path}: {why}")
