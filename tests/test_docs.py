"""Every Python block of the README and the pages runs as it stands, top to bottom."""

from __future__ import annotations

import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import hilt
from hilt.testing.provider import Provider
from hilt.testing.sheets import SheetsEmulator

ROOT = Path(__file__).parents[1]
# Its blocks are files, which tests/test_adding_a_provider.py puts in their places.
ELSEWHERE = {"adding_a_provider.md"}
PUBLIC = ("hilt", "hilt.privacy", "hilt.testing", "hilt_otel_exporters")
OBJECTS = {"processors", "session", "tracer_provider", "meter_provider"}
"""Arguments that no variable can stand for."""
SHOW_EVENTS = ("events", "start", "what_is_logged")
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if page.name not in ELSEWHERE),
]
BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHEET = re.compile(r"sheet_id=\"([^\"]+)\"")


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of a page in one language."""
    found = BLOCK.findall(page.read_text(encoding="utf-8"))
    return [code for name, _, code in found if name == language]


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of its own, providers and a Google on this machine, and the keys to them."""
    monkeypatch.chdir(tmp_path)
    with Provider(seed=1) as provider, SheetsEmulator() as sheets:
        for page in PAGES:
            for sheet_id in SHEET.findall(page.read_text(encoding="utf-8")):
                if sheet_id not in sheets.books:
                    sheets.add_book(sheet_id)
        key = sheets.service_account()
        (tmp_path / "credentials.json").write_text(json.dumps(key), encoding="utf-8")
        variables = {
            "OPENAI_BASE_URL": provider.openai_url,
            "OPENAI_API_KEY": "test",
            "ANTHROPIC_BASE_URL": provider.url,
            "ANTHROPIC_API_KEY": "test",
            "GOOGLE_CREDENTIALS": json.dumps(key),
            "HILT_SHEETS_API_ROOT": sheets.api_root,
            "HILT_OUTBOX": str(tmp_path / "outboxes"),
        }
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        yield tmp_path
        hilt.uninstrument()


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_blocks_of_a_page_run(page: Path, surroundings: Path) -> None:
    """The Python blocks of a page run in their order, in one namespace."""
    space: dict[str, object] = {"__name__": "__main__"}
    for code in blocks(page, "python"):
        exec(compile(code, page.name, "exec"), space)


@pytest.mark.parametrize(
    "page",
    [ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in SHOW_EVENTS)],
    ids=lambda page: page.name,
)
def test_json_of_a_page_is_of_the_format(page: Path) -> None:
    """What a page shows of a log is what a log holds."""
    shown = "".join(blocks(page, "json"))
    values = []
    decoder = json.JSONDecoder()
    while shown.strip():
        value, end = decoder.raw_decode(shown.strip())
        values.append(value)
        shown = shown.strip()[end:]

    assert values
    for value in values:
        hilt.Event.from_dict({"timestamp": "2026-01-01T00:00:00Z", **value})


def test_every_page_has_a_place_in_the_site() -> None:
    """The navigation in mkdocs.yml names each page; without it the site is not built."""
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    placed = set(re.findall(r"([\w/]+\.md)$", navigation, re.MULTILINE))
    pages = {page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")}

    assert sorted(pages - placed) == []


def test_public_names_are_on_the_page_of_the_api() -> None:
    """Everything that a public package exports is there, and nothing that does not exist."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    shown = re.findall(r"^::: ([\w.]+)$", page, re.MULTILINE)
    public = {name for package in PUBLIC for name in importlib.import_module(package).__all__}

    assert public - {name.rpartition(".")[2] for name in shown} == set()
    assert [name for name in shown if pkgutil.resolve_name(name) is None] == []


def test_settings_are_on_their_page() -> None:
    """Every argument of `instrument()` is there, and its variable, or why it has none."""
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    arguments = inspect.signature(hilt.instrument).parameters

    assert [name for name in arguments if f"`{name}`" not in page] == []
    variables = [f"HILT_{name.upper()}" for name in arguments if name not in OBJECTS]
    assert [name for name in variables if f"`{name}`" not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    """Every relative link names a file that is there."""
    text = page.read_text(encoding="utf-8")
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text)]
    local = [link for link in links if link and "://" not in link]

    assert [link for link in local if not (page.parent / link).exists()] == []
