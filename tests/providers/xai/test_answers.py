"""xAI's answers where the model uses tools that run at xAI: each step of it is an output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.conftest import Log
from tests.providers.wire import PIXELS

xai_sdk = pytest.importorskip("xai_sdk")
pytest.importorskip("xai_sdk.tools")

from hilt.providers.xai import answers  # noqa: E402 # skips without xai_sdk
from tests.providers.xai.test_adapter import Service, service  # noqa: E402 # skips without xai_sdk

__all__ = ["service"]

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

CITED = {"id": "1", "end_index": 5, "web_citation": {"url": "https://e.com"}}
URLS = ["https://e.com", "https://f.com"]
PICTURE = {
    "__type": "image_generation_result",
    "result": f"data:image/png;base64,{PIXELS}",
    "image_uuid": "u1",
}


class Agentic(Service):
    """Answers in steps: a search, code that fails, a picture, and the text with own calls."""

    def steps(self) -> Iterator[dict[str, Any]]:
        """The fields of the message of each output."""
        kinds, roles = self.pb.ToolCallType, self.pb.MessageRole
        web, code, image, own = (
            self.call(number, name, kinds.Value(f"TOOL_CALL_TYPE_{kind}_TOOL"))
            for number, (name, kind) in enumerate((
                ("web_search", "WEB_SEARCH"), ("run", "CODE_EXECUTION"),
                ("imagine", "IMAGE_GENERATION"), ("weather", "CLIENT_SIDE"),
            ))
        )  # fmt: skip
        failed = self.call(1, "run", code.type, error_message="no memory")
        model, tool = roles.ROLE_ASSISTANT, roles.ROLE_TOOL
        yield {"role": model, "reasoning_content": "Hm", "tool_calls": [web]}
        yield {"role": tool, "content": "found", "tool_calls": [web]}
        yield {"role": model, "reasoning_content": " so", "tool_calls": [code, image]}
        yield {"role": tool, "tool_calls": [failed]}
        yield {"role": tool, "content": json.dumps(PICTURE), "tool_calls": [image]}
        citation = self.pb.InlineCitation(id="1", end_index=5)
        citation.web_citation.url = "https://e.com"
        yield {"role": model, "content": "Hello", "citations": [citation], "tool_calls": [own]}

    def call(self, number: int, name: str, kind: int, **fields: Any) -> Any:
        """A tool call."""
        function = self.pb.FunctionCall(name=name, arguments='{"a": 1}')
        return self.pb.ToolCall(id=f"c{number}", type=kind, function=function, **fields)

    @property
    def beside(self) -> dict[str, Any]:
        """What an answer has beside its outputs."""
        files = [self.pb.OutputFile(file_id="f1", name="a.csv")]
        return {"usage": self.usage, "citations": URLS, "output_files": files}

    def answer(self, request: Any, context: Any) -> Any:
        """A whole answer."""
        self._accept(request, context)
        self.usage.server_side_tools_used.extend([1, 1, 7])
        outputs = [
            self.pb.CompletionOutput(index=number, message=fields, finish_reason=3)
            for number, fields in enumerate(self.steps())
        ]
        return self.pb.GetChatCompletionResponse(
            id="r1", model="grok-4.3", outputs=outputs, **self.beside
        )

    def chunks(self, request: Any, context: Any) -> Iterator[Any]:
        """The same in pieces."""
        self._accept(request, context)
        self.usage.server_side_tools_used.extend([1, 1, 7])
        for number, fields in enumerate(self.steps()):
            yield self._chunk(number, fields, 0)
        yield self._chunk(5, {"role": self.pb.ROLE_ASSISTANT}, 3, **self.beside)

    def _chunk(self, number: int, delta: dict[str, Any], reason: int, **more: Any) -> Any:
        output = self.pb.CompletionOutputChunk(index=number, delta=delta, finish_reason=reason)
        return self.pb.GetChatCompletionChunk(id="r1", model="grok-4.3", outputs=[output], **more)


@pytest.fixture
def agentic() -> Iterator[Agentic]:
    """A server whose model uses tools."""
    made = Agentic()
    if not hasattr(made.pb, "OutputFile") or not hasattr(made.pb, "InlineCitation"):
        pytest.skip("this release of xai_sdk has no such answers")
    yield made
    made.server.stop(None).wait()


def chat_of(agentic: Agentic) -> Any:
    """A chat with a tool that runs at xAI."""
    return agentic.chat(tools=[xai_sdk.tools.web_search()])


def test_steps_are_one_answer(log: Log, agentic: Agentic) -> None:
    """The text of the last step, with all tools that ran at xAI and what came of them."""
    chat_of(agentic).sample()

    assert log.actions == ["prompt", "completion", "tool_call"]
    content = log.one("completion")["content"]
    assert (content["text"], content["reasoning"]) == ("Hello", "Hm so")
    assert content["citations"] == [CITED, *({"url": each} for each in URLS)]
    assert [(part["type"], part.get("id")) for part in content["parts"]] == [
        ("server_tool_call", "c0"),
        ("server_tool_call_response", "c0"),
        ("server_tool_call", "c1"),
        ("server_tool_call", "c2"),
        ("server_tool_call_response", "c1"),
        ("server_tool_call_response", "c2"),
        ("file", None),
    ]
    responses = [part.get("server_tool_call_response") for part in content["parts"]]
    assert [each for each in responses if each] == [
        {"type": "function", "content": "found"},
        {"type": "function", "error": "no memory"},
        {"type": "function", "content": {"__type": PICTURE["__type"], "image_uuid": "u1"}},
    ]
    assert content["images"][0]["mime_type"] == "image/png"


def test_stream_and_whole_are_the_same(log: Log, agentic: Agentic) -> None:
    """What comes in chunks gives the same parts."""
    chat_of(agentic).sample()
    list(chat_of(agentic).stream())

    whole, streamed = (event.to_dict() for event in log.of("completion"))
    assert streamed["content"] == whole["content"]
    assert streamed["provenance"]["usage"].keys() == whole["provenance"]["usage"].keys()


def test_tools_that_are_paid_are_counted(log: Log, agentic: Agentic) -> None:
    """A search costs more than its tokens, and has no price: the reason says so."""
    chat_of(agentic).sample()

    ending = log.one("completion")
    assert ending["provenance"]["usage"]["server_side_tools_used"] == [
        "SERVER_SIDE_TOOL_WEB_SEARCH", "SERVER_SIDE_TOOL_WEB_SEARCH", "SERVER_SIDE_TOOL_MCP",
    ]  # fmt: skip
    assert "web_searches" in ending["extensions"]["cost_unknown"]


def test_steps_that_are_sent_back_are_history(log: Log, agentic: Agentic) -> None:
    """The SDK appends each step as a message; the result of the caller's tool alone is new."""
    chat = chat_of(agentic)
    chat.append(chat.sample())
    chat.append(xai_sdk.chat.tool_result("14 C", tool_call_id="c3"))
    chat.sample()

    assert log.actions == [
        "prompt",
        "completion",
        "tool_call",
        "tool_result",
        "completion",
        "tool_call",
    ]
    assert len({event.session_id for event in log.events}) == 1
    assert log.one("tool_result")["content"]["text"] == "14 C"


def test_context_that_was_compacted(log: Log, agentic: Agentic) -> None:
    """A summary that only xAI can read stands for what was before."""
    chat = chat_of(agentic)
    summary = agentic.pb.Message(role=agentic.pb.ROLE_USER)
    if not hasattr(summary, "encrypted_content"):
        pytest.skip("this release has none")
    summary.encrypted_content = "ENC"
    chat.append(summary)
    chat.sample()

    parts = log.one("prompt")["content"]["messages"][-1]["parts"]
    assert parts == [{"type": "compaction", "encrypted_content": "ENC"}]


@pytest.mark.parametrize(
    ("parts", "citations", "cited"),
    [
        (["text", "text"], URLS, [None, URLS]),
        (["text", "reasoning"], URLS, [URLS, None]),
        (["reasoning"], URLS, [None]),
        ([], URLS, []),
        (["text"], [], [None]),
    ],
)
def test_citations_stand_with_the_last_text(
    parts: list[str], citations: list[str], cited: list[list[str] | None]
) -> None:
    """It is the answer; what came before it is about something else."""
    made: list[dict[str, Any]] = [{"type": kind, "content": "a"} for kind in parts]

    answers._add_citations(made, [{"url": each} for each in citations])

    assert [
        None if "citations" not in part else [each["url"] for each in part["citations"]]
        for part in made
    ] == cited


def test_citations_of_a_text_come_before_those_of_the_answer() -> None:
    """None is lost."""
    text: dict[str, Any] = {"type": "text", "content": "a", "citations": [CITED]}

    answers._add_citations([text], [{"url": URLS[1]}])

    assert text["citations"] == [CITED, {"url": URLS[1]}]


def test_chunk_of_several_choices(agentic: Agentic) -> None:
    """One after the first has its reasoning, its sources and the tools that ran at xAI."""
    (*_, model) = agentic.steps()
    web = agentic.call(0, "web_search", agentic.pb.TOOL_CALL_TYPE_WEB_SEARCH_TOOL)
    other = {**model, "reasoning_content": "Hm", "tool_calls": [web]}
    outputs = [
        agentic.pb.CompletionOutputChunk(index=number, delta=fields)
        for number, fields in enumerate(({"content": "A"}, other))
    ]
    proto = agentic.pb.GetChatCompletionChunk(outputs=outputs)

    delta = answers.Chat().delta(([], [SimpleNamespace(proto=proto)]))

    assert delta is not None
    assert (delta.text, delta.texts, delta.reasoning) == ("A", [(1, "Hello")], None)
    ((choice, further),) = delta.others or ()
    assert (choice, further.reasoning, further.details) == (1, "Hm", {"citations": [CITED]})
    assert list(further.keyed_parts or ()) == ["call c0"]
