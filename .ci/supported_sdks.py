"""The README's table of SDKs, made from the adapters, the constraints and what is installed.

``python .ci/supported_sdks.py`` in an environment with the newest SDKs writes the table; with
``--check`` it prints the rows that are not as they should be, and exits with 1 if more than their
newest version is wrong: an SDK is released on any day, and that alone breaks nothing.
What is not installed keeps the newest version that the table has, and so do all others where some
are named: LiteLLM has an environment of its own, with older versions of what it pins.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Iterator
from importlib import metadata
from pathlib import Path

from hilt.providers.registry import PROVIDERS, Entry

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
HEADER = (
    "| provider | package | oldest tested | newest tested | what is observed |",
    "| --- | --- | --- | --- | --- |",
)
BEGIN, END = "<!-- supported:begin -->\n", "<!-- supported:end -->"


def rows(table: str, names: Collection[str] = PROVIDERS) -> list[str]:
    """The rows of the table.

    Args:
        table: The table as it is, for the versions of what is not installed.
        names: The providers whose newest versions are those of this environment.
    """
    return list(_rows(dict(_versions(table)), names))


def _rows(before: dict[str, tuple[str, str]], names: Collection[str]) -> Iterator[str]:
    oldest = _constraints()
    for name, entry in PROVIDERS.items():
        old, new = before.get(name, ("-", "-"))
        is_kept = name not in names or (new == "-" and old != "-")  # No newest one is tested.
        newest = new if is_kept else _installed(entry) or new
        surfaces = ", ".join(f"`{each}`" for each in entry.load().surfaces)
        cells = (name, f"`{entry.distribution}`", oldest.get(entry.distribution, old), newest)
        yield f"| {' | '.join(cells)} | {surfaces} |"


def _versions(table: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for line in table.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == HEADER[0].count("|") - 1:
            yield cells[0], (cells[2], cells[3])


def _constraints() -> dict[str, str]:
    text = (ROOT / ".ci" / "constraints-oldest.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)$", text, re.MULTILINE))


def _installed(entry: Entry) -> str | None:
    try:
        return metadata.version(entry.distribution)
    except metadata.PackageNotFoundError:
        return None


def main(arguments: list[str]) -> int:
    """Write the table or check it."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    table, _, after = rest.partition(END)
    names = [each for each in arguments if each in PROVIDERS] or list(PROVIDERS)
    made = "".join(f"{line}\n" for line in (*HEADER, *rows(table, names)))
    if "--check" not in arguments:
        README.write_text(f"{before}{BEGIN}{made}{END}{after}", encoding="utf-8")
        return 0
    wrong = [line for line in made.splitlines() if line not in table.splitlines()]
    for line in wrong:
        print(f"README.md should have: {line}")
    if wrong:
        print("Write it with: uv run --extra all python .ci/supported_sdks.py")
    return (
        1
        if {_without_newest(each) for each in wrong} - set(map(_without_newest, table.splitlines()))
        else 0
    )


def _without_newest(row: str) -> str:
    cells = row.split("|")
    return "|".join((*cells[:4], *cells[5:]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
