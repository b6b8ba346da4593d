"""Chat, embeddings and reranking, as the Cohere SDK sees them."""

from __future__ import annotations

CALL = {"model": "command-a-03-2025", "messages": [{"role": "user", "content": "Hi"}]}


def test_plain_answer(command, provider):
    """Text, reason and counts."""
    provider.answer("Hello.")

    answer = command.chat(**CALL)

    assert answer.message.content[0].text == "Hello."
    assert answer.finish_reason == "COMPLETE"
    assert answer.usage.billed_units.input_tokens == 5


def test_stream(command, provider):
    """A stream says the text in pieces and ends with usage."""
    provider.answer("Hello you.")

    events = list(command.chat_stream(**CALL))

    pieces = [e.delta.message.content.text for e in events if e.type == "content-delta"]
    assert pieces == ["Hello", " you."]
    assert events[-1].delta.finish_reason == "COMPLETE"


def test_tool_calls(command, provider):
    """Calls have a plan, streamed or not."""
    provider.answer("I shall look.", tool_calls=[("search", {"q": "x"})], times=2)

    message = command.chat(**CALL).message
    events = list(command.chat_stream(**CALL))

    assert message.tool_plan == "I shall look."
    assert message.tool_calls[0].function.arguments == '{"q": "x"}'
    assert "tool-call-start" in [event.type for event in events]


def test_embeddings(command):
    """Each text gets a vector."""
    answer = command.embed(
        model="embed-v4.0", texts=["a"], input_type="search_query", embedding_types=["float"]
    )

    assert len(answer.embeddings.float_[0]) == 1536


def test_rerank_puts_the_nearest_first(command):
    """Documents that share the query's words come first."""
    answer = command.rerank(
        model="rerank-v3.5", query="red car", documents=["a blue house", "the red car"], top_n=1
    )

    assert [result.index for result in answer.results] == [1]
    assert answer.results[0].relevance_score > 0
