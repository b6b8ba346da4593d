"""Anthropic's message batches: many requests in one, answered within a day at half the price."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from hilt.genai.coerce import list_or_empty, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.values import Failure, Request, Response
from hilt.instrumentation.batches import QueuedSurface, ResultsSurface, SubmissionSurface
from hilt.providers.anthropic.errors import failure_of_error
from hilt.providers.anthropic.messages import Messages

__all__ = ["Queued", "Results", "Submission", "batch_of"]

_SUBMISSION_PATH = re.compile(r".*/messages/batches/?")
_RESULTS_PATH = re.compile(r".*/messages/batches/([^/]+)/results/?")


def batch_of(
    method: str,
    path: str,
    body: Mapping[str, object],
    read: Callable[[Mapping[str, object]], Request],
) -> Submission | Results | None:
    """The surface of a request that submits a batch or fetches its results; None for others."""
    if method == "post" and _SUBMISSION_PATH.fullmatch(path):
        requests = [
            (str(get_path(each, "custom_id")), read(_params_of(each)))
            for each in list_or_empty(body.get("requests"))
        ]
        for _, request in requests:
            request.batch = True
        return Submission(requests)
    results = _RESULTS_PATH.fullmatch(path) if method == "get" else None
    return Results(results[1]) if results is not None else None


def _params_of(entry: object) -> Mapping[str, object]:
    params = get_path(entry, "params")
    return params if isinstance(params, Mapping) else {}


class Queued(QueuedSurface):
    """The answer to one request of a batch when it is submitted: later."""

    name = "messages.batches"


class Submission(SubmissionSurface):
    """The answer to the submission of a batch.

    Args:
        requests: The requests in it, by ``custom_id``.
    """

    name = "messages.batches"

    def __init__(self, requests: list[tuple[str, Request]]) -> None:
        super().__init__(requests, Queued())

    def response(self, body: object) -> Response:
        """The batch's id and state."""
        return Response(
            id=text_or_none(get_path(body, "id")), status=get_path(body, "processing_status")
        )


class Results(ResultsSurface):
    """The results of a batch, line by line."""

    name = "messages.batches"

    def result(self, line: object) -> tuple[str, Response] | None:
        """The ``custom_id`` of a line, and the answer in it; None if it has none."""
        key, kind = get_path(line, "custom_id"), get_path(line, "result", "type")
        if key is None or kind is None:
            return None
        if kind == "succeeded":
            return str(key), Messages().response(get_path(line, "result", "message"))
        return str(key), Response(failure=_failure_of(kind, get_path(line, "result", "error")))


def _failure_of(kind: str, error: object) -> Failure:
    if kind == "canceled":
        return Failure("cancelled", kind, "The batch was cancelled.", 499, "cancelled")
    if kind == "expired":
        return Failure("timeout", kind, "The batch expired before this request.", 408, "timeout")
    return failure_of_error(error, kind, status=500)
