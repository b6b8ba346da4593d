"""Wrappers go on before or after the import of an SDK, once, and come off without a trace."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

import hilt
from hilt.instrumentation.sdk_functions import is_generator
from hilt.providers.registry import PROVIDERS, installed
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client

ASK: dict[str, Any] = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}
ANSWER = {
    "id": "c1", "object": "chat.completion", "created": 1, "model": "gpt-4o",
    "choices": [{"index": 0, "finish_reason": "stop",
                 "message": {"role": "assistant", "content": "Hello!"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
}  # fmt: skip


def modules_of(name: str) -> list[ModuleType]:
    """The modules that a provider's targets stand in, imported."""
    found = []
    for module in dict.fromkeys(target.module for target in PROVIDERS[name].load().targets):
        try:
            found.append(importlib.import_module(module))
        except ImportError:
            continue  # an older or newer SDK has it
    return found


def everything_in(modules: list[ModuleType]) -> dict[str, Any]:
    """Each name of the modules and of their classes, with the very object behind it."""
    found: dict[str, Any] = {}
    for module in modules:
        for name, value in vars(module).items():
            found[f"{module.__name__}.{name}"] = value
            if isinstance(value, type):
                found.update({f"{module.__name__}.{name}.{k}": v for k, v in vars(value).items()})
    return found


def code_of(everything: dict[str, Any]) -> dict[str, Any]:
    """What each function does, and the attributes that it has."""
    return {
        key: (value.__code__, {**vars(value)})
        for key, value in everything.items()
        if isinstance(value, FunctionType)
    }


@pytest.mark.parametrize("name", installed())
def test_uninstrument_leaves_the_originals(name: str) -> None:
    """After uninstrument() every entry of every class is the object that it was, all along (T23)."""
    modules = modules_of(name)
    before = everything_in(modules)
    code_before = code_of(before)
    log = Log()
    hilt.instrument(session=log.session, providers=[name])
    during, code_during = everything_in(modules), code_of(before)
    hilt.uninstrument()
    after = everything_in(modules)

    assert code_during != code_before, "nothing was wrapped"
    assert code_of(before) == code_before
    assert during.keys() == after.keys() == before.keys()
    assert [key for key in before if after[key] is not before[key]] == []
    replaced = [before[key] for key in before if during[key] is not before[key]]
    assert all(is_generator(function) for function in replaced), "replaced rather than patched"
    patched = [before[key] for key in code_before if code_during[key] != code_before[key]]
    assert not any(is_generator(function) for function in patched), "patched rather than replaced"


@pytest.mark.parametrize("name", installed())
def test_second_instrument_patches_nothing_twice(name: str) -> None:
    """Neither a function whose code is replaced nor one that a wrapper stands for."""
    modules = modules_of(name)
    hilt.instrument(session=Log().session, providers=[name])
    during = everything_in(modules)
    code_during = code_of(during)
    hilt.instrument(session=Log().session, providers=[name])
    again = everything_in(modules)

    try:
        assert [key for key in during if again[key] is not during[key]] == []
        assert code_of(again) == code_during
    finally:
        hilt.uninstrument()


def test_instrument_twice_logs_once(instrumented: Any) -> None:
    """A second instrument() replaces the first: one set of events, in the second session."""
    first, second = instrumented(), instrumented()
    openai_client({"POST /chat/completions": ANSWER}).chat.completions.create(**ASK)

    assert first.events == []
    assert second.actions == ["prompt", "completion"]


def test_clients_made_before_are_observed(instrumented: Any) -> None:
    """A client need not be made after instrument()."""
    client = openai_client({"POST /chat/completions": ANSWER})
    log = instrumented()
    client.chat.completions.create(**ASK)

    assert log.actions == ["prompt", "completion"]


def test_kept_methods_pass_through_when_uninstrumented(instrumented: Any) -> None:
    """What was made while HILT was on goes on without it, and back."""
    client = openai_client({"POST /chat/completions": ANSWER})
    log = instrumented()
    kept = client.chat.completions.create
    raw = client.chat.completions.with_raw_response.create
    hilt.uninstrument()

    assert kept(**ASK).choices[0].message.content == "Hello!"
    assert raw(**ASK).parse().choices[0].message.content == "Hello!"
    assert log.events == []


def test_wrapper_of_another_library_survives(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody wrapped the wrapper, it passes through and is left in place."""
    from openai._base_client import SyncAPIClient

    original = vars(SyncAPIClient)["request"]
    log = Log()
    hilt.instrument(session=log.session, providers=["openai"])
    inner = vars(SyncAPIClient)["request"]

    def outer(self: Any, *args: Any, **kwargs: Any) -> Any:
        return inner(self, *args, **kwargs)

    monkeypatch.setattr(SyncAPIClient, "request", outer)
    hilt.uninstrument()
    client = openai_client({"POST /chat/completions": ANSWER})
    assert client.chat.completions.create(**ASK).id == "c1"
    assert vars(SyncAPIClient)["request"] is outer
    monkeypatch.setattr(SyncAPIClient, "request", original)

    assert log.events == []


PROGRAM = """
import sys
{first}
{second}
from tests.instrumentation.mock_http import openai_client
from tests.instrumentation.test_patching import ANSWER, ASK
openai_client({{"POST /chat/completions": ANSWER}}).chat.completions.create(**ASK)
hilt.uninstrument()
"""
INSTRUMENT = "import hilt; hilt.instrument(filepath=sys.argv[1], providers=['openai'])"
IMPORT = "import openai"
NOT_IMPORTED = "assert 'openai' not in sys.modules and 'httpx' not in sys.modules"


@pytest.mark.parametrize(
    ("first", "second"),
    [(f"{INSTRUMENT}\n{NOT_IMPORTED}", IMPORT), (IMPORT, INSTRUMENT)],
    ids=["before the import", "after the import"],
)
@pytest.mark.slow_after(1)
def test_import_order_does_not_matter(tmp_path: Path, first: str, second: str) -> None:
    """instrument() imports no SDK, and works before and after somebody does."""
    path = tmp_path / "log.jsonl"
    program = PROGRAM.format(first=first, second=second)
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", program, str(path)], check=True, cwd=root)

    assert path.read_bytes().count(b"\n") == 2
