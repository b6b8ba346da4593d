"""HuggingFace's text generation, whole and streamed."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.providers._http import HttpRequest
from hilt.providers.huggingface.generation import TextGeneration, generation_request
from tests.providers.wire import folded, wire

ANSWER = {
    "generated_text": "Paris.",
    "details": {"finish_reason": "length", "generated_tokens": 3, "seed": None, "prefill": []},
}


def test_request() -> None:
    """The prompt is the user's message; parameters stand apart."""
    parameters = {"max_new_tokens": 3, "temperature": 0.5, "stop": ["\n"], "do_sample": True}
    body = {"inputs": "The capital is", "parameters": parameters, "stream": False}

    request = generation_request(HttpRequest("post", "", body))

    assert request.operation == "text_completion"
    assert request.messages == [
        {"role": "user", "parts": [{"type": "text", "content": "The capital is"}]}
    ]
    assert request.attributes == {
        "gen_ai.request.max_tokens": 3,
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.stop_sequences": ["\n"],
    }


def test_request_of_a_provider_with_completions() -> None:
    """Some providers are sent OpenAI's completions for the same task."""
    request = generation_request(HttpRequest("post", "", {"prompt": "Hi", "model": "m"}))

    assert (request.model, request.messages) == ("m", [{"role": "user", "content": "Hi"}])


def test_answer_with_details() -> None:
    """Of the counts, only that of the output is in a whole answer."""
    found = TextGeneration().response([ANSWER])

    assert found.messages == [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": "Paris."}],
            "finish_reason": "length",
        }
    ]
    assert found.usage == Usage(output_tokens=3)
    assert found.raw_usage == {"generated_tokens": 3}


def test_answer_without_details() -> None:
    """Without details there are no counts, and none are guessed."""
    found = TextGeneration().response({"generated_text": "Paris."})

    assert (found.usage, found.finish_reasons) == (None, [])


def test_answer_of_completions() -> None:
    """Completions are read as such."""
    body = {"id": "c1", "choices": [{"index": 0, "text": "Paris.", "finish_reason": "stop"}]}

    found = TextGeneration().response(body)

    assert (found.id, found.finish_reasons) == ("c1", ["stop"])
    assert found.messages[0]["parts"] == [{"type": "text", "content": "Paris."}]


def test_stream() -> None:
    """Special tokens are not text; the last token has the counts and the reason."""
    found = folded(TextGeneration(), wire("huggingface/generation_stream"))

    assert found.messages[0]["parts"] == [{"type": "text", "content": "Paris."}]
    assert found.finish_reasons == ["length"]
    assert found.usage == Usage(input_tokens=7, output_tokens=3)
    assert found.raw_usage == {"generated_tokens": 3, "input_length": 7}


def test_stream_of_completions() -> None:
    """Chunks of completions are read as such."""
    chunk = {"choices": [{"index": 0, "text": "Paris.", "finish_reason": "stop"}]}

    found = folded(TextGeneration(), [chunk])

    assert found.messages[0]["parts"] == [{"type": "text", "content": "Paris."}]
