"""The key of the client that made a call is in no event, whatever the provider answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import openai
import pytest

from tests.instrumentation.mock_http import http_of, openai_client, sse
from tests.instrumentation.test_patching import ANSWER, ASK

KEY = "team~key,with;marks&no-prefix"
HEADER = "gateway.secret/0"


def _echo(request: Any) -> dict[str, Any]:
    key = request.headers["authorization"].removeprefix("Bearer ")
    details = {"message": f"refused {dict(request.headers)}", "code": key, "type": key}
    return {"error": details}


def _refusal(status: int) -> Callable[[Any], Any]:
    return lambda request: http_of("openai").Response(status, json=_echo(request))


def _streamed(request: Any) -> Any:
    body = sse([_echo(request)])
    headers = {"content-type": "text/event-stream"}
    return http_of("openai").Response(200, content=body, headers=headers)


def _broken(request: Any) -> Any:
    raise http_of("openai").ConnectError(f"no route with {request.headers['authorization']}")


@pytest.mark.parametrize(
    ("answer", "options"),
    [
        (_refusal(401), {}),
        (_refusal(500), {}),
        (_refusal(200), {}),
        (_streamed, {"stream": True}),
        (_broken, {}),
    ],
    ids=["401", "500", "error of status 200", "error in a stream", "no connection"],
)
def test_credentials_of_the_client_are_not_logged(
    instrumented: Any, answer: Any, options: dict[str, Any]
) -> None:
    """Neither its key nor a header of the call, though nothing shows that they are secret."""
    log = instrumented()
    client = openai_client({"POST /chat/completions": answer}, api_key=KEY)
    with suppress(openai.OpenAIError):
        list(
            client.chat.completions.create(
                **ASK, **options, extra_headers={"x-gateway-token": HEADER}
            )
        )
    text = json.dumps([event.to_dict() for event in log.events])

    assert log.actions == ["prompt", "system"]
    assert [each for each in (KEY, HEADER, "team~key", ";marks", "no-prefix") if each in text] == []


def test_credentials_are_looked_up_for_failures_only(
    instrumented: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call that succeeds pays nothing for it, and keeps nothing of its arguments."""
    noted: list[object] = []
    monkeypatch.setattr(
        "hilt.instrumentation.engine.note_credentials", lambda *holders: noted.append(holders)
    )
    log = instrumented()
    client = openai_client({"POST /chat/completions": ANSWER}, api_key=KEY)
    client.chat.completions.create(**ASK)

    assert log.actions == ["prompt", "completion"]
    assert noted == []
