"""Gemini's batches of inlined requests: answered within a day at half the price.

Answers stand in the order of their requests, so the key of each is its number. Batches of files,
and those of Vertex AI, are read and written elsewhere, and are not observed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hilt.genai.coerce import list_or_empty, text_or_none
from hilt.genai.json_values import get_path
from hilt.genai.outcome import error_code_of_status, without_secrets
from hilt.genai.values import Failure, Request, Response, Surface
from hilt.instrumentation.batches import (
    BatchFile,
    QueuedSurface,
    ResultsSurface,
    SubmissionSurface,
)
from hilt.providers.gemini.content import GenerateContent
from hilt.providers.gemini.embeddings import Embeddings, embed_request
from hilt.providers.gemini.requests import content_request

__all__ = ["Results", "Submission", "batch_of"]

_SUBMISSION = re.compile(r"[^?]*/models/([^/:?]+):(batchGenerateContent|asyncBatchEmbedContent)")
_BATCH = re.compile(r"[^?]*/(batches/[^/:?]+)")
_READERS: dict[str, Callable[[Mapping[str, object]], Request]] = {
    "batchGenerateContent": content_request,
    "asyncBatchEmbedContent": embed_request,
}
_CONTENT, _EMBEDDINGS = GenerateContent(), Embeddings()
_CODES = {1: 499, 3: 400, 4: 408, 5: 404, 7: 403, 8: 429, 13: 500, 14: 503, 16: 401}
"""HTTP's status for the codes of ``google.rpc.Status``."""


def batch_of(method: str, url: str, body: object) -> Surface | None:
    """The surface of a request that submits a batch or fetches one; None for others."""
    if method == "post":
        submission = _SUBMISSION.fullmatch(url.partition("?")[0])
        return None if submission is None else Submission(submission[1], submission[2], body)
    batch = _BATCH.fullmatch(url.partition("?")[0]) if method == "get" else None
    return Results(batch[1]) if batch is not None else None


class Submission(SubmissionSurface):
    """The answer to the submission of a batch.

    Args:
        model: Answers all of it.
        verb: What is asked of it.
        body: The requests.
    """

    name = "batches"

    def __init__(self, model: str, verb: str, body: object) -> None:
        rows = get_path(body, "batch", "inputConfig", "requests", "requests")
        requests = []
        for index, row in enumerate(list_or_empty(rows)):
            inner = get_path(row, "request")
            request = _READERS[verb](inner if isinstance(inner, Mapping) else {})
            request.model, request.batch = model, True
            requests.append((str(index), request))
        super().__init__(requests, QueuedSurface())

    def response(self, body: object) -> Response:
        """The batch's name and state."""
        return Response(
            id=text_or_none(get_path(body, "name")), status=get_path(body, "metadata", "state")
        )


class Results(ResultsSurface):
    """A batch that is fetched, with its answers once it has ended.

    Args:
        batch_id: Its name.
    """

    name = "batches"
    call_type = BatchFile

    def lines(self, body: object) -> Sequence[Any]:
        """The answers with their numbers."""
        done = get_path(body, "metadata", "output") or get_path(body, "response")
        rows: Sequence[Any] = ()
        for name in ("inlinedResponses", "inlinedEmbedContentResponses"):
            rows = rows or list_or_empty(get_path(done, name, "inlinedResponses"))
        return list(enumerate(rows))

    def result(self, line: tuple[int, object]) -> tuple[str, Response] | None:
        """The number of an answer, and the answer."""
        index, row = line
        error, answer = get_path(row, "error"), get_path(row, "response")
        if error is not None:
            return str(index), Response(failure=_failure_of(error))
        if answer is None:
            return None
        is_embedding = get_path(answer, "embedding") is not None
        return str(index), (_EMBEDDINGS if is_embedding else _CONTENT).response(answer)

    def operation(self, line: tuple[int, object]) -> str:
        """The operation, by the kind of its answer."""
        is_embedding = get_path(line[1], "response", "embedding") is not None
        return "embeddings" if is_embedding else "generate_content"


def _failure_of(error: object) -> Failure:
    number = get_path(error, "code")
    status = _CODES.get(number, 500) if isinstance(number, int) else 500
    code = error_code_of_status(status)
    outcome = {"timeout": "timeout", "cancelled": "cancelled"}.get(code, "failed")
    message = without_secrets(str(get_path(error, "message") or ""))
    name = text_or_none(get_path(error, "status")) or str(number)
    return Failure(code, name, message, status, outcome, provider_code=name)
