"""The tables of docs/foreign_spans.md: ``python -m tests.hilt_otel_exporters.tables`` writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hilt_otel_exporters.dialects import DIALECTS
from hilt_otel_exporters.dialects.call_fields import FACTS
from tests.shared.not_recorded import EXCEPTIONS

__all__ = ["PAGE", "written"]

PAGE = Path(__file__).parents[2] / "docs" / "foreign_spans.md"


def _dialects() -> list[str]:
    rows = ["| dialect | who writes it |", "| --- | --- |"]
    modules = [dialect.content.__module__ for dialect in DIALECTS]
    for dialect, module in zip(DIALECTS, modules, strict=True):
        amend = dialect.amend.__module__ if dialect.amend else module
        name = (amend if module.endswith(".reading") else module).rpartition(".")[2]
        source = __import__(f"hilt_otel_exporters.dialects.{name}", fromlist=["__doc__"])
        rows.append(f"| `{dialect.name}` | {str(source.__doc__).strip()} |")
    return rows


def _facts() -> list[str]:
    rows = ["| fact | read from, the first that is there |", "| --- | --- |"]
    for name, sources in FACTS.items():
        others = [_source(each) for each in sources if each != name]
        rows.append(f"| `{name}` | {', '.join(others) or 'itself only'} |")
    return rows


def _source(source: str | tuple[str | int, ...]) -> str:
    if isinstance(source, str):
        return f"`{source}`"
    attribute, *path = source
    return f"`{'.'.join(map(str, path))}` in `{attribute}`"


def _not_recorded() -> list[str]:
    rows = ["| emitter | scenario | fact | why |", "| --- | --- | --- | --- |"]
    for (emitter, scenario, fact), why in sorted(EXCEPTIONS.items()):
        rows.append(f"| {emitter} | {scenario} | {fact} | {why} |")
    return rows


TABLES: dict[str, Callable[[], list[str]]] = {
    "dialects": _dialects,
    "facts": _facts,
    "not recorded": _not_recorded,
}


def written(text: str) -> str:
    """The page with its tables as they should be."""
    for name, rows in TABLES.items():
        table = "\n".join(rows())
        text = re.sub(
            rf"(<!-- {name} -->\n).*?(<!-- end -->)",
            lambda found, table=table: f"{found[1]}{table}\n{found[2]}",  # type: ignore[misc]
            text,
            flags=re.DOTALL,
        )
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
