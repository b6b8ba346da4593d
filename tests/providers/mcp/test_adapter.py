"""MCP's own client against a server in the same process: tool calls and results, each once."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

import hilt
from hilt.genai.values import Part
from hilt.providers.mcp.tools import Tools
from tests.conftest import Log
from tests.instrumentation.mock_http import openai_client
from tests.providers.wire import PIXELS_BASE64, PIXELS_DIGEST

mcp = pytest.importorskip("mcp")
mcpserver = pytest.importorskip("mcp.server.mcpserver", reason="mcp before 2 has another server")

ASK = {"role": "user", "content": "Weather in Paris?"}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "weather", "arguments": '{"city": "Paris"}'},
}


def completion(**message: Any) -> dict[str, Any]:
    """An answer of the chat completions API."""
    reason = "tool_calls" if "tool_calls" in message else "stop"
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
            "choices": [choice]}  # fmt: skip


def server() -> Any:
    """A server with two tools."""
    made = mcpserver.MCPServer("forecasts")

    @made.tool()
    def weather(city: str) -> str:
        """The weather."""
        return f"14 C in {city}"

    @made.tool()
    def broken() -> str:
        """Nothing but an error."""
        raise ValueError("No wind.")

    return made


async def call_tool(name: str = "weather", **arguments: Any) -> Any:
    """Run a tool at a server of its own."""
    async with mcp.Client(server()) as client:
        return await client.call_tool(name, arguments)


def test_tool_call_and_result(log: Log) -> None:
    """A run that no answer asked for is a tool call and its result, in one conversation."""
    with hilt.conversation("trip-7"):
        result = asyncio.run(call_tool(city="Paris"))

    assert result.content[0].text == "14 C in Paris"
    call, answer = log.one("tool_call"), log.one("tool_result")
    assert call["content"]["tool"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert answer["content"]["tool"]["result"] == {"result": "14 C in Paris"}
    assert answer["actor"] == {"type": "tool", "id": "weather"}
    assert answer["extensions"]["reply_to"] == call["event_id"]
    assert answer["extensions"]["outcome"] == "completed"
    assert answer["extensions"]["latency_ms"] >= 0
    assert answer["extensions"]["mcp_server"] == "forecasts"
    assert {call["session_id"], answer["session_id"]} == {"trip-7"}


def test_run_that_an_answer_asked_for_is_logged_once(log: Log) -> None:
    """The result answers the tool call of the model, and the history that has it adds nothing."""
    client = openai_client(
        {"POST /chat/completions": [completion(content=None, tool_calls=[CALL]),
                                    completion(content="14 degrees.")]}
    )  # fmt: skip
    client.chat.completions.create(model="gpt-4o-mini", messages=[ASK])
    asyncio.run(call_tool(city="Paris"))
    history = [
        ASK,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "14 C in Paris"},
    ]
    client.chat.completions.create(model="gpt-4o-mini", messages=history)

    assert log.actions == ["prompt", "completion", "tool_call", "tool_result", "completion"]
    call, result = log.one("tool_call"), log.one("tool_result")
    assert result["extensions"]["reply_to"] == call["event_id"]
    assert result["content"]["tool"]["call_id"] == "call_1"
    assert len({event.session_id for event in log.events}) == 1
    assert log.events[-1].extensions["reply_to"] == result["event_id"]


def test_run_that_two_conversations_asked_for_is_left_to_them(log: Log) -> None:
    """Nobody can tell whose result it is, so none of them gets another's."""
    client = openai_client({"POST /chat/completions": completion(content=None, tool_calls=[CALL])})
    for who in ("anna", "ben"):
        with hilt.conversation(who):
            client.chat.completions.create(model="gpt-4o-mini", messages=[ASK])

    asyncio.run(call_tool(city="Paris"))
    with hilt.conversation("ben"):
        asyncio.run(call_tool(city="Paris"))

    (result,) = log.of("tool_result")
    assert result.session_id == "ben"


def test_tool_that_fails(log: Log) -> None:
    """A result that says that the tool failed is logged as that."""
    result = asyncio.run(call_tool("broken"))

    assert result.is_error
    answer = log.one("tool_result")
    assert "broken" in answer["content"]["text"]
    assert answer["extensions"]["outcome"] == "failed"
    assert answer["extensions"]["error_type"] == "tool_error"


def test_call_that_raises(log: Log) -> None:
    """The caller gets the SDK's exception, and the log the time-out."""

    async def slow() -> None:
        made = mcpserver.MCPServer("slow")

        @made.tool()
        async def sleep() -> str:
            """Too long."""
            await asyncio.sleep(30)
            return ""

        async with mcp.Client(made) as client:
            with pytest.raises(mcp.MCPError):
                await client.call_tool("sleep", read_timeout_seconds=0.05)

    asyncio.run(slow())

    facts = log.one("tool_result")["extensions"]
    assert (facts["outcome"], facts["error_code"]) == ("timeout", "timeout")


def test_call_of_a_model_inside_a_tool_is_logged(log: Log) -> None:
    """What a tool of the same process asks a model is a call of its own."""
    client = openai_client({"POST /chat/completions": completion(content="Hi.")})

    async def call_tool(*_: Any, **__: Any) -> Any:
        client.chat.completions.create(model="gpt-4o-mini", messages=[ASK])
        return SimpleNamespace(content=[], structured_content=None, is_error=False)

    session = mcp.ClientSession
    from hilt.instrumentation.instrumentors import instrumentor_of
    from hilt.providers.mcp.hooks import CALL_TOOL

    engine = instrumentor_of("mcp")._patches.engine
    wrapped = CALL_TOOL.wrap(engine, engine.provider.targets[0], call_tool)
    asyncio.run(wrapped(session.__new__(session), "ask", {}))

    assert log.actions == ["tool_call", "prompt", "completion", "tool_result"]


@pytest.mark.parametrize(
    ("content", "result"),
    [
        ([], []),
        ([{"type": "text", "text": "Hi."}], "Hi."),
        (
            [{"type": "image", "data": PIXELS_BASE64, "mimeType": "image/png"}],
            [{"type": "blob", "modality": "image", "mime_type": "image/png", **PIXELS_DIGEST}],
        ),
        (
            [{"type": "resource_link", "uri": "file:///a", "name": "a"}],
            [{"type": "resource_link", "uri": "file:///a", "name": "a"}],
        ),
    ],
)
def test_result(content: list[Part], result: Any) -> None:
    """A text is itself, a picture its hash, and a link what it is."""
    response = Tools("t", {}, None).response({"content": content, "isError": False})

    assert response.messages[0]["parts"][0]["response"] == result
    assert response.failure is None
