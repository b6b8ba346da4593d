"""Hooks of mkdocs: pages of the site that are files elsewhere in the repository, and links to them.

The changelog, the contributor's page and the security policy stay at the top of the repository,
where people look for them. A link from a page to such a file leads to its page in the site, so that
the same source is right in the repository and in the site.

The search also finds the rows of tables of questions: each is an entry of its own, as a section is.
It is docs/search.js, in place of the theme's worker, and knows what docs/search_words.txt calls a
section; tests/test_docs_search.py has questions that it must answer.

Options and names in code are not broken at their hyphens, where a browser would on a narrow screen.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
DOCS = "docs"
PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
}
"""Files at the top of the repository, and the pages that they become."""
COPIES = {
    "hilt/core/event.schema.json": "event.schema.json",
    **{
        f"examples/{path.name}": f"examples/{path.name}"
        for path in sorted((ROOT / "examples").iterdir())
        if path.suffix in (".py", ".sh")
    },
}
"""Files that are published as they are."""
SUPPORTED = "supported.md"
TARGETS = {**PAGES, **COPIES, "README.md": "index.md", "README.md#supported-sdks": SUPPORTED}
"""Where a link to a file of the repository, or to a part of one, leads in the site."""

BOOSTS = {
    "start.md": 1.2,
    "how_to.md": 1.5,
    "configuration.md": 1.2,
    "beyond_one_machine.md": 0.8,
    "cli.md": 0.8,
    "format.md": 0.7,
    "google_sheets_sign_in.md": 0.8,
    "foreign_spans.md": 0.4,
    "adding_a_provider.md": 0.4,
    "api.md": 0.3,
    "changelog.md": 0.2,
    "contributing.md": 0.6,
}
"""How much more, or less, the search makes of some pages."""
WORDS = Path(__file__).with_name("search_words.txt")
"""Other words by which the search finds a page or a section."""
QUESTIONS = ("question", "request", "What HILT says")
"""What stands above the first column of a table whose rows the search finds one by one."""

_LINK = re.compile(r"(\]\()([^)\s:#]+)(#[^)\s]*)?\)")
_ROWS = re.compile(
    rf"<table>\s*<thead>\s*<tr>\s*<th[^>]*>(?:{'|'.join(QUESTIONS)})</th>.*?</table>", re.DOTALL
)
_ROW = re.compile(r"<tr>\s*<td[^>]*>(.*?)</td>\s*<td[^>]*>(.*?)</td>", re.DOTALL)
_CELL = re.compile(r"<td[^>]*>.*?</td>", re.DOTALL)
_LINKS = re.compile(r"</?a\b[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_CODE = re.compile(r"(<code[^>]*>)([^<]+)(</code>)")
_HYPHENATED = re.compile(r"(?<![\w.-])(?:-{1,2}\w[\w.]*(?:-[\w.]+)*|\w[\w.]*(?:-[\w.]+)+)")
_LONGEST_WHOLE = 30  # in a list, on a phone
_WORKER = re.compile(r"assets/javascripts/workers/search\.[0-9a-f]+\.min\.js")
_TABLE = re.compile(r"<!-- supported:begin -->\n(.*?)<!-- supported:end -->", re.DOTALL)

_questions: dict[str, list[dict[str, Any]]] = {}
"""By the address of a page, the rows of its tables of questions as entries of the search."""


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and files from elsewhere."""
    for source, page in PAGES.items():
        if (ROOT / source).exists():
            text = (ROOT / source).read_text(encoding="utf-8")
            files.append(File.generated(config, page, content=with_site_links(text, source, page)))
    for source, copy in COPIES.items():
        files.append(File.generated(config, copy, abs_src_path=str(ROOT / source)))
    files.append(File.generated(config, SUPPORTED, content=supported()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Lead links out of docs/ to what the site has in their place, and set a page's boost."""
    uri = page.file.src_uri
    if uri in BOOSTS:
        page.meta["search"] = {"boost": BOOSTS[uri]}
    if uri in PAGES.values():
        return markdown
    return with_site_links(markdown, f"{DOCS}/{uri}", uri)


def on_page_content(html: str, page: Any, **_: Any) -> str:
    """Give each row of a table of questions an id, and keep what the search is to say of it."""

    def with_ids(table: re.Match[str]) -> str:
        rows = _ROW.sub(with_id, table[0])
        return rows.replace("<table>", '<table data-search-exclude="rows">', 1)  # not found twice

    def with_id(row: re.Match[str]) -> str:
        words = re.findall(r"[a-z0-9]+", _TAG.sub("", row[1]).lower())
        anchor = "q-" + "-".join(words)[:60]
        entry = {
            "location": f"{page.url}#{anchor}",
            "title": row[1],
            "text": f"<p>{_LINKS.sub('', row[2])}</p>",
        }
        if page.file.src_uri in BOOSTS:
            entry["boost"] = BOOSTS[page.file.src_uri]
        _questions.setdefault(page.url, []).append(entry)
        return row[0].replace("<tr>", f'<tr id="{anchor}">', 1)

    _questions.pop(page.url, None)
    html = _CELL.sub(lambda cell: cell[0].replace("\\|", "|"), html)  # as elsewhere, to be pasted
    return with_whole_words(_ROWS.sub(with_ids, html))


def with_whole_words(html: str) -> str:
    """A page whose code in sentences and tables has its hyphenated words in elements of their own.

    The style sheet keeps those on one line. Hyphens that do not break are other characters: nobody
    could paste them into a terminal.
    """

    def with_elements(code: re.Match[str]) -> str:
        return code[1] + _HYPHENATED.sub(element, code[2]) + code[3]

    def element(word: re.Match[str]) -> str:
        if len(word[0]) > _LONGEST_WHOLE:
            return word[0]
        return f'<span class="whole">{word[0]}</span>'

    return _CODE.sub(with_elements, html)


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Let a page ask the search of docs/search.js, and not the theme's."""
    changed, found = _WORKER.subn("search.js", output)
    if found != 1:
        raise RuntimeError(
            f"{page.url} names {found} workers of the search; is the theme another one?"
        )
    return changed


@event_priority(-100)  # after the search has written its index
def on_post_build(config: Any) -> None:
    """Add the rows of tables of questions to the search's index, and what sections are called."""
    index = Path(config.site_dir, "search", "search_index.json")
    content = json.loads(index.read_text(encoding="utf-8"))
    content["docs"] = [
        each for each in content["docs"] if each.get("text") or "#" not in each["location"]
    ]
    for rows in _questions.values():
        content["docs"] += rows
    add_words(content["docs"], WORDS.read_text(encoding="utf-8"))
    index.write_text(json.dumps(content), encoding="utf-8")


def add_words(docs: list[dict[str, Any]], lines: str) -> None:
    """Give entries of the index the words that a file has for their addresses."""
    entries = {entry["location"]: entry for entry in docs}
    for line in lines.splitlines():
        if line.startswith("#"):
            continue
        location, _, words = line.partition(": ")
        if location not in entries:
            raise RuntimeError(f"{WORDS.name} names {location}, which is not in the site")
        entries[location]["words"] = words


def with_site_links(markdown: str, source: str, page: str) -> str:
    """The text of a page whose relative links are those of the site.

    Args:
        markdown: The text, with links as they are in the repository.
        source: Its path in the repository.
        page: Its path in the site.
    """

    def in_site(match: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        anchor = match[3] or ""
        relative_to = posixpath.dirname(page) or "."
        if target + anchor in TARGETS:
            return f"{match[1]}{posixpath.relpath(TARGETS[target + anchor], relative_to)})"
        path = TARGETS.get(target, target.removeprefix(f"{DOCS}/"))
        if path == target and target not in TARGETS:
            return match[0]
        return f"{match[1]}{posixpath.relpath(path, relative_to)}{anchor})"

    return _LINK.sub(in_site, markdown)


def supported() -> str:
    """The page with the table of SDKs, which the README has."""
    table = _TABLE.search((ROOT / "README.md").read_text(encoding="utf-8"))
    if table is None:
        raise RuntimeError("README.md has no table between its marks supported:begin and :end")
    return f"""\
# Supported SDKs

Install the SDK as usual, and HILT logs its calls.
`hilt doctor` shows which SDKs are installed and logged on your machine.

{table[1]}
Calls of an SDK that is not in this table can be logged [by hand](integrations.md), or with
[a provider of your own](adding_a_provider.md).
"""
