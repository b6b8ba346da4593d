"""Together: chunks of completions, cached tokens outside the details, rerankings."""

from __future__ import annotations

from hilt.genai.values import Usage
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._http import HttpRequest
from hilt.providers.together.adapter import TogetherCompletions, TogetherRerank, rerank_request
from tests.providers.wire import folded, wire


def test_chat_stream() -> None:
    """The reason is Together's own word, and cached tokens are counted."""
    found = folded(ChatCompletions(), wire("together/chat_stream"))

    assert found.messages[0]["parts"] == [{"type": "text", "content": "Hello."}]
    assert found.finish_reasons == ["eos"]
    assert found.usage == Usage(
        input_tokens=9, output_tokens=3, total_tokens=12, cache_read_tokens=4
    )


def test_completion_stream() -> None:
    """Chunks bring ``text`` or a delta, and the reason may stand outside the choices."""
    found = folded(TogetherCompletions(), wire("together/completion_stream"))

    assert found.messages[0]["parts"] == [{"type": "text", "content": "Hello."}]
    assert found.finish_reasons == ["length"]
    assert found.usage == Usage(input_tokens=9, output_tokens=3, total_tokens=12)


def test_rerank() -> None:
    """Documents by rank with their scores; a text only where it was sent back."""
    body = {"model": "m", "query": "Which?", "documents": ["One.", "Two."], "top_n": 2}
    sent = HttpRequest("post", "/v1/rerank", body)

    request, found = rerank_request(sent), TogetherRerank().response(wire("together/rerank"))

    assert request.documents == ["One.", "Two."]
    assert request.messages == [{"role": "user", "parts": [{"type": "text", "content": "Which?"}]}]
    assert request.attributes == {"gen_ai.retrieval.top_k": 2}
    assert found.documents == [
        {"index": 1, "score": 0.9, "text": "Two."},
        {"index": 0, "score": 0.1},
    ]
    assert found.usage is not None
    assert found.usage.input_tokens == 30
