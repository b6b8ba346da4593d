"""One row a provider, and everything else that names a provider agrees with it."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

import hilt.instrumentation
from hilt.cli.main import run
from hilt.instrumentation.instrumentors import HiltInstrumentor, instrumentor_of
from hilt.providers.registry import PROVIDERS, Entry, installed

ROOT = Path(__file__).parents[2]
NOT_OF_PROVIDERS = {"privacy", "sheets", "langchain", "sql", "api", "spark", "view", "all"}
"""The extras that install something other than an SDK."""


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    """The ``project`` table of pyproject.toml."""
    tomllib = pytest.importorskip("tomllib", reason="the standard library has it since 3.11")
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)["project"]
    return found


def test_each_package_of_an_adapter_has_its_row() -> None:
    """The packages below `hilt.providers` are the providers."""
    folders = {path.parent.name for path in (ROOT / "hilt" / "providers").glob("*/adapter.py")}

    assert folders == set(PROVIDERS)


@pytest.mark.parametrize("name", PROVIDERS)
def test_row_loads_its_adapter(name: str) -> None:
    """The adapter has the row's name, is made once, and comes without its SDK."""
    adapter = PROVIDERS[name].load()

    assert adapter.name == name
    assert type(adapter).__name__ == PROVIDERS[name].adapter
    assert PROVIDERS[name].load() is adapter


def test_each_row_has_its_instrumentor_class() -> None:
    """`hilt.instrumentation` exports one class a provider, which is the one `instrument` uses."""
    exported = {
        name: getattr(hilt.instrumentation, name)
        for name in hilt.instrumentation.__all__
        if name.endswith("Instrumentor") and name != HiltInstrumentor.__name__
    }

    assert exported == {
        entry.instrumentor: type(instrumentor_of(name)) for name, entry in PROVIDERS.items()
    }
    assert {cls.provider_name for cls in exported.values()} == set(PROVIDERS)


def test_each_instrumentor_names_its_package() -> None:
    """The class's docstring and its dependencies say which package it instruments."""
    for name, entry in PROVIDERS.items():
        instrumentor = instrumentor_of(name)
        assert instrumentor.instrumentation_dependencies() == [entry.distribution]
        assert type(instrumentor).__doc__ == (
            f"Makes a GenAI span of every call of the ``{entry.distribution}`` package."
        )


def test_each_row_has_its_entry_point(project: dict[str, Any]) -> None:
    """The auto-agent finds each provider's instrumentor."""
    assert project["entry-points"]["opentelemetry_instrumentor"] == {
        f"hilt_{name}": f"hilt.instrumentation.instrumentors:{entry.instrumentor}"
        for name, entry in PROVIDERS.items()
    }


def test_each_row_has_its_extra(project: dict[str, Any]) -> None:
    """``pip install "hilt[name]"`` installs the SDK, wherever the row says so."""
    extras = {
        name: re.split(r"[<>=]", requirements[0])[0]
        for name, requirements in project["optional-dependencies"].items()
        if name not in NOT_OF_PROVIDERS
    }

    assert extras == {
        name: entry.distribution for name, entry in PROVIDERS.items() if entry.has_extra
    }


def test_extra_all_has_every_other_extra(project: dict[str, Any]) -> None:
    """``pip install "hilt[all]"`` leaves none out."""
    extras = project["optional-dependencies"]
    (everything,) = extras["all"]

    named = set(everything.removeprefix("hilt[").removesuffix("]").split(","))
    assert named == set(extras) - {"all", "spark"}  # Spark wants Java


def test_readme_names_every_extra() -> None:
    """The README's section on installing lists the extras of the SDKs."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (names,) = re.findall(r"There is an extra for each SDK \(([^)]+)\)", text)

    assert set(re.findall(r"`(\w+)`", names)) == {
        name for name, entry in PROVIDERS.items() if entry.has_extra
    }


def test_readme_table_has_every_row() -> None:
    """The README's table of SDKs has the providers in the registry's order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \| `([\w-]+)` \|", text, re.MULTILINE)

    assert rows == [(name, entry.distribution) for name, entry in PROVIDERS.items()]


def test_readme_table_is_the_one_that_a_script_makes() -> None:
    """All of it but the newest versions, which CI compares with those that it installs."""
    table = (ROOT / "README.md").read_text(encoding="utf-8").partition("supported:begin -->\n")[2]
    made = runpy.run_path(str(ROOT / ".ci" / "supported_sdks.py"))["rows"](table, ())

    assert [line for line in made if line not in table.splitlines()] == []


def test_doctor_lists_every_row(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    """``hilt doctor`` names each provider and its package."""
    monkeypatch.setenv("HILT_PROVIDERS", "none")  # so that no SDK is imported
    run(["doctor", "--json"])

    report = json.loads(capsys.readouterr().out)
    assert {each["name"]: each["distribution"] for each in report["providers"]} == {
        name: entry.distribution for name, entry in PROVIDERS.items()
    }


def test_installed_are_those_whose_package_can_be_imported(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A package that is missing, and one below a package that is missing, are not installed."""
    rows = {
        "there": Entry("there", "There", "json", "json"),
        "missing": Entry("missing", "Missing", "no_such_package", "no-such-package"),
        "below": Entry("below", "Below", "no_such_package.client", "no-such-package"),
        "inside": Entry("inside", "Inside", "json.decoder", "json"),
    }
    monkeypatch.setattr("hilt.providers.registry.PROVIDERS", rows)

    assert installed() == ["there", "inside"]
