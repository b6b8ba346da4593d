"""Messages of a history to calls."""

from __future__ import annotations

from collections.abc import Sequence

from hilt.genai.values import Response
from hilt.imports.turns import Answer, Conversation, Turn, calls_of


def turn(identity: str, parent: str | None, moment: int, answer: str | None = None) -> Turn:
    """A turn that says its id."""
    message = {
        "role": "assistant" if answer else "user",
        "parts": [{"type": "text", "content": identity}],
    }
    return Turn(identity, parent, message, moment, answer)


def answer_of(pieces: Sequence[Turn]) -> Answer:
    """An answer with the pieces as choices."""
    return Answer(Response(messages=[each.message for each in pieces]))


def calls(*turns: Turn) -> list[tuple[str, list[str], str | None, int, int]]:
    """Each call: its key, what is new in it, what it continues, and its times."""
    conversation = Conversation("test", "c", "openai", list(turns), answer_of)
    return [
        (
            key,
            [each["parts"][0]["content"] for each in call.request.messages],
            call.request.previous_response,
            call.started,
            call.ended,
        )
        for key, call in calls_of(conversation)
    ]


def test_call_is_an_answer_with_what_is_new() -> None:
    """Pieces of one answer are one call; turns may be in any order."""
    assert calls(
        turn("a3", "u2", 50, "y"),
        turn("u2", "a2", 40),
        turn("a2", "a1", 30, "x"),
        turn("a1", "u1", 20, "x"),
        turn("u1", None, 10),
    ) == [("x", ["u1"], None, 10, 30), ("y", ["u2"], "x", 40, 50)]


def test_clocks_that_go_backwards_change_no_order() -> None:
    """An answer comes after the one that it continues; its times are as they were."""
    assert calls(
        turn("u1", None, 100),
        turn("a1", "u1", 200, "x"),
        turn("u2", "a1", 50),
        turn("a2", "u2", 60, "y"),
    ) == [("x", ["u1"], None, 100, 200), ("y", ["u2"], "x", 50, 60)]


def test_circle_ends() -> None:
    """A tree whose parents lead back to a message costs nothing but its order."""
    assert len(calls(turn("u1", "a1", 10), turn("a1", "u1", 20, "x"))) == 1


def test_long_conversation_takes_time_by_its_length() -> None:
    """Not by its square: no recursion, and no call reads what was before it."""
    turns = []
    for number in range(0, 20_000, 2):
        turns += [
            turn(f"{number}", f"{number - 1}" if number else None, number + 1),
            turn(f"{number + 1}", f"{number}", number + 2, f"answer {number}"),
        ]

    assert len(calls(*turns)) == 10_000


def test_message_without_an_answer_is_no_call() -> None:
    """Nothing is known of what became of it."""
    assert calls(turn("u1", None, 10)) == []


def test_circle_behind_an_answer_ends() -> None:
    """What stands in it is new once."""
    assert calls(
        turn("u1", "u2", 10), turn("u2", "u1", 20), turn("u3", "u2", 30), turn("a1", "u3", 40, "x")
    ) == [("x", ["u1", "u2", "u3"], None, 30, 40)]
