"""OpenAI's decisions: questions about a text or a whole conversation."""

from __future__ import annotations

from hilt.genai.coerce import str_or_none
from hilt.genai.values import Request
from hilt.providers import _decisions
from hilt.providers._http import HttpRequest
from hilt.providers.openai.items import message_of_items
from hilt.providers.openai.responses import turns_of

__all__ = ["decision_request"]


def decision_request(sent: HttpRequest) -> Request:
    """A request of ``decisions.create``, whose input is that of ``responses.create``."""
    turns = turns_of(sent.body.get("input"))
    request = _decisions.decision_request(sent.body, turns, message_of_items)
    request.user = str_or_none(sent.body.get("safety_identifier"))
    return request
