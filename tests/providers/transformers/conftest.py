"""The same tests with the real ``transformers``, where it is installed, and with its double."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.doubles import imported_from, logged
from tests.providers.transformers import tiny

IS_INSTALLED = find_spec("transformers") is not None and find_spec("torch") is not None


@pytest.fixture(params=["double", "real"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Which of the two there is."""
    if request.param == "real":
        if not IS_INSTALLED:
            pytest.skip("transformers or torch is not installed")
        yield request.param
        return
    with imported_from(Path(__file__).with_name("double"), "transformers", monkeypatch):
        yield request.param


@pytest.fixture
def make(library: str) -> Callable[..., Any]:
    """Makes a pipeline that generates text."""
    return tiny.pipeline if library == "real" else double_pipeline


def double_pipeline(**options: Any) -> Any:
    """The double's, whose model writes ``blueblueblue``."""
    models = import_module("transformers.models")
    options = {"do_sample": False, "max_new_tokens": 5, **options}
    return import_module("transformers").pipeline(
        "text-generation", models.Model("blue" * 3), models.Tokenizer(), **options
    )


@pytest.fixture
def log(library: str) -> Iterator[Log]:
    """A log of pipelines; HILT itself raises nothing."""
    with logged("transformers") as log:
        yield log
