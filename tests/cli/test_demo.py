"""``hilt demo``."""

from __future__ import annotations

import json
import shlex
from collections import Counter

import pytest

from hilt import get_context
from hilt.testing import Provider


def test_makes_every_kind_of_call(hilt, tmp_path):
    """A chat, a stream, a tool call and a 429 leave their events, with costs."""
    code, out, _ = hilt("demo", "--json")

    events = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    counts = Counter(event["action"] for event in events)
    assert counts.pop("completion_chunk") == 15
    assert counts == {"prompt": 4, "completion": 4, "tool_call": 1, "tool_result": 1, "system": 1}
    assert events[-1]["extensions"]["error_code"] == "rate_limit"
    assert events[-1]["extensions"]["status_code"] == 429
    costs = [event["metrics"]["cost_usd"] for event in events if event["action"] == "completion"]
    assert all(cost > 0 for cost in costs)
    assert (tmp_path / "logs" / "hilt-demo.jsonl").read_text().count("\n") == len(events)


def test_shows_a_table(hilt, tmp_path):
    """Without --json there is a table, the total cost, and where the file is."""
    code, out, err = hilt("demo", "--log", "demo.jsonl")

    header, *rows, empty, summary = out.splitlines()
    names = ["time", "action", "who", "text", "in", "out", "cost", "ms", "status"]
    assert (code, header.split(), len(rows), empty) == (0, names, 26, "")
    assert rows[0].rstrip().split(maxsplit=3)[1:] == [
        "prompt",
        "user",
        "In one sentence: what is Python?",
    ]
    assert summary == (f"26 events written to {tmp_path / 'demo.jsonl'}; total cost $0.000065")
    assert err == (
        "Five calls made with the OpenAI client and answered by the embedded provider:\n\n"
        "To log the calls of your own program, add one line to it: hilt.instrument()\n\n"
        "To read what was logged:\n"
        "  hilt show --last demo.jsonl\n"
        "  hilt stats demo.jsonl\n"
        "  hilt report demo.jsonl -o demo.html\n"
    )


def test_commands_to_try_do_what_they_say(hilt, tmp_path):
    """Each of them, as a shell would take it, on a path with a space."""
    _, _, err = hilt("demo", "--log", "my logs/demo.jsonl")
    commands = [shlex.split(line)[1:] for line in err.splitlines() if line.startswith("  hilt ")]

    assert [hilt(*command)[0] for command in commands] == [0, 0, 0]
    assert (tmp_path / "my logs" / "demo.html").exists()


def test_second_run_shows_its_own_events_only(hilt, tmp_path):
    """A log that is there already is added to, not shown again."""
    hilt("demo", "--log", "demo.jsonl")

    _, out, _ = hilt("demo", "--log", "demo.jsonl", "--json")

    assert len(out.splitlines()) == 26
    assert (tmp_path / "demo.jsonl").read_text().count("\n") == 52


def test_leaves_nothing_on(hilt):
    """After the demo nothing is instrumented."""
    hilt("demo", "--json")

    assert not get_context().is_instrumented


def test_without_the_sdk_it_says_what_to_install(hilt, monkeypatch):
    """A missing SDK is wrong usage, with the way out."""
    monkeypatch.setattr("hilt.cli.demo.find_spec", lambda _name: None)

    assert hilt("demo") == (
        2,
        "",
        'hilt: hilt demo needs the package openai: pip install "hilt[openai]"\n',
    )


def test_unwritable_log_is_named(hilt):
    """A log that cannot be written is wrong usage."""
    code, _, err = hilt("demo", "--log", "/proc/no/demo.jsonl")

    assert code == 2
    assert "/proc/no" in err


def test_with_a_key_the_calls_go_out(hilt, monkeypatch):
    """With a key the chat, the stream and the tool call go where the SDK sends them."""
    with Provider() as elsewhere:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", elsewhere.openai_url)

        code, out, _ = hilt("demo", "--json", "--model", "gpt-4o")

    assert code == 0
    assert [request.parsed.text for request in elsewhere.requests] == [
        "In one sentence: what is Python?",
        "Write a haiku about log files.",
        "Is it raining in Paris?",
    ]
    assert json.loads(out.splitlines()[-1])["extensions"]["error_code"] == "rate_limit"


WAY_OUT = "To try it without OpenAI: hilt demo --embedded\n"


@pytest.mark.parametrize(
    ("status", "message", "line"),
    [
        (401, "Incorrect API key", "refuses the key in OPENAI_API_KEY: set one that is valid."),
        (404, "No model `x`\n here.", "answers with status 404: No model `x` here."),
        (400, "x" * 500, f"answers with status 400: {'x' * 200}."),
    ],
)
def test_refused_call_ends_in_one_line(hilt, monkeypatch, status, message, line):
    """A bad key, or a model that is not there: one line that says the way out, no traceback."""
    with Provider() as elsewhere:
        elsewhere.fail(status=status, message=message)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", elsewhere.openai_url)

        assert hilt("demo") == (2, "", f"hilt: 127.0.0.1 {line} {WAY_OUT}")


def test_no_network_ends_in_one_line(hilt, monkeypatch):
    """Where nobody answers, one line names the host and the way out."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setattr("openai._constants.INITIAL_RETRY_DELAY", 0)

    assert hilt("demo") == (
        2,
        "",
        "hilt: No answer from 127.0.0.1: check the network, the proxy and OPENAI_BASE_URL. "
        + WAY_OUT,
    )


def test_key_with_other_characters_ends_in_one_line(hilt, monkeypatch):
    """A key that no header can hold is named by its variable, and not printed."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-ключ")

    code, out, err = hilt("demo")

    assert (code, out) == (2, "")
    assert err.startswith("hilt: OPENAI_API_KEY: ")
    assert err.endswith(WAY_OUT)
    assert "ключ" not in err


def test_refused_call_is_in_the_log(hilt, monkeypatch, tmp_path):
    """What was asked and how it was refused is logged, as in any program."""
    with Provider() as elsewhere:
        elsewhere.fail(status=401, message="Incorrect API key")
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("OPENAI_BASE_URL", elsewhere.openai_url)
        hilt("demo", "--log", "demo.jsonl")

    events = [json.loads(line) for line in (tmp_path / "demo.jsonl").read_text().splitlines()]
    assert [event["action"] for event in events] == ["prompt", "system"]
    assert events[1]["extensions"]["error_code"] == "authentication"


def test_disabled_demo_says_so(hilt, monkeypatch):
    """In place of a table without events."""
    monkeypatch.setenv("HILT_DISABLED", "1")
    code, out, err = hilt("demo")

    assert (code, out) == (2, "")
    assert "HILT_DISABLED is true, so nothing would be logged: unset it." in " ".join(err.split())
