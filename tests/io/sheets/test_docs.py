"""The page on Google Sheets, its pictures, and the example."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "google_sheets_setup.md"


def test_pictures_are_what_the_sheet_looks_like(monkeypatch):
    """Run docs/draw_pictures.py when this fails."""
    monkeypatch.syspath_prepend(ROOT / "docs")
    drawn = runpy.run_path(str(ROOT / "docs" / "draw_pictures.py"))["pictures"]()

    for name, picture in drawn.items():
        assert (ROOT / "docs" / "pictures" / name).read_text(encoding="utf-8") == picture


def test_page_shows_only_pictures_that_are_there():
    """No broken links to pictures."""
    shown = re.findall(r"\]\((pictures/[^)]+)\)", PAGE.read_text(encoding="utf-8"))

    assert len(shown) == 4
    assert all((PAGE.parent / name).is_file() for name in shown)


MESSAGES = re.findall(r"^\| `([^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("text", MESSAGES)
def test_messages_on_the_page_are_those_of_the_code(text):
    """People look for what they read."""
    code = "\n".join(
        re.sub(r'"\s*\n\s*f?"', "", path.read_text(encoding="utf-8"))
        for path in (ROOT / "hilt" / "io" / "sheets").glob("*.py")
    )

    assert len(MESSAGES) > 10
    assert text in code


def test_code_for_tests_runs(tmp_path, monkeypatch):
    """The last block of the page is a whole program."""
    monkeypatch.chdir(tmp_path)
    block = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)[-1]

    exec(compile(block, str(PAGE), "exec"), {})  # the page's own code
    assert (tmp_path / "outbox").is_dir()


@pytest.mark.slow
def test_example_runs_without_an_account(tmp_path):
    """It brings its own Google and its own OpenAI."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "sheets_example.py")],
        capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False,
        env={"PATH": "", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("delivered\n")
    assert "'Python is a programming language.'" in done.stdout
