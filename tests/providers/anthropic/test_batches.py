"""Message batches: submissions, and results line by line."""

from __future__ import annotations

from typing import Any

import pytest

from hilt.genai.values import Failure, Request, Response
from hilt.providers.anthropic.adapter import messages_request
from hilt.providers.anthropic.batches import Queued, Results, Submission, batch_of
from tests.providers.anthropic_stream import message

CREATE, RESULTS = "/v1/messages/batches", "/v1/messages/batches/msgbatch_1/results"


def read(body: Any) -> Request:
    """A request by its parameters."""
    return Request("chat", "anthropic", model=body.get("model"))


def test_submission_has_every_request() -> None:
    """Each by its ``custom_id``, at the price of a batch."""
    body = {
        "requests": [
            {"custom_id": "one", "params": {"model": "m"}},
            {"custom_id": "two", "params": None},
            "odd",
        ]
    }

    batch = batch_of("post", CREATE, body, read)

    assert isinstance(batch, Submission)
    assert batch.requests == [
        ("one", Request("chat", "anthropic", model="m", batch=True)),
        ("two", Request("chat", "anthropic", batch=True)),
        ("None", Request("chat", "anthropic", batch=True)),
    ]


def test_submission_without_requests() -> None:
    """A body of another shape has none."""
    batch = batch_of("post", CREATE, {"requests": {"custom_id": "one"}}, read)

    assert isinstance(batch, Submission)
    assert batch.requests == []


def test_results_name_their_batch() -> None:
    """By the path that they are fetched from."""
    batch = batch_of("get", RESULTS, {}, read)

    assert isinstance(batch, Results)
    assert batch.batch_id == "msgbatch_1"


@pytest.mark.parametrize(
    ("method", "path"),
    [("get", CREATE), ("post", RESULTS), ("get", f"{CREATE}/msgbatch_1"), ("post", "/v1/messages"),
     ("post", f"{CREATE}/msgbatch_1/cancel")],
)  # fmt: skip
def test_other_requests_are_no_batches(method: str, path: str) -> None:
    """States and cancellations say nothing of a call."""
    assert batch_of(method, path, {}, read) is None


def test_answers_to_a_submission() -> None:
    """The batch has an id and a state; each request in it waits for its answer."""
    batch = Submission([])
    body = {"id": "msgbatch_1", "processing_status": "in_progress"}

    assert batch.response(body) == Response(id="msgbatch_1", status="in_progress")
    assert Queued().response("msgbatch_1:one") == Response(id="msgbatch_1:one", pending=True)


def test_line_that_succeeded() -> None:
    """The message of a line is read like any other."""
    whole = message("text")
    line = {"custom_id": "one", "result": {"type": "succeeded", "message": whole}}

    found = Results("msgbatch_1").result(line)

    assert found is not None
    assert found[0] == "one"
    assert (found[1].id, found[1].finish_reasons) == (whole["id"], [whole["stop_reason"]])


@pytest.mark.parametrize(
    ("result", "failure"),
    [
        ({"type": "canceled"},
         Failure("cancelled", "canceled", "The batch was cancelled.", 499, "cancelled")),
        ({"type": "expired"},
         Failure("timeout", "expired", "The batch expired before this request.", 408, "timeout")),
        ({"type": "errored", "error": {"request_id": "req_1",
                                       "error": {"type": "rate_limit_error", "message": "Slow"}}},
         Failure("rate_limit", "rate_limit_error", "Slow", 429,
                 provider_code="rate_limit_error", request_id="req_1")),
        ({"type": "errored", "error": {"type": "invalid_request_error", "message": "No"}},
         Failure("invalid_request", "invalid_request_error", "No", 400,
                 provider_code="invalid_request_error")),
        ({"type": "errored"}, Failure("server_error", "errored", "", 500)),
    ],
)  # fmt: skip
def test_line_that_failed(result: dict[str, Any], failure: Failure) -> None:
    """Why, in HILT's terms and in Anthropic's."""
    line = {"custom_id": "one", "result": result}

    assert Results("msgbatch_1").result(line) == ("one", Response(failure=failure))


@pytest.mark.parametrize("line", [{}, {"custom_id": "one"}, {"result": {"type": "expired"}}, None])
def test_line_of_another_shape(line: Any) -> None:
    """It is nobody's result."""
    assert Results("msgbatch_1").result(line) is None


def test_requests_in_a_batch_are_read_like_others() -> None:
    """With the reader of the messages API, its parameters are attributes."""
    body = {"requests": [{"custom_id": "one", "params": {"model": "m", "max_tokens": 5}}]}
    batch = batch_of("post", CREATE, body, messages_request)

    assert isinstance(batch, Submission)
    assert batch.requests[0][1].attributes == {"gen_ai.request.max_tokens": 5}
