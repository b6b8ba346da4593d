"""Hooks of mkdocs: pages of the site that are files elsewhere in the repository, and links to them.

The changelog, the contributor's page and the security policy stay at the top of the repository,
where people look for them. A link from a page to such a file leads to its page in the site, so that
the same source is right in the repository and in the site.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

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

BOOSTS = {"privacy.md": 2, "start.md": 1.5, "changelog.md": 0.3, "contributing.md": 0.3}
"""How much more, or less, the search makes of some pages."""

_LINK = re.compile(r"(\]\()([^)\s:#]+)(#[^)\s]*)?\)")
_TABLE = re.compile(r"<!-- supported:begin -->\n(.*?)<!-- supported:end -->", re.DOTALL)


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
