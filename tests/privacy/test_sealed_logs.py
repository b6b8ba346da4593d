"""Round trips of sealed logs: every command takes them, and only the key opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hilt
from hilt import Session
from hilt.cli.main import run
from hilt.core.exceptions import SinkError
from hilt.io.read.events import read_events
from hilt.privacy.tools.places import LogPlace
from hilt.testing import Provider, replaying
from tests.privacy.tools.conftest import ANN, conversation_of

openai = pytest.importorskip("openai")
pytest.importorskip("cryptography")

SECRET = "the rain in Spain"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))
    monkeypatch.setenv("HILT_OUTBOX", str(tmp_path / "outbox"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A sealed log of two people."""
    path = tmp_path / "log.jsonl"
    events = [*conversation_of(ANN, "s1", SECRET), *conversation_of("bob", "s2", SECRET)]
    with Session(path, privacy="sealed") as session:
        session.append_all(events)
    return path


def test_every_command_takes_a_sealed_log(log: Path, tmp_path: Path) -> None:
    """It is validated, shown, converted and reported; no text is in what comes of it."""
    conversation = next(iter(read_events(log))).session_id
    assert run(["validate", str(log)]) == 0
    assert run(["show", conversation, str(log)]) == 0
    assert run(["stats", str(log)]) == 0
    for name in ("x.csv", "x.html", "x.md", "x.sqlite"):
        assert run(["convert", str(log), "-o", name]) == 0
    assert run(["report", str(log), "-o", "page.html"]) == 0
    written = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert not [each.name for each in written if SECRET.encode() in each.read_bytes()]


def test_a_sealed_log_is_opened_and_is_what_it_was(log: Path) -> None:
    """With the key, and only where the key is."""
    assert run(["unseal", str(log), "-o", "open.jsonl"]) == 0
    assert run(["validate", "open.jsonl"]) == 0
    texts = [each.content.text for each in read_events(Path("open.jsonl")) if each.content]
    assert texts.count(SECRET) == 2
    assert {each.session_id for each in read_events(Path("open.jsonl"))} == {"s1", "s2"}


def test_no_log_is_opened_without_a_trace(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the log takes no receipt, there is no output; without keys nothing is opened."""

    def refuse(*_: object) -> None:
        raise SinkError("the log is read-only")

    with monkeypatch.context() as patched:
        patched.setattr(LogPlace, "append", refuse)
        assert run(["unseal", str(log), "-o", "open.jsonl"]) == 2
    assert not Path("open.jsonl").exists()

    assert run(["unseal", str(log), "-o", "open.jsonl", "--keys", "nope"]) == 2
    assert not Path("open.jsonl").exists()


def test_erasing_that_is_interrupted_can_be_run_again(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys go first, while the events still say whose they are."""

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LogPlace, "change", interrupt)
        assert run(["subject", "erase", ANN, str(log), "--yes"]) == 130
    assert run(["unseal", str(log), "-o", "open.jsonl"]) == 1  # hers stay closed

    assert run(["subject", "erase", ANN, str(log), "--yes"]) == 0
    assert run(["subject", "find", ANN, str(log)]) == 1


def test_an_archive_of_a_sealed_log_is_erased_by_its_key(log: Path) -> None:
    """The log, an archive, and a copy that nobody has thought of."""
    pytest.importorskip("duckdb")
    copy = log.with_name("copy.jsonl")
    copy.write_bytes(log.read_bytes())
    assert run(["archive", str(log), "--to", "archive"]) == 0
    assert run(["subject", "erase", ANN, "archive", "--yes"]) == 0
    assert run(["subject", "find", ANN, "archive"]) == 1
    assert run(["subject", "find", "bob", "archive"]) == 0
    assert run(["unseal", str(copy), "-o", "open.jsonl"]) == 1  # some stay closed
    assert ANN.encode() not in Path("open.jsonl").read_bytes()


def test_an_opened_log_is_replayed() -> None:
    """The SDK gets the answer that was sealed."""

    def ask(**options: Any) -> Any:
        client = openai.OpenAI(api_key="test", **options)
        messages: Any = [{"role": "user", "content": SECRET}]
        answer = client.chat.completions.create(model="gpt-4o-mini", messages=messages)
        client.close()
        return answer.choices[0].message.content

    with Provider() as provider:
        provider.answer("stays mainly in the plain")
        hilt.instrument(filepath="calls.jsonl", providers=["openai"], privacy="sealed")
        try:
            ask(base_url=provider.openai_url)
        finally:
            hilt.uninstrument()
    assert b"plain" not in Path("calls.jsonl").read_bytes()
    assert run(["unseal", "calls.jsonl", "-o", "open.jsonl"]) == 0
    with replaying(Path("open.jsonl")):
        assert ask() == "stays mainly in the plain"
