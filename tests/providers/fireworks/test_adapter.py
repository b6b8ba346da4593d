"""Fireworks: whole URLs and paths, three APIs, and a cost by hand."""

from __future__ import annotations

import pytest

from hilt.genai.observation import Observation
from hilt.genai.values import Request
from hilt.providers._chat_completions import ChatCompletions
from hilt.providers._http import HttpRequest
from hilt.providers.fireworks.adapter import Fireworks
from hilt.recording.event_fields import add_cost


@pytest.mark.parametrize("base", ["https://api.fireworks.ai/inference/v1", "/v1", "/inference/v1"])
def test_each_surface_has_its_route(base: str) -> None:
    """What ``hilt doctor`` lists is observed, whether the SDK gives a URL or a path."""
    routes = [
        Fireworks.routes.find("post", f"{base}/{name.replace('.', '/')}")
        for name in Fireworks.surfaces
    ]

    assert [route and route.surface.name for route in routes] == list(Fireworks.surfaces)


def test_messages_request() -> None:
    """Anthropic's messages are read as such."""
    body = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "max_tokens": 9}
    route = Fireworks.routes.find("post", "/v1/messages")
    assert route is not None

    request = route.read(HttpRequest("post", "/v1/messages", body))

    assert (request.operation, request.model) == ("chat", "m")
    assert request.attributes == {"gen_ai.request.max_tokens": 9}


def test_cost() -> None:
    """1,000 tokens in and 100 out of gpt-oss-20b, by hand."""
    call = Observation(
        Request("chat", "fireworks", model="accounts/fireworks/models/gpt-oss-20b"), 0
    )
    usage = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
    body = {"model": "accounts/fireworks/models/gpt-oss-20b", "usage": usage}
    call.response = ChatCompletions().response(body)

    add_cost(call)

    # 0.07 and 0.30 USD a million tokens
    assert call.cost_usd == pytest.approx((1000 * 0.07 + 100 * 0.30) / 1e6)
