"""``hilt cost``."""

from __future__ import annotations

import json

from tests.analysis.conftest import LogWriter


def test_the_dearest_comes_first(hilt, tmp_path):
    """Each with its share, and what has no cost is said with the reason."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(cost=0.5)
    log.call(model="claude", cost=1.5)
    log.call(model="mine", cost=None, cost_unknown="no price for mine")

    code, out, _ = hilt("cost", log.path)

    lines = out.splitlines()
    assert code == 0
    assert [line.split()[:4] for line in lines[1:4]] == [
        ["claude-2026", "$1.50", "75.0", "%"],
        ["gpt-5-2026", "$0.50", "25.0", "%"],
        ["mine-2026", "$0.00", "0.0", "%"],
    ]
    assert lines[-2:] == ["3 calls, $2.00", "1 call without a cost: no price for mine"]


def test_json(hilt, tmp_path):
    """One object."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call(cost=0.5, user="alice")

    _, out, _ = hilt("cost", log.path, "--by", "user", "--json")

    assert json.loads(out) == {
        "cost_usd": 0.5,
        "cost_unknown": {},
        "calls": 1,
        "by": ["user"],
        "groups": [
            {
                "user": "alice",
                "calls": 1,
                "tokens_in": 10,
                "tokens_out": 4,
                "tokens_cached": 5,
                "cost_usd": 0.5,
                "cost_unknown": {},
            }
        ],
        "skipped": 0,
    }


def test_no_calls(hilt, tmp_path):
    """That nobody has a name is said, and is exit code 1; that nothing failed is not."""
    log = LogWriter(tmp_path / "app.jsonl")
    log.call()

    assert hilt("cost", log.path, "--user", "nobody") == (
        1, "", "hilt: no call matches --user nobody\n",
    )  # fmt: skip
    assert hilt("cost", log.path, "--errors") == (0, "", "No calls.\n")
