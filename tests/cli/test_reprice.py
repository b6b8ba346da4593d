"""``hilt reprice``."""

from __future__ import annotations

import io
import json
from collections import Counter

import pytest

from hilt.analysis.log import open_log
from hilt.cli.reprice import _show_reasons, _signed
from hilt.io.read.events import read_events
from hilt.io.read.lines import line_blocks
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-", "--in-place"], "hilt: --in-place: - can be read once; give a file\n"),
        (["a.jsonl", "b.jsonl", "--in-place"], "hilt: --in-place: give one log at a time\n"),
    ],
)
def test_logs_that_cannot_be_changed(hilt, tmp_path, monkeypatch, arguments, said):
    """They are refused before anything is read."""
    for name in ("a.jsonl", "b.jsonl"):
        (tmp_path / name).touch()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))

    assert hilt("reprice", *arguments) == (2, "", said)
    assert not (tmp_path / "n.jsonl").exists()


def test_lines_that_cannot_be_changed_stay(hilt, priced, tmp_path, monkeypatch):
    """An event that is none is as it was; a line that is too long is left out, and counted."""
    odd = b'{"action":"completion","metrics":{"tokens":1}}'
    with priced.open("ab") as file:
        file.write(odd + b"\n")
    blocks = line_blocks

    def with_long_lines(file, *arguments, **options):
        yield 1
        yield from blocks(file, *arguments, **options)
        yield 2

    monkeypatch.setattr("hilt.io.read.lines.line_blocks", with_long_lines)

    code, _, err = hilt("reprice", priced, "--prices", "prices.toml", "-o", "new.jsonl")

    assert code == 0
    assert odd in (tmp_path / "new.jsonl").read_bytes().split(b"\n")
    assert err.splitlines()[-2:] == [
        "Wrote new.jsonl, in which 2 events changed",
        "2 lines of more than 100 MB left out",
    ]


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (1, ["1 call had a price, and has none now: gone", "1 call keeps its cost: incomplete",
             "1 call without a cost, then and now: free"]),
        (2, ["2 calls had a price, and have none now: gone", "2 calls keep their cost: incomplete",
             "2 calls without a cost, then and now: free"]),
    ],
)  # fmt: skip
def test_reasons_are_said(capsys, count, said):
    """Each with the number of its calls, the most frequent first."""
    gone, kept = Counter({"gone": count}), Counter({"incomplete": count})
    _show_reasons(gone, "had a price, and {} none now")
    _show_reasons(kept, "{} their cost", keep=True)
    _show_reasons(Counter({"free": count}), "without a cost, then and now", verb=False)
    _show_reasons(Counter(rare=1, often=3), "{} their cost", keep=True)

    lines = capsys.readouterr().out.splitlines()
    assert lines[:3] == said
    assert lines[3:] == ["3 calls keep their cost: often", "1 call keeps its cost: rare"]


@pytest.mark.parametrize(
    ("difference", "text"),
    [(0.0, "$0.00"), (4e-7, "$0.00"), (5e-7, "+$0.0000005"), (-0.5, "-$0.50"), (2, "+$2.00")],
)
def test_differences_have_a_sign(difference, text):
    """Those that a table would show as nothing are nothing."""
    assert _signed(difference) == text
