"""Round trips of sealed logs: every command takes them, and only the key opens them."""

from __future__ import annotations

import json
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
from tests.privacy.tools.conftest import ANN, conversation_of, event_of

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


def test_sealed_texts_are_said_to_be_sealed(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where a text would stand; and none is compared, as if all were the same."""
    assert run(["show", "--last", str(log)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines.count("(sealed; hilt unseal opens it)") == 2
    assert run(["report", str(log), "-o", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert page.count("<pre>(sealed; hilt unseal opens it)</pre>") == 8
    assert page.count("<pre>call (sealed; hilt unseal opens it)</pre>") == 2
    assert run(["diff", str(log), str(log)]) == 0
    printed = capsys.readouterr().out
    assert "0 calls in which the same was asked" in printed
    assert "8 calls not compared: the log has no text of them" in printed


def test_what_cannot_be_searched_is_said(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing found in sealed texts does not mean that nothing is there."""
    said = "texts are sealed and were not searched; hilt unseal opens the log with its key file"
    assert run(["search", "rain", str(log)]) == 0
    assert f"10 {said}" in capsys.readouterr().err
    assert run(["tail", "--text", "rain", str(log)]) == 0
    assert f"10 {said}" in capsys.readouterr().err
    assert run(["show", "--last", str(log), "--text", "rain"]) != 0
    assert f"10 {said}" in capsys.readouterr().err
    assert run(["subject", "find", "Spain", "--in-texts", str(log)]) == 1
    assert f"10 {said}" in capsys.readouterr().err
    assert run(["subject", "find", ANN, str(log)]) == 0  # by its pseudonym
    assert f"5 {said}" in capsys.readouterr().err
    run(["privacy", "check", str(log)])
    assert f"10 {said}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "command",
    [
        ["stats"],
        ["stats", "--json"],
        ["cost"],
        ["report", "-o", "page.html"],
        ["convert", "--to", "csv"],
        ["convert", "-o", "out.sqlite"],
        ["search", "sun"],
        ["tail", "-n", "3"],
    ],
)
def test_every_command_says_once_what_its_words_were_not_looked_for_in(
    command: list[str], log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it does with what it found."""
    run([*command, "--text", "rain", str(log)])
    printed = capsys.readouterr()
    assert printed.err.count("10 texts are sealed and were not searched") == 1, printed.err
    assert "sealed" not in printed.out
    run([*command, str(log)])
    assert "were not searched" not in capsys.readouterr().err or command[0] == "search"


def test_the_count_of_sealed_texts_is_in_the_json_of_a_check(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A program that reads it must not take a sealed log for a clean one."""
    run(["privacy", "check", "--json", str(log)])
    assert json.loads(capsys.readouterr().out)["sealed_not_searched"] == 10


def test_pseudonyms_that_no_key_file_gives_are_said(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody found without the key file does not mean that nobody is there."""
    said = "Pseudonyms were not looked for: there is no key file"
    assert run(["subject", "find", "nobody", str(log)]) == 1
    assert said not in capsys.readouterr().err
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "none" / "privacy.keys"))
    assert run(["subject", "find", ANN, str(log)]) == 1
    assert said in capsys.readouterr().err
    assert not (tmp_path / "none").exists()


def test_sealed_texts_of_an_archive_are_counted(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As those of a log are."""
    pytest.importorskip("duckdb")
    assert run(["archive", str(log), "--to", "archive"]) == 0
    assert run(["search", "rain", "archive"]) == 0
    assert "10 texts are sealed" in capsys.readouterr().err


def test_unseal_names_a_master_key_that_is_missing(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is not taken for a key that was dropped, and no file is made."""
    (tmp_path / "keys" / "privacy.keys.master").unlink()
    assert run(["unseal", str(log), "-o", "open.jsonl"]) == 2
    assert "the master key is missing" in capsys.readouterr().err
    assert not Path("open.jsonl").exists()


def test_a_person_whose_id_became_a_pseudonym_later_is_one_person(tmp_path: Path) -> None:
    """A log that was redacted while a program wrote to it has both."""
    path = tmp_path / "both.jsonl"
    for policy in ("redact", "off"):
        with Session(path, privacy=policy) as session:
            session.append_all([*conversation_of(ANN, "s1", SECRET)])
    assert run(["subject", "erase", ANN, str(path), "--yes"]) == 0
    assert ANN not in path.read_text()
    assert [event.action for event in read_events(path)] == ["system"]


def test_a_text_that_quotes_a_sealed_one_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A plain log has nothing that cannot be searched."""
    with Session("plain.jsonl") as session:
        session.append(event_of("prompt", ANN, '{"text_encrypted":"hilt1.x"}', "s1"))
    assert run(["search", "rain", "plain.jsonl"]) == 0
    assert "sealed" not in capsys.readouterr().err


def test_erased_texts_are_said_to_be_erased(capsys: pytest.CaptureFixture[str]) -> None:
    """Where another's event leads to an event that is gone."""
    ann = conversation_of(ANN, "s1", SECRET)
    bob = event_of("prompt", "bob", "and then?", "s1", context_of=ann[-1].event_id)
    answer = event_of("completion", "openai", "no more", "s1", reply_to=bob.event_id)
    with Session("calls.jsonl") as session:
        session.append_all([*ann, bob, answer])
    assert run(["subject", "erase", ANN, "calls.jsonl", "--yes"]) == 0
    capsys.readouterr()

    assert run(["tail", "calls.jsonl", "--json"]) == 0
    assert run(["show", ann[-1].event_id, "calls.jsonl"]) == 0
    assert "(erased)" in capsys.readouterr().out.splitlines()


def test_viewer_says_that_texts_are_sealed_and_seals_feedback(log: Path) -> None:
    """What a reviewer writes about a sealed answer is sealed, too."""
    pytest.importorskip("starlette", reason='the viewer needs pip install "hilt[view]"')
    from hilt.cli.viewer.app import Viewer

    viewer = Viewer(hilt.open_log(log), reviewer="zora@example.com", utc=True)
    call = next(iter(hilt.open_log(log).calls()))
    assert "".join(viewer.calls({})).count(">(sealed)<") == 8
    assert "".join(viewer.call(call.id, {})).count("(sealed; hilt unseal opens it)") == 3
    viewer.give_feedback({"event_id": call.id, "rating": "good", "comment": "I liked it"})

    *_, feedback = read_events(log)
    assert feedback.extensions == {"reply_to": call.id, "rating": "good"}
    assert not {b"zora@example.com", b"I liked it"} & set(log.read_bytes().split(b'"'))


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
