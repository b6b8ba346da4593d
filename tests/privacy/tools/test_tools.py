"""The tools on a log: find, export, erase, redact, retain, check, unseal."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from hilt import Event, Session
from hilt.cli.main import run
from hilt.core.event import Content
from hilt.core.exceptions import ConfigurationError, EventError, SinkError
from hilt.io.descriptors import lock_beside
from hilt.io.read.events import read_events
from hilt.privacy.keys import KeyFile
from hilt.privacy.policy import Policy
from hilt.privacy.tools import rewriting
from hilt.privacy.tools.redaction import redact_log
from hilt.privacy.tools.retention import cutoff_of, retain
from hilt.privacy.tools.subject import (
    Holdings,
    Subject,
    erase,
    find_subject,
    subject_events,
)
from hilt.privacy.tools.survey import survey_log

ANN = "ann@example.com"


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))


def _event(action: str, who: str, text: str, session: str, **extensions: Any) -> Event:
    kind = {"prompt": "human", "feedback": "human", "tool_result": "tool"}.get(action, "agent")
    return Event(
        session_id=session,
        actor={"type": kind, "id": who},
        action=action,
        content={"text": text},
        extensions=extensions or None,
    )


def _conversation(who: str, session: str, text: str = "Hello") -> list[Event]:
    """A prompt, its answer with a tool call and a result, and the answer to that."""
    prompt = _event("prompt", who, text, session)
    answer = _event("completion", "openai", "calling", session, reply_to=prompt.event_id)
    call = _event("tool_call", "openai", "call", session, reply_to=answer.event_id)
    result = _event("tool_result", "weather", "22 degrees", session, reply_to=call.event_id)
    last = _event("completion", "openai", f"so {text}", session, reply_to=result.event_id)
    return [prompt, answer, call, result, last]


def _write(path: Path, events: list[Event], **options: Any) -> None:
    with Session(path, **options) as session:
        for event in events:
            session.append(event)


def _ids(path: Path) -> list[str]:
    events = read_events(path, include_rotated=True)
    return [each.event_id for each in events if "receipt" not in (each.extensions or {})]


def _receipts(path: Path) -> list[dict[str, Any]]:
    events = read_events(path, include_rotated=True)
    return [each.extensions["receipt"] for each in events if "receipt" in (each.extensions or {})]


# -- subjects -----------------------------------------------------------------------------------


def test_a_persons_events_are_theirs_with_all_that_answers_them(tmp_path: Path) -> None:
    """Prompts, answers, tool calls and their results, in every conversation of the person."""
    log = tmp_path / "log.jsonl"
    ann, bob = _conversation(ANN, "s1"), _conversation("bob", "s2")
    more = _conversation(ANN, "s3")
    _write(log, [*ann, *bob, *more])
    holdings = find_subject(log, Subject(ANN))
    assert holdings.own == {each.event_id for each in (*ann, *more)}
    assert (holdings.sessions, holdings.people) == ({"s1", "s3"}, {ANN})
    assert holdings.by_action == {
        "prompt": 2,
        "completion": 4,
        "tool_call": 2,
        "tool_result": 2,
    }


@pytest.mark.parametrize("odd", [["x"], {"a": 1}, 5, None])
def test_ids_that_are_no_texts_are_nobodys(tmp_path: Path, odd: object) -> None:
    """An odd event costs itself only: the subject's others are found."""
    log = tmp_path / "log.jsonl"
    ann = _conversation(ANN, "s1")
    _write(log, ann)
    event = json.loads(ann[0].to_json())
    for name in ("session_id", "actor", "extensions"):
        given = {"session_id": odd, "actor": {"type": "human", "id": odd}}
        given["extensions"] = {"reply_to": odd, "context_of": odd}
        line = {**event, "event_id": f"evt_{name}", "note": ANN, name: given[name]}
        with log.open("ab") as file:
            file.write(json.dumps(line).encode() + b"\n")

    own = find_subject(log, Subject(ANN)).own
    assert {each.event_id for each in ann} <= own
    assert "evt_actor" not in own


def test_erasing_takes_out_the_subject_and_nothing_else(tmp_path: Path) -> None:
    """In the plain log and in rotated, compressed files; the receipt says what and why."""
    log = tmp_path / "log.jsonl"
    ann, bob = _conversation(ANN, "s1"), _conversation("bob", "s2")
    _write(log, [*ann, *bob], rotate_bytes=900, compress=True)
    assert len(list(tmp_path.glob("*.gz"))) > 2
    subject = Subject(ANN)
    erase(log, subject, find_subject(log, subject), why="request 7")
    assert _ids(log) == [each.event_id for each in bob]
    everything = b"".join(
        gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
        for file in tmp_path.glob("log*")
    )
    assert ANN.encode() not in everything
    (receipt,) = _receipts(log)
    assert receipt == {
        "tool": "erase",
        "by": receipt["by"],
        "events": 5,
        "mentions": 0,
        "conversations": 1,
        "why": "request 7",
    }
    assert run(["validate", str(log)]) == 0


def test_erasing_again_changes_nothing(tmp_path: Path) -> None:
    """Not a byte, nor a time of change."""
    log = tmp_path / "log.jsonl"
    _write(log, [*_conversation(ANN, "s1"), *_conversation("bob", "s2")])
    assert run(["subject", "erase", ANN, str(log), "--yes"]) == 0
    before = log.read_bytes(), log.stat().st_mtime_ns, log.stat().st_ino
    assert run(["subject", "erase", ANN, str(log), "--yes"]) == 0
    assert (log.read_bytes(), log.stat().st_mtime_ns, log.stat().st_ino) == before


def test_links_of_others_lead_to_an_empty_event(tmp_path: Path) -> None:
    """What another person said next to it stays readable: the link leads to "erased"."""
    log = tmp_path / "log.jsonl"
    ann = _conversation(ANN, "shared")
    bob = _event("prompt", "bob", "And I?", "shared", context_of=ann[-1].event_id)
    note = _event("feedback", "carol", "good", "shared", reply_to=ann[1].event_id)
    _write(log, [*ann, bob, note])
    subject = Subject(ANN)
    erase(log, subject, find_subject(log, subject))
    events = {each.event_id: each for each in read_events(log)}
    for link in (ann[-1].event_id, ann[1].event_id):
        empty = events[link]
        assert (empty.actor.id, empty.content, empty.privacy) == ("erased", None, {"erased": True})
    assert events[bob.event_id].to_dict() == bob.to_dict()
    assert events[note.event_id].to_dict() == note.to_dict()
    assert len(events) == 5  # with the receipt
    before = log.read_bytes()
    erase(log, subject, find_subject(log, subject))
    assert log.read_bytes() == before


def test_a_name_in_the_texts_of_others_is_replaced(tmp_path: Path) -> None:
    """Whatever its case, and only as a whole word."""
    log = tmp_path / "log.jsonl"
    text = "Write to Ann@Example.com, not to jo-ann@example.com.au"
    _write(log, [_event("prompt", "bob", text, "s2")])
    subject = Subject(ANN)
    holdings = find_subject(log, subject)
    assert (holdings.own, holdings.mentions) == (set(), 1)
    _write(log, [_event("prompt", "bob", "not jo-ann@example.com", "s2")])
    assert find_subject(log, subject).mentions == 1
    erase(log, subject, holdings)
    assert [each.content.text for each in read_events(log) if each.content] == [
        "Write to [ERASED], not to jo-ann@example.com.au",
        "not jo-ann@example.com",
    ]


def test_a_name_that_is_escaped_in_the_texts_of_others_is_replaced(tmp_path: Path) -> None:
    """In arguments of tools, which are JSON in a text, in URLs and in HTML; they stay valid."""
    log = tmp_path / "log.jsonl"
    arguments = json.dumps({"to": "Ann\nann@example.com", "cc": "<ann&#64;example.com>"})
    texts = [
        arguments,
        "https://shop.example/?mail=ann%40example.com",
        r"{\"a\":\"ann\u0040example.com\"}",
    ]
    _write(log, [_event("prompt", "bob", text, "s2") for text in texts])
    subject = Subject(ANN)
    holdings = find_subject(log, subject)
    assert holdings.mentions == 3
    erase(log, subject, holdings)
    assert [each.content.text for each in read_events(log) if each.content] == [
        json.dumps({"to": "Ann\n[ERASED]", "cc": "<[ERASED]>"}),
        "https://shop.example/?mail=[ERASED]",
        r"{\"a\":\"[ERASED]\"}",
    ]
    assert find_subject(log, subject).mentions == 0


def test_a_conversation_is_found_by_either_form_of_its_id(tmp_path: Path) -> None:
    """As it was given, and as the helpers make it."""
    from hilt.core.ids_and_times import conversation_id_of

    log = tmp_path / "log.jsonl"
    _write(
        log,
        [*_conversation("bob", "order-42"), *_conversation("x", conversation_id_of("order-42"))],
    )
    assert len(find_subject(log, Subject("order-42")).own) == 10


def test_a_conversation_of_several_people_is_not_erased_by_accident(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names them, and asks for a word."""
    log = tmp_path / "log.jsonl"
    _write(log, [*_conversation(ANN, "room"), *_conversation("bob", "room")])
    before = log.read_bytes()
    assert run(["subject", "erase", "room", str(log), "--yes"]) == 1
    assert "several people (ann@example.com, bob)" in capsys.readouterr().err.replace("\n", " ")
    assert log.read_bytes() == before
    assert run(["subject", "erase", "room", str(log), "--yes", "--everybody"]) == 0
    assert _ids(log) == []


@pytest.mark.parametrize("who", ["", "  ", "user"])
def test_nobody_and_everybody_are_no_subject(who: str) -> None:
    """The default id stands for everybody."""
    with pytest.raises(EventError, match="subject"):
        Subject(who)


def test_pseudonyms_and_sealed_texts_are_found_and_erased(tmp_path: Path) -> None:
    """By the key file; the keys of the sealed texts are dropped, for copies too."""
    log, copy = tmp_path / "log.jsonl", tmp_path / "copy.jsonl"
    _write(log, [*_conversation(ANN, "s1"), *_conversation("bob", "s2")], privacy="sealed")
    assert ANN.encode() not in log.read_bytes()
    copy.write_bytes(log.read_bytes())
    assert run(["subject", "find", ANN, str(log)]) == 0
    assert run(["subject", "erase", ANN, str(log), "--yes"]) == 0
    assert len(_ids(log)) == 5
    assert run(["unseal", str(copy), "-o", str(tmp_path / "open.jsonl")]) == 1
    opened = [each for each in read_events(tmp_path / "open.jsonl") if each.content is not None]
    assert sum(each.content.text_encrypted is not None for each in opened if each.content) == 5
    assert {each.actor.id for each in opened if each.action == "prompt"} >= {"bob"}


def test_export_for_people_and_for_programs(tmp_path: Path) -> None:
    """A page that loads nothing and shows markup as text, and a log of the events."""
    log = tmp_path / "log.jsonl"
    ann = _conversation(ANN, "s1", "<script>alert(1)</script>")
    _write(log, [*ann, *_conversation("bob", "s2")])
    assert run(["subject", "export", ANN, str(log), "-o", str(tmp_path / "ann.jsonl")]) == 0
    assert [each.to_dict() for each in read_events(tmp_path / "ann.jsonl")] == [
        each.to_dict() for each in ann
    ]
    assert run(["subject", "export", ANN, str(log), "-o", str(tmp_path / "ann.html")]) == 0
    page = (tmp_path / "ann.html").read_text(encoding="utf-8")
    shown = re.findall(r'<article class="(\w+)"><header>\S+ · (\S+) ', page)
    assert shown == [
        ("human" if each.actor.type == "human" else "other", each.actor.id) for each in ann
    ]
    assert "<script" not in page
    assert "http" not in page
    assert (tmp_path / "ann.html").stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob("*.part"))


def test_a_dry_run_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says what would be done."""
    log = tmp_path / "log.jsonl"
    _write(log, _conversation(ANN, "s1"))
    before = log.read_bytes()
    assert run(["subject", "erase", ANN, str(log), "-n"]) == 0
    assert run(["redact", str(log), "-n"]) == 0
    assert run(["retain", str(log), "--older-than", "0s", "-n"]) == 0
    assert log.read_bytes() == before
    assert "would be taken out" in capsys.readouterr().err


# -- redaction and surveys ----------------------------------------------------------------------

HOSTILE = (
    b'{"event_id": "evt_x", "content": {"text": "ann@example.com"\n',
    b"\xff\xfe\x00 ann@example.com\n",
    b"[" * 5000 + b"]" * 5000 + b"\n",
    b"\n",
)


def test_a_finished_log_is_redacted(tmp_path: Path) -> None:
    """Values in any place and any JSON go; what has none stays byte by byte; chunks lose texts."""
    log = tmp_path / "log.jsonl"
    plain = _event("prompt", "bob", "nothing here", "s2")
    chunk = _event("completion_chunk", "openai", "ann@ex", "s2", reply_to="evt_1", chunk_index=0)
    escaped = json.dumps(_event("prompt", "user", f"ünï\n{ANN}", "s3").to_dict(), ensure_ascii=True)
    _write(log, [*_conversation(ANN, "s1", f"call\n{ANN}\t!"), plain, chunk])
    with log.open("ab") as file:
        file.write(escaped.encode() + b"\n")
    result = redact_log(log, Policy())
    data = log.read_bytes()
    assert b"ann@ex" not in data
    assert plain.encode() + b"\n" in data
    assert result.changed == 4  # the prompt, the last answer, the chunk, and the escaped one
    texts = [each.content.text for each in read_events(log) if each.content is not None]
    assert texts.count("call\n[EMAIL]\t!") == 1
    assert "ünï\n[EMAIL]" in texts
    sizes = [(each.extensions or {}).get("chunk_size") for each in read_events(log)]
    assert sizes.count(6) == 1
    before = log.read_bytes()
    redact_log(log, Policy())
    assert log.read_bytes() == before


def test_lines_that_are_no_events_stay(tmp_path: Path) -> None:
    """A tool that cannot read a line does not change it, and says how many there are."""
    log = tmp_path / "log.jsonl"
    log.write_bytes(b"".join(HOSTILE) + _event("prompt", "bob", ANN, "s").encode() + b"\n")
    redact_log(log, Policy())
    assert log.read_bytes().startswith(b"".join(HOSTILE))
    survey = survey_log(log)
    assert (survey.events, survey.unreadable) == (2, 3)  # the prompt and the receipt


def test_a_survey_says_what_stands_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By kind and place; no value is shown, and the exit code tells."""
    log = tmp_path / "log.jsonl"
    _write(log, [*_conversation(ANN, "s1", f"{ANN} and 4111 1111 1111 1111")])
    survey = survey_log(log)
    assert survey.found == {
        ("email", "content.text"): 2,
        ("card", "content.text"): 2,
        ("email", "actor.id"): 1,
    }
    assert (survey.events, survey.with_findings) == (5, 2)
    assert run(["privacy", "check", str(log), "--kind", "iban"]) == 0
    assert run(["privacy", "check", str(log)]) == 1
    printed = capsys.readouterr()
    assert ANN not in printed.out + printed.err
    assert "content.text" in printed.out
    assert run(["privacy", "check", str(log), "--kind", "Iban"]) == 0
    assert run(["privacy", "check", str(log), "--kind", "mail"]) == 2
    assert (
        capsys.readouterr()
        .err.splitlines()[-1]
        .startswith(
            "hilt: --kind: there is no kind 'mail'; expected one of api_key, card, email, iban, ip, "
        )
    )


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (
            "subject export ann@example.com log.jsonl -o ann.pdf",
            (
                "-o ann.pdf: the ending .pdf is of no format of an export; expected .jsonl, or .html "
                "to be read"
            ),
        ),
        (
            "subject find ann log.jsonl --keys nope",
            (
                "--keys: nope: there is no such key file; expected the key file of the program that "
                "sealed the log, by --keys or HILT_PRIVACY_KEY_FILE"
            ),
        ),
        (
            "unseal log.jsonl -o open.jsonl --keys keys",
            (
                "--keys: keys: is no file; expected the key file of the program that sealed the log, "
                "by --keys or HILT_PRIVACY_KEY_FILE"
            ),
        ),
    ],
)
def test_wrong_values_are_wrong_usage(
    command: str,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line, and no file is made."""
    monkeypatch.chdir(tmp_path)
    Path("keys").mkdir()
    _write(Path("log.jsonl"), _conversation(ANN, "s1"))
    before = sorted(Path().iterdir())

    assert run(command.split()) == 2
    assert capsys.readouterr().err == f"hilt: {message}\n"
    assert sorted(Path().iterdir()) == before


# -- retention ----------------------------------------------------------------------------------


def _aged(days: int, text: str, **extensions: Any) -> Event:
    day = f"2026-01-{days:02d}T12:00:00.000000Z"
    from hilt.core.ids_and_times import new_event_id, to_nanos

    return Event(
        event_id=new_event_id(to_nanos(day)),
        timestamp=day,
        session_id="s",
        actor={"type": "human", "id": "bob"},
        action="prompt",
        content={"text": text},
        extensions=extensions or None,
    )


def test_old_events_go(tmp_path: Path) -> None:
    """Those before the date; where a newer one leads to one, it is emptied."""
    log = tmp_path / "log.jsonl"
    events = [_aged(1, "a"), _aged(2, "b"), _aged(20, "c")]
    events.append(_aged(21, "d", context_of=events[1].event_id))
    _write(log, events)
    result = retain(log, cutoff_of("2026-01-10"), why="policy")
    assert (result.removed, result.changed) == (1, 1)
    kept = {each.event_id: each for each in read_events(log)}
    assert kept[events[1].event_id].privacy == {"erased": True}
    assert [kept[each.event_id].to_dict() for each in events[2:]] == [
        each.to_dict() for each in events[2:]
    ]
    before = log.read_bytes()
    retain(log, cutoff_of("2026-01-10"))
    assert log.read_bytes() == before


def test_receipts_are_never_too_old(tmp_path: Path) -> None:
    """They say what was done to a log, and nothing of what was in it."""
    log = tmp_path / "log.jsonl"
    receipt = _aged(1, "a", receipt={"tool": "erase"})
    _write(log, [receipt, _aged(1, "b"), _aged(20, "c")])

    for contents_only in (True, False):
        retain(log, cutoff_of("2026-01-10"), contents_only=contents_only)

    assert next(iter(read_events(log))).to_dict() == receipt.to_dict()
    assert len(_ids(log)) == 1


def test_what_was_said_goes_earlier_than_the_numbers(tmp_path: Path) -> None:
    """Contents only, of some actions only."""
    log = tmp_path / "log.jsonl"
    events = [_aged(1, "a"), _aged(20, "c")]
    events[0].metrics = None
    _write(log, events)
    retain(log, cutoff_of("2026-01-10"), contents_only=True, actions=["completion"])
    assert [each.content is not None for each in read_events(log)] == [True, True]
    retain(log, cutoff_of("2026-01-10"), contents_only=True)
    assert [each.content is not None for each in read_events(log)] == [False, True, False]


def test_a_rotated_file_of_which_nothing_is_left_is_deleted(tmp_path: Path) -> None:
    """There is no heap of empty files."""
    log = tmp_path / "log.jsonl"
    _write(log, [_aged(day, "x" * 300) for day in range(1, 20)], rotate_bytes=700)
    before = len(list(tmp_path.glob("log*.gz")))
    retain(log, cutoff_of("2026-01-10"))
    assert len(list(tmp_path.glob("log*.gz"))) < before
    assert len(_ids(log)) == 10


@pytest.mark.parametrize("text", ["", "90", "soon", "90x", "2026-13-01"])
def test_a_wrong_age_is_an_error(text: str) -> None:
    """It says what would be right."""
    with pytest.raises(ConfigurationError, match="expected 90d, 12h or 2026-01-31"):
        cutoff_of(text)


# -- beside writers -----------------------------------------------------------------------------

_WRITER = """
import sys, threading
from hilt import Event, Session

path, stop = sys.argv[1:]
session = Session(path, rotate_bytes=40_000)
session.open()
gone = threading.Event()

def write(name):
    number = 0
    while not gone.is_set() and number < 2000:
        number += 1
        who = "ann@example.com" if number % 5 == 0 else name
        session.append(Event(session_id=f"{name}-{number}", actor={"type": "human", "id": who},
                             action="prompt", content={"text": "x" * 50}))
        sys.stdout.write(f"{name}-{number} {who}\\n")
        sys.stdout.flush()

threads = [threading.Thread(target=write, args=(f"{stop}{each}",)) for each in range(2)]
[each.start() for each in threads]
sys.stdin.read()
gone.set()
[each.join() for each in threads]
session.close()
"""


def test_erasing_beside_writers_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """Two programs with two threads each write and rotate while the subject is erased."""
    log = tmp_path / "log.jsonl"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, str(log), name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for name in "ab"
    ]
    outputs: list[list[str]] = [[], []]

    def collect(index: int) -> None:
        assert writers[index].stdout is not None
        outputs[index].extend(writers[index].stdout)

    readers = [threading.Thread(target=collect, args=(index,)) for index in range(2)]
    for reader in readers:
        reader.start()
    subject = Subject(ANN)
    while not all(outputs):
        readers[0].join(0.01)
    try:
        for _ in range(4):
            erase(log, subject, find_subject(log, subject))
    finally:
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.close()
            writer.wait(60)
        for reader in readers:
            reader.join()
        for writer in writers:
            assert writer.stdout is not None
            writer.stdout.close()
    erase(log, subject, find_subject(log, subject))
    acknowledged = [line.split() for output in outputs for line in output]
    wanted = sorted(session for session, who in acknowledged if who != ANN)
    events = read_events(log, include_rotated=True, on_error="raise")
    found = sorted(each.session_id for each in events if "receipt" not in (each.extensions or {}))
    assert found == wanted
    assert len(acknowledged) > len(wanted) > 0


def test_a_rotated_file_that_is_compressed_just_now_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is listed under one name, and has another when it is looked at."""
    log = tmp_path / "log.jsonl"
    _write(log, [*_conversation(ANN, "s1"), *_conversation("bob", "s2")])
    listed, lists = rewriting.rotated_files, []

    def gone_at_first(path: Path) -> list[Path]:
        lists.append(path)
        gone = [path.with_name("log.20260101T000000000000Z.jsonl")] if len(lists) == 1 else []
        return [*gone, *listed(path)]

    monkeypatch.setattr(rewriting, "rotated_files", gone_at_first)
    subject = Subject(ANN)
    assert erase(log, subject, find_subject(log, subject)).removed > 0
    assert len(lists) > 1


def test_a_run_that_was_killed_leaves_the_log_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before and after each rename every event is there once, in a log that has its name."""
    log = tmp_path / "log.jsonl"
    events = [*_conversation(ANN, "s1"), *_conversation("bob", "s2"), *_conversation("eve", "s3")]
    others = [each.event_id for each in events[5:]]
    steps = ("rename", "replace", "unlink")
    for step in steps:
        for when in ("before", "after"):
            _write(log, events, rotate_bytes=2500, compress=False)
            original = getattr(Path, step)

            def killed(
                self: Path, *args: Any, _when: str = when, _act: Any = original, **options: Any
            ) -> Any:
                if options.get("missing_ok"):
                    return _act(self, *args, **options)
                if _when == "after":
                    _act(self, *args)
                raise KeyboardInterrupt

            subject = Subject(ANN)
            holdings = find_subject(log, subject)
            monkeypatch.setattr(Path, step, killed)
            try:
                erase(log, subject, holdings)
            except KeyboardInterrupt:
                pass
            finally:
                monkeypatch.undo()
                monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(tmp_path / "keys" / "privacy.keys"))
            assert log.exists(), (step, when)
            seen = _ids(log)
            assert len(seen) == len(set(seen)), (step, when)
            assert set(others) <= set(seen), (step, when)
            erase(log, subject, find_subject(log, subject))
            assert sorted(_ids(log)) == sorted(others), (step, when)
            assert not list(tmp_path.glob("*.tmp"))
            for file in tmp_path.glob("log*"):
                file.unlink()


def test_a_log_that_has_its_name_again_has_no_second_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C between the two steps of a renaming: no other file stays beside the log."""
    log = tmp_path / "app.jsonl"
    _write(log, _conversation("ann", "s1"))
    link = os.link

    def interrupt(*names: Path) -> None:
        monkeypatch.setattr(rewriting.os, "link", link)
        link(*names)
        raise KeyboardInterrupt

    monkeypatch.setattr(rewriting.os, "link", interrupt)
    with pytest.raises(KeyboardInterrupt):
        erase(log, Subject("ann"), find_subject(log, Subject("ann")))

    assert sorted(path.name for path in tmp_path.iterdir()) == ["app.jsonl", "app.jsonl.lock"]


def test_one_tool_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one waits, and says so when it takes too long."""
    log = tmp_path / "log.jsonl"
    _write(log, _conversation(ANN, "s1"))
    monkeypatch.setattr(rewriting, "_PATIENCE_S", 0.01)
    with lock_beside(str(log)), pytest.raises(SinkError, match="another program"):
        redact_log(log, Policy())


def test_a_file_that_cannot_be_written_stays_as_it_was(tmp_path: Path) -> None:
    """The error names it."""
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    log = tmp_path / "sub" / "log.jsonl"
    log.parent.mkdir()
    _write(log, _conversation(ANN, "s1", ANN))
    before = log.read_bytes()
    log.parent.chmod(0o500)
    try:
        with pytest.raises(SinkError, match=r"log\.jsonl"):
            redact_log(log, Policy())
    finally:
        log.parent.chmod(0o700)
    assert log.read_bytes() == before


# -- keys ---------------------------------------------------------------------------------------


def test_the_master_key_is_rotated_and_the_texts_still_open(tmp_path: Path) -> None:
    """Subject keys are wrapped again; pseudonyms stay."""
    path = tmp_path / "k" / "privacy.keys"
    file = KeyFile(path)
    sealed = file.key_of("ann").seal(b"Hello", "evt_1:content")
    pseudonym = file.pseudonym("ann", "user")
    master = Path(f"{path}.master").read_bytes()
    assert file.rotate_master() == 1
    assert Path(f"{path}.master").read_bytes() != master
    again = KeyFile(path)
    key = again.key_by_id(sealed.split(".")[1])
    assert key is not None
    assert key.open(sealed, "evt_1:content") == b"Hello"
    assert again.pseudonym("ann", "user") == pseudonym
    assert path.stat().st_mode & 0o077 == 0


def test_a_lost_master_key_is_said_at_once(tmp_path: Path) -> None:
    """Nothing is sealed with another one in its place."""
    path = tmp_path / "k" / "privacy.keys"
    KeyFile(path).key_of("ann")
    Path(f"{path}.master").unlink()
    with pytest.raises(ConfigurationError, match="the master key is missing"):
        KeyFile(path).key_of("bob")


def test_a_key_of_another_process_is_seen(tmp_path: Path) -> None:
    """Two processes that seal for one subject use one key."""
    path = tmp_path / "privacy.keys"
    first, second = KeyFile(path), KeyFile(path)
    assert first.key_of("ann").key_id == second.key_of("ann").key_id
    sealed = second.key_of("bob").seal(b"Hi", "c")
    key = KeyFile(path).key_by_id(sealed.split(".")[1])
    assert key is not None
    assert key.open(sealed, "c") == b"Hi"


# -- odd logs -----------------------------------------------------------------------------------


def _odd(path: Path, marks: bytes = b"", more: bytes = b"") -> Path:
    """A log that begins with something else than an event."""
    with Session(path) as session:
        session.append_all(_conversation(ANN, "s1", f"I am {ANN}"))
    path.write_bytes(marks + path.read_bytes() + more)
    return path


@pytest.mark.parametrize("marks", [b"\xef\xbb\xbf", b"\0" * 300, b" \xef\xbb\xbf"])
def test_first_event_is_treated_behind_what_stands_before_it(marks: bytes, tmp_path: Path) -> None:
    """A byte order mark of an editor, or NULs of a crash."""
    log = _odd(tmp_path / "log.jsonl", marks)
    assert survey_log(log).kinds == {"email": 3}
    assert find_subject(log, Subject(ANN)).by_action["prompt"] == 1
    redact_log(log, Policy())
    assert ANN.encode() not in log.read_bytes()

    log = _odd(tmp_path / "other.jsonl", marks)
    erase(log, Subject(ANN), find_subject(log, Subject(ANN)))
    assert _ids(log) == []


@pytest.mark.parametrize("name", ["log.jsonl.gz", "log.jsonl"])
def test_compressed_file_that_is_named_stays_whole(name: str, tmp_path: Path) -> None:
    """Its receipt is compressed as it is; it was appended in clear, and nobody could read on."""
    log = _odd(tmp_path / "log")
    log = log.rename(tmp_path / name)
    log.write_bytes(gzip.compress(log.read_bytes()))

    assert redact_log(log, Policy()).changed == 2
    assert run(["unseal", str(log), "-o", str(tmp_path / "open.jsonl")]) in (0, 2)
    assert redact_log(log, Policy()).changed == 0
    assert next(each["tool"] for each in _receipts(log)) == "redact"
    assert len(_ids(log)) == 5


@pytest.mark.parametrize(
    "command", ["privacy check", "redact", "subject find ann", "retain --older-than 1d"]
)
def test_compressed_file_that_ends_too_early_is_named(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line, and it stays as it was."""
    log = _odd(tmp_path / "log")
    log = log.rename(tmp_path / "log.jsonl.gz")
    log.write_bytes(gzip.compress(log.read_bytes())[:-20])
    before = log.read_bytes()

    assert run([*command.split(), str(log)]) == 2
    assert capsys.readouterr().err.startswith(f"hilt: {log}: cannot be read to its end")
    assert log.read_bytes() == before


def test_lines_that_are_no_events_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What could not be treated is said; an opened log leaves it out."""
    more = b'[1]\n{"event_id": "evt_1", "torn": "' + ANN.encode()
    log = _odd(tmp_path / "log.jsonl", more=more)
    (tmp_path / "keys").mkdir()
    KeyFile(tmp_path / "keys" / "privacy.keys").pseudonym("ann", "user")

    assert redact_log(log, Policy(), dry_run=True).unreadable == 2
    assert run(["unseal", str(log), "-o", str(tmp_path / "open.jsonl")]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "2 lines could not be read, and left out"
    assert run(["subject", "erase", ANN, str(log), "--yes"]) == 1  # not all is erased
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"{log}: 1 line could not be read, and stays as it is; hilt validate says which"
    )
    assert run(["subject", "erase", ANN, str(log), "--yes"]) == 1
    assert capsys.readouterr().err.splitlines()[-2:] == [
        "1 line with the name could not be read; hilt validate says which",
        "There is nothing to erase",
    ]


def test_an_address_is_one_persons_in_any_case(tmp_path: Path) -> None:
    """Other ids may differ in it alone."""
    log = tmp_path / "log.jsonl"
    _write(
        log, [_event("prompt", "Ann@Example.COM", "a", "s1"), _event("prompt", "Ann", "b", "s2")]
    )
    assert len(find_subject(log, Subject(ANN)).own) == 1
    assert len(find_subject(log, Subject("ann")).own) == 0
    assert len(find_subject(log, Subject("ann", in_texts=True)).own) == 0


def test_blanks_around_a_name_are_no_part_of_it(tmp_path: Path) -> None:
    """It is copied from a message; an id that has them is found, too."""
    log = tmp_path / "log.jsonl"
    _write(log, [_event("prompt", ANN, "a", "s1"), _event("prompt", "bob", f"Ask {ANN}!", "s2")])

    holdings = find_subject(log, Subject(f" {ANN}\n"))

    assert (len(holdings.own), holdings.mentions) == (1, 1)
    with pytest.raises(EventError, match="everybody"):
        Subject("user ")


def test_what_stands_for_a_name_in_a_log_with_pseudonyms_is_erased(tmp_path: Path) -> None:
    """The id in another case, and the number in texts of others, which the key file links."""
    log = tmp_path / "log.jsonl"
    texts = [f"Ask {ANN}", "Call +49 30 1234567", "Ask ben@example.com"]
    asked = [_event("prompt", "bob", text, f"s{at}") for at, text in enumerate(texts)]
    _write(log, [_event("prompt", ANN, "Hi", "t"), *asked], privacy="pseudonymous")

    for who in ("Ann@Example.com", "+49301234567"):
        erase(log, Subject(who), find_subject(log, Subject(who)))

    shown = [each.content.text for each in read_events(log) if each.content is not None]
    assert shown[:2] == ["Ask [ERASED]", "Call [ERASED]"]
    assert str(shown[2]).startswith("Ask [EMAIL_")
    assert find_subject(log, Subject("Ann@Example.com")) == Holdings()


def test_an_answer_before_its_question_is_the_persons_and_no_mention(tmp_path: Path) -> None:
    """The log is gone through again then, and what cannot be read is counted once."""
    log = tmp_path / "log.jsonl"
    question = _event("prompt", ANN, "Hi", "s")
    _write(log, [_event("completion", "openai", ANN, "s", reply_to=question.event_id), question])
    with log.open("ab") as file:
        file.write(b'{"event_id": "evt_1", "torn": "' + ANN.encode() + b"\n")

    holdings = find_subject(log, Subject(ANN))
    assert (len(holdings.own), holdings.mentions, holdings.unreadable) == (2, 0, 1)


def test_a_name_in_a_member_of_arguments_is_erased(tmp_path: Path) -> None:
    """The member's own name, and a long number, are what somebody said, too."""
    log = tmp_path / "log.jsonl"
    tool = {"name": "send", "arguments": {ANN: 1, "to": [ANN], "phone": 493012345678}}
    call = _event("tool_call", "shop", "call", "s")
    call.content = Content(tool=tool)
    _write(log, [call])
    for who in (ANN, "493012345678"):
        erase(log, Subject(who), find_subject(log, Subject(who)))
    event, *_ = read_events(log)
    assert event.content.tool["arguments"] == {
        "[ERASED]": 1,
        "to": ["[ERASED]"],
        "phone": "[ERASED]",
    }


def test_events_of_others_are_exported_only_where_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are what others have said."""
    log, output = tmp_path / "log.jsonl", tmp_path / "ann.jsonl"
    _write(log, [_event("prompt", ANN, "Hi", "s"), _event("prompt", "bob", f"Ask {ANN}", "t")])
    export = ["subject", "export", ANN, str(log), "-o", str(output)]

    assert run(export) == 0
    assert "1 event of others with the name in the text: not written" in " ".join(
        capsys.readouterr().err.split()
    )
    assert [each.content.text for each in read_events(output)] == ["Hi"]
    assert run([*export, "--in-texts"]) == 0
    assert "not written" not in capsys.readouterr().err
    assert [each.content.text for each in read_events(output)] == ["Hi", f"Ask {ANN}"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("Write to ann@example.com.", True),
        ("Write to ANN@example.com, please", True),
        ("(ann@example.com)", True),
        ("Write to ann@example.com.au", False),
        ("Write to ann@example.com-mail", False),
        ("Write to joann@example.com", False),
        ("Write to jo.ann@example.com", False),
    ],
)
def test_name_within_a_longer_one_is_somebody_elses(text: str, named: bool) -> None:
    """The end of a sentence is not the end of a domain."""
    line = _event("prompt", "bob", text, "conv_1").encode()

    assert Subject(ANN).is_named_in(line) is named


@pytest.mark.parametrize("size", [1, 10_000])
def test_many_lines_are_looked_through_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """However many they are, each that has something is found, and no other."""
    monkeypatch.setattr("hilt.privacy.tools.redaction._TEXTS_AT_ONCE", size)
    log = tmp_path / "log.jsonl"
    texts = ["nothing", ANN, "here", f"or {ANN}", "there"]
    _write(log, [_event("prompt", "bob", text, f"s{number}") for number, text in enumerate(texts)])

    assert redact_log(log, Policy()).changed == 2

    shown = [each.content.text for each in read_events(log) if each.content is not None]
    assert shown == ["nothing", "[EMAIL]", "here", "or [EMAIL]", "there"]


def test_chunks_are_counted_and_not_looked_into(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those with a text of their own; what they say was looked at in their completions."""
    log = tmp_path / "log.jsonl"
    chunks = [
        _event("completion_chunk", "openai", text, "s", reply_to="evt_1", chunk_index=0)
        for text in (ANN, "more")
    ]
    chunks[1].content = None
    _write(log, [*chunks, _event("completion", "openai", ANN, "s", reply_to="evt_1")])
    log.write_bytes(log.read_bytes() + b'torn\n\n{"half\n')

    survey = survey_log(log)

    assert (survey.events, survey.chunks, survey.unreadable) == (3, 1, 2)
    assert survey.found == {("email", "content.text"): 1}
    assert run(["privacy", "check", str(log)]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "1 value in 1 event of 3" in said
    assert "2 lines could not be read" in said
    assert "1 chunk with text of their own; what they say was looked at in their" in said


def test_what_is_held_is_shown_before_it_is_erased(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By action, and how many others have the name in their texts."""
    log = tmp_path / "log.jsonl"
    _write(log, [*_conversation(ANN, "s1"), *_conversation("bob", "s2", f"for {ANN}")])

    assert run(["subject", "erase", ANN, str(log), "-n"]) == 0

    shown = capsys.readouterr()
    assert shown.out.split() == [
        "completion", "2", "prompt", "1", "tool_call", "1", "tool_result", "1",
    ]  # fmt: skip
    assert " ".join(shown.err.split()) == (
        f"{log}: 5 events in 1 conversation, and 2 events of others with the name in the text"
    )


def test_unsealing_counts_what_was_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not what was never sealed; what stays closed, and what is no event, is said."""
    log, out = tmp_path / "log.jsonl", tmp_path / "open.jsonl"
    _write(log, [_event("prompt", "bob", "Hi", "s"), _event("prompt", ANN, "Ho", "t")],
           privacy="sealed")  # fmt: skip
    _write(log, [_event("prompt", "eve", "plain", "u")])

    assert run(["unseal", str(log), "-o", str(out)]) == 0
    assert "2 events" in capsys.readouterr().err
    assert [each.content.text for each in read_events(out)] == ["Hi", "Ho", "plain"]

    changed = log.read_bytes().splitlines(keepends=True)
    changed[0] = changed[0].replace(b'"event_id":"evt_', b'"event_id":"evt_f', 1)
    log.write_bytes(b"".join(changed) + b"torn\n\n")

    assert run(["unseal", str(log), "-o", str(out)]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "1 event" in said
    assert "1 line could not be read, and left out" in said
    events = [each for each in read_events(out) if each.action == "prompt"]
    shown = [None if each.content is None else each.content.text for each in events]
    assert shown == [None, "Ho", "plain"]


def test_an_export_that_is_not_whole_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An event that the format does not allow is held, and cannot be given."""
    log = tmp_path / "log.jsonl"
    _write(log, [_event("prompt", ANN, "Hi", "s"), _event("prompt", ANN, "Ho", "s")])
    data = log.read_bytes().replace(b'"hilt_version":"1.0.0"', b'"hilt_version":1', 1)
    log.write_bytes(data)

    assert run(["subject", "export", ANN, str(log), "-o", str(tmp_path / "ann.jsonl")]) == 1

    said = capsys.readouterr().err
    assert "Wrote 1 event to" in said
    assert "1 event could not be read; hilt validate says which" in " ".join(said.split())
    assert [each.content.text for each in read_events(tmp_path / "ann.jsonl")] == ["Ho"]


def test_only_a_receipt_of_a_tool_is_left_as_it_is(tmp_path: Path) -> None:
    """Whoever names a receipt in an event of their own is redacted as anybody."""
    log = tmp_path / "log.jsonl"
    own = _event("prompt", "bob", ANN, "s", receipt={"tool": "shop"})
    receipt = _event("system", "hilt", ANN, "s", receipt={"tool": "erase"})
    _write(log, [own, receipt])

    assert redact_log(log, Policy()).changed == 1
    texts = [each.content.text for each in read_events(log) if each.content is not None]
    assert texts == ["[EMAIL]", ANN]


def test_an_event_that_is_there_twice_is_exported_once(tmp_path: Path) -> None:
    """As when an interrupted import was done again."""
    log = tmp_path / "log.jsonl"
    events = [_event("prompt", ANN, "Hi", "s"), _event("prompt", ANN, "Ho", "s")]
    _write(log, [*events, events[0]])

    found = find_subject(log, Subject(ANN))

    assert [each.event_id for each in subject_events(log, found)] == [
        each.event_id for each in events
    ]


def test_name_is_looked_for_as_json_may_have_it() -> None:
    """With escapes and without, and without the quotes around it."""
    needles = set(Subject('jü"rg').needles)

    assert {b'j\\u00fc\\"rg', 'jü\\"rg'.encode()} <= needles
    assert not any(each.startswith(b'"') or each.endswith(b'g"') for each in needles)
    assert Subject("jürgen").is_in(b'{"text":"ask j\\u00fcrgen now"}')
