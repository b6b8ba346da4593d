"""Fail if a page of the built site loads anything from another host: ``.ci/site.py FOLDER``.

Nor may an option in code be broken at its hyphens, which docs/site_hooks.py sees to.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
RELATIONS = {"stylesheet", "icon", "preconnect", "preload", "prefetch", "dns-prefetch"}


WHOLE = re.compile(r'<pre.*?</pre>|<span class="whole">[^<]*</span>', re.DOTALL)
CODE = re.compile(r"<code>((?:(?!</code>).)*)</code>", re.DOTALL)
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def broken_options(page: str) -> list[str]:
    """The options in a page's code that a narrow screen would break."""
    return [word for code in CODE.findall(WHOLE.sub("", page)) for word in OPTION.findall(code)]


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
    """Read every page, and print what is wrong with it."""
    site = Path(sys.argv[1])
    pages = {
        str(path.relative_to(site)): path.read_text(encoding="utf-8")
        for path in sorted(site.rglob("*.html"))
    }
    loaded = [f"{name}: {each}" for name, page in pages.items() for each in Loaded(page).addresses]
    broken = [f"{name}: {each}" for name, page in pages.items() for each in broken_options(page)]
    print(f"{len(pages)} pages, {len(loaded)} files from other hosts", *loaded, sep="\n")
    print(f"{len(broken)} options that may be broken at a hyphen", *broken, sep="\n")
    return 1 if loaded or broken or not pages else 0


if __name__ == "__main__":
    sys.exit(main())
