"""Tests for the dialects as a whole: what each must be, and that nobody else knows an emitter."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hilt_otel_exporters
from hilt_otel_exporters.dialects import DIALECTS, all_dialects

PACKAGE = Path(str(hilt_otel_exporters.__file__)).parent
OF_NO_EMITTER = ("conventions", "hilt_spans", "message_events")
EMITTERS = {
    name: module.DIALECT
    for name, module in vars(all_dialects).items()
    if hasattr(module, "DIALECT") and name not in OF_NO_EMITTER
}
BRANDS = {"traceloop", "com.anthropic", "gcp.vertex.agent", "google adk", "pydantic ai"}
NAMES = BRANDS | {each for name in EMITTERS for each in (name, name.replace("_", "-"))}
KNOWING = (*EMITTERS, "all_dialects", "exported_runs")  # the last reads exports of two emitters
OTHERS = [path for path in sorted(PACKAGE.rglob("*.py")) if path.stem not in KNOWING]


def test_dialects_have_names_of_their_own() -> None:
    """A name in an event's provenance stands for one dialect."""
    names = [dialect.name for dialect in DIALECTS]

    assert sorted(set(names)) == sorted(names)


def test_every_dialect_is_among_all() -> None:
    """A module that defines a dialect is read with."""
    modules = {path.stem for path in (PACKAGE / "dialects").glob("*.py")}
    defined = {
        name for name in modules if "\nDIALECT = " in (PACKAGE / f"dialects/{name}.py").read_text()
    }

    assert defined == {*EMITTERS, *OF_NO_EMITTER}
    assert len(DIALECTS) == len(defined)


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_emitter_is_known_to_its_own_module_only(path: Path) -> None:
    """What an emitter does differently stands in its dialect, and nowhere else."""
    text = path.read_text(encoding="utf-8").lower()

    assert [name for name in sorted(NAMES) if re.search(rf"\b{re.escape(name)}", text)] == []


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_attribute_of_an_emitter_is_named_in_its_own_module_only(path: Path) -> None:
    """So are its attributes and scopes."""
    own = {
        name
        for dialect in EMITTERS.values()
        for name in (*dialect.marks, *dialect.hints, *dialect.scopes)
        if not name.startswith("gen_ai.")
    }
    text = path.read_text(encoding="utf-8")

    assert [name for name in sorted(own) if f'"{name}' in text] == []
