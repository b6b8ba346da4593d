"""``hilt reprice``."""

from __future__ import annotations

import json

import pytest

from hilt.analysis.log import open_log
from hilt.io.read.events import read_events
from hilt.io.session import Session
from tests.analysis.test_repricing import completion

PRICES = '[[models]]\nmodel = ["gpt-4o-mini", "mine"]\ninput = 1\noutput = 1\n'


@pytest.fixture
def priced(tmp_path):
    """A log of a priced and of an unpriced call, and a price file."""
    (tmp_path / "prices.toml").write_text(PRICES)
    log = tmp_path / "app.jsonl"
    unpriced = completion(model="mine", cost=None, extensions={"cost_unknown": "no price"})
    unpriced.event_id = "evt_2"
    lines = [completion().encode(), b'{"torn', unpriced.encode()]
    log.write_bytes(b"".join(line + b"\n" for line in lines))
    return log


def costs(path):
    """The costs in a log."""
    return [event.metrics.cost_usd for event in read_events(path)]


def test_then_and_now(hilt, priced):
    """By model, the largest difference first; what has a price now is said apart."""
    before = priced.read_bytes()

    code, out, err = hilt("reprice", priced, "--prices", "prices.toml")

    assert code == 0
    assert [line.split() for line in out.splitlines()[1:3]] == [
        ["mine", "+$0.001", "$0.001", "$0.00", "1"],
        ["gpt-4o-mini", "+$0.00085", "$0.001", "$0.00015", "1", "+566.7%"],
    ]
    assert out.splitlines()[-2:] == [
        "2 calls, $0.00015 then, $0.002 now (+$0.00185)",
        "1 call had no price, and cost $0.001 now",
    ]
    assert "1 line skipped" in err
    assert priced.read_bytes() == before


def test_json(hilt, priced):
    """One object."""
    _, out, _ = hilt("reprice", priced, "--prices", "prices.toml", "--json")

    shown = json.loads(out)
    assert (shown["calls"], shown["then_usd"], shown["now_usd"]) == (2, 0.00015, 0.002)
    assert shown["priced_now"] == {"calls": 1, "cost_usd": 0.001}
    assert shown["skipped"] == 1


def test_a_new_log(hilt, priced, tmp_path):
    """It has the new costs; a torn line is as it was, and so is the old log."""
    before = priced.read_bytes()

    code, _, err = hilt("reprice", priced, "--prices", "prices.toml", "-o", "new.jsonl")

    assert code == 0
    assert costs(tmp_path / "new.jsonl") == [0.001, 0.001]
    assert b'\n{"torn\n' in (tmp_path / "new.jsonl").read_bytes()
    assert "Wrote new.jsonl, in which 2 events changed" in err
    assert priced.read_bytes() == before


def test_filters_choose_what_changes(hilt, priced, tmp_path):
    """Other calls are in the new log with the cost that they had."""
    hilt("reprice", priced, "--prices", "prices.toml", "-m", "mine", "-o", "new.jsonl")

    assert costs(tmp_path / "new.jsonl") == [0.00015, 0.001]


def test_in_place_only_if_asked(hilt, priced, tmp_path):
    """Rotated parts change too, and the log has a receipt; a second time changes nothing."""
    with Session(tmp_path / "rotated.jsonl", rotate_bytes=900) as session:
        for number in range(10, 16):
            event = completion()
            event.event_id = f"evt_{number}"
            session.append(event)
    log = session.path
    assert len(list(tmp_path.glob("rotated*.gz"))) > 1

    code, _, err = hilt("reprice", log, "--prices", "prices.toml", "--in-place")
    again = hilt("reprice", log, "--prices", "prices.toml", "--in-place")

    events = list(open_log(log).events())
    assert (code, err.splitlines()[-1]) == (0, f"Changed 6 events of {log}")
    assert [event.metrics.cost_usd for event in events if event.metrics] == [0.001] * 6
    assert [event.extensions["receipt"]["changed"] for event in events if not event.metrics] == [6]
    assert again[2].splitlines()[-1] == f"Changed 0 events of {log}"


def test_the_prices_of_the_environment(hilt, priced, monkeypatch):
    """``HILT_PRICES`` counts where no file is given."""
    monkeypatch.setenv("HILT_PRICES", "prices.toml")

    _, out, _ = hilt("reprice", priced, "--json")

    assert json.loads(out)["now_usd"] == 0.002


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--prices", "none.toml"], "hilt: none.toml: cannot be read: No such file or directory"),
        (["--as-of", "someday"], "hilt: --as-of: 'someday' is not a time; expected"),
        (["-o", "app.jsonl"], "hilt: app.jsonl: is the log itself; name another file"),
        (["-o", "n.jsonl", "--in-place"], "hilt: --in-place: changes the log itself; -o writes"),
    ],
)
def test_wrong_usage(hilt, priced, arguments, said):
    """One line, exit code 2, and nothing is written."""
    before = priced.read_bytes()

    code, out, err = hilt("reprice", priced, *arguments)

    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert priced.read_bytes() == before


def test_a_failure_leaves_no_file(hilt, priced, tmp_path, monkeypatch):
    """A new log appears when it is whole."""

    def broken(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("hilt.cli.reprice._new_line", broken)

    code, _, _ = hilt("reprice", priced, "--prices", "prices.toml", "-o", "new.jsonl")

    assert code == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.jsonl", "prices.toml"]


def test_no_calls(hilt, priced):
    """A time without calls is no error."""
    assert hilt("reprice", priced, "--since", "2030-01-01")[:2] == (0, "")
