"""Other instrumentations of an SDK are named with their versions, and never imported."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from hilt.cli import other_instrumentations as module
from hilt.cli.other_instrumentations import other_instrumentations

Install = Callable[[str, str, str], None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Installs a distribution with a module; it is the only one that has such a name."""
    monkeypatch.syspath_prepend(tmp_path)
    folders: list[tuple[str, str]] = []
    monkeypatch.setattr(module, "_FOLDERS", folders)

    def make(name: str, folder: str, file: str) -> None:
        folders.append((name, folder))
        info = tmp_path / f"{name.replace('-', '_')}-1.2.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n")
        path = tmp_path / folder / file
        path.parent.mkdir(parents=True)
        (tmp_path / folder.partition("/")[0] / "__init__.py").write_text("raise AssertionError")
        path.write_text("raise AssertionError")

    return make


@pytest.mark.parametrize(
    ("folder", "file"),
    [
        ("watching_x", "gemini.py"),
        ("watching_x/wrappers", "_gemini.py"),
        ("watching_x/instrumentation", "google_ai_studio/__init__.py"),
        ("watching_x/integrations", "google_genai/__init__.py"),
        ("watching_x/hooks", "mlmodel_gemini.py"),
    ],
)
def test_a_module_for_an_sdk_names_its_distribution(
    install: Install, folder: str, file: str
) -> None:
    """Whatever the module is called, and it is a file or a package."""
    install("watching-x", folder, file)

    assert other_instrumentations("gemini", []) == ["watching-x 1.2"]
    assert other_instrumentations("openai", []) == []
    assert "watching_x" not in sys.modules


def test_a_package_of_another_distribution(install: Install) -> None:
    """A distribution that is not installed is not named, if another one has its package."""
    install("watching-x", "watching_x", "openai.py")
    module._FOLDERS.insert(0, ("not-installed-x", "watching_x"))  # type: ignore[attr-defined]

    assert other_instrumentations("openai", []) == ["watching-x 1.2"]


def test_entry_points_have_names_of_their_own(install: Install) -> None:
    """OpenTelemetry's instrumentors are named after the SDK, with whatever sign in between."""
    points: Any = [
        SimpleNamespace(name=name, dist=SimpleNamespace(name=f"dist-{name}", version="1"))
        for name in ("gemini", "google-genai", "google_genai", "openai", "botocore")
    ]

    assert other_instrumentations("gemini", points) == [
        "dist-gemini 1",
        "dist-google-genai 1",
        "dist-google_genai 1",
    ]
    assert other_instrumentations("bedrock", points) == ["dist-botocore 1"]


def test_the_known_ones() -> None:
    """Those that wrap the same clients are looked for."""
    assert {
        "braintrust", "ddtrace", "langfuse", "langsmith", "logfire", "openlit", "opik", "weave"
    } <= {distribution for distribution, _ in module._FOLDERS}  # fmt: skip
