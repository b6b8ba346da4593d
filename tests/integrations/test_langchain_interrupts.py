"""An interrupt that LangChain does not report ends the run all the same."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest

pytest.importorskip("langchain_openai")

from langchain_core.callbacks import CallbackManager
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration, ChatResult, LLMResult

import hilt
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.testing.provider import Provider
from tests.integrations.conftest import Logged
from tests.integrations.langchain_programs import chat_model

Row = tuple[str, str | None]


class Interrupted(BaseChatModel):
    """Is interrupted in a step of LangChain's after the one that it guards."""

    @property
    def _llm_type(self) -> str:
        return "interrupted"

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage("Hello!"))])

    def _combine_llm_outputs(self, *_: Any) -> dict[str, Any]:
        raise KeyboardInterrupt


def rows(logged: Logged) -> list[Row]:
    """The action and the text of each event, or its outcome."""
    return [
        (each.action, each.content.text if each.action == "prompt" else each.extensions["outcome"])
        for each in logged.events
    ]


@pytest.mark.parametrize("is_async", [False, True])
def test_calls_after_an_interrupt_are_logged(logged: Logged, is_async: bool) -> None:
    """They are no part of the run that never ended, and belong to no conversation of it."""
    handler = HILTCallbackHandler(logged.session)
    model = Interrupted()
    config: Any = {"callbacks": [handler], "metadata": {"session_id": "order-42"}}
    hilt.instrument(session=logged.session, providers=["openai"])
    try:
        with Provider() as provider:
            with pytest.raises(KeyboardInterrupt):
                asyncio.run(model.ainvoke("one", config)) if is_async else model.invoke(
                    "one", config
                )
            gc.collect()
            chat_model(provider).invoke("two", config={"callbacks": [handler]})
            chat_model(provider).invoke("three")
    finally:
        hilt.uninstrument()

    assert rows(logged) == [
        ("prompt", "one"), ("system", "cancelled"),
        ("prompt", "two"), ("completion", "completed"),
        ("prompt", "three"), ("completion", "completed"),
    ]  # fmt: skip
    assert [each.session_id == "order-42" for each in logged.events] == [True] * 2 + [False] * 4


def test_a_run_that_a_program_manages_itself_lasts(logged: Logged) -> None:
    """Its manager may go before it ends: only LangChain's own lives as long."""
    handler = HILTCallbackHandler(logged.session)
    (run,) = CallbackManager([handler]).on_chat_model_start({}, [[HumanMessage("one")]])
    gc.collect()
    run.on_llm_end(LLMResult(generations=[[ChatGeneration(message=AIMessage("Hello!"))]]))

    assert rows(logged) == [("prompt", "one"), ("completion", "completed")]
