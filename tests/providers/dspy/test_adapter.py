"""DSPy's own engine, over a provider on this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

import hilt
from hilt.providers.dspy import hooks
from hilt.providers.wire import answers
from hilt.testing.provider import Provider
from tests.conftest import Log

dspy = pytest.importorskip("dspy")
pytest.importorskip("dspy._vendor.lm15")


@pytest.fixture
def provider() -> Iterator[Provider]:
    """A provider on this machine."""
    with Provider() as provider:
        yield provider


@pytest.fixture
def log() -> Iterator[Log]:
    """A log of what DSPy sends, and LiteLLM."""
    log = Log()
    hilt.instrument(session=log.session, providers=["dspy", "litellm", "openai"])
    yield log
    hilt.uninstrument()


def model(provider: Provider, **more: Any) -> Any:
    """A model of DSPy's."""
    return dspy.LM(
        "openai/gpt-4o-mini", api_key="test-key", api_base=provider.openai_url, cache=False,
        **{"num_retries": 0, **more},
    )  # fmt: skip


def test_call(provider, log):
    """It is in the log with usage and cost, and once."""
    assert model(provider)("Hello") == ["You said: Hello"]

    assert log.actions == ["prompt", "completion"]
    assert log.one("prompt")["content"]["text"] == "Hello"
    assert log.ending["content"]["text"] == "You said: Hello"
    assert log.ending["metrics"]["cost_usd"] == 3.75e-06
    assert log.ending["provenance"]["sdk"].startswith("dspy ")
    assert log.internal_errors == 0


def test_async_call(provider, log):
    """The async engine has it, too."""
    assert asyncio.run(model(provider).acall("Hello")) == ["You said: Hello"]

    assert log.actions == ["prompt", "completion"]
    assert log.ending["extensions"]["outcome"] == "completed"


def test_module(provider, log):
    """A module of DSPy's calls the model; its prompt is the one that is sent."""
    provider.answer("[[ ## answer ## ]]\n42\n\n[[ ## completed ## ]]")
    with dspy.context(lm=model(provider)):
        answer = dspy.Predict("question -> answer")(question="What is it?")

    assert answer.answer == "42"
    assert log.actions == ["prompt", "completion"]


def test_litellm_engine_is_logged_once(provider, log):
    """What LiteLLM sends is logged by its adapter."""
    assert model(provider, engine="litellm")("Hello") == ["You said: Hello"]

    assert log.actions == ["prompt", "completion"]
    assert not log.ending["provenance"]["sdk"].startswith("dspy ")


def test_failure(provider, log):
    """The program gets DSPy's exception, and the log what the server said."""
    provider.fail(status=429, message="Slow down.")
    with pytest.raises(Exception, match=r"Slow down\."):
        model(provider)("Hello")

    assert log.ending["extensions"]["error_code"] == "rate_limit"
    assert log.ending["content"]["text"] == "Slow down."


@pytest.mark.parametrize("engine", [{}, {"engine": "litellm"}])
def test_each_try_is_a_call(provider, log, engine):
    """What DSPy sends again, after what the server said, has events of its own."""
    provider.fail(status=500)
    assert model(provider, num_retries=1, **engine)("Hello") == ["You said: Hello"]

    assert len(provider.requests) == 2
    assert log.actions == ["prompt", "system", "prompt", "completion"]


def test_no_connection(log):
    """A connection that cannot be made is a failed call."""
    provider = Provider(port=1)
    with pytest.raises(Exception):  # noqa: B017 # of DSPy's own kinds
        model(provider)("Hello")

    assert log.ending["extensions"]["error_code"] == "connection"


@pytest.mark.parametrize(
    "where", [(hooks, "_observe_body"), (answers, "body_of"), (answers._Observer, "_end")]
)
def test_sabotage(where, provider, log, monkeypatch):
    """Whatever fails in HILT, the program gets its answer."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    monkeypatch.setattr(*where, broken)
    assert model(provider)("Hello") == ["You said: Hello"]
