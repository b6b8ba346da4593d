"""What makes two messages the same, in whatever form a caller sends them back."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.message_forms import (
    NormalChain,
    empty_answer_key,
    exact_text,
    extended_chain,
    instructions_key,
    is_normal,
    message_keys,
    normal_chain,
    normal_message,
    normal_text,
    only_text,
    tools_key,
    trimmed,
)
from hilt.genai.values import Message
from tests.recording.calls import message, text


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("Hi", "Hi"),
        (" Hi \n", "Hi"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("cafe\u0301", "caf\u00e9"),
        ("caf\u00e9", "caf\u00e9"),
        ("e\u0301" * 5_000, "\u00e9" * 5_000),
        ("e\u0301" * 5_000 + "e", "e\u0301" * 5_000 + "e"),
        (" \n", ""),
        ("\ud83d", "\ud83d"),
        ("a  b", "a  b"),
        ("a \n b", "a \n b"),
    ],
)
def test_normal_form_of_a_text(sent: str, normal: str) -> None:
    """Ends, line ends and composed characters are alike; what stands within is what was said."""
    assert normal_text(sent) == normal


def test_trimmed_text_keeps_its_characters() -> None:
    """Instructions are long, and come out of a program."""
    assert trimmed(" cafe\u0301\r\n") == "cafe\u0301"


HO = message("assistant", "Ho")
CALL = {"type": "tool_call", "id": "c1", "name": "weather", "arguments": {"a": 1, "b": 2}}
RESULT = {"type": "tool_call_response", "id": "c1", "name": "weather", "response": "14 C"}
SEARCH = {"type": "server_tool_call", "id": "s1", "name": "search", "server_tool_call": {"q": "x"}}


def key_of(*messages: Message) -> int:
    """The hash of some messages."""
    chain = 0
    for each in messages:
        chain = extended_chain(chain, each)
    return chain


@pytest.mark.parametrize(
    "lost",
    [
        {"type": "reasoning", "content": "Let me think."},
        {"type": "text", "content": ""},
        {"type": "text"},
    ],
)
def test_what_callers_do_not_send_back_is_not_in_the_hash(lost: dict[str, Any]) -> None:
    """An answer that comes back without its reasoning or its empty texts is the same answer."""
    assert key_of(message("assistant", lost, "Ho")) == key_of(HO)
    assert key_of(message("assistant", "Ho", lost, CALL)) == key_of(
        message("assistant", "Ho", CALL)
    )


def test_finish_reason_is_not_in_the_hash() -> None:
    """Callers do not send it back."""
    assert key_of({**HO, "finish_reason": "stop"}) == key_of(HO)


def test_reasoning_alone_is_not_text() -> None:
    """An answer that is all reasoning is not one with that text."""
    thought = {"type": "reasoning", "content": "Ho"}

    assert key_of(message("assistant", thought)) != key_of(HO)


@pytest.mark.parametrize(
    "other",
    [
        message("user", "Ho"),
        message("assistant", "Ho", "Ho"),
        message("user", "H", "o"),
        message("assistant", CALL),
        message("assistant", "Ho", CALL),
        message("assistant", "Ho", {"type": "blob", "sha256": "ab"}),
        message("assistant"),
    ],
)
def test_messages_that_differ_have_other_hashes(other: Message) -> None:
    """Role, texts, tool calls and media all count."""
    assert key_of(other) != key_of(HO)


def test_arguments_of_a_tool_call_in_any_order() -> None:
    """An object that was decoded and encoded again is the same."""
    turned = {**CALL, "arguments": {"b": 2, "a": 1}}
    other = {**CALL, "arguments": {"a": 1, "b": 3}}

    assert key_of(message("assistant", turned)) == key_of(message("assistant", CALL))
    assert key_of(message("assistant", other)) != key_of(message("assistant", CALL))


def test_tool_call_without_arguments() -> None:
    """Some APIs leave an empty object out."""
    empty, absent = {**CALL, "arguments": {}}, {**CALL, "arguments": None}

    assert key_of(message("assistant", empty)) == key_of(message("assistant", absent))


def test_calls_of_other_tools() -> None:
    """They are other messages."""
    other = message("assistant", {**CALL, "name": "other"})

    assert key_of(other) != key_of(message("assistant", CALL))


def test_keys_of_nothing() -> None:
    """No instructions and no tools are 0, as in a new `LoggedAnswer`."""
    assert (instructions_key(None), instructions_key([]), tools_key(None), tools_key([])) == (
        0,
    ) * 4
    assert instructions_key([text("Be brief.")]) != 0
    assert tools_key([{"name": "weather"}]) != tools_key([{"name": "news"}])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CALL, {**CALL, "id": "invented"}),
        (CALL, {"type": "tool_call", "name": "weather", "arguments": {"a": 1, "b": 2, "c": None}}),
        (RESULT, {"type": "tool_call_response", "response": "14 C"}),
        ({**RESULT, "response": {"c": 14}}, {**RESULT, "response": {"c": 14, "f": None}}),
        ({**CALL, "arguments": {"a": 1.0, "b": [2.0]}}, {**CALL, "arguments": {"a": 1, "b": [2]}}),
        (SEARCH, {**SEARCH, "id": None, "status": "completed"}),
        (SEARCH, {**SEARCH, "server_tool_call": {"q": "x", "sources": None}}),
        (SEARCH, {**SEARCH, "cache_control": {"type": "ephemeral"}}),
        (
            {"type": "search_result", "source": "s"},
            {"type": "search_result", "source": "s", "citations": {"enabled": True}},
        ),
        (SEARCH, {**SEARCH, "server_tool_call": {"q": "x", "cache_control": {"type": "e"}}}),
    ],
)
def test_what_frameworks_change_is_not_in_the_hash(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    """Ids that they invent, nulls that they drop or add, and marks for a cache."""
    assert key_of(message("assistant", one)) == key_of(message("assistant", other))


def test_cache_point_is_nothing() -> None:
    """Bedrock's mark stands where a part would."""
    marked = message("user", "Hi", {"type": "cachePoint", "content": {"type": "default"}})

    assert key_of(marked) == key_of(message("user", "Hi"))


def test_texts_that_follow_each_other_are_one() -> None:
    """Some frameworks join the texts of a message, and some take them apart."""
    assert key_of(message("user", "H", "i")) == key_of(message("user", "Hi"))
    assert key_of(message("user", "H", CALL, "i")) != key_of(message("user", "Hi", CALL))


def test_parts_in_one_message_or_in_several() -> None:
    """A text and a tool call are the same answer in two messages."""
    apart = [message("assistant", "Ho"), message("assistant", CALL)]

    assert key_of(*apart) == key_of(message("assistant", "Ho", CALL))


def test_role_of_a_result_does_not_count() -> None:
    """APIs call it a tool, a function or a user."""
    assert key_of(message("user", RESULT)) == key_of(message("tool", RESULT))


def test_keys_are_the_same_in_every_process() -> None:
    """Ids are derived from them, so they are no hashes."""
    parts = message("assistant", "H", "o", {"type": "reasoning", "content": "Hm"}, CALL)

    assert list(message_keys(parts)) == [
        ("assistant", "Ho"),
        ("tool_call", "weather", b'{"a":1,"b":2}'),
    ]


def test_text_that_is_no_text() -> None:
    """A host may send anything."""
    odd = message("assistant", {"type": "text", "content": {"a": 1}}, CALL)

    assert next(message_keys(odd)) == ("assistant", '{"a":1}')


def test_value_that_is_nested_deeply() -> None:
    """It is cut off nowhere, and breaks nothing."""
    deep: Any = None
    for _ in range(100):
        deep = {"a": deep}

    assert key_of(message("assistant", {**CALL, "arguments": deep}))


def test_compaction_stands_for_all_that_was_before_it() -> None:
    """Whether or not that is sent again; but not for what is given beside the messages."""
    summary = {"type": "compaction", "content": "We said hello."}
    compacted = message("assistant", summary)

    assert extended_chain(key_of(HO), compacted, 7) == extended_chain(7, compacted, 7)
    assert extended_chain(7, compacted, 7) != extended_chain(8, compacted, 8)


@pytest.mark.parametrize("mark", ["cache_control", "cachePoint"])
def test_marks_for_a_cache_are_no_difference(mark: str) -> None:
    """Nor deep within the result of a tool."""
    marked = {"type": "text", "text": "14 C", mark: {"type": "ephemeral"}}
    plain = {"type": "text", "text": "14 C"}

    results = [{**RESULT, "response": [part]} for part in (marked, plain)]
    assert key_of(message("tool", results[0])) == key_of(message("tool", results[1]))


CALLS = [{"type": "tool_call", "id": each, "name": "weather", "arguments": {"a": each}}
         for each in ("c1", "c2")]  # fmt: skip
RESULTS = [{"type": "tool_call_response", "id": each, "response": f"{each} C"}
           for each in ("c1", "c2")]  # fmt: skip
SUMMARY = {"type": "compaction", "content": "So far: Hi."}


def chain(*messages: Message, before: int = 7) -> int:
    """The hash of some messages."""
    return normal_chain(before, messages, 7)


def test_normal_message() -> None:
    """Texts that follow each other are one; of a result, its text."""
    result = {"type": "tool_call_response", "id": "c1", "response": "14 C\r\n"}
    as_json = {"type": "tool_call_response", "id": "c2", "response": '{"b": 1}\n'}

    blob = {"type": "blob", "size": 1}
    assert normal_message(message("user", " H", "i ", result, as_json, blob)) == {
        "role": "user",
        "parts": [
            text("Hi"), {**result, "response": "14 C"}, {**as_json, "response": {"b": 1}}, blob
        ],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([message("user", "Hi\n")], [message("user", "Hi")]),
        ([message("user", " H", "i ")], [message("user", "Hi")]),
        ([message("assistant", *CALLS)], [message("assistant", *CALLS[::-1])]),
        (
            [message("assistant", "Hm\n", *CALLS)],
            [message("assistant", "Hm"), *(message("assistant", each) for each in CALLS[::-1])],
        ),
        ([message("tool", *RESULTS)], [message("user", each) for each in RESULTS[::-1]]),
        ([message("user", "Hi"), message("assistant", SUMMARY)], [message("assistant", SUMMARY)]),
    ],
)
def test_alike_in_their_normal_form(one: list[Message], other: list[Message]) -> None:
    """Spaces at the ends, the order of calls and results, and what a compaction stands for."""
    assert chain(*one) == chain(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([message("user", "H i")], [message("user", "Hi")]),
        ([message("user", "Hi")], [message("assistant", "Hi")]),
        (
            [message("assistant", CALLS[0]), message("tool", RESULTS[0], RESULTS[1])],
            [message("assistant", CALLS[0]), message("tool", RESULTS[0])],
        ),
        (
            [message("assistant", CALLS[0]), message("tool", RESULTS[0]), message("user", "Hi")],
            [message("assistant", CALLS[0]), message("user", "Hi"), message("tool", RESULTS[0])],
        ),
        ([message("assistant", SUMMARY)], [message("assistant", {**SUMMARY, "content": "Ho"})]),
    ],
)
def test_different_in_their_normal_form(one: list[Message], other: list[Message]) -> None:
    """What was said, by whom, and when."""
    assert chain(*one) != chain(*other)


def test_messages_that_are_normal_have_the_same_hash_as_they_are() -> None:
    """Most conversations cost one key for each answer."""
    messages = [message("user", "Hi"), message("assistant", "Hm", CALLS[0])]
    exact = 7
    for each in messages:
        exact = extended_chain(exact, each, 7)

    assert chain(*messages) == exact


@pytest.mark.parametrize(
    "empty", [message("assistant"), message("assistant", " "), {"role": "assistant"}]
)
def test_empty_answer(empty: dict[str, Any]) -> None:
    """It has the key of an answer that has nothing to compare."""
    assert NormalChain(7, 7).add(empty) == empty_answer_key(7)


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        (message("user", "Hi"), True),
        (message("user", "Hi "), False),
        (message("user", "H", "i"), False),
        (message("assistant", CALLS[0]), False),
        (message("user"), False),
    ],
)
def test_message_that_is_in_its_normal_form(sent: Message, normal: bool) -> None:
    """Only a text is known to be: calls and results may stand in another order."""
    assert is_normal(sent) is normal


@pytest.mark.parametrize("parts", [[], None, [text("")], [text(None)]])  # type: ignore[arg-type]
def test_message_that_says_nothing_changes_no_chain(parts: Any) -> None:
    """What stands before it is followed by what stands after it."""
    assert extended_chain(7, {"role": "user", "parts": parts}) == 7


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ('{"a": 1, "b": 2}', '{"a":1,"b":2}', True),
        ("[1, 2]", "[1,2]\n", True),
        ("1", "1.0", False),
        ('"a"', "a", False),
        ("null", "", False),
        ("{not", "{not ", True),
        ("{not", "{ not", False),
    ],
)
def test_results_of_tools_are_the_same_by_what_they_say(
    one: str, other: str, is_same: bool
) -> None:
    """Objects and lists by their values; anything else is the text that it is."""
    results = [
        normal_message({"role": "tool", "parts": [{**RESULT, "response": response}]})
        for response in (one, other)
    ]

    assert (list(message_keys(results[0])) == list(message_keys(results[1]))) is is_same


class Markup(str):
    """A text that escapes what is added to it, as templates make them."""

    __slots__ = ()

    def __str__(self) -> str:
        raise AssertionError("this is another text")


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([text("Hi")], "Hi"),
        ([text("")], ""),
        ([text(Markup("Hi"))], "Hi"),
        ([{**text("Hi"), "citations": []}], "Hi"),
        ([text("a"), text("b")], None),
        ([{"type": "reasoning", "content": "Hi"}], None),
        ([{"type": "text", "content": 5}], None),
        ([{"type": "text"}], None),
        ([], None),
        (None, None),
    ],
)
def test_text_of_a_message_that_is_one_text(parts: Any, found: str | None) -> None:
    """As a plain text, whatever kind of text it was; anything else is none."""
    only = only_text({"role": "user", "parts": parts})

    assert only == found
    assert type(only) in (str, type(None))


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        ({"type": "tool_call", "name": "f", "arguments": {"a": True}},
         {"type": "tool_call", "name": "f", "arguments": {"a": 1}}, False),
        ({"type": "tool_call", "name": "f", "arguments": {"a": 1.5}},
         {"type": "tool_call", "name": "f", "arguments": {"a": 1}}, False),
        ({"type": "tool_call", "name": "f", "arguments": {"a": (1, None)}},
         {"type": "tool_call", "name": "f", "arguments": {"a": [1.0, None]}}, True),
        ({"type": "tool_call", "name": "f", "arguments": {"a": [1]}},
         {"type": "tool_call", "name": "f", "arguments": {"a": [1, None]}}, False),
        (RESULT, {**RESULT, "response": "15 C"}, False),
        ({**RESULT, "response": {"b": 1, "a": 2}}, {**RESULT, "response": {"a": 2, "b": 1}}, True),
        ({"type": "item_reference", "id": "a"}, {"type": "item_reference", "id": "b"}, False),
        ({"type": "item_reference", "id": "a"}, {"type": "item_reference", "id": "a", "x": 1}, True),
        ({"type": "compaction", "content": "a"}, {"type": "compaction", "content": "b"}, False),
        ({"type": "compaction", "content": "a"}, {"type": "compaction_summary", "content": "a"}, True),
        ({"type": "compaction", "encrypted_content": "a"},
         {"type": "compaction", "encrypted_content": "b"}, False),
        ({"type": "file", "file_id": "a"}, {"type": "file", "file_id": "b"}, False),
        ({"type": "file", "file_id": "a"}, {"type": "audio", "file_id": "a"}, False),
        ({"type": "file", "b": 1, "a": 2}, {"type": "file", "a": 2, "b": 1, "c": None}, True),
    ],
)  # fmt: skip
def test_parts_that_are_alike(one: dict[str, Any], other: dict[str, Any], are_alike: bool) -> None:
    """By what they say, and not by what is lost on the way."""
    assert (key_of(message("assistant", one)) == key_of(message("assistant", other))) is are_alike


@pytest.mark.parametrize("kind", ["compaction", "compaction_summary"])
def test_compaction_that_the_provider_left_empty(kind: str) -> None:
    """It stands for nothing, so what was before it counts."""
    empty = message("assistant", {"type": kind, "content": None})

    assert extended_chain(5, empty, 7) == 5
    assert NormalChain(5, 7).add(empty) == empty_answer_key(5)


def test_texts_around_a_part() -> None:
    """Each has its place, and one that is empty has none."""
    sent = message(
        "user", "a", "b", RESULT, {"type": "text"}, {"type": "reasoning"}, "c", CALL, "d"
    )

    assert list(message_keys(sent)) == [
        ("user", "ab"),
        ("tool_call_response", "14 C"),
        ("user", "c"),
        ("tool_call", "weather", b'{"a":1,"b":2}'),
        ("user", "d"),
    ]
    assert list(message_keys({"role": "user"})) == []
    assert extended_chain(5, {"role": "user"}) == extended_chain(5, message("user", "")) == 5


class Template(str):
    """A text that escapes what is added to it."""

    __slots__ = ()

    def __str__(self) -> str:
        return "escaped"

    def __radd__(self, other: str) -> str:
        return f"{other}escaped"


def test_text_that_a_template_has_made() -> None:
    """It is the text that was sent, in every form."""
    made, plain = message("user", Template("Hi ")), message("user", "Hi ")
    both, joined = message("user", Template("H"), Template("i ")), message("user", "H", "i ")

    assert exact_text(Template("Hi")) == "Hi"
    assert type(only_text(made)) is str
    assert list(message_keys(both)) == list(message_keys(joined)) == [("user", "Hi ")]
    assert normal_message(both) == normal_message(joined) == normal_message(plain)
    assert chain(made) == chain(plain)


@pytest.mark.parametrize(
    ("response", "normal"),
    [
        ("[1,\n 2]", [1, 2]),
        ('{"a": "x"}', {"a": "x"}),
        ("{no json", "{no json"),
        ("5", "5"),
        ('"x"', '"x"'),
        ({"a": " x "}, {"a": " x "}),
        ("[" + " " * 9_998 + "]", []),
        ("[" + " " * 9_999 + "]", "[" + " " * 9_999 + "]"),
    ],
)  # fmt: skip
def test_normal_form_of_a_result(response: Any, normal: Any) -> None:
    """An object or a list that somebody has written again is the same; a number is its digits."""
    parts = [{**RESULT, "response": response}, {"type": "note", "response": "[1]"}]

    assert normal_message(message("tool", *parts))["parts"] == [
        {**RESULT, "response": normal}, {"type": "note", "response": "[1]"},
    ]  # fmt: skip


def test_normal_form_of_odd_texts() -> None:
    """What is no text is left as it is, and what follows it is a text of its own."""
    odd = {"type": "text", "content": 5}

    assert normal_message(message("user", " a ", odd, " b ", CALL, " c "))["parts"] == [
        text("a"), odd, text("b"), CALL, text("c"),
    ]  # fmt: skip


def test_order_of_calls_and_results_that_are_apart() -> None:
    """Only what stands together may stand in another order, and a text between them parts them."""
    a, b = (message("assistant", each) for each in CALLS)
    ra, rb = (message("tool", each) for each in RESULTS)
    hi = message("assistant", "Hi")

    assert chain(a, b, ra, rb) == chain(b, a, rb, ra)
    assert len({chain(*each) for each in [
        (a, b, ra, rb), (a, ra, b, rb), (b, rb, a, ra), (a, hi, b), (b, hi, a), (a, b, hi), (a, b),
        (a,), (a, a), (ra, rb), (a, ra, rb), (a, ra, ra),
    ]}) == 12  # fmt: skip
    step = NormalChain(7, 7)
    assert [step.add(each) for each in (a, b, hi, b)] == [
        chain(a), chain(a, b), chain(a, b, hi), chain(a, b, hi, b),
    ]  # fmt: skip


def test_hash_of_instructions_and_tools() -> None:
    """Spaces around instructions, as a template leaves them, make no difference."""
    assert instructions_key([text(" Be\r\nbrief.\n")]) == instructions_key([text("Be\nbrief.")])
    assert instructions_key([text("Be brief.")]) != instructions_key([text("Be long.")])
