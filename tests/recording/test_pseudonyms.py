"""Pseudonyms of events without content."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hilt.recording import pseudonyms
from hilt.recording.event_fields import EndingExtensions
from hilt.recording.pseudonyms import conversation_pseudonym, user_pseudonym, without_names

MAIL = "ann@example.com"


@pytest.fixture(params=["key file", "no key file"], autouse=True)
def has_key_file(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[bool]:
    """With keys in a file, and with those of the process, where no file can be made."""
    file = tmp_path / "keys"
    if request.param == "no key file":
        file.mkdir()
    monkeypatch.setenv("HILT_PRIVACY_KEY_FILE", str(file))
    pseudonyms._agent.cache_clear()
    pseudonyms._pseudonyms.cache_clear()
    caplog.set_level(logging.WARNING)
    yield request.param == "key file"
    pseudonyms._agent.cache_clear()
    pseudonyms._pseudonyms.cache_clear()


def event(**fields: Any) -> dict[str, Any]:
    """An event of nobody in particular."""
    return {"session_id": "order-42", "actor": {"type": "human", "id": "ann"}, **fields}


def agent(name: str) -> str:
    """What stands for a name of an agent."""
    (made,) = without_names([event(actor={"type": "agent", "id": name})])
    pseudonym = made["actor"]["id"]
    assert isinstance(pseudonym, str)
    return pseudonym


def test_pseudonym_tells_who_is_the_same_and_not_who_it_is() -> None:
    """16 hex digits that differ by the id, and by what the id is of."""
    people = [user_pseudonym(each) for each in ("ann", "ann", "bob", "half \ud83d")]
    conversations = [conversation_pseudonym(each) for each in ("ann", "ann", "bob")]

    assert all(re.fullmatch("user_[0-9a-f]{16}", each) for each in people)
    assert all(re.fullmatch("conv_[0-9a-f]{16}", each) for each in conversations)
    assert people[0] == people[1]
    assert conversations[0] == conversations[1]
    digits = {each[5:] for each in (*people, *conversations, agent(MAIL))}
    assert len(digits) == 6


@pytest.mark.parametrize("nobody", ["user", "anonymous", "unknown", "withheld", "erased"])
def test_id_that_names_nobody_stays(nobody: str) -> None:
    """A pseudonym of it would make one person of all who have it."""
    assert user_pseudonym(nobody) == nobody


def test_it_is_said_once_where_pseudonyms_end_with_the_process(
    has_key_file: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Those of a key file stay the same, and nothing is said."""
    made = [user_pseudonym("ann"), conversation_pseudonym("ann")]
    pseudonyms._pseudonyms.cache_clear()  # as in another process
    again = [user_pseudonym("ann"), conversation_pseudonym("ann")]

    assert (made == again) is has_key_file
    assert len(caplog.records) == (0 if has_key_file else 2)
    assert all("pseudonyms are those of this process only" in each for each in caplog.messages)


def test_who_speaks() -> None:
    """A person always has a pseudonym, by id and by name; an agent where it names one."""
    actors = [
        {"type": "human", "id": "planner", "name": "Ann", "did": "did:x"},
        {"type": "agent", "id": "planner", "name": MAIL},
        {"type": "tool", "id": f"mail to {MAIL}"},
    ]

    made = [each["actor"] for each in without_names([event(actor=each) for each in actors])]

    assert made == [
        {"type": "human", "id": user_pseudonym("planner"), "name": user_pseudonym("Ann"),
         "did": "did:x"},
        {"type": "agent", "id": "planner", "name": agent(MAIL)},
        {"type": "tool", "id": agent(f"mail to {MAIL}")},
    ]  # fmt: skip
    assert re.fullmatch("agent_[0-9a-f]{16}", agent(MAIL))
    assert agent(MAIL) != agent(f"mail to {MAIL}")


@pytest.mark.parametrize("word", ["metadata", "tags"])
@pytest.mark.parametrize("name", ["id", "name", "agent", "node"])
def test_what_a_framework_says_of_a_call(word: str, name: str) -> None:
    """Its words go, and names stay as those of agents do; the rest is as it was."""
    rest = {"provider": MAIL, "steps": 2}

    made = without_names([
        event(provenance={**rest, word: [MAIL]}),
        event(provenance={**rest, name: MAIL}),
        event(provenance={**rest, name: 7}),
        event(provenance={**rest, name: "planner", word: {"a": MAIL}}),
        event(provenance=rest),
        event(provenance={}),
    ])  # fmt: skip

    assert [each["provenance"] for each in made] == [
        rest,
        {**rest, name: agent(MAIL)},
        {**rest, name: 7},
        {**rest, name: "planner"},
        rest,
        {},
    ]


def test_who_a_conversation_is_handed_to() -> None:
    """An agent's name stays, and one that names a person does not."""
    given: list[Any] = [{"handoff_to": "writer"}, {"handoff_to": MAIL}, {"handoff_to": 7}, {"a": 1}]

    made = without_names([event(extensions=each) for each in given])

    assert [each["extensions"] for each in made] == [
        {"handoff_to": "writer"}, {"handoff_to": agent(MAIL)}, {"handoff_to": 7}, {"a": 1},
    ]  # fmt: skip


def test_conversation_and_what_it_continues_as_elsewhere() -> None:
    """Both have pseudonyms of one kind, so that a log can still be joined by them."""
    events = [event(extensions=EndingExtensions(continues_as=each)) for each in ("conv_2", None)]

    made = without_names([*events, event()])

    assert [each["session_id"] for each in made] == [conversation_pseudonym("order-42")] * 3
    assert [each["extensions"].continues_as for each in made[:2]] == [
        conversation_pseudonym("conv_2"), None,
    ]  # fmt: skip
    assert "extensions" not in made[2]
    assert "provenance" not in made[2]
