"""What of a request is in the log already, and which conversation it belongs to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unicodedata import normalize

import msgspec
import pytest

from hilt._context import FrameworkContext
from hilt.core.ids_and_times import new_event_id
from hilt.genai.observation import Observation
from hilt.genai.values import Message, Request, Response
from hilt.io.session import Session
from hilt.providers._chat_messages import message_of
from hilt.recording.history import (
    Continuation,
    History,
    LoggedAnswer,
    ToolCallEvent,
    history_of,
)
from hilt.testing.memory import MemorySink
from tests.recording.calls import answer, call, message, request, text

HI, HO, MORE = message("user", "Hi"), message("assistant", "Ho"), message("user", "More")
CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"a": 1}}


def begun(history: History, asked: Request, **fields: Any) -> Observation:
    """A call that has begun."""
    observation = call(asked, **fields)
    history.begin(observation)
    return observation


def logged(
    history: History,
    *sent: Message,
    said: Response | None = None,
    whose: dict[str, str] | None = None,
    **fields: Any,
) -> LoggedAnswer:
    """A call whose answer, "Ho" unless told otherwise, is in the log."""
    made = begun(history, request(*sent, **fields), **(whose or {}))
    response = said or answer("Ho", id="r1")
    tool_calls = [
        ToolCallEvent(part["id"], part["name"], f"evt_{part['id']}", made.session_id)
        for each in response.messages
        for part in each["parts"]
        if part["type"] == "tool_call"
    ]
    logged = LoggedAnswer(
        new_event_id(), made.session_id, 0, made.continuation.instructions, made.user, tool_calls
    )
    stored = made.request.conversation if made.request.stored_history else response.conversation
    continuation = made.continuation
    history.remember(continuation, response, logged, stored)
    return logged


def continued(history: History, *sent: Message, **fields: Any) -> tuple[LoggedAnswer | None, int]:
    """What a request continues, and from where its messages are new."""
    continuation = history.continuation(request(*sent, **fields))
    return continuation.answer, continuation.new_from


# -- what a request continues -------------------------------------------------------------------


def test_request_that_sends_an_answer_back() -> None:
    """What stands up to the logged answer is not new."""
    history = History()
    first = logged(history, HI)

    assert continued(history, HI, HO, MORE) == (first, 2)


def test_request_that_begins() -> None:
    """Nothing of it is logged."""
    history = History()
    assert continued(history, HI) == (None, 0)

    logged(history, HI)
    assert continued(history, HI) == (None, 0)


@pytest.mark.parametrize(
    "changed",
    [
        [message("user", "Hey"), HO, MORE],
        [HI, message("assistant", "Hoho"), MORE],
        [HI, message("system", "Hm"), HO, MORE],
        [MORE, HI, HO],
        [HO, HI, MORE],
    ],
)
def test_changed_history_is_new(changed: list[Message]) -> None:
    """One other text, role or order, and nothing of it is known to be logged."""
    history = History()
    logged(history, HI)

    assert continued(history, *changed) == (None, 0)


def test_longest_logged_part_counts() -> None:
    """The newest answer that is sent back is the one that is continued."""
    history, sure = History(), message("assistant", "Sure")
    first = logged(history, HI)
    newest = logged(history, HI, HO, MORE, said=answer("Sure"))

    assert continued(history, HI, HO, MORE, sure, MORE) == (newest, 4)
    assert continued(history, HI, HO, message("user", "Less")) == (first, 2)


def test_any_choice_can_be_continued() -> None:
    """A caller who is given several answers goes on with one of them."""
    history = History()
    choices = Response(messages=[message("assistant", each) for each in ("A", "B", "A")])
    first = logged(history, HI, said=choices)

    assert continued(history, HI, message("assistant", "A"), MORE) == (first, 2)
    assert continued(history, HI, message("assistant", "B"), MORE) == (first, 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"instructions": [text("Brief.")]}, {"instructions": [text("Long.")]}),
        ({"instructions": [text("Brief.")]}, {}),
        ({}, {"instructions": [text("Long.")]}),
    ],
)
def test_other_instructions_in_the_same_conversation(
    before: dict[str, Any], after: dict[str, Any]
) -> None:
    """An agent hands over, or the program tells the time: history is history."""
    history = History()
    first = logged(history, HI, **before)

    made = begun(history, request(HI, HO, MORE, **after))

    assert made.continuation.answer is first
    assert made.continuation.has_new_instructions
    assert made.session_id == first.session_id


def test_other_system_messages_are_new() -> None:
    """They stand at the front of what is new; the same ones are not new."""
    history = History()
    brief, long = message("system", "Brief."), message("developer", "Long.")
    logged(history, brief, HI)

    same = history.begin(call(request(brief, HI, HO, MORE)))
    other = history.begin(call(request(long, HI, HO, MORE)))

    assert (same, other) == ([MORE], [long, MORE])


def test_response_that_is_continued_by_its_id() -> None:
    """The provider has the messages up to its own answer: all that are sent are new."""
    history = History()
    first = logged(history, HI)

    assert continued(history, MORE, previous_response="r1") == (first, 0)
    assert continued(history, MORE, previous_response="r2") == (None, 0)


def test_conversation_that_the_provider_keeps() -> None:
    """All messages that are sent are new, and the newest answer is continued."""
    kept = {"conversation": "thread_1", "stored_history": True}
    history = History()
    first = logged(history, HI, said=answer("Ho", conversation="thread_1"))
    assert continued(history, MORE, **kept) == (first, 0)

    second = logged(history, MORE, **kept)

    assert second.session_id == "thread_1"
    assert continued(history, MORE, **kept) == (second, 0)
    assert continued(history, MORE, conversation="thread_2", stored_history=True) == (None, 0)
    assert continued(history, MORE, conversation="thread_1") == (None, 0)


def test_continued_response_is_part_of_what_is_sent() -> None:
    """The same message after two different answers is not the same conversation."""
    history = History()
    chains = [
        history.continuation(request(MORE, previous_response=each)).chain
        for each in ("r1", "r2", None)
    ]

    assert len(set(chains)) == 3


def test_answer_of_which_nothing_is_sent_back() -> None:
    """It can be continued by its id, and a question that is asked twice does not continue it."""
    history = History()
    first = logged(history, HI, said=Response("r1", messages=[message("assistant")]))

    assert continued(history, MORE, previous_response="r1") == (first, 0)
    assert continued(history, HI, MORE) == (None, 0)


def test_empty_answer_that_is_sent_back() -> None:
    """Where the caller sends it back, the call goes on with it."""
    history = History()
    first = logged(history, HI, said=Response("r1", messages=[message("assistant")]))

    assert continued(history, HI, message("assistant", ""), MORE) == (first, 2)
    assert continued(history, HI) == (None, 0)


def test_history_after_a_response_that_continued_another_by_its_id() -> None:
    """A caller may first let the provider keep the history, and then send all of it."""
    history = History()
    logged(history, HI)
    second = logged(history, MORE, said=answer("Sure", id="r2"), previous_response="r1")

    sure = message("assistant", "Sure")
    assert continued(history, HI, HO, MORE, sure, MORE) == (second, 4)


def test_developer_and_system_are_one_role() -> None:
    """The same instructions by the newer name of the role are not new."""
    history = History()
    first = logged(history, message("system", "Brief."), HI)

    made = history.continuation(request(message("developer", "Brief."), HI, HO, MORE))
    assert (made.answer, made.has_new_instructions) == (first, False)


def test_parallel_calls_that_are_sent_back_one_by_one() -> None:
    """The results alone are new, whatever stands between the calls."""
    history = History()
    other = {**CALL, "id": "c2", "arguments": {"a": 2}}
    results = [
        message("tool", {"type": "tool_call_response", "id": each, "response": "14 C"})
        for each in ("c1", "c2")
    ]
    first = logged(history, HI, said=Response("r1", messages=[message("assistant", CALL, other)]))
    divided = [message("assistant", CALL), results[0], message("assistant", other), results[1]]

    made = call(request(HI, *divided))
    assert history.begin(made) == results
    assert made.context_of == first.event_id


def test_messages_of_an_api_are_compared_as_they_are_read() -> None:
    """A short form that an API takes and the form of the conventions have one hash."""

    def read(raw: Any) -> Message:
        return message(raw["role"], raw["content"])

    history = History()
    raw: list[Any] = [{"role": "user", "content": "Hi"}]
    first = Request("chat", "acme", messages=raw, read=read)
    kept = LoggedAnswer("evt_1", "conv_1")
    history.remember(history.continuation(first), answer("Ho"), kept)

    sent_back = [*raw, {"role": "assistant", "content": "Ho"}]
    again = history.continuation(Request("chat", "acme", messages=sent_back, read=read))
    assert (again.answer, again.new_from) == (kept, 2)
    assert again.chain == history.continuation(request(HI, HO)).chain


def test_long_history_is_not_read() -> None:
    """A message of a role and a text has its hash without being turned into parts."""
    read: list[Any] = []
    sent: list[Any] = [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": [{"a": 1}]},
        {"role": "user", "content": "Hi", "more": 1},
        {"role": "user", "content": ""},
        ("user", "Hi"),
    ]

    def reader(raw: Any) -> Message:
        read.append(raw)
        return message("user", "x")

    History().continuation(Request("chat", "acme", messages=sent, read=reader))

    assert read == sent[1:]


def test_only_the_newest_answers_are_kept() -> None:
    """A process that logs for long does not grow."""
    history = History(limit=2)
    for number in range(3):
        kept = LoggedAnswer(f"evt_{number}", "conv_1")
        history.remember(Continuation(None, 0, number), Response(f"r{number}"), kept)
        history.remember_tool_call(f"c{number}", "weather", f"evt_{number}", "conv_1")

    left = [continued(history, MORE, previous_response=f"r{number}")[0] for number in range(3)]
    assert [each.event_id if each else None for each in left] == [None, "evt_1", "evt_2"]
    assert history.tool_call("c0") is None


# -- histories that are sent in another dress ---------------------------------------------------


RESULTS = [{"type": "tool_call_response", "id": each, "response": f"{each}\n"} for each in "ab"]
CALLS = [{**CALL, "id": each, "name": each} for each in "ab"]
TURNS = [
    [message("user", " Caf\u00e9 \r\n?"), message("assistant", "Let me\nsee.\n", *CALLS)],
    [*(message("tool", each) for each in RESULTS), message("assistant", " 14 C")],
    [message("user", "More\n"), message("assistant", "Sure")],
]


def dressed(messages: list[Message], change: Callable[[str], str]) -> list[Message]:
    """A history whose texts were changed."""
    return [
        {
            **each,
            "parts": [
                {
                    **part,
                    **{
                        name: change(part[name]) for name in ("content", "response") if name in part
                    },
                }
                for part in each["parts"]
            ],
        }
        for each in messages
    ]


def turned(messages: list[Message]) -> list[Message]:
    """A history whose results of tools, and calls of tools, stand the other way round."""
    return [
        {**each, "parts": [*each["parts"][:-2], *each["parts"][-2:][::-1]]}
        if each["parts"][-1]["type"] == "tool_call"
        else each
        for each in [*messages[:2], *messages[2:4][::-1], *messages[4:]]
    ]


@pytest.mark.parametrize(
    "dress",
    [
        lambda messages: dressed(messages, str.strip),
        lambda messages: dressed(messages, lambda each: f"{each}\n"),
        lambda messages: dressed(messages, lambda each: each.replace("\r", "")),
        lambda messages: dressed(messages, lambda each: "\r\n".join(each.splitlines())),
        lambda messages: dressed(messages, lambda each: normalize("NFD", each)),
        turned,
        lambda messages: dressed(turned(messages), str.strip),
    ],
)
@pytest.mark.parametrize("logged_in_dress", [False, True])
def test_history_in_another_dress(
    dress: Callable[[list[Message]], list[Message]], logged_in_dress: bool
) -> None:
    """It is not logged again; calls that send it in either dress stay in the conversation."""
    history, sent, last = History(), [], None
    for index, turn in enumerate(TURNS):
        before = dress(sent) if index and logged_in_dress else sent
        last = logged(history, *before, *turn[:-1], said=Response(messages=[turn[-1]]))
        sent += turn

    made = [call(request(*each, MORE)) for each in (dress(sent), sent)]

    assert [history.begin(each) for each in made] == [[MORE]] * 2
    assert [(each.context_of, each.session_id) for each in made] == [
        (last.event_id, last.session_id)
    ] * 2


@pytest.mark.parametrize(("was", "comes_back"), [("Hi", "Hi\n"), ("Hi\n", "Hi")])
def test_only_one_side_is_in_another_dress(was: str, comes_back: str) -> None:
    """Whether what is logged is in its normal form, or what is sent back, it is one history."""
    history = History()
    first = logged(history, message("user", was))

    made = call(request(message("user", comes_back), HO, MORE))

    assert history.begin(made) == [MORE]
    assert (made.context_of, made.session_id) == (first.event_id, first.session_id)


def test_long_history_whose_answer_the_caller_begins_is_not_read() -> None:
    """Only what is new is turned into parts, also where that ends in words of the model."""
    history, read = History(), []
    logged(history, HI)
    sent: list[Any] = [
        {"role": role, "content": content}
        for role, content in [("user", "Hi"), ("assistant", "Ho"), ("user", " So?\n"),
                              ("assistant", "{")]
    ]  # fmt: skip

    def reader(raw: Any) -> Message:
        read.append(raw)
        return message_of(raw)

    made = call(Request("chat", "acme", messages=sent, read=reader))
    history.begin(made)

    assert made.continuation.new_from == 2
    assert read == sent[2:]


def raw_question(**fields: Any) -> Request:
    """A first question as it is sent."""
    sent: list[Any] = [{"role": "user", "content": "Hi"}]
    return Request("chat", "acme", messages=sent, read=message_of, **fields)


def test_first_question_of_a_conversation_that_is_known() -> None:
    """By a name, by a step before it, or by its run, whatever it says."""
    history, run = History(), FrameworkContext("agents", run="run-1")
    first = begun(history, raw_question(), framework=run)
    follows = FrameworkContext("agents", run="run-2", follows="run-1")

    made = [
        begun(history, raw_question(), conversation="order-42"),
        begun(history, raw_question(conversation="order-43")),
        begun(history, raw_question(), session_id="conv_given"),
        begun(history, raw_question(), framework=run),
        begun(history, raw_question(), framework=follows),
    ]

    assert [each.session_id for each in made] == [
        "order-42", "order-43", "conv_given", first.session_id, first.session_id,
    ]  # fmt: skip


def test_runs_that_know_nothing_of_each_other() -> None:
    """Without a run, or after another one, a first question is a conversation of its own."""
    history, nothing = History(), FrameworkContext("agents")
    contexts = [
        nothing, nothing, FrameworkContext("agents", run="run-1"),
        FrameworkContext("agents", run="run-2"), FrameworkContext("agents", run="run-3", follows="x"),
    ]  # fmt: skip

    made = {begun(history, raw_question(), framework=each).session_id for each in contexts}

    assert len(made) == 5


@pytest.mark.parametrize("changed", ["H i", "Hi!", "hi"])
def test_true_edit_is_an_edit(changed: str) -> None:
    """What was said is another text: its history is new, and another conversation."""
    history = History()
    first = logged(history, HI)

    made = call(request(message("user", changed), HO, MORE))

    assert len(history.begin(made)) == 3
    assert made.context_of is None
    assert made.session_id != first.session_id


def test_dress_of_one_is_the_text_of_another() -> None:
    """Two conversations differ in a space: each goes on as it was sent."""
    history = History()
    both = [logged(history, message("user", each)) for each in ("Hi", "Hi\n")]

    found = [
        begun(history, request(message("user", each), HO, MORE)).continuation.answer
        for each in ("Hi", "Hi\n")
    ]

    assert found == both


def test_branch_of_one_that_may_be_another_in_its_dress() -> None:
    """As with equal histories, the one that nobody continues yet is meant."""
    history = History()
    mine, yours = (logged(history, message("user", each)) for each in ("Hi", "Hi\n"))
    begun(history, request(HI, HO, MORE))

    made = begun(history, request(HI, HO, message("user", "Less")))

    assert (made.context_of, made.session_id) == (yours.event_id, yours.session_id)
    assert mine.session_id != yours.session_id


def test_branch_where_both_are_continued_already() -> None:
    """Then it is the one whose words are sent as they were."""
    history = History()
    both = [logged(history, message("user", each)) for each in ("Hi", "Hi\n")]
    for asked in ("Hi", "Hi\n"):
        begun(history, request(message("user", asked), HO, MORE))

    made = begun(history, request(HI, HO, message("user", "Less")))

    assert made.continuation.answer is both[0]


def test_branch_beside_another_in_the_same_conversation() -> None:
    """What was asked again in another dress is no other conversation's."""
    history, sure = History(), message("assistant", "Sure")
    logged(history, HI)
    both = [
        logged(history, HI, HO, message("user", each), said=answer("Sure"))
        for each in ("More", "More\n")
    ]

    made = [begun(history, request(HI, HO, MORE, sure, message("user", each))) for each in "ab"]

    assert [each.continuation.answer for each in made] == [both[0]] * 2


def test_spaces_around_instructions_are_not_new_instructions() -> None:
    """A template may end in a line feed, or not."""
    history = History()
    logged(history, message("system", "Brief.\n"), HI, instructions=[text("Long. ")])

    made = begun(
        history, request(message("system", "Brief."), HI, HO, MORE, instructions=[text("Long.")])
    )

    assert not made.continuation.has_new_instructions


SUMMARY = {"type": "compaction", "content": "So far: Hi, Ho."}


@pytest.mark.parametrize("before", [[HI], [], [message("user", "Kept")]])
def test_history_before_a_compaction(before: list[Message]) -> None:
    """The provider goes by the summary, whether what it stands for is sent again or dropped."""
    history = History()
    compacted = message("assistant", SUMMARY, "Ho")
    first = logged(history, HI, said=Response(messages=[compacted]))

    made = begun(history, request(*before, compacted, MORE))

    assert made.continuation.answer is first
    assert made.continuation.new_from == len(before) + 1


def test_compaction_of_another_person() -> None:
    """The same summary of two people is two."""
    history = History()
    compacted = message("assistant", SUMMARY)
    logged(history, HI, said=Response(messages=[compacted]), whose={"user": "alice"})

    assert begun(history, request(compacted, MORE), user="bob").context_of is None
    assert begun(history, request(compacted, MORE), user="alice").context_of is not None


def test_items_of_an_answer_by_their_ids() -> None:
    """The answer is continued, whatever else is sent."""
    history = History()
    first = logged(history, HI, said=answer("Ho", items=["rs_1", "msg_1"]))
    reference = message("assistant", {"type": "item_reference", "id": "msg_1"})

    made = [
        begun(history, request(*sent, reference, MORE, references={len(sent): "msg_1"}))
        for sent in ([], [HI], [message("user", "Other")])
    ]

    assert [each.continuation.answer for each in made] == [first] * 3
    assert [each.continuation.new_from for each in made] == [1, 2, 2]


def test_message_with_an_id_that_nobody_knows() -> None:
    """What it says is compared, as if it had none."""
    history = History()
    first = logged(history, HI)

    assert continued(history, HI, HO, MORE, references={1: "msg_9"}) == (first, 2)


def test_reference_says_whose_history_it_is() -> None:
    """Where two have the same words, the one that the call refers to goes on."""
    history, sure = History(), message("assistant", "Sure")
    reference = message("user", {"type": "item_reference", "id": "mine"})
    both = []
    for item in ("mine", "yours"):
        logged(history, HI, said=answer("Ho", items=[item]))
        sent = message("user", {"type": "item_reference", "id": item})
        both.append(logged(history, sent, MORE, said=answer("Sure"), references={0: item}))

    made = begun(history, request(reference, MORE, sure, MORE, references={0: "mine"}))

    assert made.continuation.answer is both[0]


def test_items_that_nobody_knows_or_another_was_answered() -> None:
    """Two that refer to different items are not alike, and a person's are theirs."""
    history = History()
    logged(history, HI, said=answer("Ho", items=["msg_1"]), whose={"user": "alice"})
    sent = [
        request(message("assistant", {"type": "item_reference", "id": each}), MORE,
                references={0: each})
        for each in ("msg_1", "msg_2")
    ]  # fmt: skip

    made = [begun(history, each, user="bob") for each in sent]

    assert [each.context_of for each in made] == [None, None]
    assert made[0].continuation.chain != made[1].continuation.chain


def test_unfinished_answer_that_the_model_goes_on_with() -> None:
    """A token and the same messages: nothing is new, and all of the answer is sent back as one."""
    history, pieces, answers = History(), ("One, ", "two, ", "three."), []
    for index, piece in enumerate(pieces):
        asked = request(HI, resumes=f"token {index}" if index else None)
        made = begun(history, asked)
        said = answer(piece, resumed_by=f"token {index + 1}" if index < len(pieces) - 1 else None)
        before = answers[-1].event_id if answers else None
        assert (made.context_of, made.continuation.new_from) == (before, 1 if answers else 0)
        answers.append(LoggedAnswer(new_event_id(), made.session_id))
        history.remember(made.continuation, said, answers[-1])
        if index:
            history.remember_prefilled(made.continuation, said, answers[-1])
    whole = message("assistant", "One, two, three.")

    assert len({each.session_id for each in answers}) == 1
    assert continued(history, HI, whole, MORE) == (answers[-1], 2)


@pytest.mark.parametrize("changed", [{"resumes": "token 2"}, {"conversation": "theirs"}])
def test_token_that_nobody_knows_or_of_another_conversation(changed: dict[str, str]) -> None:
    """All that is sent is new."""
    history = History()
    logged(history, HI, said=answer("One, ", resumed_by="token 1"))

    made = begun(history, request(HI, **{"resumes": "token 1", **changed}))

    assert (made.context_of, made.continuation.new_from) == (None, 0)


# -- whose conversation -------------------------------------------------------------------------


@pytest.mark.parametrize("named", ["conversation", "user"])
def test_other_person_or_conversation_is_not_continued(named: str) -> None:
    """Not even where every word is the same; nor by a call that names nobody."""
    history = History()
    mine, yours = (logged(history, HI, whose={named: each}) for each in ("mine", "yours"))

    found = [
        begun(history, request(HI, HO, MORE), **fields).continuation.answer
        for fields in ({named: "mine"}, {named: "yours"}, {named: "nobody"}, {})
    ]

    assert found == [mine, yours, None, None]


@pytest.mark.parametrize("named", ["conversation", "user"])
def test_person_and_conversation_that_a_request_names(named: str) -> None:
    """An API has fields for them; they count as what the caller sets does."""
    history = History()
    first = begun(history, request(HI, **{named: "mine"}))
    kept = LoggedAnswer("evt_1", first.session_id)
    history.remember(first.continuation, answer("Ho"), kept)

    again = begun(history, request(HI, HO, MORE), **{named: "mine"})

    assert again.continuation.answer is kept


def test_answer_of_another_person_by_its_id() -> None:
    """Whoever has the id of a response may not be who was answered."""
    history = History()
    logged(history, HI, whose={"user": "alice"})

    found = [
        begun(history, request(MORE, previous_response="r1"), user=user).context_of is not None
        for user in ("alice", None, "bob")
    ]

    assert found == [True, True, False]


def test_two_that_begin_alike_are_two() -> None:
    """The later one has an id of its own, and each its own answers."""
    history = History()
    first = logged(history, HI)
    again = begun(history, request(HI, HO, MORE))
    second = logged(history, HI)
    other = begun(history, request(HI, HO, message("user", "Less")))

    assert first.session_id != second.session_id
    assert again.session_id == first.session_id
    assert (again.continuation.answer, other.continuation.answer) == (first, second)


def test_history_that_two_have_is_nobodys() -> None:
    """Both stand where it ends: none is continued, and a new conversation has it all."""
    history = History()
    sessions = {logged(history, HI).session_id for _ in range(2)}

    for text_ in ("More", "Less"):
        made = begun(history, request(HI, HO, message("user", text_)))
        assert made.context_of is None
        assert made.session_id not in sessions
        sessions.add(made.session_id)


def test_branch_of_a_conversation() -> None:
    """An answer that is continued already is continued again: an edit, or a second attempt."""
    history = History()
    first = logged(history, HI)

    branches = [begun(history, request(HI, HO, message("user", each))) for each in "abc"]

    assert [each.continuation.answer for each in branches] == [first] * 3
    assert {each.session_id for each in branches} == {first.session_id}


def test_branch_of_one_of_two_conversations() -> None:
    """Where both are continued already, nobody can tell of which it is."""
    history = History()
    for _ in range(2):
        logged(history, HI)
        begun(history, request(HI, HO, MORE))

    assert begun(history, request(HI, HO, MORE)).context_of is None


def test_answer_that_was_generated_again() -> None:
    """Two equal answers to one history are one conversation's: the newest is continued."""
    history = History()
    logged(history, HI)
    again = [logged(history, HI, HO, MORE, said=answer("Sure")) for _ in range(2)]

    made = begun(history, request(HI, HO, MORE, message("assistant", "Sure"), MORE))

    assert made.continuation.answer is again[1]


def test_ids_of_tool_calls_say_whose_history_it_is() -> None:
    """A provider gives each call an id of its own."""
    history = History()
    said = [Response(messages=[message("assistant", {**CALL, "id": each})]) for each in ("a", "b")]
    both = [logged(history, HI, said=each) for each in said]

    found = [begun(history, request(HI, *each.messages, MORE)).continuation.answer for each in said]

    assert found == both


def test_instructions_say_whose_history_it_is() -> None:
    """Where two have the same words, those who are instructed alike go on."""
    history = History()
    both = [logged(history, message("system", each), HI) for each in ("For A.", "For B.")]

    found = [
        begun(history, request(message("system", each), HI, HO, MORE)).continuation.answer
        for each in ("For A.", "For B.")
    ]

    assert found == both


def test_call_that_failed_leaves_the_answer_open() -> None:
    """It is made again; another who begins alike is not taken for its conversation."""
    history = History()
    first = logged(history, HI)
    failed = begun(history, request(HI, HO, MORE))
    history.undo(failed)

    assert first.continued == 0
    assert begun(history, request(HI, HO, MORE)).continuation.answer is first
    assert first.continued == 1


def test_first_call_that_failed_is_made_again() -> None:
    """It begins the same conversation."""
    history = History()
    failed = begun(history, request(HI))
    history.undo(failed)

    again, other = begun(history, request(HI)), begun(history, request(HI))

    assert again.session_id == failed.session_id
    assert other.session_id != failed.session_id


def test_calls_that_fail_before_they_begin() -> None:
    """There is nothing to undo."""
    History().undo(call())


# -- histories whose beginning was dropped ------------------------------------------------------


def said(*words: str) -> list[Message]:
    """What a user and a model say in turn."""
    roles = ("user", "assistant")
    return [message(roles[index % 2], each) for index, each in enumerate(words)]


def long_conversation(history: History, *words: str, **fields: Any) -> str:
    """A conversation of several turns that is logged; its id."""
    whole, session_id = said(*words), ""
    for turn in range(1, len(whole), 2):
        last = answer(words[turn])
        session_id = logged(history, *whole[:turn], said=last, **fields).session_id
    return session_id


WORDS = ("1", "A", "2", "B", "3", "C")


@pytest.mark.parametrize(
    "sent",
    [
        said("2", "B", "3", "C", "4"),
        said("3", "C", "4"),
        [message("assistant", "A"), *said("2", "B", "3", "C", "4")],
        [message("user", "So far: 1, A."), *said("2", "B", "3", "C", "4")],
        [*said("So far?", "1, A."), *said("2", "B", "3", "C", "4")],
        [message("system", "So far: 1, A, 2, B."), *said("3", "C", "4")],
    ],
)
def test_history_whose_beginning_was_dropped(sent: list[Message]) -> None:
    """It stays in its conversation, and its prompt has all that is sent."""
    history = History()
    session_id = long_conversation(history, *WORDS)

    made = call(request(*sent))
    new = history.begin(made)

    assert made.session_id == session_id
    assert made.context_of is None
    assert new == sent


def test_dropped_beginning_that_two_may_have() -> None:
    """Where two conversations end in the same words, it is neither's."""
    history = History()
    sessions = {long_conversation(history, first, *WORDS[1:]) for first in ("one", "eins")}

    made = begun(history, request(*said("2", "B", "3", "C", "4")))

    assert made.session_id not in sessions


@pytest.mark.parametrize(
    "sent", [said("x", "C", "4"), said("3", "x", "4"), said("x", "y", "3", "C", "4"), said("3")]
)
def test_other_history_is_not_a_dropped_beginning(sent: list[Message]) -> None:
    """One question and its answer, among others, may be anybody's."""
    history = History()
    session_id = long_conversation(history, *WORDS)

    assert begun(history, request(*sent)).session_id != session_id


@pytest.mark.parametrize("first", ["one", "eins"])
def test_dropped_beginning_that_an_older_turn_tells_apart(first: str) -> None:
    """Two conversations end in the same two turns: the one before these says which it is."""
    history = History()
    sessions = {
        each: long_conversation(history, "0", "Z", each, *WORDS[1:]) for each in ("one", "eins")
    }

    made = begun(history, request(*said(first, *WORDS[1:], "4")))

    assert made.session_id == sessions[first]


def test_first_question_among_others_is_not_a_dropped_beginning() -> None:
    """Many conversations begin with the same words; after a greeting, they are this one's."""
    history, greeting = History(), message("assistant", "Welcome")
    alone = logged(history, HI)
    sent = [message("user", "So far?"), message("assistant", "1, A."), HI, HO, MORE]
    assert begun(history, request(*sent)).session_id != alone.session_id

    greeted = logged(history, greeting, message("user", "Hey"), said=answer("Hello"))
    sent = [message("user", "Hey"), message("assistant", "Hello"), MORE]
    assert begun(history, request(*sent)).session_id == greeted.session_id


def test_dropped_beginning_of_another_person() -> None:
    """Who is named has conversations of their own."""
    history = History()
    session_id = long_conversation(history, *WORDS, whose={"user": "alice"})

    made = [
        begun(history, request(*said("3", "C", "4")), user=user) for user in ("alice", "bob", None)
    ]

    assert [each.session_id == session_id for each in made] == [True, False, False]


# -- ids ----------------------------------------------------------------------------------------


def test_history_of_another_process() -> None:
    """Its id follows from the opening and the first answer, and is given to one."""
    ids = [begun(History(), request(HI, HO, MORE, HO, MORE)).session_id for _ in range(2)]
    history = History()
    here = [begun(history, request(HI, HO, each)).session_id for each in (MORE, HI)]

    assert ids[0] == ids[1] == here[0] != here[1]


def test_response_of_another_process() -> None:
    """Its id is all that is known, and means one conversation."""
    asked = request(MORE, previous_response="r1")
    history = History()

    ids = {begun(each, asked).session_id for each in (history, history, History())}

    assert len(ids) == 1


def test_response_of_another_process_is_whose_it_is() -> None:
    """The same id in the hands of two people is two conversations."""
    asked = request(MORE, previous_response="r1")

    ids = {begun(History(), asked, user=user).session_id for user in ("alice", "bob", None)}

    assert len(ids) == 3


def test_calls_without_text_belong_to_their_trace() -> None:
    """Without one they are alone; they are not all one conversation."""
    history = History()
    ids = [
        begun(history, request(), trace_id=each).session_id
        for each in ("a" * 32, "a" * 32, "b" * 32, None, None)
    ]

    assert ids[:3] == ["conv_" + "a" * 16] * 2 + ["conv_" + "b" * 16]
    assert len(set(ids)) == 4


def test_conversation_that_is_reserved() -> None:
    """A step before the first call has the id that the call will have."""
    history = History()
    observation = call(request(HI))

    reserved = history.reserve(observation)
    begun(history, request(HI))
    history.begin(observation)

    assert observation.session_id == reserved == history.reserve(observation)
    assert observation.continuation.begins


def test_conversation_that_is_reserved_and_continues() -> None:
    """The answer is continued when the call begins, not before."""
    history = History()
    first = logged(history, HI)
    observation = call(request(HI, HO, MORE))

    assert history.reserve(observation) == first.session_id
    assert first.continued == 0

    history.begin(observation)
    assert first.continued == 1


def test_conversation_of_an_event() -> None:
    """That of a logged answer is found for feedback about it."""
    history = History()
    first = logged(history, HI)

    assert history.conversation_of(first.event_id) == first.session_id
    assert history.conversation_of("evt_other") is None


def test_destination_has_one_history(tmp_path: Any) -> None:
    """Whoever writes there; another file or sink has another."""
    sink = MemorySink()
    same = [Session(tmp_path / "a"), Session(tmp_path / "." / "a")]
    others = [Session(tmp_path / "b"), Session(sink), Session(MemorySink())]

    assert history_of(same[0]) is history_of(same[1])
    assert history_of(others[1]) is history_of(Session(sink))
    assert len({id(history_of(each)) for each in (*same, *others)}) == 4


@pytest.mark.parametrize("user", [None, "alice"])
@pytest.mark.parametrize("system", ["", "Brief.", " Brief.\r\n", "Cafe\u0301", " "])
@pytest.mark.parametrize("asked", ["Hi", " Hi\r\nHo ", "Cafe\u0301", " "])
def test_quick_way_of_a_first_question(asked: str, system: str, user: str | None) -> None:
    """A question, alone or after a system message, is kept as it is by way of each message."""
    told = [{"role": "system", "content": system}] if system else []
    plain = Request("chat", "openai", messages=[*told, {"role": "user", "content": asked}], read=message_of)  # fmt: skip
    longer = Request("chat", "openai", messages=plain.messages, read=message_of, references={9: "no"})  # fmt: skip

    quick, slow = (begun(History(), each, user=user) for each in (plain, longer))

    assert quick.session_id == slow.session_id
    assert quick.continuation == msgspec.structs.replace(
        slow.continuation, question=quick.continuation.question
    )


def test_conversation_of_a_run_is_not_given_away_when_its_first_call_fails() -> None:
    """The calls that follow in the run have it; another one that opens alike does not."""
    history, run = History(), FrameworkContext("agents", run="run-1")
    failed = begun(history, request(HI), framework=run)
    history.undo(failed)
    other = begun(history, request(HI))
    again = begun(history, request(HI), framework=run)

    assert again.session_id == failed.session_id
    assert other.session_id != failed.session_id
