"""The page on adding a provider is true: its files make a provider that passes the suite."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
import hilt.providers
from hilt.providers.registry import PROVIDERS
from hilt.testing.provider import Provider
from tests.conftest import Log
from tests.instrumentation import test_shapes
from tests.instrumentation.test_shapes import SCENARIOS, Scenario

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "adding_a_provider.md"
BLOCK = re.compile(r"```python\n# ([^\n]+)\n(.*?)```", re.DOTALL)


def blocks() -> dict[str, str]:
    """The page's Python blocks, by the file name that each begins with."""
    return dict(BLOCK.findall(PAGE.read_text(encoding="utf-8")))


LINTED_AS = {"toyllm.py": "tests/toyllm.py", "registration": "docs/registration.py"}
"""Where blocks are linted that do not name a file of the repository."""


@pytest.mark.parametrize("name", blocks())
def test_code_of_the_page_is_lint_clean(name: str) -> None:
    """Each block passes the repository's linter and formatter, under the name that it has."""
    path, code = LINTED_AS.get(name, name), blocks()[name]
    # Neither the folder of a block is there, nor the rest of a module that a block belongs to.
    for command in (["check", "--ignore=INP001,D100"], ["format", "--diff"]):
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", path, "-"],
            input=code, capture_output=True, text=True, cwd=ROOT, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """What the page says of how the toy SDK is called, with its other files in place."""
    folder, files = tmp_path_factory.mktemp("toy"), blocks()
    (folder / "toyllm.py").write_text(files["toyllm.py"], encoding="utf-8")
    (folder / "toy").mkdir()
    (folder / "toy" / "adapter.py").write_text(files["hilt/providers/toy/adapter.py"], "utf-8")
    sys.path.insert(0, str(folder))
    hilt.providers.__path__.append(str(folder))
    importlib.invalidate_caches()
    space: dict[str, Any] = {}
    exec(files["registration"], space)
    exec(files["tests/instrumentation/shapes/toy.py"], space)
    yield space["SHAPES"]
    hilt.providers.__path__.remove(str(folder))
    sys.path.remove(str(folder))
    del PROVIDERS["toy"]
    for name in ("toyllm", "hilt.providers.toy", "hilt.providers.toy.adapter"):
        sys.modules.pop(name, None)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_toy_provider_passes_the_suite(shapes: Any, scenario: Scenario) -> None:
    """Each call shape that the toy SDK has passes, with nothing but what the page says."""
    has = scenario.sync is not None and scenario.name not in shapes.skip
    if not has or scenario.attempts:
        pytest.skip("the toy SDK has no such shape")

    test_shapes.test_shape(shapes, scenario, "sync")


def test_toy_call_is_logged_whole(shapes: Any) -> None:
    """A call through the toy SDK gives a prompt and a priced completion."""
    log = Log()
    hilt.instrument(session=log.session, providers=["toy"])
    try:
        with Provider(seed=1) as provider:
            provider.answer("Paris.")
            shapes.create(shapes.client(provider.url, is_async=False))
    finally:
        hilt.uninstrument()

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Hello"
    assert log.one("completion")["content"]["text"] == "Paris."
    assert log.one("completion")["provenance"]["provider"] == "toy"
