"""Rooms import only the rooms that they may, and nothing heavy comes with `import hilt`."""

from __future__ import annotations

import ast
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

ROOMS = {
    "hilt.core": set(),
    "hilt.semconv": set(),
    "hilt._context": {"hilt.core"},
    "hilt.genai": {"hilt.core", "hilt.semconv", "hilt._context"},
    "hilt.pricing": {"hilt.core", "hilt.semconv", "hilt.genai"},
    "hilt.recording": {
        "hilt.core",
        "hilt.semconv",
        "hilt._context",
        "hilt.genai",
        "hilt.pricing",
        "hilt.privacy",  # pseudonyms, where content is not to be logged
    },
    "hilt.providers.registry": {"hilt.genai"},
    "hilt.providers": {
        "hilt.core",
        "hilt.semconv",
        "hilt._context",
        "hilt.genai",
        "hilt.pricing",
        "hilt.recording",
        "hilt.instrumentation",
    },
    "hilt.privacy.tools": {"hilt.core", "hilt.io", "hilt.privacy", "hilt.analysis"},
    "hilt.privacy": {"hilt.core"},
    "hilt.io": {"hilt.core", "hilt.privacy"},
    "hilt.analysis": {"hilt.core", "hilt.semconv", "hilt.io", "hilt.genai", "hilt.pricing"},
    "hilt.instrumentation": {
        "hilt.core",
        "hilt.semconv",
        "hilt._context",
        "hilt.genai",
        "hilt.pricing",
        "hilt.recording",
        "hilt.providers.registry",
    },
    "hilt.integrations": {
        "hilt.core",
        "hilt.semconv",
        "hilt._context",
        "hilt.genai",
        "hilt.io",
        "hilt.pricing",
        "hilt.recording",
        "hilt.providers",
        "hilt.instrumentation",  # the LangChain bridge tells its calls to the engine
    },
    "hilt.imports": {
        "hilt.core",
        "hilt.semconv",
        "hilt.genai",
        "hilt.io",
        "hilt.providers",
        "hilt.recording",
        "hilt_otel_exporters",  # who sells a model, by its name
    },
    "hilt.testing": {"hilt.analysis", "hilt.core", "hilt.io", "hilt.genai", "hilt.providers"},
    "hilt_otel_exporters": {
        "hilt.core",
        "hilt.privacy",
        "hilt.semconv",
        "hilt._context",
        "hilt.genai",
        "hilt.io",
        "hilt.pricing",
        "hilt.recording",
        "hilt.providers",
        "hilt.instrumentation",
        "hilt._config",  # exporters are set up by the same variables
    },
    "hilt._config": {"hilt.core", "hilt.providers.registry"},
    "hilt._in_force": {
        "hilt.core",
        "hilt._config",
        "hilt._context",
        "hilt.io",
        "hilt.pricing",
        "hilt.providers",  # the observer of what no adapter observes
        "hilt.recording",
        "hilt.providers.registry",
        "hilt.instrumentation",
        "hilt_otel_exporters",
    },
    "hilt._setup": {
        "hilt.core",
        "hilt._config",
        "hilt._context",
        "hilt._in_force",
        "hilt.io",
        "hilt.privacy",
        "hilt.recording",
    },
}
LAZY = {"hilt.analysis", "hilt.imports", "hilt.io.read.scan"}
FREE = ("hilt.cli", "hilt.__main__", "hilt.__init__", "hilt")
HEAVY = (
    "anthropic",
    "cohere",
    "genai_prices",
    "google.genai",
    "gspread",
    "langchain_core",
    "openai",
    "opentelemetry.sdk",
    "rich",
    "typer",
)


def room_of(module: str) -> str | None:
    """The room that a module stands in; None for a module of someone else."""
    found = [room for room in ROOMS if module == room or module.startswith(f"{room}.")]
    return max(found, key=len) if found else None


@cache
def modules() -> list[tuple[str, Path]]:
    """Every module of the packages, by name."""
    return [
        (".".join(path.relative_to(ROOT).with_suffix("").parts), path)
        for package in ("hilt", "hilt_otel_exporters")
        for path in sorted((ROOT / package).rglob("*.py"))
    ]


def imports_of(path: Path) -> set[str]:
    """Every module that a file imports, at its top or in its functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module}
            if node.module == "hilt":
                found |= {f"hilt.{alias.name}" for alias in node.names}
    return found


def test_every_module_stands_in_a_room():
    """But for those that may import everything."""
    homeless = [module for module, _ in modules() if room_of(module) is None]

    assert [module for module in homeless if not module.startswith(FREE)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_the_rooms_that_it_may(room):
    """The arrows between the rooms form no circle, and nothing imports `hilt` itself."""
    its_own = [(module, path) for module, path in modules() if room_of(module) == room]

    wrong = {
        f"{module} imports {name}"
        for module, path in its_own
        for name in imports_of(path) - {"hilt"}
        if name.split(".")[0].startswith("hilt") and room_of(name) not in {room, *ROOMS[room]}
    }

    assert its_own
    assert not wrong, "\n".join(sorted(wrong))


def in_fresh_interpreter(code: str) -> str:
    """What a program prints that starts from nothing."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_of_hilt_loads_nothing_heavy():
    """`import hilt` loads no SDK, no price table, no gspread and no opentelemetry-sdk."""
    loaded = in_fresh_interpreter("import hilt, sys; print(*sys.modules, sep='\\n')").splitlines()

    assert not [name for name in loaded if name in HEAVY or name in LAZY]


def test_instrument_imports_no_sdk(tmp_path):
    """`instrument()` waits for the program to import its SDK, and reads no patterns of privacy."""
    code = (
        "import hilt, sys\n"
        f"hilt.instrument(filepath={str(tmp_path / 'log.jsonl')!r})\n"
        "print(*sys.modules, sep='\\n')"
    )

    loaded = in_fresh_interpreter(code).splitlines()

    assert not [name for name in loaded if name in (*HEAVY, "hilt.privacy")]


@pytest.mark.parametrize(
    "package", ["hilt", "hilt.instrumentation", "hilt.integrations", "hilt.testing"]
)
def test_all_is_sorted_and_there(package):
    """`__all__` is sorted, and every name in it can be imported."""
    code = (
        f"import {package} as package\n"
        "names = package.__all__\n"
        "assert list(names) == sorted(names), names\n"
        "assert all(hasattr(package, name) for name in names)"
    )

    assert in_fresh_interpreter(code) == ""
