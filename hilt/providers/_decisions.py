"""Decisions: questions about an input, each answered by a choice, a probability or a score.

OpenAI has them in a list, Gemini and Ollama by their names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hilt.genai.coerce import FIELDLESS, as_list, text_or_none, unknown_part
from hilt.genai.json_values import get_path, text_or_json, to_plain_json
from hilt.genai.values import Message, Part, Request, Response, Surface, Usage
from hilt.providers._chat_completions import usage_of
from hilt.providers._message_parts import text_part

__all__ = ["Decisions", "decision_request"]


def decision_request(
    body: Mapping[str, object], messages: Sequence[Any], read: Callable[[Any], Message]
) -> Request:
    """A request of ``decisions.create``; its questions are instructions.

    Args:
        body: With ``model`` and ``questions``.
        messages: What the questions are about.
        read: Reads one of them.
    """
    return Request(
        "decision",
        "",
        model=text_or_none(body.get("model")),
        messages=messages,
        read=read,
        instructions=[_question_part(*each) for each in _named(body.get("questions"))] or None,
    )


def _named(rows: object) -> list[tuple[object, object]]:
    """Questions or answers with their names, whether they are a list or named fields."""
    plain = to_plain_json(rows)
    if isinstance(plain, dict):
        return list(plain.items())
    return [(get_path(row, "name"), row) for row in as_list(plain)]


def _question_part(name: object, question: object) -> Part:
    if isinstance(question, FIELDLESS):
        return unknown_part(question)
    details = to_plain_json(question)
    fields = details if isinstance(details, dict) else {}
    part = {**fields, "type": "question", "kind": fields.get("type"), "name": name}
    part["content"] = text_or_json(part.pop("instructions", None) or "")
    return {field: value for field, value in part.items() if value is not None}


class Decisions(Surface):
    """Answers of ``decisions.create``, one for each question.

    Args:
        read_usage: Reads the token counts.
    """

    name = "decisions"

    def __init__(self, read_usage: Callable[[object], Usage | None] = usage_of) -> None:
        self._read_usage = read_usage

    def response(self, body: object) -> Response:
        """The answers as a text, a line each, and with all that came of them."""
        usage, answers = get_path(body, "usage"), _named(get_path(body, "answers"))
        lines = "\n".join(_line(name, answer) for name, answer in answers)
        parts = [text_part(lines), *(_answer_part(*each) for each in answers)]
        return Response(
            model=text_or_none(get_path(body, "model")),
            messages=[{"role": "assistant", "parts": parts}] if answers else [],
            usage=self._read_usage(usage),
            raw_usage=to_plain_json(usage) if usage else None,
        )


def _line(name: object, answer: object) -> str:
    """An answer in short: ``urgent: 0.93``."""
    kind = get_path(answer, "type")
    field = "probability" if kind == "predicate" else kind
    value = get_path(answer, field) if isinstance(field, str) else None
    text = text_or_json(kind if value is None else value)
    return text if name is None else f"{name}: {text}"


def _answer_part(name: object, answer: object) -> Part:
    if not isinstance(answer, dict):
        return unknown_part(answer)
    part = {**answer, "type": "decision", "kind": answer.get("type"), "name": name}
    return {field: value for field, value in part.items() if value is not None}
