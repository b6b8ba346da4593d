"""Examples for fine-tuning."""

from __future__ import annotations

from functools import partial

import pytest

from hilt.analysis.fine_tuning import example_of, examples_of, scale_of


def test_tools_and_earlier_messages_are_in_an_example(log):
    """In OpenAI's form, with the call before and the results of tools."""
    first = log.call("Weather?", "")
    tool_call = log.tool_call(first, city="Rome")
    result = log.tool_result(tool_call, context=first)
    last = log.answer(result, "Rain")
    log.write(action="feedback", extensions={"reply_to": last, "rating": "good"})

    example = example_of(next(call for call in log.open().calls() if call.id == last))

    arguments = '{"city":"Rome"}'
    function = {"name": "get_weather", "arguments": arguments}
    assert example == {
        "messages": [
            {"role": "user", "content": "Weather?"},
            {
                "role": "assistant",
                "tool_calls": [{"id": "c1", "type": "function", "function": function}],
            },
            {"role": "tool", "tool_call_id": "c1", "content": "rain"},
            {"role": "assistant", "content": "Rain"},
        ]
    }


@pytest.mark.parametrize("rating", [None, 0, "bad"])
def test_answer_that_nobody_approved_of_is_no_example(log, rating):
    """Whether it has no rating or a bad one."""
    answer = log.call("Hi", "Hello")
    if rating is not None:
        log.write(action="feedback", extensions={"reply_to": answer, "rating": rating})

    (call,) = log.open().calls()
    assert example_of(call) is None


def rated(log, *ratings, session_id="s"):
    """The examples of calls that were rated so."""
    for rating in ratings:
        answer = log.call("Hi", f"Rated {rating}", session_id)
        log.write(action="feedback", extensions={"reply_to": answer, "rating": rating})
    scale = scale_of(rating for rating in ratings if not isinstance(rating, str))
    opened = log.open()
    examples = examples_of(opened, opened.calls(), scale)
    return [example.provenance["rating"] for example in examples]


@pytest.mark.parametrize(
    ("ratings", "good"),
    [
        ((-1, 0, 1), [1]),
        ((0.2, 0.5, 0.9), [0.9]),
        ((1, 2, 3, 4, 5), [4, 5]),
        ((1, 7, 8, 10), [8, 10]),
        ((1, 50, 75, 100), [75, 100]),
        ((1, 500, 900), [900]),
        (("good", "bad", " Thumbs_Up "), ["good", " Thumbs_Up "]),
        (("4/5", "3/5", "9 / 10", "1/1", "0/0", "5", "1e9/1", "/5"), ["4/5", "9 / 10", "1/1", "5"]),
    ],
)
def test_a_rating_is_good_by_the_scale_of_the_log(log, ratings, good):
    """The worst of five is not approval, though it is above 0."""
    assert rated(log, *ratings) == good


@pytest.mark.parametrize(
    ("most", "waiting", "ways"), [(1 << 20, 1 << 20, 3), (1, 1 << 20, 11), (1, 1, 11)]
)
def test_histories_of_many_calls_are_read_at_once(log, monkeypatch, most, waiting, ways):
    """As many as memory may have, and the examples are those of calls by themselves."""
    answers: dict[str, str] = {}
    for number in range(12):
        session_id = f"chat-{number % 4}"
        before = answers.get(session_id)
        answers[session_id] = log.call(f"{number}?", f"{number}!", session_id, context=before)
        log.write(action="feedback", extensions={"reply_to": answers[session_id], "rating": "good"})
    lost = log.call("Lost", "Gone", "chat-1", context="evt_lost")
    log.write(action="feedback", extensions={"reply_to": lost, "rating": "good"})
    opened = log.open()
    expected = [example for call in opened.calls() if (example := example_of(call)) is not None]
    parts, found = opened.parts, []
    monkeypatch.setattr(opened, "parts", lambda *size: found.append(size) or parts(*size))
    monkeypatch.setattr(opened, "calls_by_id", partial(opened.calls_by_id, most=most))
    monkeypatch.setattr("hilt.analysis.fine_tuning._WAITING_BYTES", waiting)

    assert [each.value for each in examples_of(opened, opened.calls())] == expected
    assert len(expected) == 12
    assert len(found) == ways


def test_a_conversation_is_in_one_set_alone(log):
    """The same one each time, also where it goes on under another id."""
    for number in range(200):
        session_id = f"order-{number}"
        links = {"continues_as": f"later-{number}"}
        for session, more in ((session_id, links), (session_id, {}), (f"later-{number}", {})):
            answer = log.call("Hi", "Hello", session, **more)
            log.write(action="feedback", extensions={"reply_to": answer, "rating": "good"})

    def sets():
        found: dict[str, set[str]] = {}
        opened = log.open()
        for example in examples_of(opened, opened.calls(), 1.0, 0.25):
            number = example.provenance["session_id"].partition("-")[2]
            assert example.is_validation == (example.provenance["set"] == "validation")
            found.setdefault(number, set()).add(example.provenance["set"])
        return found

    found = sets()
    assert {len(each) for each in found.values()} == {1}
    assert 30 <= sum(each == {"validation"} for each in found.values()) <= 70
    assert sets() == found


@pytest.mark.parametrize(
    "message",
    [
        {"role": "critic", "parts": []},
        {"role": "user"},
        {"role": "user", "parts": [{"type": "blob", "content": "aGk="}]},
        {"role": "user", "parts": ["Hi"]},
    ],
)
def test_what_an_example_cannot_have_makes_none(log, message):
    """Another role than those of the API, or what is no text; the answer alone is no example."""
    answer = log.answer(log.write(content={"messages": [message]}))
    log.write(action="feedback", extensions={"reply_to": answer, "rating": "good"})

    (call,) = log.open().calls()
    assert example_of(call) is None


def test_reasoning_is_left_out_of_an_example(log):
    """It is no text that was said."""
    thought = {"type": "reasoning", "content": "Hm"}
    parts = [thought, {"type": "text", "content": "one"}, {"type": "text", "content": "two"}]
    answer = log.answer(log.write(content={"messages": [{"role": "user", "parts": parts}]}))
    log.write(action="feedback", extensions={"reply_to": answer, "rating": "good"})

    (call,) = log.open().calls()
    assert example_of(call) == {
        "messages": [
            {"role": "user", "content": "one\ntwo"},
            {"role": "assistant", "content": "Hello"},
        ]
    }


def test_a_history_that_is_not_in_the_log_makes_no_example(log):
    """An example has all that was sent."""
    answer = log.call(context="evt_lost")
    log.write(action="feedback", extensions={"reply_to": answer, "rating": "good"})

    (call,) = log.open().calls()
    assert example_of(call) is None


@pytest.mark.parametrize(
    ("feedback", "outcome", "text", "corrected"),
    [
        ([{"rating": 1}], "completed", "Hello", False),
        ([{"rating": 0}, {"correction": "No"}, {"correction": ""}], "completed", "No", True),
        ([{"correction": "No"}, {"correction": "Yes"}], "completed", "Yes", True),
        ([{"correction": "No"}], "length", "No", True),
        ([{"rating": 1}], "length", None, False),
    ],
)
def test_a_correction_takes_the_place_of_the_answer(log, feedback, outcome, text, corrected):
    """The newest one, whatever the rating says and however the call ended."""
    answer = log.call(outcome=outcome)
    for each in feedback:
        log.write(action="feedback", extensions={"reply_to": answer, **each})

    opened = log.open()
    examples = list(examples_of(opened, opened.calls()))

    assert [each.value["messages"][-1]["content"] for each in examples] == ([text] if text else [])
    assert [each.provenance["corrected"] for each in examples] == ([corrected] if text else [])
