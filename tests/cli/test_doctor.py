"""``hilt doctor``."""

from __future__ import annotations

import json

import pytest

from hilt.cli import diagnosis
from hilt.cli.diagnosis import Destination, Diagnosis, ProviderStatus


@pytest.fixture
def diagnosed(monkeypatch):
    """Makes the command report this diagnosis."""

    def use(**fields):
        given = {
            "versions": {"python": "3.13.0", "hilt": "1.0.0", "wrapt": None},
            "providers": [
                ProviderStatus("openai", "openai", "3.0.0", {"chat": "create", "images": "edit"}),
                ProviderStatus("litellm", "litellm", None, {}),
            ],
            "destination": Destination(("local",), "/logs/app.jsonl", bytes=1),
            "outboxes": [],
            "problems": [],
            **fields,
        }
        monkeypatch.setattr(diagnosis, "diagnose", lambda: Diagnosis(**given))

    return use


def test_no_problems(hilt, diagnosed):
    """Versions, observed SDKs and the destination are shown, and the exit code is 0."""
    diagnosed()

    code, out, err = hilt("doctor")

    assert code == 0
    assert [line.rstrip() for line in out.splitlines()] == [
        "python 3.13.0, hilt 1.0.0, wrapt missing",
        "",
        "provider  version  observed",
        "openai    3.0.0    chat: create; images: edit",
        "",
        "Not installed: litellm.",
        "",
        "Events go to /logs/app.jsonl (1 byte).",
    ]
    assert err == "✓ No problems found.\n"


def test_problems(hilt, diagnosed):
    """Problems are listed on stderr, one line each, and the exit code is 1."""
    diagnosed(problems=["openai: cannot be imported: [no] module", "Only 5 MiB are left."])

    code, _, err = hilt("doctor")

    assert (code, err) == (
        1,
        "✗ openai: cannot be imported: [no] module\n✗ Only 5 MiB are left.\n",
    )


def test_all_lists_what_is_not_installed(hilt, diagnosed):
    """With --all, SDKs that are not installed have a row of their own."""
    diagnosed()

    out = hilt("doctor", "--all")[1]

    rows = [line.split() for line in out.splitlines()]
    assert ["litellm", "-"] in rows
    assert "Not installed" not in out


def test_notes_and_problems_of_a_provider(hilt, diagnosed):
    """Why an SDK is not observed stands in its row."""
    diagnosed(
        providers=[
            ProviderStatus("a", "a", "1.0", {}, note="excluded by HILT_PROVIDERS"),
            ProviderStatus("b", "b", "1.0", {"chat": "create"}, problem="this [x] is missing"),
        ]
    )

    rows = [line.rstrip() for line in hilt("doctor")[1].splitlines()]

    assert rows[3:5] == [
        "a         1.0      excluded by HILT_PROVIDERS",
        "b         1.0      chat: create — this [x] is missing",
    ]


def test_other_instrumentations(hilt, diagnosed):
    """What else can instrument an SDK is named beside what is observed."""
    diagnosed(
        providers=[
            ProviderStatus("openai", "openai", "2.0", {"chat": "create"}, others=["b 1", "c 2"])
        ]
    )

    rows = [line.rstrip() for line in hilt("doctor")[1].splitlines()]

    assert rows[3] == "openai    2.0      chat: create — can also be instrumented by b 1, c 2"


def test_destinations(hilt, diagnosed):
    """Files, sheets, outboxes and notes are shown, one line each."""
    diagnosed(
        destination=Destination(("local", "sheets"), "/a.jsonl", sheet_id="book", note="Note."),
        outboxes=[{"sheet_id": "book", "worksheet_name": "Logs", "waiting": 1234, "dropped": 0}],
    )

    out = hilt("doctor")[1]

    assert out.splitlines()[-4:] == [
        "Events go to /a.jsonl (not created yet).",
        "Events go to the Google Sheet book.",
        "Note.",
        "Outbox for sheet book, Logs: 1,234 waiting, 0 dropped.",
    ]


def test_json(hilt, diagnosed):
    """With --json the whole report is one object, without fields that have no value."""
    diagnosed(problems=["Something."])

    code, out, err = hilt("doctor", "--json")

    assert (code, err) == (1, "")
    assert json.loads(out) == {
        "versions": {"python": "3.13.0", "hilt": "1.0.0", "wrapt": None},
        "providers": [
            {
                "name": "openai",
                "distribution": "openai",
                "installed": "3.0.0",
                "observed": {"chat": "create", "images": "edit"},
            },
            {"name": "litellm", "distribution": "litellm", "installed": None, "observed": {}},
        ],
        "destination": {"backends": ["local"], "path": "/logs/app.jsonl", "bytes": 1},
        "outboxes": [],
        "problems": ["Something."],
        "not_observed": {},
        "unseen_calls": [],
    }


def test_calls_that_are_not_logged(hilt, diagnosed):
    """What the log says of unseen calls is no problem, and shown with the package."""
    unseen = {"host": "api.openai.com", "path": "/v1/responses", "package": "acme", "requests": 42}
    connection = {**unseen, "path": None, "package": None, "requests": 1}
    diagnosed(unseen_calls=[unseen, connection])

    _, out, _ = hilt("doctor")

    assert "Not logged: 42 requests to api.openai.com/v1/responses by acme.\n" in out
    assert "Not logged: 1 TLS connection to api.openai.com.\n" in out
    assert "`HILT_WIRE=true` or `instrument(wire=True)` logs such requests" in out


def test_what_is_not_observed(hilt, diagnosed):
    """What an SDK has that is not logged, and SDKs that are not, are said with the reason."""
    openai = ProviderStatus(
        "openai", "openai", "3.0.0", {"chat": "create"}, not_observed={"live": "it stays open"}
    )
    diagnosed(providers=[openai], not_observed={"vllm": "it runs here"})

    _, out, _ = hilt("doctor")

    assert "openai    3.0.0    chat: create — not observed: live" in out
    assert "Not observed: vllm: it runs here." in out
    assert "stays open" not in out


def test_reasons(hilt, diagnosed):
    """With --verbose a reason is said, once for all methods that it holds for."""
    reasons = {"live": "it stays open", "videos": "made later", "realtime": "it stays open"}
    diagnosed(
        providers=[
            ProviderStatus("openai", "openai", "3.0.0", {"chat": "create"}, not_observed=reasons)
        ]
    )

    _, out, _ = hilt("doctor", "--verbose")

    assert "Not observed: openai: live, realtime: it stays open.\n" in out
    assert "Not observed: openai: videos: made later.\n" in out
