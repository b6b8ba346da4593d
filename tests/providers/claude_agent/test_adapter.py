"""Claude's agent SDK over a process that speaks as Claude Code does."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt.providers.claude_agent import hooks, turns
from tests.conftest import Log
from tests.providers.claude_agent.fake_cli import SESSION

sdk = pytest.importorskip("claude_agent_sdk")
pytestmark = [  # the SDK leaves these open, with and without HILT
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

MODEL = "claude-sonnet-4-5"
INIT = {"type": "system", "subtype": "init", "model": MODEL, "cwd": "/", "tools": []}


def said(identity: str, *blocks: Any, **more: Any) -> dict[str, Any]:
    """A message of the model."""
    message = {"id": identity, "type": "message", "role": "assistant", "model": MODEL,
               "content": list(blocks), "stop_reason": None,
               "usage": {"input_tokens": 3, "output_tokens": 1}}  # fmt: skip
    return {"type": "assistant", "message": message, "parent_tool_use_id": None, **more}


def text(value: str) -> dict[str, Any]:
    """A block of text."""
    return {"type": "text", "text": value}


def tool(identity: str, name: str, **arguments: Any) -> dict[str, Any]:
    """A block that calls a tool."""
    return {"type": "tool_use", "id": identity, "name": name, "input": arguments}


def gave(identity: str, value: str, **more: Any) -> dict[str, Any]:
    """The result of a tool."""
    block = {"type": "tool_result", "tool_use_id": identity, "content": value}
    return {"type": "user", "message": {"role": "user", "content": [block]},
            "parent_tool_use_id": None, **more}  # fmt: skip


def result(value: str, counts: dict[str, tuple[int, int]], **more: Any) -> dict[str, Any]:
    """The end of a turn; the counts by model are those of all turns so far."""
    by_model = {
        model: {"inputTokens": sent, "outputTokens": came, "cacheReadInputTokens": 0,
                "cacheCreationInputTokens": 0, "webSearchRequests": 0, "costUSD": 9.0}
        for model, (sent, came) in counts.items()
    }  # fmt: skip
    return {"type": "result", "subtype": "success", "is_error": False, "duration_ms": 5,
            "duration_api_ms": 4, "num_turns": 1, "result": value, "total_cost_usd": 9.0,
            "usage": {"input_tokens": 1, "output_tokens": 1}, "modelUsage": by_model,
            **more}  # fmt: skip


@pytest.fixture
def log() -> Iterator[Log]:
    """A log of the SDK's calls."""
    log = Log()
    hilt.instrument(session=log.session, providers=["claude_agent"])
    yield log
    hilt.uninstrument()
    gc.collect()


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Options that run the script, given the turns."""

    def make(*script: list[Any]) -> Any:
        path = tmp_path / "script.json"
        path.write_text(json.dumps(script), encoding="utf-8")
        monkeypatch.setenv("FAKE_CLI_SCRIPT", str(path))
        cli = tmp_path / "claude"
        fake = Path(__file__).with_name("fake_cli.py")
        cli.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{fake}" "$@"\n', encoding="utf-8")
        cli.chmod(0o700)
        return sdk.ClaudeAgentOptions(cli_path=str(cli))

    return make


def ask(prompt: Any, options: Any, stop_after: int | None = None) -> list[str]:
    """The kinds of the messages that `query` gives."""

    async def use() -> list[str]:
        kinds = []
        messages = sdk.query(prompt=prompt, options=options)
        async for message in messages:
            kinds.append(type(message).__name__)
            if len(kinds) == stop_after:
                await messages.aclose()
                break
        return kinds

    return asyncio.run(use())


STEPS = [
    INIT,
    said("m1", text("I look.")),
    said("m1", tool("t1", "Read", path="a.txt")),
    gave("t1", "42"),
    said("m2", text("It is 42.")),
    result("It is 42.", {MODEL: (100, 20)}),
]


def test_query(log, options):
    """Each answer is a call with its tools; the last one has the usage of the turn."""
    kinds = ask("What is in a.txt?", options(STEPS))

    assert kinds == [
        "SystemMessage", "AssistantMessage", "AssistantMessage", "UserMessage",
        "AssistantMessage", "ResultMessage",
    ]  # fmt: skip
    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    assert {each.session_id for each in log.events} == {SESSION}
    first, last = (each.to_dict() for each in log.of("completion"))
    assert log.one("prompt")["content"]["text"] == "What is in a.txt?"
    assert first["content"]["text"] == "I look."
    assert "metrics" not in first
    assert log.one("tool_result")["content"]["tool"]["result"] == "42"
    assert last["content"]["text"] == "It is 42."
    assert last["metrics"]["tokens"]["total"] == 120
    assert last["metrics"]["cost_usd"] == pytest.approx((100 * 3 + 20 * 15) / 1e6)
    assert last["extensions"]["outcome"] == "completed"
    assert last["provenance"]["sdk"].startswith("claude-agent-sdk ")
    assert log.internal_errors == 0


def test_client_with_two_turns(log, options):
    """The counts of the process grow, and each turn has its own part."""
    second = [INIT, said("m3", text("Yes.")), result("Yes.", {MODEL: (250, 30)})]

    async def use() -> None:
        async with sdk.ClaudeSDKClient(options(STEPS, second)) as client:
            for prompt in "What is in a.txt?", "Sure?":
                await client.query(prompt)
                assert [message async for message in client.receive_response()]

    asyncio.run(use())
    assert log.actions == [
        "prompt", "completion", "tool_call", "tool_result", "completion", "prompt", "completion",
    ]  # fmt: skip
    last = log.of("completion")[-1].to_dict()
    assert log.of("prompt")[1].content.text == "Sure?"
    assert log.of("prompt")[1].extensions["context_of"] == log.of("completion")[1].event_id
    assert (last["metrics"]["tokens"]["prompt"], last["metrics"]["tokens"]["completion"]) == (
        150, 10,
    )  # fmt: skip


def test_prompts_in_a_stream(log, options):
    """Prompts may come from an async iterable, which is read by the SDK alone."""

    async def prompts() -> Any:
        yield {"type": "user", "message": {"role": "user", "content": "Hello"}}

    turn = [INIT, said("m1", text("Hi.")), result("Hi.", {MODEL: (5, 2)})]
    ask(prompts(), options(turn))

    assert log.one("prompt")["content"]["text"] == "Hello"
    assert log.ending["content"]["text"] == "Hi."


def test_agent_that_is_started(log, options):
    """An agent that a tool starts has calls of its own; its model is priced by its counts."""
    inner = {"parent_tool_use_id": "t1"}
    turn = [
        INIT,
        said("m1", tool("t1", "Task", prompt="Count the files.")),
        said("m2", text("Three."), **inner),
        gave("t1", "Three."),
        said("m3", text("There are three.")),
        result("There are three.", {MODEL: (100, 20), "claude-haiku-4-5": (1000, 100)}),
    ]
    ask("How many files?", options(turn))

    assert [each.content.text for each in log.of("prompt")] == [
        "How many files?", "Count the files.",
    ]  # fmt: skip
    assert [each.content.text for each in log.of("completion")] == [
        "", "Three.", "There are three.",
    ]  # fmt: skip
    cost = (100 * 3 + 20 * 15 + 1000 * 1 + 100 * 5) / 1e6
    assert log.of("completion")[-1].metrics.cost_usd == pytest.approx(cost)


def test_turn_that_failed(log, options):
    """What the result says is why the call failed; what was counted is kept."""
    more = {"is_error": True, "subtype": "error_during_execution", "api_error_status": 529,
            "errors": ["Overloaded"]}  # fmt: skip
    with pytest.raises(Exception, match=r"Overloaded|error_during_execution|exit"):
        ask("Hi", options([INIT, result("", {MODEL: (5, 0)}, **more), "exit"]))

    assert log.ending["extensions"]["error_code"] == "overloaded"
    assert log.ending["content"]["text"] == "Overloaded"


def test_process_that_dies(log, options):
    """The program gets the SDK's exception, and the call is a failed one."""
    with pytest.raises(sdk.ClaudeSDKError):
        ask("Hi", options([INIT, said("m1", text("Wait")), "exit"]))

    assert log.ending["extensions"]["outcome"] == "failed"


def test_agent_that_is_left(log, options):
    """A program that reads no further has a closed call with what had come."""
    ask("Hi", options([INIT, said("m1", text("One."))]), stop_after=2)

    assert log.ending["extensions"]["outcome"] == "closed"
    assert log.ending["content"]["text"] == "One."


@pytest.mark.parametrize(
    "where",
    [(turns.Turns, "sent"), (turns.Turns, "received"), (turns.Answer, "delta"),
     (hooks, "_reading_of")],
)  # fmt: skip
def test_sabotage(where, log, options, monkeypatch):
    """Whatever fails in HILT, the program gets all messages."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("sabotage")

    monkeypatch.setattr(*where, broken)
    assert len(ask("What is in a.txt?", options(STEPS))) == 6
