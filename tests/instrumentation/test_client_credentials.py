"""The key of the client that made a call is in no event, whatever the provider answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import openai
import pytest

import hilt
from hilt.io.read.events import read_events
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


ESCAPED = 'n-key "with" \\ and 0123456789'.replace(" ", "_")
MISPLACED: dict[str, dict[str, Any]] = {
    "model": {"model": KEY},
    "part of the model": {"model": f"gateway/{KEY}/gpt-4o"},
    "user": {"user": KEY},
    "role": {"messages": [{"role": KEY, "content": "Hi"}]},
    "name": {"messages": [{"role": "user", "name": KEY, "content": "Hi"}]},
    "text": {"messages": [{"role": "user", "content": f"Why is\n{KEY} refused?"}]},
    "stop": {"stop": [KEY]},
    "metadata": {"extra_body": {"metadata": {"a": KEY, KEY: "b"}}},
    "tool": {"tools": [{"type": "function", "function": {"name": KEY, "parameters": {}}}]},
    "file": {
        "messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": KEY}}]}]
    },
    "safety_identifier": {"extra_body": {"safety_identifier": KEY}},
    "unknown parameter": {"extra_body": {"deployment": [{"id": KEY}]}},
}


@pytest.mark.parametrize("is_read", [False, True], ids=["file", "processors"])
@pytest.mark.parametrize("given", MISPLACED.values(), ids=MISPLACED)
def test_key_where_it_does_not_belong(tmp_path: Any, given: dict[str, Any], is_read: bool) -> None:
    """It is replaced in every field of every event, of whole answers and of streams."""
    path = tmp_path / "log.jsonl"
    answer = {**ANSWER, "model": f"echo-{given.get('model', KEY)}"}
    client = openai_client({"POST /chat/completions": answer}, api_key=KEY)
    hilt.instrument(filepath=path, processors=[lambda event: event] if is_read else [])
    try:
        client.chat.completions.create(**{**ASK, **given})
    finally:
        hilt.uninstrument()
    text = path.read_text()

    assert [event.action for event in read_events(path)] == ["prompt", "completion"]
    assert KEY not in text
    assert "[redacted]" in text


def test_key_in_a_stream(tmp_path: Any) -> None:
    """A chunk that has it whole loses it, and so does the answer."""
    path = tmp_path / "log.jsonl"
    chunks = [
        {"id": "1", "model": "m", "choices": [{"index": 0, "delta": {"content": text}}]}
        for text in ("It is ", KEY, ".")
    ]
    client = openai_client({"POST /chat/completions": sse(chunks)}, api_key=KEY)
    hilt.instrument(filepath=path)
    try:
        list(client.chat.completions.create(**ASK, stream=True))
    finally:
        hilt.uninstrument()
    events = list(read_events(path))

    assert KEY not in path.read_text()
    assert [event.content.text for event in events[1:]] == [
        *("It is ", "[redacted]", ".", "It is [redacted].")
    ]


@pytest.mark.parametrize("key", [ESCAPED, "nkey-0123456789", "u0041-0123456789"])
@pytest.mark.parametrize("text", ["{}", "\n{}\n", "\\{}\\", '"{}"', "\x00{}"])
def test_key_beside_characters_that_json_escapes(tmp_path: Any, key: str, text: str) -> None:
    """What is written is the text with the key replaced."""
    path = tmp_path / "log.jsonl"
    client = openai_client({"POST /chat/completions": ANSWER}, api_key=key)
    hilt.instrument(filepath=path)
    try:
        messages: Any = [{"role": "user", "content": text.format(key[1:]) + text.format(key)}]
        client.chat.completions.create(model="m", messages=messages)
    finally:
        hilt.uninstrument()
    prompt = next(read_events(path))

    assert prompt.content.text == text.format(key[1:]) + text.format("[redacted]")


@pytest.mark.parametrize("key", ["test", "ollama", "not-needed", "lm-studio", "1234567890123456"])
def test_placeholder_is_no_key(tmp_path: Any, key: str) -> None:
    """Servers that want no key are given a word, which may stand in any text."""
    path = tmp_path / "log.jsonl"
    client = openai_client({"POST /chat/completions": ANSWER}, api_key=key)
    hilt.instrument(filepath=path)
    try:
        client.chat.completions.create(model=key, messages=[{"role": "user", "content": key}])
    finally:
        hilt.uninstrument()
    prompt = next(read_events(path))

    assert (prompt.content.text, prompt.extensions["model"]) == (key, key)
