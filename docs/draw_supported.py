"""Write the table of supported SDKs into the README, with the versions that CI tests.

    uv run --extra all python docs/draw_supported.py

The oldest versions are those of ``.ci/constraints-oldest.txt``; the newest ones are those that are
installed.
"""

from __future__ import annotations

import re
import sys
from importlib import metadata
from pathlib import Path

from hilt.providers.registry import PROVIDERS, Entry

ROOT = Path(__file__).parents[1]
BEGIN, END = "<!-- supported:begin -->", "<!-- supported:end -->"
ALONE = {
    "generativeai": "0.8",  # retired: its last releases
    "litellm": "1.92.2",  # it pins openai, so it has an environment of its own
}
ALONE_NEWEST = {"litellm": "1.106.2"}


def oldest() -> dict[str, str]:
    """The oldest version of each package that CI tests."""
    text = (ROOT / ".ci" / "constraints-oldest.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)$", text, re.MULTILINE))


def newest(entry: Entry) -> str:
    """The installed version of an SDK, that of its own environment, or a dash."""
    try:
        return metadata.version(entry.distribution)
    except metadata.PackageNotFoundError:
        return ALONE_NEWEST.get(entry.name, "-")


def rows() -> list[tuple[str, ...]]:
    """A row for each provider: name, package, oldest, newest, what is observed."""
    first = {**oldest(), **ALONE}
    return [
        (
            entry.name,
            f"`{entry.distribution}`",
            first.get(entry.distribution) or first.get(entry.name, "-"),
            newest(entry),
            ", ".join(f"`{surface}`" for surface in entry.load().surfaces),
        )
        for entry in PROVIDERS.values()
    ]


def table() -> str:
    """The table in Markdown."""
    head = ("provider", "package", "oldest tested", "newest tested", "what is observed")
    lines = [head, ("---",) * len(head), *rows()]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Put the table into the README."""
    readme = ROOT / "README.md"
    text = readme.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")
    sys.stdout.write(f"{len(rows())} providers\n")


if __name__ == "__main__":
    main()
