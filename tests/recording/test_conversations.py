"""Conversations that are held, and those in the log: by ids, links and what continues elsewhere."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilt.core.guard import guard
from hilt.genai.values import Failure, Message
from hilt.recording.event_builder import EventBuilder
from hilt.recording.writer import encode_events
from tests.recording.calls import answer, call, message, request

Events = list[dict[str, Any]]


class Process:
    """A process that logs calls, to a file of its own."""

    def __init__(self) -> None:
        self.builder = EventBuilder()
        self.events: Events = []

    def call(self, sent: list[Message], said: str, *, fails: bool = False, **named: Any) -> None:
        """One call, and its answer."""
        outcome = Failure("rate_limit", "acme.Error") if fails else None
        made = call(request(*sent), None if fails else answer(said), failure=outcome, **named)
        events = self.builder.begin(made) + self.builder.end(made)
        self.events += [msgspec.json.decode(line) for line in encode_events(events).splitlines()]


class Person:
    """Somebody who holds one conversation, with the same words as others."""

    def __init__(self, number: int, named: str | None, *, unlike: bool) -> None:
        self.mark = f" ({number})" if unlike else ""
        self.named: dict[str, Any] = {} if named is None else {named: f"{named} {number}"}
        self.history: list[Message] = []
        self.endings: list[str] = []  #: the events of the answers

    def speak(self, process: Process, *, fails: int = 0) -> None:
        """Say something; the first words and answers are everybody's."""
        turn = len(self.history) // 2
        mark = self.mark if turn else ""
        sent = [*self.history, message("user", f"Word {turn}{mark}")]
        for _ in range(fails):
            process.call(sent, "", fails=True, **self.named)
        process.call(sent, f"Answer {turn}{mark}", **self.named)
        self.history = [*sent, message("assistant", f"Answer {turn}{mark}")]
        self.endings.append(process.events[-1]["event_id"])


def chains(processes: list[Process]) -> dict[str, str]:
    """The conversation of each answer, as a reader of the logs puts them together.

    Answers are one conversation where links say so. What ``continues_as`` names is the rest of
    it, where only one conversation names it.
    """
    events = {each["event_id"]: each for process in processes for each in process.events}
    ends = [each for each in events.values() if each["action"] == "completion"]
    root: dict[str, str] = {}
    for end in ends:
        prompt = events[end["extensions"]["reply_to"]]
        before = prompt.get("extensions", {}).get("context_of")
        root[end["event_id"]] = root[before] if before else end["event_id"]
    names: defaultdict[str, set[str]] = defaultdict(set)
    for end in ends:
        if "continues_as" in end["extensions"]:
            names[end["extensions"]["continues_as"]].add(root[end["event_id"]])
    heads = {name: next(iter(one)) for name, one in names.items() if len(one) == 1}
    return {end["event_id"]: heads.get(end["session_id"], root[end["event_id"]]) for end in ends}


@given(
    seed=st.integers(0, 2**32),
    people=st.integers(1, 5),
    named=st.sampled_from(["conversation", "user"]),
)
def test_people_who_are_named_are_never_joined_nor_torn(seed: int, people: int, named: str) -> None:
    """In one process, with the same words, in any order, with calls that fail between."""
    choose, process = random.Random(seed), Process()
    crowd = [Person(number, named, unlike=False) for number in range(people)]
    for _ in range(people * 4):
        choose.choice(crowd).speak(process, fails=choose.choice([0, 0, 1]))

    together = chains([process])
    held = [{together[each] for each in person.endings} for person in crowd if person.endings]
    assert [len(each) for each in held] == [1] * len(held)
    assert len(set.union(*held)) == len(held)
    sessions = {each["event_id"]: each["session_id"] for each in process.events}
    of_people = [{sessions[each] for each in person.endings} for person in crowd if person.endings]
    assert all(len(each) == 1 for each in of_people)
    assert len(set.union(*of_people)) == len(of_people)


@given(seed=st.integers(0, 2**32), people=st.integers(1, 5))
def test_people_who_are_not_named_are_never_joined(seed: int, people: int) -> None:
    """They begin alike, get one answer, and then speak of different things."""
    choose, process = random.Random(seed), Process()
    crowd = [Person(number, None, unlike=True) for number in range(people)]
    for _ in range(people * 4):
        choose.choice(crowd).speak(process, fails=choose.choice([0, 0, 1]))

    owners: defaultdict[str, set[int]] = defaultdict(set)
    together = chains([process])
    for number, person in enumerate(crowd):
        for turn, each in enumerate(person.endings):
            if turn:  # whose the first answer is, nobody can tell
                owners[together[each]].add(number)
        assert len({together[each] for each in person.endings[1:]}) <= 1
    assert all(len(each) == 1 for each in owners.values())
    first = [each["session_id"] for each in process.events if not _context_of(each)]
    assert max(Counter(_prompts(process.events, first)).values()) == 1


def _context_of(event: dict[str, Any]) -> str | None:
    context: str | None = event.get("extensions", {}).get("context_of")
    return context


def _prompts(events: Events, ids: list[str]) -> list[str]:
    """The ids of the conversations that begin with a prompt that has an answer."""
    answered = {each["extensions"]["reply_to"] for each in events if each["action"] == "completion"}
    return [
        each["session_id"]
        for each in events
        if each["action"] == "prompt" and each["event_id"] in answered and not _context_of(each)
    ]


@given(seed=st.integers(0, 2**32), count=st.integers(1, 4), turns=st.integers(1, 6))
def test_conversation_that_wanders_can_be_put_together(seed: int, count: int, turns: int) -> None:
    """Each turn is another process's, as behind a server with several workers."""
    choose = random.Random(seed)
    processes = [Process() for _ in range(count)]
    person = Person(1, None, unlike=False)
    for _ in range(turns):
        person.speak(choose.choice(processes))

    together = chains(processes)
    assert len({together[each] for each in person.endings}) == 1


@pytest.mark.parametrize("named", ["conversation", "user", None])
def test_threads_that_begin_alike(named: str | None) -> None:
    """Each thread has its own conversations, whatever another does meanwhile."""
    process = Process()
    crowd = [Person(number, named, unlike=True) for number in range(40)]

    def hold(person: Person) -> list[str]:
        person.history = [message("system", f"Be brief.{person.mark}")]
        for number in range(4):
            sent = [*person.history, message("user", f"Word {number}")]
            made = call(request(*sent), answer(f"Answer {number}"), **person.named)
            process.builder.begin(made)
            person.endings += [each["event_id"] for each in process.builder.end(made)]
            person.history = [*sent, message("assistant", f"Answer {number}")]
            process.events.append({"session_id": made.session_id, "of": person, "is": made})
        return person.endings

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(hold, crowd))

    by_person = defaultdict(list)
    for event in process.events:
        by_person[event["of"]].append(event)
    sessions = [{event["session_id"] for event in events} for events in by_person.values()]
    assert [len(each) for each in sessions] == [1] * 40
    assert len(set.union(*sessions)) == 40
    for person, events in by_person.items():
        assert [event["is"].context_of for event in events] == [None, *person.endings[:-1]]


@pytest.mark.parametrize("began", ["{", "", " "])
def test_question_is_not_the_empty_answer_to_it(began: str) -> None:
    """The caller begins the answer, the model adds nothing: then the question is asked again."""
    process, told = Process(), [message("user", "Hi"), message("assistant", "Ho")]
    asked = [*told, message("user", "More")]
    process.call(told[:1], "Ho")
    process.call([*asked, message("assistant", began)], "")
    process.call(asked, "Yes")
    process.call([*asked, message("assistant", ""), message("user", "Well?")], "No")

    ends = [each for each in process.events if each["action"] == "completion"]
    prompts = [each for each in process.events if each["action"] == "prompt"]
    assert _context_of(prompts[2]) == ends[0]["event_id"]
    assert prompts[2]["content"]["messages"] == asked[2:]
    assert _context_of(prompts[3]) == ends[1]["event_id"]


class Markup(str):
    """A text of a template: what is added to it is escaped."""

    __slots__ = ()

    def __str__(self) -> str:
        return self

    def __add__(self, other: str) -> Markup:
        return Markup(str.__add__(self, other.replace("<", "&lt;")))

    def __radd__(self, other: str) -> Markup:
        return Markup(other.replace("<", "&lt;")).__add__(self)

    def strip(self, chars: str | None = None, /) -> Markup:
        """Still a text of a template."""
        return Markup(str.strip(self, chars))


@pytest.mark.parametrize("parts", [["Is a<b?"], ["Is ", "a<b?\n"]])
def test_texts_of_templates_are_texts(parts: list[str]) -> None:
    """A conversation has the same id and links as one whose texts are plain, here or elsewhere."""
    made, plain = ([kind(part) for part in parts] for kind in (Markup, str))
    system = [message("system", kind("Be <brief>.\n")) for kind in (Markup, str)]
    one, other = Process(), Process()
    one.call([system[0], message("user", *made)], "Ho")
    other.call([system[1], message("user", *plain)], "Ho")
    told = [system[1], message("user", *plain), message("assistant", "Ho")]
    one.call([*told, message("user", Markup("More"))], "Yes")

    assert one.events[0]["session_id"] == other.events[0]["session_id"]
    first = [process.events[1]["extensions"] for process in (one, other)]
    assert first[0]["continues_as"] == first[1]["continues_as"]
    assert _context_of(one.events[2]) == one.events[1]["event_id"]
    assert one.events[2]["content"]["text"] == "More"


def test_answer_that_cannot_be_kept_at_first() -> None:
    """Its id is no text: it is kept by the event that is written, and by no other."""
    process, told = Process(), [message("user", "Hi"), message("assistant", "Ho")]
    odd: Any = ["r1"]
    reported = guard.errors
    made = call(request(told[0]), answer("Ho", id=odd))
    first = process.builder.begin(made) + process.builder.end(made)
    for number in range(3):
        process.call([*told, message("user", f"Word {number}")], "Yes")

    prompts = [each for each in process.events if each["action"] == "prompt"]
    assert {_context_of(each) for each in prompts} == {first[-1]["event_id"]}
    assert guard.errors == reported + 1
