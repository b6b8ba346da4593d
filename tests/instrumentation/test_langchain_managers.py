"""The object of LangChain's that lives as long as the run of a model."""

from __future__ import annotations

import types

import pytest

from hilt.instrumentation.langchain_managers import current_manager


class Manager:
    """Reports to a handler, or asks a model to."""

    def __init__(self, module: str, then: object) -> None:
        code = "def call(self): return then() if callable(then) else then"
        names: dict[str, object] = {"__name__": module, "then": then}
        exec(code, names)
        self.call = types.MethodType(names["call"], self)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("caller", "is_there"),
    [
        ("langchain_core.language_models.chat_models", True),
        ("langchain_core.language_models.llms", True),
        ("program", False),  # which may drop it before the run ends
    ],
)
def test_manager_that_reports(caller: str, is_there: bool) -> None:
    """It is LangChain's own, if a model of LangChain's has it report."""
    manager = Manager("langchain_core.callbacks.manager", current_manager)
    model = Manager(caller, manager.call)

    assert model.call() is (manager if is_there else None)


def test_no_manager_outside_a_callback() -> None:
    """Nobody reports a run here."""
    assert current_manager() is None
