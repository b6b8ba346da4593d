"""Tests for one call from all spans about it."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from hilt.genai.observation import Observation
from hilt.genai.values import Failure
from hilt_otel_exporters.dialects import SpanReading, read_span
from hilt_otel_exporters.merge_calls import merge_calls
from tests.hilt_otel_exporters.conftest import MILLI, chat, record

SDK = "com.anthropic.sdk.python"
SILENT = {name: value for name, value in chat().items() if "messages" not in name}


def reading(attributes: dict[str, Any], **more: Any) -> SpanReading:
    """A span, read."""
    return read_span(record(attributes, **more))


def merged(*group: SpanReading) -> Observation:
    """The call of a group of spans."""
    call = merge_calls(list(group)).call
    assert call is not None
    return call


def test_only_span_is_what_it_is() -> None:
    """There is nothing to merge, and nothing is noted."""
    only = reading(chat())
    before = copy.deepcopy(only)

    assert merge_calls([only]) is only
    assert only == before


def test_span_that_says_the_most_is_kept_and_the_others_are_named() -> None:
    """Its place in the trace and its start are those of the outermost."""
    outer = reading(SILENT, span=1, at=(0, 100), scope="framework")
    inner = reading(chat(), span=2, parent=1, at=(10, 90), scope="sdk")
    main = merge_calls([inner, outer])

    assert main is inner
    assert main.merged == [outer.record]
    assert main.call is not None
    assert (main.call.span_id, main.call.parent_span_id) == (f"{1:016x}", None)
    assert (main.call.started, main.call.ended, main.call.latency_ms) == (0, 90 * MILLI, 90.0)
    assert main.call.provenance == {
        "instrumentation": "sdk",
        "dialect": "conventions",
        "also_recorded_by": [{"instrumentation": "framework", "span_id": f"{1:016x}"}],
    }


def test_requests_fill_each_other_in() -> None:
    """A field that one lacks is that of the other; so are parameters, stream and user."""
    one = {"gen_ai.request.temperature": 0.5, "user.id": "ann", "gen_ai.conversation.id": "c-1"}
    other = {"server.address": "h", "gen_ai.request.stream": True, "gen_ai.request.top_p": 0.1}
    main = merge_calls([reading(chat(**one), at=(0, 100)), reading(chat(**other), at=(1, 99))])

    assert main.call is not None
    request = main.call.request
    assert (request.server_address, request.stream, request.user) == ("h", True, "ann")
    assert request.attributes == {
        "gen_ai.request.temperature": 0.5,
        "gen_ai.request.top_p": 0.1,
    }
    assert main.conversation == "c-1"


def test_provider_is_one_that_is_known() -> None:
    """Unknown is what nobody says."""
    framework = {"gen_ai.provider.name": "langchain"}

    assert merged(reading(chat(**framework)), reading(SILENT)).request.provider == "openai"


def test_longest_history_is_the_request() -> None:
    """A span may hold the newest message only."""
    both = (
        '[{"role":"system","parts":[{"type":"text","content":"Be terse."}]},'
        '{"role":"user","parts":[{"type":"text","content":"Hi"}]}]'
    )
    longer = {**SILENT, "gen_ai.input.messages": both}
    wordy = chat(**{"gen_ai.output.messages": '["A very long answer, longer than that prompt."]'})
    call = merged(reading(longer), reading({**wordy, "gen_ai.usage.output_tokens": 3}))

    assert [each["role"] for each in call.request.messages] == ["system", "user"]


def test_counts_of_the_span_nearest_to_the_wire_decide() -> None:
    """The SDK's own; a count that it lacks is another's."""
    counts = {"gen_ai.usage.output_tokens": 13, "gen_ai.usage.reasoning.output_tokens": 2}
    call = merged(reading(chat(**counts), scope="other"), reading(chat(), scope=SDK))

    assert call.response is not None
    assert call.response.usage is not None
    assert (call.response.usage.output_tokens, call.response.usage.reasoning_tokens) == (3, 2)


def test_merging_leaves_the_counts_of_a_span_alone() -> None:
    """What one span counted is not changed by the other."""
    other = reading(SILENT, scope=SDK)
    merge_calls([reading(chat(**{"gen_ai.usage.input_tokens": 99})), other])

    assert other.call is not None
    assert other.call.response is not None
    assert other.call.response.usage is not None
    assert other.call.response.usage.input_tokens == 9


def test_call_ends_when_its_answer_was_seen() -> None:
    """A span that began a stream ends long before it; one around the call, after it."""
    start = {name: value for name, value in SILENT.items() if "usage" not in name}
    call = merged(reading(start, at=(0, 5)), reading(chat(), at=(2, 80)))

    assert call.ended == 80 * MILLI


def failed(message: str = "", error_type: str = "E", **more: Any) -> dict[str, Any]:
    """A span that failed, as what it is called and what it says."""
    asked = {name: value for name, value in chat().items() if "output" not in name}
    return {"attributes": {**asked, "error.type": error_type, **more}, "status_text": message}


def failure_of(*spans: dict[str, Any]) -> Failure | None:
    """What went wrong with a call, by the spans about it."""
    group = [
        reading(each["attributes"], span=number, status="ERROR" if "error.type" in each["attributes"] else "OK", status_text=each["status_text"])
        for number, each in enumerate(spans, 1)
    ]  # fmt: skip
    return merged(*group).failure


def test_failure_has_the_fullest_name_and_what_either_span_knows() -> None:
    """A qualified class is worth more than a bare one; the status may be on the other span."""
    failure = failure_of(
        failed("longer message", "RateLimitError"),
        failed("x", "openai.RateLimitError", **{"http.response.status_code": 429}),
    )

    assert failure is not None
    assert (failure.error_type, failure.message, failure.status_code) == (
        "openai.RateLimitError",
        "x",
        429,
    )


def test_code_is_one_that_is_known() -> None:
    """Where the fullest name says nothing of the kind of error, another span may."""
    failure = failure_of(failed("odd", "my.Strange"), failed("", "429"))

    assert failure is not None
    assert (failure.error_type, failure.error_code) == ("my.Strange", "rate_limit")


def test_answered_call_did_not_fail_because_a_span_around_it_did() -> None:
    """An outer span may fail after the answer came; a call that failed in all its spans failed."""
    answered = {"attributes": chat(), "status_text": ""}
    outer = {"attributes": {**chat(), "error.type": "E"}, "status_text": "broken"}

    assert failure_of(answered, outer) is None
    assert failure_of(outer, outer) is not None


def test_call_that_one_span_has_no_failure_of_fails_where_nothing_was_answered() -> None:
    """A span that ended before the error came does not know of it."""
    silent = {name: value for name, value in chat().items() if "output" not in name}
    failure = failure_of({"attributes": silent, "status_text": ""}, failed("broken"))

    assert failure is not None
    assert failure.message == "broken"


@pytest.mark.parametrize("begun", [0, 1])
def test_span_whose_prompt_is_in_the_log_is_kept(begun: int) -> None:
    """Whichever says more: its events have ids already."""
    group = [reading(SILENT, span=1, at=(0, 100)), reading(chat(), span=2, at=(1, 99))]
    group[begun].begun = True

    assert merge_calls(list(group)) is group[begun]
