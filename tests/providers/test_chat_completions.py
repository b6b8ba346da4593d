"""The chat completions API and the legacy completions: requests, answers, chunks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from hilt.genai.values import Delta, Failure, Request, Response, ToolCallDelta, Usage
from hilt.providers._chat_completions import ChatCompletions, chat_request, request_parameters
from hilt.providers._chat_messages import message_of
from hilt.providers._completions import Completions, completion_request
from hilt.providers._http import HttpRequest
from tests.providers.wire import folded

USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
ERROR = {"code": 429, "message": "Slow down"}
HELLO = [{"role": "user", "content": "Hello"}]


def answer(content: str, reason: str | None = "stop") -> dict[str, Any]:
    """An assistant's text as a message."""
    ending = {"finish_reason": reason} if reason else {}
    return {"role": "assistant", "parts": [{"type": "text", "content": content}], **ending}


def choice(index: int, reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """A choice of a chunk."""
    return {"index": index, "delta": delta, "finish_reason": reason}


# -- requests ---------------------------------------------------------------------------------


def test_chat_request() -> None:
    """Model, messages, tools and user, with the parameters as attributes."""
    tools = [{"type": "function", "function": {"name": "f"}}]
    body = {
        "model": "gpt-4o",
        "messages": HELLO,
        "tools": tools,
        "temperature": 0.5,
        "user": "alice",
        "stream": True,
    }

    assert chat_request(HttpRequest("post", "/chat/completions", body)) == Request(
        "chat",
        "",
        model="gpt-4o",
        messages=HELLO,
        read=message_of,
        attributes={"gen_ai.request.temperature": 0.5},
        tools=tools,
        user="alice",
    )


@pytest.mark.parametrize("empty", [None, []])
def test_chat_request_with_empty_fields(empty: Any) -> None:
    """They are as those that are not there; then the older name for tools counts."""
    names = ("messages", "tools", "user")
    body = {**dict.fromkeys(names, empty), "model": ""}
    sent = HttpRequest("post", "/chat/completions", body)

    request = chat_request(sent)
    assert (request.model, list(request.messages), request.tools) == (None, [], None)
    assert request.user is None

    sent.body["functions"] = [{"name": "f"}]
    assert chat_request(sent).tools == [{"name": "f"}]


def test_chat_request_of_another_shape() -> None:
    """One message by itself is a history; a model that is no text is not named."""
    body = {"model": 5, "messages": HELLO[0], "functions": [{"name": "f"}], "user": 7}

    assert chat_request(HttpRequest("post", "/chat/completions", body)) == Request(
        "chat", "", messages=(HELLO[0],), read=message_of, tools=[{"name": "f"}]
    )


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ("Once", ["Once"]),
        (["Once", "Twice"], ["Once", "Twice"]),
        ([1, 2, 3], ["[3 tokens]"]),
        ([[1, 2], [3]], ["[2 tokens]", "[1 tokens]"]),
        (None, []),
    ],
)
def test_completion_request(prompt: Any, texts: list[str]) -> None:
    """Each prompt is a message; token numbers are counted."""
    body = {"model": "davinci", "prompt": prompt, "max_tokens": 5, "user": "alice"}

    assert completion_request(HttpRequest("post", "/completions", body)) == Request(
        "text_completion",
        "",
        model="davinci",
        messages=[{"role": "user", "content": text} for text in texts],
        read=message_of,
        attributes={"gen_ai.request.max_tokens": 5},
        user="alice",
    )


def test_all_parameters() -> None:
    """Each has the conventions' name, or OpenAI's."""
    body = {
        "max_completion_tokens": 9,
        "temperature": 0,
        "top_p": 0.5,
        "top_k": 4,
        "frequency_penalty": 0.1,
        "presence_penalty": 0.2,
        "seed": 7,
        "reasoning_effort": "low",
        "stop": "END",
        "n": 2,
        "response_format": {"type": "json_schema"},
        "service_tier": "flex",
        "logit_bias": {},
    }

    assert request_parameters(body) == {
        "gen_ai.request.max_tokens": 9,
        "gen_ai.request.temperature": 0,
        "gen_ai.request.top_p": 0.5,
        "gen_ai.request.top_k": 4,
        "gen_ai.request.frequency_penalty": 0.1,
        "gen_ai.request.presence_penalty": 0.2,
        "gen_ai.request.seed": 7,
        "gen_ai.request.reasoning.level": "low",
        "gen_ai.request.stop_sequences": ["END"],
        "gen_ai.request.choice.count": 2,
        "gen_ai.output.type": "json",
        "openai.request.service_tier": "flex",
    }


def test_parameters_that_say_nothing() -> None:
    """Defaults, empty values and values of another type are no attributes."""
    body = {"temperature": True, "n": 1, "stop": [], "service_tier": "auto", "seed": None}

    assert request_parameters(body) == {}


# -- answers ----------------------------------------------------------------------------------


def test_whole_answer() -> None:
    """The choices in their order, with what the answer says of itself."""
    body = {
        "id": "c1",
        "model": "gpt-4o-2024",
        "service_tier": "default",
        "system_fingerprint": "fp_1",
        "usage": USAGE,
        "choices": [
            {"index": 1, "message": {"role": "assistant", "content": "B"},
             "finish_reason": "length"},
            {"index": 0, "message": {"role": "assistant", "content": "A"},
             "finish_reason": "stop"},
        ],
    }  # fmt: skip

    assert ChatCompletions().response(body) == Response(
        id="c1",
        model="gpt-4o-2024",
        messages=[answer("A"), answer("B", "length")],
        finish_reasons=["stop", "length"],
        usage=Usage(3, 2, 5),
        raw_usage=USAGE,
        service_tier="default",
        attributes={
            "openai.response.service_tier": "default",
            "openai.response.system_fingerprint": "fp_1",
        },
    )


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"choices": None},
        {"choices": {"message": {}}},
        {"choices": [], "citations": ["https://a"]},
        {"search_results": [{"url": "https://a"}]},
    ],
)
def test_answer_without_choices(body: dict[str, Any]) -> None:
    """Nothing is made up."""
    assert ChatCompletions().response(body) == Response()


def test_error_in_an_answer() -> None:
    """A gateway may report an error with status 200."""
    response = ChatCompletions().response({"error": {"code": 429, "message": "Slow down"}})

    assert response == Response(
        failure=Failure("rate_limit", "429", "Slow down", 429, provider_code="429")
    )


def test_prompt_that_azure_filtered() -> None:
    """A content filter is an outcome, and no failure."""
    response = ChatCompletions().response({"error": {"code": "content_filter"}})

    assert response == Response(outcome="filtered")


def test_fields_that_a_model_did_not_receive_are_not_read() -> None:
    """Of an SDK's model only what came counts, extra fields included."""

    class Model:
        __pydantic_extra__ = {"usage": USAGE}  # noqa: RUF012 # as pydantic has it

        def __init__(self) -> None:
            self.id, self.choices = "c1", []

        @property
        def model(self) -> str:
            raise AssertionError("this is no field")

    assert ChatCompletions().response(Model()) == Response(
        id="c1", usage=Usage(3, 2, 5), raw_usage=USAGE
    )


# -- chunks -----------------------------------------------------------------------------------


def chunk_object(**changes: Any) -> Any:
    """A chunk of text as an SDK gives it, with something changed."""
    values = {"content": "Hi", "tool_calls": None, "extra": None, "reason": None, "index": 0,
              "usage": None, **changes}  # fmt: skip
    delta = SimpleNamespace(
        content=values["content"],
        tool_calls=values["tool_calls"],
        __pydantic_extra__=values["extra"],
    )
    one = SimpleNamespace(delta=delta, index=values["index"], finish_reason=values["reason"])
    return SimpleNamespace(choices=[one], usage=values["usage"])


def test_chunk_of_text() -> None:
    """A chunk that holds nothing but text for the first choice is read at once."""
    assert ChatCompletions().text(chunk_object()) == "Hi"


@pytest.mark.parametrize(
    "changes",
    [{"content": ""}, {"content": None}, {"content": ["Hi"]}, {"tool_calls": []},
     {"extra": {"reasoning": "Hm"}}, {"reason": "stop"}, {"index": 1}, {"usage": USAGE}],
)  # fmt: skip
def test_chunk_with_more_than_text(changes: dict[str, Any]) -> None:
    """Anything else is left to `delta`."""
    assert ChatCompletions().text(chunk_object(**changes)) is None


def test_json_chunks_are_left_to_delta() -> None:
    """Only objects of an SDK are read at once."""
    assert ChatCompletions().text({"choices": [choice(0, content="Hi")]}) is None


def test_delta_of_several_choices() -> None:
    """Text of the first choice, text of another one, a tool call, and why a choice ended."""
    call = {"index": 0, "id": "c1", "function": {"name": "f", "arguments": '{"a'}}
    chunk = {
        "choices": [
            choice(0, content="Hi"),
            choice(1, "stop", content="Ho", tool_calls=[call]),
        ]
    }

    assert ChatCompletions().delta(chunk) == Delta(
        text="Hi",
        texts=[(1, "Ho")],
        tool_calls=[ToolCallDelta(0, "c1", "f", '{"a', choice=1)],
        finish_reasons={1: "stop"},
        response=Response(),
    )


@pytest.mark.parametrize(
    ("delta", "found"),
    [
        ({"reasoning_content": "Hm"}, Delta(reasoning="Hm")),
        ({"reasoning": "Hm"}, Delta(reasoning="Hm")),
        ({"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]},
                      {"type": "text", "text": "Hi"}]}, Delta(text="Hi", reasoning="Hm")),
        ({"refusal": "No."}, Delta(parts=[{"type": "refusal", "content": "No."}])),
        ({"audio": {"transcript": "Hi"}}, Delta(text="Hi")),
        ({"function_call": {"name": "f", "arguments": ""}},
         Delta(tool_calls=[ToolCallDelta(0, None, "f", "")])),
        ({"tool_calls": [{"id": "c1", "custom": {"name": "g", "input": "x"}}]},
         Delta(tool_calls=[ToolCallDelta("c1", "c1", "g", "x")])),
        ({}, Delta()),
    ],
)  # fmt: skip
def test_delta_of_each_kind(delta: dict[str, Any], found: Delta) -> None:
    """Reasoning, refusals, audio and calls of the first choice."""
    found.response = Response()

    assert ChatCompletions().delta({"choices": [choice(0, **delta)]}) == found


@pytest.mark.parametrize(
    "added",
    [
        {"refusal": "No."},
        {"reasoning_content": "Hm"},
        {"images": [{"image_url": {"url": "data:image/png;base64,iVBORw=="}}]},
        {"audio": {"id": "a1", "data": "iVBORw=="}},
        {"executed_tools": [{"name": "f"}]},
        {"annotations": [{"type": "url_citation", "url": "https://a"}]},
    ],
)
def test_delta_of_a_further_choice(added: dict[str, Any]) -> None:
    """It has all that one of the first choice has."""
    first = ChatCompletions().delta({"choices": [choice(0, **added)]})
    second = ChatCompletions().delta({"choices": [choice(0, content="A"), choice(1, **added)]})

    assert first is not None
    first.response = None
    assert first != Delta()
    assert second == Delta(text="A", others=[(1, first)], response=Response())


@pytest.mark.parametrize("choices", [[], None, [{"index": 0, "delta": None}]])
def test_chunk_without_a_delta(choices: Any) -> None:
    """The last chunk has the usage and nothing else."""
    assert ChatCompletions().delta({"choices": choices, "usage": USAGE}) == Delta(
        response=Response(usage=Usage(3, 2, 5), raw_usage=USAGE)
    )


@pytest.mark.parametrize(
    "error",
    [{"error": ERROR}, {"x_groq": {"error": ERROR}}, {"error": None, "x_groq": {"error": ERROR}}],
)
def test_error_in_a_chunk(error: dict[str, Any]) -> None:
    """A stream that began well may end so; Groq says it in a field of its own."""
    failure = Failure("rate_limit", "429", "Slow down", 429, provider_code="429")

    assert ChatCompletions().delta({"choices": [], **error}) == Delta(
        response=Response(failure=failure)
    )


@pytest.mark.parametrize(
    ("sources", "details", "keyed"),
    [
        ({"citations": ["https://a"]}, {"citations": ["https://a"]}, None),
        ({"citations": []}, {}, None),
        (
            {"search_results": [{"url": "https://a"}]},
            {},
            {"search_results": {"type": "search_results", "content": [{"url": "https://a"}]}},
        ),
    ],
)
def test_sources_of_a_chunk(
    sources: dict[str, Any], details: dict[str, Any], keyed: dict[str, Any] | None
) -> None:
    """What stands beside the choices is of the answer; what a choice cites itself comes first."""
    delta = ChatCompletions().delta({**sources, "choices": [choice(0, content="Hi")]})
    own = ChatCompletions().delta({**sources, "choices": [choice(0, annotations=["https://b"])]})

    assert (delta.text, delta.details or {}, delta.keyed_parts) == ("Hi", details, keyed)
    assert own.details == {"citations": ["https://b"]}


def test_piece_of_an_answer_that_is_called_a_message() -> None:
    """Some hosts give chunks the name that it has in a whole answer; a delta comes first."""
    body: dict[str, Any] = {"choices": [{"index": 0, "message": {"content": "Hi"}}]}
    assert ChatCompletions().delta(body).text == "Hi"

    body["choices"][0]["delta"] = {"content": "Ho"}
    assert ChatCompletions().delta(body).text == "Ho"


def test_sources_of_a_chunk_stand_beside_what_a_tool_of_the_host_found() -> None:
    """Neither takes the place of the other."""
    results = [{"title": "A", "url": "https://a"}]
    tool = {"index": 0, "type": "search", "output": "B"}
    delta = ChatCompletions().delta(
        {"search_results": results, "choices": [choice(0, executed_tools=[tool])]}
    )

    assert delta.keyed_parts is not None
    assert list(delta.keyed_parts) == ["search_results", "executed_tools 0"]
    assert delta.keyed_parts["search_results"]["content"] == results


def test_usage_of_groq() -> None:
    """Groq's last chunk has it in a field of its own."""
    assert ChatCompletions().delta({"choices": [], "x_groq": {"usage": USAGE}}) == Delta(
        response=Response(usage=Usage(3, 2, 5), raw_usage=USAGE)
    )


# -- completions ------------------------------------------------------------------------------


def test_legacy_completion() -> None:
    """Each choice is a bare text."""
    body = {"choices": [{"index": 0, "text": "A", "finish_reason": "stop"},
                        {"index": 1, "text": "B", "finish_reason": None}]}  # fmt: skip

    assert Completions().response(body) == Response(
        messages=[answer("A"), answer("B", None)], finish_reasons=["stop"]
    )


def test_legacy_completion_in_chunks() -> None:
    """The pieces of each choice add up."""
    chunks = [
        {"id": "c1", "choices": [{"index": 0, "text": "Once "}, {"index": 1, "text": "Two"}]},
        {"id": "c1", "choices": [{"index": 0, "text": "upon", "finish_reason": "length"}]},
    ]

    assert folded(Completions(), chunks) == Response(
        id="c1",
        messages=[answer("Once upon", "length"), answer("Two", None)],
        finish_reasons=["length"],
    )
