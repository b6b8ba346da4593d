"""Scripting the provider, and what it remembers."""

from __future__ import annotations

import json
import socket
import threading

import httpx
import openai
import pytest

from hilt.core.exceptions import ConfigurationError
from hilt.testing.provider import Answer, Provider, ToolCall


def ask(client, text="Hi", **more):
    """The text that the model answers."""
    answer = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}], **more
    )
    return answer.choices[0].message.content


def test_answers_come_in_order(client, provider):
    """Scripted answers are used up one by one; then the default answers."""
    provider.answer("One")
    provider.answer("Two", times=2)

    assert [ask(client) for _ in range(4)] == ["One", "Two", "Two", "You said: Hi"]


def test_answer_for_all_that_follow(client, provider):
    """Without a number of times, an answer stays."""
    provider.answer("Always", times=None)

    assert [ask(client) for _ in range(3)] == ["Always"] * 3


def test_function_answers(client, provider):
    """A function gets the request, and may leave it to an older function."""
    provider.answer_with(lambda request: f"{request.model}: {request.text}")

    @provider.answer_with
    def refuse(request):
        return Answer("No.", finish_reason="content_filter") if "bomb" in request.text else None

    assert ask(client, "Hi") == "gpt-4o-mini: Hi"
    assert ask(client, "a bomb") == "No."


def test_invalid_arguments_stay_invalid(client, provider):
    """Arguments given as text are sent as they are."""
    provider.answer(tool_calls=[ToolCall("f", '{"a": ', id="call_1")])

    answer = client.chat.completions.create(model="m", messages=[])

    call = answer.choices[0].message.tool_calls[0]
    assert (call.id, call.function.arguments) == ("call_1", '{"a": ')


def test_requests_are_remembered(client, provider):
    """Every request is kept with its headers, its JSON and the status of its answer."""
    ask(client, "Hi", temperature=0.5)

    [received] = provider.requests
    assert received.method == "POST"
    assert received.headers["authorization"] == "Bearer test"
    assert received.json["temperature"] == 0.5
    assert received.parsed.text == "Hi"
    assert received.status == 200


def test_reset_forgets(client, provider):
    """After a reset the provider is as new."""
    provider.answer("Old")
    provider.fail(status=500)
    ask_with = provider.answer_with(lambda _request: "Old too")

    provider.reset()

    assert ask_with
    assert ask(client) == "You said: Hi"
    assert len(provider.requests) == 1


def test_seed_makes_ids_the_same():
    """With a seed, two providers give the same ids; without one they differ."""
    ids = []
    for seed in (7, 7, None, None):
        with (
            Provider(seed=seed) as provider,
            openai.OpenAI(base_url=provider.openai_url, api_key="test") as client,
        ):
            ids.append(client.chat.completions.create(model="m", messages=[]).id)

    assert ids[0] == ids[1]
    assert ids[2] != ids[3]


def test_connections_stay_open(provider):
    """One connection serves many requests."""
    with httpx.Client(base_url=provider.url) as client:
        streams = {id(client.get("/v1/models").extensions["network_stream"]) for _ in range(5)}

    assert len(streams) == 1


def test_chunked_request_is_read(provider):
    """A body of unknown length is read to its end."""
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hi"}]}).encode()

    answer = httpx.post(
        f"{provider.openai_url}/chat/completions", content=iter([body[:9], body[9:]])
    )

    assert answer.json()["choices"][0]["message"]["content"] == "You said: Hi"


def test_body_that_is_not_json_is_refused(provider):
    """A body that is not a JSON object is a 400 that says so."""
    answer = httpx.post(f"{provider.openai_url}/chat/completions", content=b"[")

    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "The body is not a JSON object."


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", b'{"messages": [1]}'),
        ("/v1/chat/completions", b'{"messages": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        ("/v1/responses", b'{"input": 5}'),
        ("/v1/messages", b'{"messages": {"a": 1}}'),
        ("/v1beta/models/m:generateContent", b'{"contents": 7}'),
        ("/v2/chat", b'{"messages": "x"}'),
        ("/v2/rerank", b'{"documents": 5}'),
        ("/v1/chat/completions", b'{"model": ["m"], "messages": []}'),
        ("/v1/embeddings", b'{"model": {"a": 1}, "input": "x"}'),
        ("/v1/embeddings", b'{"model": "m", "input": "x", "dimensions": [1]}'),
        ("/v1/embeddings", b'{"model": "m", "input": "x", "dimensions": 10000000000}'),
        ("/v1beta/models/m:embedContent", b'{"outputDimensionality": -1}'),
    ],
)
def test_json_that_is_no_request_is_refused(provider, path, body, capfd):
    """The provider's error says so, and nothing is printed."""
    answer = httpx.post(f"{provider.url}{path}", content=body)

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/json")
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    "body",
    [
        b'{"stream": true, "stream_options": [1]}',
        b'{"stream": true, "messages": [{"role": "user", "content": [{"type": "text"}, {}]}]}',
    ],
)
def test_odd_request_is_streamed_to_its_end(provider, body, capfd):
    """A stream that has begun does not break off."""
    answer = httpx.post(f"{provider.openai_url}/chat/completions", content=body)

    assert answer.text.endswith("data: [DONE]\n\n")
    assert capfd.readouterr().err == ""


def test_head_has_the_answer_of_get_without_its_body(provider):
    """As HTTP has it."""
    answer = httpx.head(f"{provider.openai_url}/models")

    assert (answer.status_code, answer.content) == (200, b"")


def test_ipv6():
    """It listens on an address of IPv6, and its URL is one."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 on this machine")
    with Provider(host="::1") as provider:
        answer = httpx.get(f"{provider.openai_url}/models")

    assert (provider.url, answer.status_code) == (f"http://[::1]:{provider.port}", 200)


def test_stored_responses_are_bounded(provider, monkeypatch):
    """The oldest are forgotten when the stored ones are too many bytes."""
    monkeypatch.setattr("hilt.testing.provider.provider._MAX_RESPONSES_SIZE", 1500)
    url, body = f"{provider.openai_url}/responses", {"model": "gpt-4o", "input": "x" * 300}
    first, _, last = (httpx.post(url, json=body).json() for _ in range(3))

    assert httpx.get(f"{url}/{first['id']}").status_code == 404
    assert httpx.get(f"{url}/{last['id']}").json() == last


def test_fifty_clients_at_once(provider):
    """Many threads get each their own answer."""
    answers = {}

    def one(number):
        with openai.OpenAI(base_url=provider.openai_url, api_key="test") as client:
            answers[number] = ask(client, f"I am {number}")

    threads = [threading.Thread(target=one, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == {number: f"You said: I am {number}" for number in range(50)}


def test_stop_frees_the_port():
    """A stopped provider answers no more, and another may take its port."""
    with Provider() as first, httpx.Client() as client:
        client.get(first.url)
        first.stop()
        with Provider(port=first.port) as second:
            assert second.url == first.url
            assert client.get(f"{second.url}/v1/models").status_code == 200


def test_taken_port_says_so(provider):
    """A port that is taken is named."""
    with pytest.raises(ConfigurationError, match=f"port {provider.port}: cannot listen on it"):
        Provider(port=provider.port).start()


@pytest.mark.parametrize(("status", "is_error"), [(399, False), (400, True), (500, True)])
def test_statuses_from_400_are_errors(provider, status, is_error):
    """Their JSON is that of an error."""
    provider.answer(Answer("No.", status=status))

    answer = httpx.post(
        f"{provider.openai_url}/chat/completions",
        json={"model": "m", "messages": [{"role": "user", "content": "Hi"}]},
    )

    assert answer.status_code == (status if is_error else 200)
    assert ("error" in answer.json()) is is_error
