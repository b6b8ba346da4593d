"""``hilt validate``."""

from __future__ import annotations

import json

from tests.cli.conftest import make_event


def test_sound_log(hilt, log):
    """A sound log ends with 0 and counts its events."""
    path = log(make_event(1), make_event(2, "completion", reply_to=make_event(1).event_id))

    assert hilt("validate", path) == (
        0,
        "",
        f"{path}: 2 events, 0 invalid lines, 0 unanswered prompts\n",
    )


def test_findings_name_their_lines(hilt, log):
    """Each wrong line is named by its number, as compilers do."""
    path = log(make_event(1))
    with path.open("a") as file:
        file.write('{"torn\n\n{"action": "prompt"}\n')

    code, out, err = hilt("validate", path)

    assert code == 1
    first, second = out.splitlines()
    assert first.startswith(f"{path}:2: event: not JSON")
    assert second.startswith(f"{path}:4: event_id: is missing; timestamp: is missing; ")
    assert err == f"{path}: 1 event, 2 invalid lines, 1 unanswered prompt\n"


def test_most_findings(hilt, log):
    """Only as many findings as requested are shown, and the rest is counted."""
    path = log(make_event(1), make_event(1), make_event(1), make_event(1))

    assert hilt("validate", path, "--most", 1) == (
        1,
        f"{path}:2: event_id: is that of line 1 too\n",
        f"{path}: 2 more\n{path}: 1 event, 3 invalid lines, 1 unanswered prompt\n",
    )


def test_filters_choose_what_is_checked(hilt, log):
    """By the event, or by its call; what is no JSON may be anything, and is always checked."""
    answered = make_event(2, "completion", reply_to=make_event(1).event_id, status_code="no")
    path = log(make_event(1), answered, make_event(3), make_event(3))
    with path.open("a") as file:
        file.write('{"torn\n')

    def counts(*options):
        return hilt("validate", path, *options)[2].partition(": ")[2]

    assert counts() == "3 events, 2 invalid lines, 1 unanswered prompt\n"
    assert counts("--chunks", "--session", "conv_1") == counts("--session", "conv_1")
    assert counts("--session", "conv_1") == "1 event, 1 invalid line, 0 unanswered prompts\n"
    assert counts("--session", "conv_0") == "1 event, 2 invalid lines, 1 unanswered prompt\n"
    assert counts("--user", "user") == "3 events, 2 invalid lines, 1 unanswered prompt\n"
    assert counts("--action", "prompt") == "2 events, 2 invalid lines, 1 unanswered prompt\n"


def test_filter_that_nothing_matches(hilt, log):
    """As of every command."""
    code, _, err = hilt("validate", log(make_event(1)), "--session", "nope")

    assert (code, err.splitlines()[-1]) == (1, "hilt: no event matches --session nope")


def test_filter_on_calls_needs_a_file(hilt):
    """The log is read twice for it."""
    answer = hilt("validate", "-", "--user", "ann")

    assert answer[0] == 2
    assert answer[2].startswith("hilt: -: a filter on calls reads the log twice")


def test_json(hilt, log):
    """With --json there is one object for each log."""
    paths = log(make_event(1), name="a.jsonl"), log(make_event(1), make_event(1), name="b.jsonl")

    code, out, _ = hilt("validate", *paths, "--json")

    finding = {"path": str(paths[1]), "line": 2, "message": "event_id: is that of line 1 too"}
    counts = {"events": 1, "unanswered": 1}
    assert code == 1
    assert list(map(json.loads, out.splitlines())) == [
        {
            "path": str(paths[0]),
            "sound": True,
            "bad": 0,
            "findings": [],
            "actions": {"prompt": 1},
            **counts,
        },
        {
            "path": str(paths[1]),
            "sound": False,
            "bad": 1,
            "findings": [finding],
            "actions": {"prompt": 2},
            **counts,
        },
    ]


def test_chunks_are_checked_if_they_are_asked_for(hilt, log):
    """With a filter; without one, every line is."""
    chunk = make_event(4, "completion_chunk")
    path = log(make_event(1), chunk, chunk)

    def invalid(*options):
        return hilt("validate", path, *options)[2].split(", ")[1]

    assert invalid() == "1 invalid line"
    assert invalid("--session", "conv_1") == "0 invalid lines"
    assert invalid("--session", "conv_1", "--chunks") == "1 invalid line"
