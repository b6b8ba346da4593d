"""The REST example: over HTTP, by many users at once, and in a browser."""

from __future__ import annotations

import asyncio
import importlib.util
import socket
import sys
import threading
from pathlib import Path

import httpx
import pytest

from hilt.io.read.events import read_events
from tests.examples.browser import browser_path, opened_browser

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "chatbot_api.py"


@pytest.fixture(scope="module")
def example():
    """The example as a module; skips where the extra ``api`` is not installed."""
    pytest.importorskip("fastapi", reason='the example needs pip install "hilt[api]"')
    spec = importlib.util.spec_from_file_location("chatbot_api", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        # Pydantic looks up the names in annotations there.
        patch.setitem(sys.modules, spec.name, module)
        spec.loader.exec_module(module)
        yield module


@pytest.fixture
def url(example, tmp_path, monkeypatch):
    """The address of the example, served over real HTTP with the embedded provider."""
    import uvicorn

    for name in ("OPENAI_API_KEY", "GOOGLE_SHEET_ID", "HILT_SHEET_ID", "HILT_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    app = example.create_app(tmp_path / "logs")
    # Connections stay open also where a busy machine leaves them idle for seconds.
    config = uvicorn.Config(app, log_level="warning", timeout_keep_alive=60)
    server = uvicorn.Server(config)
    # It listens before the server runs, so that the first client need not try again.
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(url):
    """A client of the example."""
    with httpx.Client(base_url=url, timeout=30) as made:
        yield made


def test_chat(client, tmp_path):
    """A guest's question and its reply are in the shared log, and the reply's id is its event's."""
    answer = client.post("/chat", json={"message": "Hello"}).json()

    prompt, completion = read_events(tmp_path / "logs" / "chatbot.hilt.jsonl")
    assert answer == {"reply": "You said: Hello", "reply_id": completion.event_id}
    assert (prompt.action, prompt.content.text) == ("prompt", "Hello")
    assert prompt.session_id == completion.session_id == "guest-default"
    assert completion.metrics.cost_usd > 0


def test_streamed_chat(client, tmp_path):
    """A streamed reply comes in pieces, its id at the end, and its chunks are logged."""
    with client.stream("POST", "/chat", json={"message": "Hello you", "stream": True}) as answer:
        pieces = list(answer.iter_text())

    text, _, reply_id = "".join(pieces).rpartition("\n")
    events = list(read_events(tmp_path / "logs" / "chatbot.hilt.jsonl"))
    assert text == "You said: Hello you"
    assert len(pieces) > 2
    assert [event.action for event in events] == [
        "prompt",
        *["completion_chunk"] * 4,
        "completion",
    ]
    assert events[-1].event_id == reply_id
    assert events[-1].metrics.tokens["completion"] > 0


def test_conversation_goes_on(client, tmp_path):
    """The second question continues the first, and the log has each message once."""
    for message in ("One", "Two"):
        client.post("/chat", json={"message": message, "user": "ann", "conversation": "trip"})

    first, reply, second, _ = read_events(tmp_path / "logs" / "chatbot" / "ann.hilt.jsonl")
    assert {event.session_id for event in (first, reply, second)} == {"ann-trip"}
    assert second.extensions["context_of"] == reply.event_id
    assert len(second.content.messages) == 1
    assert first.actor.id == "ann"


def test_feedback(client, tmp_path):
    """What a user thinks is logged where the reply is, and names it."""
    reply_id = client.post("/chat", json={"message": "Hi", "user": "ann"}).json()["reply_id"]

    answer = client.post(
        "/feedback", json={"reply_id": reply_id, "user": "ann", "rating": 1, "comment": "Good"}
    )

    *_, event = read_events(tmp_path / "logs" / "chatbot" / "ann.hilt.jsonl")
    assert answer.json() == {"event_id": event.event_id}
    assert (event.action, event.extensions["reply_to"]) == ("feedback", reply_id)
    assert event.actor.id == "ann"


def test_metrics(client):
    """The figures add up over all users."""
    for user in (None, "ann", "bob"):
        client.post("/chat", json={"message": "Hi", "user": user})

    figures = client.get("/metrics").json()

    assert (figures["questions"], figures["replies"], figures["failures"]) == (3, 3, 0)
    assert figures["tokens"] > 0
    assert 0 < figures["cost_usd"] < 0.001


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/chat", {"message": ""}, 422),
        ("/chat", {"message": "Hi", "user": "../../etc/passwd"}, 422),
        ("/feedback", {"reply_id": "evt_nothing", "rating": 1}, 404),
    ],
)
def test_wrong_requests_are_refused(client, tmp_path, path, body, status):
    """What makes no sense, or no safe file name, is refused, and nothing is logged."""
    assert client.post(path, json=body).status_code == status
    assert list(read_events(tmp_path / "logs" / "chatbot.hilt.jsonl")) == []


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"host": "evil.example"}, b"{}", 400),
        ({"origin": "https://evil.example"}, b'{"message": "Hi"}', 403),
        ({"content-length": "200000"}, b" " * 200_000, 413),
        ({"transfer-encoding": "chunked"}, iter([b"{}"]), 413),
        ({"transfer-encoding": "chunked", "content-length": "2"}, iter([b"{}"]), 413),
    ],
)
def test_requests_of_others_and_long_ones_are_refused(client, tmp_path, headers, content, status):
    """Any page in a browser of this computer can send requests to it."""
    sent = {"content-type": "application/json", **headers}

    assert client.post("/chat", headers=sent, content=content).status_code == status
    assert list(read_events(tmp_path / "logs" / "chatbot.hilt.jsonl")) == []


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
def test_websockets_are_refused(client, caplog, host):
    """Properly, so that the server has no error to report."""
    pytest.importorskip("websockets")
    handshake = {
        "host": host, "connection": "upgrade", "upgrade": "websocket",
        "sec-websocket-version": "13", "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }  # fmt: skip

    assert client.get("/", headers=handshake).status_code == 403
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


def test_its_own_page_may_ask(client):
    """A browser names the page's site."""
    answer = client.post("/chat", json={"message": "Hi"}, headers={"origin": str(client.base_url)})

    assert answer.json()["reply"] == "You said: Hi"


def test_what_is_kept_is_bounded(example, client, monkeypatch):
    """Conversations and replies, the messages of each, and the users whose logs are open."""
    monkeypatch.setattr(example, "MOST_KEPT", 2)
    monkeypatch.setattr(example, "MOST_MESSAGES", 2)
    monkeypatch.setattr(example, "MOST_USERS", 1)
    first, *_ = [
        client.post("/chat", json={"message": "Hi", "conversation": name}).json()["reply_id"]
        for name in "abcc"
    ]

    assert client.post("/feedback", json={"reply_id": first, "rating": 1}).status_code == 404
    assert client.post("/chat", json={"message": "Hi", "user": "ann"}).status_code == 200
    assert client.post("/chat", json={"message": "Hi", "user": "bob"}).status_code == 503


def test_feedback_without_an_opinion(client):
    """Feedback that says nothing is refused with what is missing."""
    reply_id = client.post("/chat", json={"message": "Hi"}).json()["reply_id"]

    answer = client.post("/feedback", json={"reply_id": reply_id})

    assert answer.status_code == 422
    assert "give a rating, a comment or a correction" in answer.json()["detail"]


@pytest.mark.slow
def test_fifty_users_at_once(url, tmp_path):
    """Fifty conversations at once: each whole, in order, and in its own user's log only."""
    turns = 4

    async def talk(client: httpx.AsyncClient, user: str) -> list[str]:
        replies = []
        for turn in range(turns):
            body = {"message": f"{user} says {turn}", "user": user, "stream": turn % 2 == 1}
            answer = await client.post("/chat", json=body)
            text = answer.text.rpartition("\n")[0] if body["stream"] else answer.json()["reply"]
            replies.append(text)
        return replies

    async def everyone() -> list[list[str]]:
        limits = httpx.Limits(max_connections=50)
        async with httpx.AsyncClient(base_url=url, timeout=60, limits=limits) as client:
            return await asyncio.gather(*(talk(client, user) for user in users))

    users = [f"user{number}" for number in range(50)]
    answers = asyncio.run(everyone())

    for user, replies in zip(users, answers, strict=True):
        messages = [f"{user} says {turn}" for turn in range(turns)]
        assert replies == [f"You said: {text}" for text in messages]
        events = list(read_events(tmp_path / "logs" / "chatbot" / f"{user}.hilt.jsonl"))
        logged = [e.content.text for e in events if e.action in ("prompt", "completion")]
        assert logged == [text for pair in zip(messages, replies, strict=True) for text in pair]
        assert {event.session_id for event in events} == {f"{user}-default"}
        assert [event.event_id for event in events] == sorted(e.event_id for e in events)
    assert list(read_events(tmp_path / "logs" / "chatbot.hilt.jsonl")) == []


@pytest.mark.slow
def test_page_in_a_browser(url, tmp_path):
    """In a real browser the page sends, shows the reply as it comes, takes a thumb, and counts."""
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")

    with opened_browser(path, tmp_path / "browser") as page:
        page.open(url)
        page.run('form.user.value = "bea"; form.message.value = "Hello <b>browser</b>"')
        page.run('form.querySelector("button").click()')
        page.wait_for('document.querySelector(".bot button")')
        shown = page.run('document.querySelector(".bot").textContent')
        page.run('document.querySelector(".bot button").click()')
        page.wait_for('document.querySelector(".bot button").disabled')
        figures = page.wait_for('document.getElementById("metrics").textContent')

    events = list(read_events(tmp_path / "logs" / "chatbot" / "bea.hilt.jsonl"))
    prompt, *chunks, completion, feedback = events
    assert shown == "You said: Hello <b>browser</b> 👍👎"
    assert figures.startswith("1 replies, ")
    assert prompt.content.text == "Hello <b>browser</b>"
    assert {event.action for event in chunks} == {"completion_chunk"}
    assert feedback.extensions == {"reply_to": completion.event_id, "rating": 1}
