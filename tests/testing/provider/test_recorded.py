"""The calls in a log, read from its events."""

from __future__ import annotations

import pytest

from hilt.core.event import Event
from hilt.testing.provider.answers import Answer, Tokens, ToolCall
from hilt.testing.provider.recorded import CallReader

MODEL = "gpt-4o-mini"


def event(event_id, action, content=None, *, metrics=None, provenance=None, **extensions):
    """An event of a call to OpenAI."""
    return Event(
        event_id=event_id,
        timestamp="2026-01-01T00:00:00Z",
        session_id="s",
        actor={"type": "human", "id": "user"},
        action=action,
        content=content,
        metrics=metrics,
        provenance={"provider": "openai", "operation": "chat", **(provenance or {})},
        extensions={"model": MODEL, **extensions},
    )


def read(*events):
    """The reader of some events, and the calls that it found."""
    reader = CallReader()
    for each in events:
        reader.read(each)
    return reader, list(reader.calls())


def answer_of(*events):
    """The answer of the one call in some events."""
    _, (call,) = read(event("p", "prompt", {"text": "Hi"}), *events)
    return call.answer


def test_call_is_read_whole():
    """A call has its input, its answer, and where it comes from."""
    _, (call,) = read(
        event("p", "prompt", {"text": "Hi"}),
        event(
            "c",
            "completion",
            {"text": "Hello", "reasoning": "Hm."},
            metrics={"tokens": {"prompt": 5, "completion": 7, "total": 12, "cached": 1}},
            provenance={
                "response_id": "r1",
                "response_model": "gpt-4o-mini-2024",
                "usage": {"prompt_tokens": 5},
            },
            reply_to="p",
            outcome="completed",
            finish_reason="stop",
        ),
    )

    assert (call.ending, call.operation, call.model, call.provider) == (
        "c",
        "chat",
        MODEL,
        "openai",
    )
    assert (call.text, call.response_id, call.previous) == ("Hi", "r1", None)
    assert call.answer == Answer(
        text="Hello",
        tool_calls=[],
        reasoning="Hm.",
        finish_reason="stop",
        choices=[],
        tokens=Tokens(prompt=5, completion=7, cached=1),
        usage={"prompt_tokens": 5},
        model="gpt-4o-mini-2024",
        id="r1",
    )


def test_interleaved_calls_keep_their_chunks():
    """Chunks belong to the prompt that they reply to, in the order of their index."""
    reader, calls = read(
        event("p1", "prompt", {"text": "One"}),
        event("p2", "prompt", {"text": "Two"}),
        event("b1", "completion_chunk", {"text": "B"}, reply_to="p2", chunk_index=0),
        event("a2", "completion_chunk", {"text": "a"}, reply_to="p1", chunk_index=1),
        event("a1", "completion_chunk", {"text": "A"}, reply_to="p1", chunk_index=0),
        event("c2", "completion", {"text": "B"}, reply_to="p2", outcome="completed"),
        event("c1", "completion", {"text": "Aa"}, reply_to="p1", outcome="completed"),
    )

    assert [(call.text, call.answer.chunks) for call in calls] == [
        ("Two", ["B"]),
        ("One", ["A", "a"]),
    ]
    assert reader.skipped == {}


def test_chunks_that_are_not_the_whole_text_are_left_out():
    """A stream whose chunks were not all logged is cut into words again."""
    answer = answer_of(
        event("x", "completion_chunk", {"text": "He"}, reply_to="p", chunk_index=0),
        event("c", "completion", {"text": "Hello"}, reply_to="p", outcome="completed"),
    )

    assert answer.chunks is None


def test_tool_calls_belong_to_their_choices():
    """An answer of tool calls alone has no text; the calls of further choices stay with these."""
    other = {"type": "tool_call", "id": "t2", "name": "g", "arguments": {}}
    answer = answer_of(
        event(
            "c",
            "completion",
            {"text": "", "choices": [{"role": "assistant", "parts": [other]}]},
            reply_to="p",
            outcome="completed",
            finish_reasons=["tool_calls", "length"],
        ),
        event("t1", "tool_call", {"tool": {"name": "f", "arguments": {"a": 1}}}, reply_to="c"),
        event("t2", "tool_call", {"tool": {"name": "g", "call_id": "t2"}}, reply_to="c"),
    )

    assert (answer.text, answer.tool_calls) == (None, [ToolCall("f", {"a": 1})])
    assert answer.choices == [
        Answer(text=None, tool_calls=[ToolCall("g", {}, "t2")], finish_reason="length")
    ]


def test_tool_results_of_one_call_are_its_input():
    """Results that were sent together are one input, which continues the answer before."""
    _, (first, second) = read(
        event("p", "prompt", {"text": "Weather?"}),
        event(
            "c1",
            "completion",
            {"text": "Wait."},
            provenance={"response_id": "r1"},
            reply_to="p",
            outcome="completed",
        ),
        event("t1", "tool_result", {"tool": {"call_id": "1", "result": "rain"}}, context_of="c1"),
        event("t2", "tool_result", {"tool": {"call_id": "2", "result": "sun"}}),
        event("c2", "completion", {"text": "Both."}, reply_to="t2", outcome="completed"),
    )

    assert second.text == "['rain', 'sun']"
    assert second.previous == first.response_id == "r1"
    assert list(second.parts) == [("tool", "result", "rain"), ("tool", "result", "sun")]


def test_error_is_served_with_its_body_and_status():
    """The status, the message without it, the body and the delay are those of the server."""
    body = {"error": {"message": "Slow down.", "code": "rate_limit_exceeded"}}
    answer = answer_of(
        event(
            "c",
            "system",
            {"text": f"Error code: 429 - {body}"},
            reply_to="p",
            outcome="failed",
            status_code=429,
            retry_after_s=3.0,
        )
    )

    assert answer == Answer(text=str(body), status=429, error=body, headers={"retry-after": "3"})


@pytest.mark.parametrize(
    "text", ["Overloaded", "Error code: 529 - {broken", "Error code: 529 - {1, 2}"]
)
def test_error_without_a_body_has_its_message(text):
    """What is no dict in the message is no body."""
    answer = answer_of(
        event("c", "system", {"text": text}, reply_to="p", outcome="failed", status_code=529)
    )

    assert answer == Answer(text=text.removeprefix("Error code: 529 - "), status=529)


def test_scores_are_in_the_order_of_the_documents():
    """A reranking gives each document its score; documents that are left out have 0."""
    ranked = [{"index": 2, "score": 0.9}, {"index": 0, "score": 0.5}]
    _, (call,) = read(
        event("p", "prompt", {"text": "Q", "documents": ["A", "B", "C"]}),
        replace_operation(
            event("c", "rerank", {"documents": ranked}, reply_to="p", outcome="completed"),
            "rerank",
        ),
    )

    assert (call.operation, call.answer.scores) == ("rerank", [0.5, 0.0, 0.9])
    assert [key[-1] for key in call.parts] == ["Q", "A", "B", "C"]


def replace_operation(made, operation):
    """The event with another operation."""
    made.provenance = {**made.provenance, "operation": operation}
    return made


def test_calls_without_an_answer_are_skipped():
    """Calls that no server answered, or whose prompt is not there, are counted by reason."""
    hi = {"text": "Hi"}
    reader, calls = read(
        event("p1", "prompt"),
        event("c1", "completion", hi, reply_to="p1", outcome="completed"),
        event("c0", "completion", hi, reply_to="gone", outcome="completed"),
        event("p2", "prompt", hi),
        event("c2", "system", hi, reply_to="p2", outcome="timeout", error_code="timeout"),
        event("p3", "prompt", hi),
        event("c3", "system", hi, reply_to="p3", outcome="failed", status_code=200),
        event("s", "system", hi, phase="start"),
    )

    assert calls == []
    assert reader.skipped == {
        "logged without its prompt": 2,
        "ended by timeout": 1,
        "failed while answering": 1,
    }


@pytest.mark.parametrize("index", [-1, 2_000_000_000, "many", [], None])
def test_an_index_that_no_document_has_skips_the_call(index):
    """It makes no list of that length."""
    documents = [{"index": index, "score": 1}]
    ending = event("r", "rerank", {"documents": documents}, reply_to="p", outcome="completed")
    reader, calls = read(event("p", "prompt", {"text": "q"}), ending)

    assert calls == []
    assert reader.skipped == {"logged with fields of another type": 1}


def test_calls_that_continue_each_other_in_a_circle_end():
    """No program logs that; a log that was put together by hand may have it."""
    events = [
        event(f"p{number}", "prompt", {"text": "Hi"}, context_of=f"c{other}", new_instructions=True)
        for number, other in ((1, 2), (2, 1), (3, 1))
    ]
    endings = [
        event(
            f"c{number}", "completion", {"text": "Ho"}, reply_to=f"p{number}", outcome="completed"
        )
        for number in (1, 2, 3)
    ]

    _, calls = read(*events, *endings)

    assert [call.ending for call in calls] == ["c1", "c2", "c3"]
