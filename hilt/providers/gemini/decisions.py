"""Gemini's decisions: questions about an input that is a text or contents of any kind."""

from __future__ import annotations

from collections.abc import Mapping

from hilt.genai.coerce import as_list
from hilt.genai.values import Message, Request
from hilt.providers import _decisions
from hilt.providers._message_parts import text_part
from hilt.providers.gemini.steps import part_of

__all__ = ["decision_request"]


def decision_request(body: Mapping[str, object]) -> Request:
    """A request of ``decisions.create``; its input is one message."""
    request = _decisions.decision_request(body, [as_list(body.get("input"))], _message_of)
    if request.model is not None:
        request.model = request.model.rpartition("/")[2]
    return request


def _message_of(contents: list[object]) -> Message:
    parts = [text_part(each) if isinstance(each, str) else part_of(each) for each in contents]
    return {"role": "user", "parts": [part for part in parts if part is not None]}
