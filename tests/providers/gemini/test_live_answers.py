"""Messages of Gemini's live API, as what they add to an answer."""

from __future__ import annotations

from hilt.genai.fold import Fold
from hilt.providers.gemini.live_answers import LiveAnswer, has_output


def test_text_alone_is_read_without_a_delta() -> None:
    """What is spoken comes in messages of their own; everything else goes to ``delta``."""
    answer = LiveAnswer()
    spoken = {"serverContent": {"outputTranscription": {"text": "Hi"}}}
    others = (
        {"serverContent": {"outputTranscription": {"text": "Hi"}, "turnComplete": True}},
        {"serverContent": {"outputTranscription": {"finished": True}}},
        {"usageMetadata": {}},
        {"serverContent": None},
        None,
    )

    assert answer.text(spoken) == "Hi"
    assert [answer.text(each) for each in others] == [None] * len(others)


def test_turn() -> None:
    """Thoughts, text and tool calls in their order; the SDK's names are read as well."""
    answer, fold = LiveAnswer(), Fold()
    for message in (
        {"serverContent": {"modelTurn": {"parts": [{"text": "Hm.", "thought": True}]}}},
        {"server_content": {"model_turn": {"parts": [{"text": "A moment."}]}}},
        {"toolCall": {"functionCalls": [{"id": "c1", "name": "time", "args": {"city": "Oslo"}}]}},
        {"serverContent": {"modelTurn": {"parts": [{"text": "Well"}]}}},
    ):
        delta = answer.delta(message)
        assert delta is not None
        fold.add(delta)

    assert fold.result().messages == [
        {
            "role": "assistant",
            "parts": [
                {"type": "reasoning", "content": "Hm."},
                {"type": "text", "content": "A moment."},
                {"type": "tool_call", "id": "c1", "name": "time", "arguments": {"city": "Oslo"}},
                {"type": "text", "content": "Well"},
            ],
        }
    ]


def test_what_is_output() -> None:
    """A turn begins with content, sound, a transcript or a tool call."""
    output = [
        {"serverContent": {"modelTurn": {"parts": []}}},
        {"serverContent": {"outputTranscription": {"text": "Hi"}}},
        {"toolCall": {"functionCalls": [{}]}},
    ]
    other = [
        {"setupComplete": {}},
        {"serverContent": {"inputTranscription": {"text": "Hi"}}},
        {"serverContent": {"turnComplete": True}},
        {"usageMetadata": {"totalTokenCount": 1}},
        {"goAway": {"timeLeft": "10s"}},
    ]

    assert all(has_output(each) for each in output)
    assert not any(has_output(each) for each in other)
