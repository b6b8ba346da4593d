"""DSPy: one run of a program is one conversation, whose modules are its steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import hilt
from hilt.testing.provider import Provider
from tests.conftest import Log

dspy = pytest.importorskip("dspy")
pytest.importorskip("dspy._vendor.lm15")

PROSE = "[[ ## prose ## ]]\nIt is blue.\n\n[[ ## completed ## ]]"
ANSWER = "[[ ## answer ## ]]\nBlue.\n\n[[ ## completed ## ]]"


class Program(dspy.Module):  # type: ignore[misc]  # the SDK is not there for the type checker
    """Two steps, of which the second has a module of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.write = dspy.Predict("question -> prose")
        self.shorten = dspy.ChainOfThought("prose -> answer")

    def forward(self, question: str) -> Any:
        """Write, and shorten."""
        return self.shorten(prose=self.write(question=question).prose)

    async def aforward(self, question: str) -> Any:
        """Write, and shorten."""
        prose = (await self.write.acall(question=question)).prose
        return await self.shorten.acall(prose=prose)


class Together(dspy.Module):  # type: ignore[misc]
    """Two modules in threads."""

    def __init__(self) -> None:
        super().__init__()
        self.write = dspy.Predict("question -> prose")

    def forward(self, question: str) -> Any:
        """Ask twice."""
        asked = [(self.write, dspy.Example(question=each).with_inputs("question"))
                 for each in (question, "Why?")]  # fmt: skip
        return dspy.Parallel(num_threads=2, disable_progress_bar=True)(asked)


@pytest.fixture
def log() -> Iterator[Log]:
    """A log of what DSPy sends."""
    log = Log()
    hilt.instrument(session=log.session, providers=["dspy"])
    yield log
    hilt.uninstrument()


@pytest.fixture
def context() -> Iterator[Any]:
    """DSPy over a provider that answers a program twice."""
    with Provider() as provider:
        for answer in (PROSE, f"[[ ## reasoning ## ]]\nHm.\n\n{ANSWER}") * 2:
            provider.answer(answer)
        model = dspy.LM(
            "openai/gpt-4o-mini", api_key="test-key", api_base=provider.openai_url, cache=False,
            num_retries=0,
        )  # fmt: skip
        with dspy.context(lm=model):
            yield model


def facts(log: Log, *names: str) -> list[tuple[Any, ...]]:
    """What the prompts say of their steps."""
    return [tuple(each.provenance.get(name) for name in names) for each in log.of("prompt")]


def test_steps_of_a_program(log, context):
    """Each call names the program and the path of its module; a run is one conversation."""
    program = Program()
    for _ in range(2):
        assert program(question="Which colour?").answer == "Blue."

    steps = [("dspy", "Program", "write"), ("dspy", "Program", "shorten.predict")]
    assert facts(log, "framework", "agent", "node") == [*steps, *steps]
    runs, sessions = facts(log, "run"), [each.session_id for each in log.of("prompt")]
    assert runs[0] == runs[1] != runs[2] == runs[3]
    assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
    assert [each.actor.name for each in log.of("completion")] == ["Program"] * 4
    assert log.internal_errors == 0


def test_steps_of_an_async_program(log, context):
    """The async program has the same steps."""
    assert asyncio.run(Program().acall(question="Which colour?")).answer == "Blue."

    assert facts(log, "agent", "node") == [("Program", "write"), ("Program", "shorten.predict")]
    assert len({each.session_id for each in log.events}) == 1


def test_module_alone(log, context):
    """A module that a program calls itself is a run of its own."""
    dspy.Predict("question -> prose")(question="Which colour?")

    ((agent, node, run),) = facts(log, "agent", "node", "run")
    assert (agent, node) == ("Predict", None)
    assert run


def test_model_alone(log, context):
    """A model that is called without a module is part of no run."""
    context("Hello")

    assert facts(log, "framework", "run") == [(None, None)]


def test_modules_in_threads(log):
    """What a program does in threads is in its run."""
    with Provider() as provider:
        for _ in range(2):
            provider.answer(PROSE)
        model = dspy.LM(
            "openai/gpt-4o-mini", api_key="k", api_base=provider.openai_url, cache=False
        )
        with dspy.context(lm=model):
            Together()(question="Which colour?")

    assert {each[:2] for each in facts(log, "agent", "node")} == {("Together", "write")}
    assert len(set(facts(log, "run"))) == 1
    assert len({each.session_id for each in log.events}) == 1


def test_uninstrument_reads_nothing_any_longer(log, context):
    """After it, nothing of DSPy is read, and a program runs as before."""
    hilt.uninstrument()

    assert Program()(question="Which colour?").answer == "Blue."
    assert log.actions == []
