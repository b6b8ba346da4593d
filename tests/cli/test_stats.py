"""``hilt stats``."""

from __future__ import annotations

import json

import pytest

from tests.analysis.conftest import LogWriter


def test_a_row_for_each_model(hilt, tmp_path):
    """Counts, cost, errors, latencies and tokens, and the total below."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call()
    log.call(model="claude", cost=1.5)
    log.failure(log.prompt(), model="claude-2026")

    code, out, err = hilt("stats", log.path)

    header, *rows, empty, total = out.splitlines()
    assert (code, err, empty) == (0, "", "")
    assert header.split()[:5] == ["model", "calls", "cost", "failed", "p50"]
    assert rows[0].split()[:7] == ["claude-2026", "2", "$1.50", "50.0", "%", "2.0", "s"]
    assert rows[1].startswith("gpt-5-2026")
    assert total == "3 calls, 1 failed (33.3 %), 20 tokens in (50.0 % cached), 8 out, $2.00"


@pytest.mark.parametrize("command", ["stats", "cost", "report"])
@pytest.mark.parametrize("key", ["day", "model"])
def test_a_sum_beyond_every_number_is_shown(hilt, tmp_path, command, key):
    """Another program can write any cost."""
    log = LogWriter(tmp_path / "app.jsonl")
    for cost, model in ((1e308, "a"), (1e308, "a"), (-1e308, "b"), (-1e308, "b"), (1.0, "c")):
        log.call(cost=cost, model=model)
    options = ["-o", tmp_path / "report.html"] if command == "report" else ["--by", key]

    code, out, err = hilt(command, log.path, *options)

    assert (code, "Traceback" in err) == (0, False)
    assert "nan %" not in out


def test_tools_have_their_uses(hilt, tmp_path):
    """Before the calls that use them, and as JSON."""
    log = LogWriter(tmp_path / "app.jsonl")
    asked = log.call()
    log.tool_call(asked, call_id="c1")
    log.answer(log.tool_result(log.tool_call(asked, call_id="c2"), asked))

    _, out, _ = hilt("stats", log.path, "--by", "tool")
    _, as_json, _ = hilt("stats", log.path, "--by", "tool", "--json")

    assert [line.split()[:3] for line in out.splitlines()[:3]] == [
        ["tool", "uses", "calls"], ["(none)", "0", "1"], ["get_weather", "2", "1"],
    ]  # fmt: skip
    assert [each.get("uses") for each in json.loads(as_json)["groups"]] == [None, 2]


def test_services_are_keys(hilt, tmp_path):
    """With their version and environment; a call without one is in a group of its own."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call()
    shop = {"service": "shop", "service_version": "1.2", "environment": "production"}
    log.write("s", ("agent", "openai"), "completion", provenance=shop)

    _, out, _ = hilt("stats", log.path, "--by", "service,version,environment", "--json")

    keys = ("service", "version", "environment")
    found = [[each[key] for key in keys] for each in json.loads(out)["groups"]]
    assert sorted(found) == [["(none)"] * 3, ["shop", "1.2", "production"]]


def test_agents_and_nodes_are_keys(hilt, tmp_path):
    """As a framework names them: what each part of a graph costs."""
    log = LogWriter(tmp_path / "app.jsonl")
    for node, cost in (("plan", 0.25), ("write", 0.5), ("write", 1.0)):
        of = {"agent": "editor", "node": node}
        log.write("s", ("agent", "openai"), "completion", provenance=of, metrics={"cost_usd": cost})

    _, out, _ = hilt("stats", log.path, "--by", "agent,node", "--json")

    found = [(each["agent"], each["node"], each["cost_usd"]) for each in json.loads(out)["groups"]]
    assert sorted(found) == [("editor", "plan", 0.25), ("editor", "write", 1.5)]


def test_json(hilt, tmp_path):
    """One object with the total and each group."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(user="alice")

    _, out, _ = hilt("stats", log.path, "--by", "user,day", "--utc", "--json")

    shown = json.loads(out)
    assert shown["by"] == ["user", "day"]
    assert shown["total"]["calls"] == 1
    assert [(each["user"], each["day"]) for each in shown["groups"]] == [("alice", "2026-11-28")]
    assert shown["skipped"] == 0


def test_days_have_a_sparkline_and_say_their_zone(hilt, tmp_path):
    """How cost goes is seen at a glance."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(cost=1.0)

    _, out, err = hilt("stats", log.path, "--by", "day", "--utc")

    assert out.splitlines()[-1] == "Cost by day: █"
    assert err == "Times are UTC.\n"


def test_no_calls(hilt, tmp_path):
    """An empty log has none, which is no error."""
    path = tmp_path / "app.jsonl"
    path.touch()

    assert hilt("stats", path) == (0, "", "No calls.\n")


@pytest.mark.parametrize("command", ["stats", "cost"])
def test_the_first_skipped_line_is_that_of_the_file(hilt, tmp_path, command):
    """Whether it is torn or an object of another kind."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.path.write_bytes(b'{"level":"info"}\n[1]\n')
    log.call()

    _, _, err = hilt(command, log.path)

    assert err.startswith(f"2 lines skipped; the first is {log.path}:1: ")


def test_skipped_lines_are_said(hilt, tmp_path):
    """On stderr, with the first of them."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call()
    with log.path.open("ab") as file:
        file.write(b'{"torn\n')

    assert hilt("stats", log.path)[2] == (
        f"1 line skipped; the first is {log.path}:3: the line is torn, or is not JSON\n"
    )


def test_wrong_values_name_the_option(hilt, tmp_path):
    """Wrong usage, in one line."""
    path = tmp_path / "app.jsonl"
    path.touch()

    assert hilt("stats", path, "--by", "colour")[0] == 2
    code, _, err = hilt("stats", path, "--since", "soon")
    assert (code, err.splitlines()) == (2, [err.rstrip("\n")])
    assert err.startswith("hilt: --since: 'soon' is not a time; expected ")


@pytest.mark.parametrize(
    ("arguments", "shown", "said"),
    [
        (("stats", "--by", "user"), ["user1", "user3"], "those with the most calls"),
        (("cost", "--by", "user"), ["user3", "user1"], "the most expensive"),
        (("stats", "--by", "day"), ["2026-11-03", "2026-11-04"], "the newest"),
    ],
)
def test_a_table_has_as_many_groups_as_are_wanted(hilt, tmp_path, arguments, shown, said):
    """The largest, or of days the newest; how many there are is said, and --json has all."""
    log = LogWriter(tmp_path / "app.jsonl")
    for number, calls in ((1, 2), (2, 1), (3, 3), (4, 1)):
        for _ in range(calls):
            log.call(user=f"user{number}", cost=0.1 * calls)
        log.path.write_bytes(log.path.read_bytes().replace(b"2026-11-28", b"2026-11-0%d" % number))

    code, out, err = hilt(*arguments, log.path, "-n", "2", "--utc")

    names = [line.split()[0] for line in out.splitlines() if line.startswith(("user", "2026"))]
    assert (code, names[-2:]) == (0, shown)
    assert err.splitlines()[0] == f"2 of 4 groups: {said}; -n 4 or --json gives all"
    assert len(json.loads(hilt(*arguments, log.path, "--json")[1])["groups"]) == 4
    assert "groups" not in hilt(*arguments, log.path)[2]
