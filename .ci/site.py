"""Fail if a page of the built site loads anything from another host: ``.ci/site.py FOLDER``."""

from __future__ import annotations

import sys
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
RELATIONS = {"stylesheet", "icon", "preconnect", "preload", "prefetch", "dns-prefetch"}


class Loaded(HTMLParser):
    """The addresses from which a browser loads what a page shows."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag loads; a link to a page loads nothing."""
        values = dict(attrs)
        if tag == "link" and not RELATIONS & set((values.get("rel") or "").split()):
            return
        address = values.get(LOADED.get(tag, "")) or ""
        if address.startswith(("http:", "https:", "//")):
            self.addresses.append(address)


def main() -> int:
    """Read every page, and print what it loads from elsewhere."""
    pages = sorted(Path(sys.argv[1]).rglob("*.html"))
    loaded = [
        f"{page.name}: {address}"
        for page in pages
        for address in Loaded(page.read_text(encoding="utf-8")).addresses
    ]
    print(f"{len(pages)} pages, {len(loaded)} files from other hosts", *loaded, sep="\n")
    return 1 if loaded or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
