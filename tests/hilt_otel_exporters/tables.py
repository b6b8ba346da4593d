"""The tables of docs/foreign_spans.md: ``python -m tests.hilt_otel_exporters.tables`` writes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hilt_otel_exporters.dialects import all_dialects
from hilt_otel_exporters.dialects.all_dialects import DIALECTS, FIELDS, REPORTED_COST, STEP_FIELDS
from hilt_otel_exporters.dialects.dialect import Source
from tests.shared.not_recorded import EXCEPTIONS

__all__ = ["PAGE", "written"]

PAGE = Path(__file__).parents[2] / "docs" / "foreign_spans.md"


def _dialects() -> list[str]:
    rows = ["| dialect | who writes it |", "| --- | --- |"]
    docs = {
        id(module.DIALECT): module.__doc__
        for module in vars(all_dialects).values()
        if hasattr(module, "DIALECT")
    }
    rows += [f"| `{dialect.name}` | {docs[id(dialect)]} |" for dialect in DIALECTS]
    return rows


def _fields() -> list[str]:
    rows = ["| field | read from, the first that is there |", "| --- | --- |"]
    rows += [_field(f"`{name}`", name, sources) for name, sources in FIELDS.items()]
    return [*rows, _field("cost", "", REPORTED_COST)]


def _step_fields() -> list[str]:
    rows = ["| field of a step | read from, the first that is there |", "| --- | --- |"]
    for name, sources in STEP_FIELDS.items():
        rows.append(_field(f"`{name}`" if "." in name else name, name, sources))
    return rows


def _field(shown: str, name: str, sources: tuple[Source, ...]) -> str:
    others = [_source(each) for each in sources if each != name]
    return f"| {shown} | {', '.join(others) or 'itself only'} |"


def _source(source: Source) -> str:
    if isinstance(source, str):
        return f"`{source}`"
    attribute, *path = source
    if not path:
        return f"`{attribute}`"
    return f"`{'.'.join(map(str, path))}` in `{attribute}`"


def _not_recorded() -> list[str]:
    rows = ["| emitter | scenario | fact | why |", "| --- | --- | --- | --- |"]
    for (emitter, scenario, fact), why in sorted(EXCEPTIONS.items()):
        rows.append(f"| {emitter} | {scenario} | {fact} | {why} |")
    return rows


TABLES: dict[str, Callable[[], list[str]]] = {
    "dialects": _dialects,
    "fields": _fields,
    "fields of steps": _step_fields,
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
