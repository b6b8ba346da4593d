"""The search of the documentation's site finds the rows of tables of questions."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

HOOKS = Path(__file__).parents[1] / "docs" / "site_hooks.py"
TABLE = (
    "<p>Before</p>\n<table>\n<thead>\n<tr>\n<th>{head}</th>\n<th>answer</th>\n</tr>\n</thead>\n"
    "<tbody>\n<tr>\n<td>How do I <code>log</code>?</td>\n"
    '<td>Like <a href="x.html">this</a></td>\n</tr>\n</tbody>\n</table>\n'
)


@pytest.fixture
def hooks() -> ModuleType:
    """The hooks of the site, freshly loaded."""
    pytest.importorskip("mkdocs")
    spec = importlib.util.spec_from_file_location("site_hooks", HOOKS)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def page(name: str) -> SimpleNamespace:
    """A page of the site, as the hooks look at it."""
    return SimpleNamespace(url=f"{name}.html", file=SimpleNamespace(src_uri=f"{name}.md"))


def test_rows_of_questions_are_entries_of_the_index(hooks: ModuleType, tmp_path: Path) -> None:
    """A row is found by its question, at a place of its own, and only once."""
    index = tmp_path / "search" / "search_index.json"
    index.parent.mkdir()
    index.write_text(json.dumps({"docs": [{"location": "a.html"}]}), encoding="utf-8")

    html = hooks.on_page_content(TABLE.format(head="question"), page=page("how_to"))
    hooks.on_page_content(TABLE.format(head="question"), page=page("how_to"))  # as `serve` does
    hooks.on_post_build(config=SimpleNamespace(site_dir=str(tmp_path)))

    assert '<tr id="q-how-do-i-log">' in html
    assert '<table data-search-exclude="rows">' in html
    assert json.loads(index.read_text(encoding="utf-8"))["docs"] == [
        {"location": "a.html"},
        {
            "location": "how_to.html#q-how-do-i-log",
            "title": "How do I <code>log</code>?",
            "text": "<p>Like this</p>",
            "boost": hooks.BOOSTS["how_to.md"],
        },
    ]


def test_other_tables_stay_as_they_are(hooks: ModuleType) -> None:
    """A table of fields is a part of its section."""
    html = TABLE.format(head="field")

    assert hooks.on_page_content(html, page=page("events")) == html
