"""LangChain's runs in progress: parents, conversations, and tasks that end before them."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest

pytest.importorskip("langchain_openai")

from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from opentelemetry import trace

from hilt.integrations import langchain_runs
from hilt.integrations.langchain import HILTCallbackHandler
from hilt.integrations.langchain_runs import Run, Runs
from hilt.recording.step_events import Step
from hilt.testing.provider import Provider
from tests.integrations.langchain_programs import run_async

ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def test_child_has_its_parents_conversation() -> None:
    """A run is below its parent, and belongs to its conversation."""
    runs = Runs()
    parent = runs.begin(ONE, metadata={"thread_id": "t"})

    child = runs.begin(TWO, ONE)

    assert child.parent is parent
    assert child.session_id == parent.session_id == "t"


def test_metadata_goes_before_the_handler_and_the_handler_before_the_parent() -> None:
    """The conversation is that of the run's metadata, else the handler's, else the parent's."""
    runs = Runs("conv_handler")
    parent = runs.begin(ONE, metadata={"session_id": "mine"})

    child = runs.begin(TWO, ONE)

    assert parent.session_id == "mine"
    assert child.session_id == "conv_handler"


def test_unknown_parent_is_no_parent() -> None:
    """A run whose parent is not in progress stands alone, and still names it."""
    run = Runs().begin(TWO, ONE)

    assert run.parent is None
    assert run.provenance == {
        "framework": "langchain",
        "run_id": str(TWO),
        "parent_run_id": str(ONE),
    }


def test_run_ends_once() -> None:
    """A run that has ended is not in progress, and cannot end again."""
    runs = Runs()
    run = runs.begin(ONE)

    assert runs.get(ONE) is run
    assert runs.end(ONE) is run
    assert (runs.get(ONE), runs.end(ONE), len(runs)) == (None, None, 0)


def test_oldest_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs whose end is never reported do not fill the memory."""
    monkeypatch.setattr(langchain_runs, "_MAX_RUNS", 2)
    runs = Runs()

    for run_id in (ONE, TWO, THREE):
        runs.begin(run_id)

    assert (len(runs), runs.get(ONE)) == (2, None)


def test_span_of_the_parent_is_current_while_a_child_begins() -> None:
    """A run that is not logged passes its parent's span on to its own children."""
    span = trace.NonRecordingSpan(trace.SpanContext(7, 8, is_remote=False))
    root = Run(ONE)
    root.span = span
    hidden = Run(TWO, parent=root)
    child = Run(THREE, parent=hidden)

    with child.below_parent():
        inside = trace.get_current_span()

    assert inside is span
    assert trace.get_current_span() is not span


@pytest.mark.parametrize(
    ("kind", "outlives"),
    [(None, True), ("chain", True), ("tool", False), ("retrieval", False)],
)
def test_only_what_can_be_streamed_may_outlive_its_task(kind: str | None, outlives: bool) -> None:
    """A chain may be read further by another task; tools and retrievals end with theirs."""
    run = Run(ONE)
    run.step = Step(kind, "", "name", 0, 0) if kind else None

    assert run.may_outlive_task() is outlives


def test_end_of_a_task_is_reported_until_the_run_ends() -> None:
    """What watches a task is taken off it when the run ends."""
    ended: list[str] = []

    async def main() -> None:
        async def watch(name: str, *, until_end: bool) -> None:
            run = Run(ONE)
            run.watch_task(lambda _task: ended.append(name))
            if not until_end:
                run.unwatch_task()

        await asyncio.gather(
            asyncio.create_task(watch("watched", until_end=True)),
            asyncio.create_task(watch("unwatched", until_end=False)),
        )

    asyncio.run(main())

    assert ended == ["watched"]


def test_cancelled_runs_end_as_cancelled(logged: Any, provider: Provider, handler: Any) -> None:
    """LangChain does not report a model or a tool that is cancelled, but it is logged."""
    provider.fail(first_byte_delay=30)
    begun = asyncio.Event()

    @tool
    async def slow(city: str) -> str:
        """A tool that never comes back."""
        begun.set()
        await asyncio.sleep(30)
        return city

    async def main(model: ChatOpenAI) -> None:
        config: Any = {"callbacks": [handler]}
        calls = asyncio.gather(model.ainvoke("Hi", config), slow.ainvoke({"city": "Rome"}, config))
        await begun.wait()
        calls.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calls

    run_async(provider, main)

    ending, result = logged.only("system"), logged.only("tool_result")
    for event in (ending, result):
        assert event["extensions"]["outcome"] == "cancelled"
        assert event["extensions"]["error_code"] == "cancelled"
        assert event["extensions"]["status_code"] == 499
    assert ending["extensions"]["reply_to"] == logged.only("prompt")["event_id"]


def test_long_task_keeps_nothing_of_its_runs(logged: Any, provider: Provider) -> None:
    """A task that makes many calls is not hung with what watched each of them."""
    handler = HILTCallbackHandler(logged.session)

    async def main(model: ChatOpenAI) -> list[Any]:
        config: Any = {"callbacks": [handler]}
        for number in range(5):
            await model.ainvoke(str(number), config)
        return list(asyncio.current_task()._callbacks or [])  # type: ignore[union-attr]

    kept = run_async(provider, main)

    assert not any("_task_ended" in str(each) for each in kept)
