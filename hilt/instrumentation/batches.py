"""Batches: one HTTP request that holds many calls, whose answers another one fetches later.

Submitting logs a prompt for each call in the batch; reading the results logs each ending once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.genai.values import Request, Response, Surface
from hilt.instrumentation.engine import Call
from hilt.instrumentation.headers import request_id_of
from hilt.instrumentation.observer import Ending

__all__ = [
    "BatchFile",
    "BatchResults",
    "BatchSubmission",
    "QueuedSurface",
    "ResultsSurface",
    "SubmissionSurface",
]

_RECORDED_LIMIT = 100_000
_recorded: BoundedDict[str, None] = BoundedDict(_RECORDED_LIMIT)
"""The results whose endings are logged: a batch may be read again."""


class BatchSubmission(Call):
    """The submission of a batch: what happens to it happens to every call in it."""

    __slots__ = ("_calls",)

    surface: SubmissionSurface

    def begin(self) -> None:
        """Begin every call: the prompts are written before this returns."""
        engine, surface = self.engine, self.surface
        self._calls: list[tuple[str, Call]] = []
        for key, request in surface.requests:
            call = engine.call_type(engine, request, surface.queued)
            call.observation.extensions = {"custom_id": key}
            call.begin()
            self._calls.append((key, call))

    def end(self, how: Ending, value: Any = None) -> None:
        """The batch was accepted, and its calls wait for their results; or none of them will."""
        if how is not Ending.RETURNED:
            for _, call in self._calls:
                call.end(how, value)
            return
        try:
            self._accept(value)
        except Exception:
            guard.report("reading a batch")

    def _accept(self, body: object) -> None:
        submission = self.observation
        if self.http is not None:
            submission.request_id = request_id_of(self.http)
        batch_id = self.surface.response(body).id
        for key, call in self._calls:
            observation = call.observation
            observation.request_id = submission.request_id
            observation.attempts = submission.attempts
            observation.request.messages = ()  # written, and a batch may be large
            observation.extensions = {"custom_id": key, "batch_id": batch_id}
            call.end(Ending.RETURNED, f"{batch_id}/{key}")


class BatchResults(Call):
    """The results of a batch, read line by line."""

    __slots__ = ()

    surface: ResultsSurface

    def begin(self) -> None:
        """There is no prompt: no model is called."""

    def end(self, how: Ending, value: Any = None) -> None:
        """Each line ends a call; there is nothing else, and other lines may be read later."""

    def item(self, item: Any) -> None:
        """A line came, and goes on to the caller: it ends a call, once. Never raises."""
        try:
            result = self.surface.result(item)
            if result is None:
                return
            key, response = result
            answer_id = f"{self.surface.batch_id}/{key}"
            if answer_id not in _recorded:
                _recorded.keep(answer_id, None)
                call = self.engine.pending.pop(answer_id)
                if call is None:
                    call = self._submitted_elsewhere(key, item, response)
                call.answer(response, self.observation)
        except Exception:
            guard.report("reading the results of a batch")

    def _submitted_elsewhere(self, key: str, line: Any, response: Response) -> Call:
        """A call whose prompt another process may have logged; usage and cost are known now."""
        engine, fetch, batch_id = self.engine, self.observation.request, self.surface.batch_id
        operation = self.surface.operation(line)
        request = Request(operation, fetch.provider, model=response.model, batch=True)
        request.server_address, request.server_port = fetch.server_address, fetch.server_port
        call = engine.call_type(engine, request, self.surface)
        observation = call.observation
        digest = hashlib.sha256(batch_id.encode()).hexdigest()
        observation.session_id = observation.conversation or f"conv_{digest[:16]}"
        observation.extensions = {"custom_id": key, "batch_id": batch_id, "latency_ms": None}
        call.log = engine.fallback_log
        return call


class BatchFile(BatchResults):
    """The results of a batch in a file that comes whole."""

    __slots__ = ()

    surface: ResultsSurface

    def end(self, how: Ending, value: Any = None) -> None:
        """Each line of the file ends a call."""
        if how is not Ending.RETURNED:
            return
        try:
            lines = self.surface.lines(value)
        except Exception:
            guard.report("reading the results of a batch")
            return
        for line in lines:
            self.item(line)


class QueuedSurface(Surface):
    """The answer to one request of a batch when it is submitted: later."""

    def response(self, body: Any) -> Response:
        """An answer that a later call will fetch, by the id that is given in place of a body."""
        return Response(id=body, pending=True)


class SubmissionSurface(Surface):
    """How the answer to the submission of a batch is read.

    Args:
        requests: The requests in it, each with its key.
        queued: Reads ``batch id/key`` as the answer to each: one that is pending.
    """

    call_type = BatchSubmission

    def __init__(self, requests: Sequence[tuple[str, Request]], queued: Surface) -> None:
        self.requests = requests
        self.queued = queued


class ResultsSurface(Surface):
    """How the results of a batch are read.

    Args:
        batch_id: Of the batch.
    """

    call_type = BatchResults

    def __init__(self, batch_id: str) -> None:
        self.batch_id = batch_id

    def response(self, body: Any) -> Response:
        """Nothing: the lines hold it all."""
        return Response()

    def result(self, line: Any) -> tuple[str, Response] | None:
        """The key of the call that a line is about, and its answer; None for any other line."""
        raise NotImplementedError

    def operation(self, line: Any) -> str:
        """The operation of the call that a line is about, if its request was not observed."""
        return "chat"

    def lines(self, body: Any) -> Sequence[Any]:
        """The lines of a file that came whole, where that is how results are fetched."""
        return ()
