"""The viewer's pages, and who may ask for them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import hilt
from hilt import Event, Session
from hilt.io.read.events import read_events

pytest.importorskip("starlette", reason='the viewer needs pip install "hilt[view]"')

from starlette.testclient import TestClient

from hilt.cli.viewer.app import Viewer, make_app

HOST = "127.0.0.1:8080"
ORIGIN = {"origin": f"http://{HOST}"}
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>\x1b[31m\u202e</pre>"


def exchange(number: int, question: str = "Hi", answer: str = "Hello", **more: Any) -> list[Event]:
    """The events of one call."""
    start = f"2026-11-28T10:{number // 60:02d}:{number % 60:02d}"
    prompt = Event(
        event_id=f"evt_{number:032x}",
        timestamp=f"{start}.000000Z",
        session_id=more.pop("session", "order-42"),
        actor={"type": "human", "id": more.pop("user", "ada")},
        action="prompt",
        content={"text": question},
        extensions={"model": more.get("model", "gpt-4o-mini")},
    )
    ending = Event(
        event_id=f"evt_{number + 10**9:032x}",
        timestamp=f"{start}.500000Z",
        session_id=prompt.session_id,
        actor={"type": "agent", "id": "openai"},
        action="completion",
        content={"text": answer},
        metrics={"tokens": {"prompt": 3, "completion": 2}, "cost_usd": 0.25},
        provenance={"provider": "openai", "response_model": more.pop("model", "gpt-4o-mini")},
        extensions={
            "reply_to": prompt.event_id,
            "latency_ms": 500.0,
            "outcome": "completed",
            **more,
        },
    )
    return [prompt, ending]


def written(path: Path, *exchanges: list[Event]) -> Path:
    """A log with some calls."""
    with Session(path) as session:
        for events in exchanges:
            session.append_all(events)
    return path


def client_of(*logs: Path, signed_in: bool = True, **options: Any) -> TestClient:
    """A browser that has opened the printed address."""
    app = make_app(
        Viewer(hilt.open_log(*logs), utc=True, **options), [HOST, "localhost:8080"], "t0k"
    )
    client = TestClient(app, base_url=f"http://{HOST}", follow_redirects=False)
    if signed_in:
        assert client.get("/?token=t0k").status_code == 303
    return client


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log with two conversations."""
    return written(
        tmp_path / "log.jsonl",
        exchange(1, "Where is it?", "On its way."),
        exchange(2, "Since when?", "Since Monday."),
        exchange(3, "Bonjour", "Salut", session="order-7", user="bea", model="gpt-5"),
    )


# -- who may ask ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 421),
        ({"host": "127.0.0.1:9999"}, 421),
        ({"host": "evil.example", "x-forwarded-host": HOST}, 421),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": f"https://{HOST}"}, 403),
        ({}, 200),
        (ORIGIN, 200),
    ],
)
def test_a_request_names_the_viewers_host_and_no_other_origin(
    log: Path, headers: dict[str, str], status: int
) -> None:
    """Another name may lead to this machine; another site may send requests to it."""
    assert client_of(log).get("/", headers=headers).status_code == status


@pytest.mark.parametrize("path", ["/", "/?token=other", "/?token=", "/charts", "/call/evt_1", "/x"])
def test_without_the_token_nothing_is_shown(log: Path, path: str) -> None:
    """The answer says where the token is, and nothing of the log."""
    answer = client_of(log, signed_in=False).get(path)

    assert (answer.status_code, answer.text) == (
        403,
        "Open the address that `hilt view` printed: it has the token.",
    )


def test_the_token_moves_from_the_address_to_a_cookie(log: Path) -> None:
    """It is out of the history, no script can read it, and other sites do not send it."""
    answer = client_of(log, signed_in=False).get("/charts?token=t0k&model=gpt-5")

    assert (answer.status_code, answer.headers["location"]) == (303, "/charts?model=gpt-5")
    assert re.fullmatch(
        r"hilt-view-8080=t0k; HttpOnly; Max-Age=\d+; Path=/; SameSite=strict",
        answer.headers["set-cookie"],
    )


@pytest.mark.parametrize("headers", [{}, {"origin": "http://evil.example"}])
def test_only_its_own_pages_write(log: Path, headers: dict[str, str]) -> None:
    """A form of another page, and a request without an origin, change nothing."""
    before = log.read_bytes()
    data = {"event_id": f"evt_{1:032x}", "rating": "good"}

    assert client_of(log).post("/feedback", data=data, headers=headers).status_code == 403
    assert log.read_bytes() == before


@pytest.mark.parametrize("path", ["/", "/conversations", "/charts", "/static/view.js", "/nope"])
def test_pages_are_confined(log: Path, path: str) -> None:
    """Nothing is loaded from elsewhere, run inline, framed, kept or told to other sites."""
    headers = client_of(log).get(path).headers

    assert headers["content-security-policy"] == (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_static_files_are_those_of_the_package_only(log: Path) -> None:
    """No path leads out of the folder."""
    client = client_of(log)
    paths = (
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static//etc/passwd",
    )

    assert [client.get(path).status_code for path in paths] == [404] * 4


# -- what is shown ----------------------------------------------------------------------------


def test_calls_are_listed_the_newest_first(log: Path) -> None:
    """Each with what was asked and answered."""
    page = client_of(log).get("/").text

    assert re.findall(r'<a href="/call/[^"]*">([^<]*)</a>', page) == [
        "Bonjour",
        "Since when?",
        "Where is it?",
    ]


@pytest.mark.parametrize(
    ("query", "questions"),
    [
        ("user=bea", ["Bonjour"]),
        ("model=gpt-4*", ["Since when?", "Where is it?"]),
        ("text=monday", ["Since when?"]),
        ("session=order-42&n=1", ["Since when?"]),
        ("errors=1", []),
        ("until=2026-11-28T10:00:02Z", ["Where is it?"]),
    ],
)
def test_filters_are_in_the_address(log: Path, query: str, questions: list[str]) -> None:
    """They are those of the commands."""
    page = client_of(log).get(f"/?{query}").text

    assert re.findall(r'<a href="/call/[^"]*">([^<]*)</a>', page) == questions


def test_a_wrong_filter_is_named(log: Path) -> None:
    """As by a command."""
    answer = client_of(log).get("/?since=lunch")

    assert answer.status_code == 404
    assert "since: &#x27;lunch&#x27; is not a time" in answer.text


def test_several_logs_are_one_list(log: Path, tmp_path: Path) -> None:
    """In the order of time, whichever log a call is in."""
    other = written(tmp_path / "other.jsonl", exchange(130, "Later"), exchange(0, "Earlier"))
    page = client_of(log, other).get("/").text
    questions = re.findall(r'<a href="/call/[^"]*">([^<]*)</a>', page)

    assert (questions[0], questions[-1]) == ("Later", "Earlier")


def test_conversation_and_call_have_what_was_said(log: Path) -> None:
    """The conversation has its calls; a call leads to its conversation."""
    client = client_of(log)
    conversation = client.get("/conversation/order-42").text
    call = client.get(f"/call/evt_{10**9 + 2:032x}").text

    assert re.findall("<pre>([^<]*)</pre>", conversation) == [
        "Where is it?",
        "On its way.",
        "Since when?",
        "Since Monday.",
    ]
    assert re.findall("<pre>([^<]*)</pre>", call) == ["Since when?", "Since Monday."]
    assert 'href="/conversation/order-42"' in call


def test_an_unknown_id_is_said(log: Path) -> None:
    """With the nearest one, as by `hilt show`."""
    answer = client_of(log).get("/call/evt_ffff")

    assert answer.status_code == 404
    assert "no id begins with" in answer.text


def test_charts_add_up_the_calls_that_fit(log: Path) -> None:
    """And again when the log has grown."""
    client = client_of(log)
    assert "<p>3 calls, 0 failed (0.0 %), $0.75" in client.get("/charts").text
    assert "<p>1 call, 0 failed (0.0 %), $0.25" in client.get("/charts?user=bea").text
    written(log, exchange(9))
    assert "<p>4 calls, " in client.get("/charts").text


def test_long_texts_are_cut_with_a_link_to_the_whole(tmp_path: Path) -> None:
    """In a conversation; the page of the call has all of it."""
    log = written(tmp_path / "log.jsonl", exchange(1, "Hi", "a" * 30_000))
    client = client_of(log)

    assert "Show 10,000 more characters" in client.get("/conversation/order-42").text
    assert "a" * 30_000 in client.get(f"/call/evt_{1:032x}").text


def test_a_page_that_has_not_changed_is_not_sent_again(log: Path) -> None:
    """The script asks every two seconds."""
    client = client_of(log)
    state = {"if-none-match": client.get("/").headers["etag"]}

    assert client.get("/", headers=state).status_code == 304
    written(log, exchange(9, "New"))
    assert "New" in client.get("/", headers=state).text


def test_empty_log(tmp_path: Path) -> None:
    """Nothing to show is said."""
    log = tmp_path / "log.jsonl"
    log.touch()
    client = client_of(log)

    assert "No call fits." in client.get("/").text
    assert client.get("/charts").status_code == 200


@pytest.mark.parametrize("path", ["/", "/conversations", "/charts", "/conversation/{}", "/call/{}"])
def test_markup_and_controls_in_a_log_are_text(tmp_path: Path, path: str) -> None:
    """In every field of an event, and in the filters that come back in the form."""
    events = exchange(1, EVIL, EVIL, session=EVIL, user=EVIL, model=EVIL, error_code=EVIL)
    tool = Event(
        event_id=f"evt_{5:032x}",
        session_id=EVIL,
        actor={"type": "agent", "id": EVIL},
        action="tool_call",
        content={"tool": {"name": EVIL, "call_id": EVIL, "arguments": {EVIL: EVIL}}},
        extensions={"reply_to": events[1].event_id},
    )
    about = Event(
        session_id=EVIL,
        actor={"type": "human", "id": EVIL},
        action="feedback",
        content={"text": EVIL, "feedback": {"comment": EVIL}},
        extensions={"reply_to": events[1].event_id, "rating": EVIL, "comment": EVIL},
    )
    log = written(tmp_path / "log.jsonl", [*events, tool, about])
    named = path.format(quote(EVIL, safe="") if "conversation/" in path else events[1].event_id)
    answer = client_of(log).get(
        named, params={"text": "alert", "user": EVIL} if path == "/" else None
    )

    assert answer.status_code == 200
    page = answer.text
    assert "alert(1)" in page or path == "/charts"
    assert not re.search(
        r"<script(?! src=\"/static/view.js\")|<img|onerror=alert\(2\)>(?!.*&gt;)", page
    )
    assert "\x1b" not in page
    assert "\u202e" not in page


# -- feedback ---------------------------------------------------------------------------------


def test_feedback_becomes_an_event(log: Path) -> None:
    """In the conversation of its call, and the page shows it."""
    client = client_of(log, reviewer="rob")
    answer = client.post(
        "/feedback",
        data={"event_id": f"evt_{10**9 + 1:032x}", "rating": "good", "comment": "Just right"},
        headers=ORIGIN,
    )
    event = list(read_events(log))[-1].to_dict()

    assert (answer.status_code, answer.headers["location"]) == (303, f"/call/evt_{10**9 + 1:032x}")
    assert {name: event[name] for name in ("action", "session_id", "actor", "extensions")} == {
        "action": "feedback",
        "session_id": "order-42",
        "actor": {"type": "human", "id": "rob"},
        "extensions": {
            "reply_to": f"evt_{10**9 + 1:032x}",
            "rating": "good",
            "comment": "Just right",
        },
    }
    assert "rating: good, comment: Just right" in client.get(answer.headers["location"]).text


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"event_id": "evt_ffff", "rating": "good"}, 400, "no id begins with"),
        ({"event_id": f"evt_{1:032x}"}, 400, "give a rating, a comment or a correction"),
        ({}, 400, "is not an id"),
        ({"event_id": f"evt_{1:032x}", "comment": "x" * 200_001}, 413, "too long"),
    ],
)
def test_wrong_feedback_writes_nothing(
    log: Path, data: dict[str, str], status: int, said: str
) -> None:
    """And the page says what is wrong."""
    before = log.read_bytes()
    answer = client_of(log).post("/feedback", data=data, headers=ORIGIN)

    assert answer.status_code == status
    assert said in answer.text
    assert log.read_bytes() == before


def test_a_read_only_viewer_takes_no_feedback(log: Path) -> None:
    """It has no form either."""
    client = client_of(log, reviewer=None)
    data = {"event_id": f"evt_{1:032x}", "rating": "good"}

    assert "<textarea" not in client.get(f"/call/evt_{1:032x}").text
    assert client.post("/feedback", data=data, headers=ORIGIN).status_code == 400


# -- what is cut --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "<p>3 calls.</p>"),
        ("user=nobody", "<p>No call fits.</p>"),
        ("n=4", "<p>3 calls.</p>"),
        ("n=3", '<p>The newest 3 calls. <a href="/?n=12">Show more</a></p>'),
        ("n=2", '<p>The newest 2 calls. <a href="/?n=8">Show more</a></p>'),
        (
            "n=2&errors=&outcome=completed",
            '<p>The newest 2 calls. <a href="/?n=8&amp;errors=&amp;outcome=completed">Show more</a></p>',
        ),
    ],
)
def test_a_list_says_how_much_of_it_is_shown(log: Path, query: str, said: str) -> None:
    """Four times as many are shown next, with the same filters."""
    assert said in client_of(log).get(f"/?{query}").text


def test_a_list_ends_at_the_most_rows(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than that are not offered; before it, no more than that."""
    client = client_of(log)
    monkeypatch.setattr("hilt.cli.viewer.app._MOST_ROWS", 2)

    assert 'href="/?n=2"' in client.get("/?n=1").text
    for query in ("n=2", "n=99", "n=3"):
        text = client.get(f"/?{query}").text
        assert "<p>The newest 2 calls. Filter to see older ones.</p>" in text


@pytest.mark.parametrize("given", ["0", "-1", "x", "", "999999999", "1"])
def test_a_number_of_rows_that_is_none(log: Path, given: str) -> None:
    """The usual number is meant, or at least one."""
    text = client_of(log).get(f"/?n={given}").text

    assert ("The newest 1 calls." in text) == (given in ("0", "1"))


def test_a_long_conversation_shows_its_first_calls(log: Path) -> None:
    """And says how many there are; one that fits says nothing."""
    client = client_of(log)

    text = client.get("/conversation/order-42?n=1").text
    assert "<p>The first 1 of 2 calls.</p>" in text
    assert ("Where is it?" in text, "Since when?" in text) == (True, False)
    assert "The first" not in client.get("/conversation/order-42?n=2").text


def test_a_row_has_what_a_call_was(tmp_path: Path) -> None:
    """Its figures and its rating; one without a text says so, and which tools it calls."""
    rated, failed, calling = (
        exchange(1, "Hi", "Hello"),
        exchange(2, "", "", outcome="failed", error_code="rate_limit"),
        exchange(3, "Rain?", ""),
    )
    feedback = Event(
        session_id="order-42",
        actor={"type": "human", "id": "bea"},
        action="feedback",
        extensions={"reply_to": rated[1].event_id, "rating": 4},
    )
    tools = [
        Event(
            session_id="order-42",
            actor={"type": "agent", "id": "openai"},
            action="tool_call",
            content={"tool": {"name": name}},
            extensions={"reply_to": calling[1].event_id},
        )
        for name in ("rain", "snow")
    ]
    path = written(tmp_path / "log.jsonl", rated, failed, calling, [feedback, *tools])

    text = client_of(path).get("/").text

    rows = [
        re.sub(r"<[^>]*>", "|", row).strip("|")
        for row in re.findall(r"<tr.*?</tr>", text.partition("<tbody>")[2])
    ]
    cells = [[cell for cell in row.split("|") if cell] for row in rows]
    assert cells == [
        ["2026-11-28 10:00:03", "ada", "Rain?", "calls rain, snow", "gpt-4o-mini", "completed",
         "500 ms", "$0.25"],
        ["2026-11-28 10:00:02", "ada", "(no text)", "gpt-4o-mini", "failed: rate_limit", "500 ms",
         "$0.25"],
        ["2026-11-28 10:00:01", "ada", "Hi", "Hello", "gpt-4o-mini", "completed · rated 4",
         "500 ms", "$0.25"],
    ]  # fmt: skip
    assert text.count('<tr class="failed">') == 1


def test_lines_that_could_not_be_read_are_counted(log: Path) -> None:
    """Beside the time zone; without them, only that is said."""
    client = client_of(log)
    assert '<p class="dim">Times are UTC.</p>' in client.get("/").text

    with log.open("a") as file:
        file.write('{"torn\n')

    assert "Times are UTC. 1 line could not be read.</p>" in client.get("/").text


def test_the_id_of_a_conversation_or_an_event_is_shown_as_what_it_is(log: Path) -> None:
    """At the address of a call; what is not there is said."""
    notice = Event(session_id="s", actor={"type": "system", "id": "hilt"}, action="system")
    written(log, [notice])
    client = client_of(log)

    conversation = client.get("/call/order-42")
    event = client.get(f"/call/{notice.event_id}")
    missing = client.get("/conversation/order-99")

    assert "<title>Conversation · HILT</title>" in conversation.text
    assert "Since when?" in conversation.text
    assert "<title>Event · HILT</title>" in event.text
    assert f"&quot;event_id&quot;: &quot;{notice.event_id}&quot;" in event.text
    assert missing.status_code == 404
    assert "there is no conversation" in missing.text


def test_feedback_is_about_a_call_and_goes_to_its_log(log: Path, tmp_path: Path) -> None:
    """Where several logs are shown, to the one that has the call."""
    other = written(tmp_path / "other.jsonl", exchange(9, "Da?", "Ja", session="z"))
    client = client_of(log, other)
    found = next(event for event in read_events(other) if event.action == "completion")

    refused = client.post("/feedback", data={"event_id": "order-42", "rating": "1"}, headers=ORIGIN)
    taken = client.post(
        "/feedback", data={"event_id": found.event_id, "rating": "5"}, headers=ORIGIN
    )

    assert refused.status_code == 400
    assert "feedback is about a call" in refused.text
    assert (taken.status_code, taken.headers["location"]) == (303, f"/call/{found.event_id}")
    assert [event.action for event in read_events(other)][-1] == "feedback"
    assert "feedback" not in [event.action for event in read_events(log)]


def test_a_log_that_is_gone_changes_the_state(log: Path, tmp_path: Path) -> None:
    """A page that a browser has is not the newest any more."""
    other = written(tmp_path / "other.jsonl", exchange(9))
    viewer = Viewer(hilt.open_log(log, other))
    before = viewer.state()

    assert viewer.state() == before
    other.unlink()
    assert viewer.state() != before
