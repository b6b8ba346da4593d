"""Decisions as values: questions as instructions, answers as lines and parts."""

from __future__ import annotations

import pytest

from hilt.genai.values import Response, Usage
from hilt.providers._decisions import Decisions, decision_request
from hilt.providers._embeddings import input_message

URGENT = {"type": "predicate", "name": "urgent", "instructions": "It cannot wait."}
TONE = {
    "type": "choice",
    "instructions": "Tone?",
    "choices": [{"value": "calm"}, {"value": "angry"}],
}


@pytest.mark.parametrize(
    ("questions", "instructions"),
    [
        ([URGENT], [{"type": "question", "kind": "predicate", "name": "urgent",
                     "content": "It cannot wait."}]),
        ({"tone": TONE}, [{"type": "question", "kind": "choice", "name": "tone",
                           "content": "Tone?", "choices": TONE["choices"]}]),
        (["odd"], [{"type": "unknown", "content": "odd"}]),
        ([{"instructions": None}], [{"type": "question", "content": ""}]),
        ({"mood": {"name": "other", "type": "score", "instructions": {"a": 1}, "max": None}},
         [{"type": "question", "kind": "score", "name": "mood", "content": '{"a":1}'}]),
        ([], None),
        (None, None),
    ],
)  # fmt: skip
def test_request(questions: object, instructions: object) -> None:
    """Questions stand in a list, or by their names."""
    body = {"model": "m", "questions": questions}

    request = decision_request(body, ["Help!"], input_message)

    assert (request.operation, request.model) == ("decision", "m")
    assert request.instructions == instructions
    assert request.read("Help!")["parts"] == [{"type": "text", "content": "Help!"}]


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ([{"type": "predicate", "name": "urgent", "probability": 0.93}], "urgent: 0.93"),
        ([{"type": "choice", "name": None, "choice": True, "confidence": 1.0}], "true"),
        ({"tone": {"type": "choice", "choice": "calm"}, "ok": {"type": "noul", "noul": 0.5}},
         "tone: calm\nok: 0.5"),
        ([{"type": "refusal", "name": "tone"}, {"type": "score", "name": "mood", "score": 2.5}],
         "tone: refusal\nmood: 2.5"),
        ([{"type": "predicate", "name": "a", "probability": 0}, {"name": "b", "type": 5}],
         "a: 0\nb: 5"),
    ],
)  # fmt: skip
def test_answers(answers: object, text: str) -> None:
    """Each answer is a line of the text, and a part with all that came."""
    (message,) = Decisions().response({"answers": answers}).messages
    parts = message["parts"]

    assert parts[0] == {"type": "text", "content": text}
    assert {part["type"] for part in parts[1:]} == {"decision"}
    assert len(parts) == 1 + len(text.splitlines())


def test_whole_answer() -> None:
    """The model, and the counts as they came."""
    usage = {"input_tokens": 10, "output_tokens": 2, "total_tokens": 12}
    answer = {"type": "score", "name": "mood", "score": 2.5, "confidence": 0.9}

    assert Decisions().response({"model": "m", "answers": [answer], "usage": usage}) == Response(
        model="m",
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "text", "content": "mood: 2.5"},
                    {"type": "decision", "kind": "score", "name": "mood", "score": 2.5,
                     "confidence": 0.9},
                ],
            }
        ],
        usage=Usage(10, 2, 12),
        raw_usage=usage,
    )  # fmt: skip


def test_odd_answers() -> None:
    """An answer that is none is kept; no answers are no message."""
    (message,) = Decisions().response({"answers": ["odd"]}).messages

    assert message["parts"][1] == {"type": "unknown", "content": "odd"}
    assert Decisions().response({}).messages == []
    named = Decisions(lambda usage: Usage(7) if usage else None)
    answers = {"tone": {"type": "choice", "choice": "calm", "name": "other", "why": None}}
    assert named.response({"answers": answers, "usage": [1], "model": ""}) == Response(
        messages=[
            {
                "role": "assistant",
                "parts": [
                    {"type": "text", "content": "tone: calm"},
                    {"type": "decision", "kind": "choice", "name": "tone", "choice": "calm"},
                ],
            }
        ],
        usage=Usage(7),
        raw_usage=[1],
    )
