"""``api.py`` passes the type checker, and the type checker would find what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def check(path: Path, cache: Path) -> tuple[str, int]:
    """What ``mypy --strict`` says of a file, and its exit code."""
    output, errors, code = api.run(
        ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(cache), str(path)]
    )
    return output + errors, code


@pytest.mark.slow
def test_public_api_is_typed(tmp_path: Path) -> None:
    """The API can be used as in ``api.py``; a use that is wrong is an error there."""
    wrong = tmp_path / "wrong.py"
    text = (HERE / "api.py").read_text(encoding="utf-8")
    line = next(number for number, each in enumerate(text.splitlines(), 1) if "ignore[" in each)
    wrong.write_text(text.replace("  # type: ignore[arg-type]", "", 1), encoding="utf-8")

    good, bad = check(HERE / "api.py", tmp_path / "cache"), check(wrong, tmp_path / "cache")

    assert good == ("Success: no issues found in 1 source file\n", 0)
    assert bad[1] == 1
    assert f"wrong.py:{line}: error: " in bad[0]
    assert "Found 1 error in 1 file" in bad[0]
