"""Batches: one HTTP request that holds many calls, whose answers another one fetches later.

Submitting logs a prompt for each call in the batch; reading the results logs each ending once.
"""

from __future__ import annotations

import hashlib
from typing import Any

from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.genai.values import Failure, Request, Response
from hilt.instrumentation.engine import Call
from hilt.instrumentation.headers import request_id_of

__all__ = ["BatchResults", "BatchSubmission"]

_TOLD_LIMIT = 100_000
_told: BoundedDict[str, None] = BoundedDict(_TOLD_LIMIT)


class BatchSubmission(Call):
    """The submission of a batch: what happens to it happens to every call in it."""

    __slots__ = ("calls",)

    def start(self) -> None:
        """Start every call: the prompts are written before this returns."""
        self.calls: list[tuple[str, Call]] = []
        surface: Any = self.surface
        for key, request in surface.requests:
            call = Call(self.engine, request, surface.queued)
            call.observation.extensions = {"custom_id": key}
            call.start()
            self.calls.append((key, call))

    def complete(self, body: Any) -> None:
        """The batch was accepted: its calls wait for their results."""
        try:
            if self.http is not None:
                self.observation.request_id = request_id_of(self.http)
            batch_id = self.surface.response(body).id
            for key, call in self.calls:
                seen = call.observation
                seen.request_id, seen.attempts = (
                    self.observation.request_id,
                    self.observation.attempts,
                )
                seen.request.messages = ()  # written, and a batch may be large
                seen.extensions = {"custom_id": key, "batch_id": batch_id}
                call.complete(f"{batch_id}/{key}")
        except Exception:
            guard.report("reading a batch")

    def left(self, outcome: str) -> None:
        """Nobody read the answer to the submission."""
        for _, call in self.calls:
            call.left(outcome)

    def fail(self, error: BaseException, failure: Failure | None = None) -> None:
        """The batch was not accepted."""
        for _, call in self.calls:
            call.fail(error, failure)


class BatchResults(Call):
    """The results of a batch, read line by line."""

    __slots__ = ()

    def start(self) -> None:
        """Nothing is asked of a model here."""

    def complete(self, body: Any) -> None:
        """There is nothing but the lines."""

    def exhausted(self) -> None:
        """Every line was read."""

    def left(self, outcome: str) -> None:
        """The other lines may be read later."""

    def fail(self, error: BaseException, failure: Failure | None = None) -> None:
        """The other lines may be read later."""

    def chunk(self, chunk: Any) -> None:
        """A line came, and goes on to the caller: it ends a call, once."""
        try:
            surface: Any = self.surface
            found = surface.result(chunk)
            if found is None:
                return
            key, response = found
            name = f"{surface.batch_id}/{key}"
            if name not in _told:
                _told.keep(name, None)
                self._settle(name, key, response)
        except Exception:
            guard.report("reading the results of a batch")

    def _settle(self, name: str, key: str, response: Response) -> None:
        first = self.engine.pending.pop(name, None)
        if first is None:
            first = self._submitted_elsewhere(key, response)
        first.settle(response, self.observation)

    def _submitted_elsewhere(self, key: str, response: Response) -> Call:
        """A call whose prompt another process may have logged; what it cost is known here."""
        surface, asked = self.surface, self.observation.request
        batch_id: str = surface.batch_id  # type: ignore[attr-defined]  # a surface of results
        request = Request("chat", asked.provider, model=response.model, batch=True)
        request.server_address, request.server_port = asked.server_address, asked.server_port
        call = Call(self.engine, request, surface)
        seen = call.observation
        digest = hashlib.sha256(batch_id.encode()).hexdigest()
        seen.session_id = seen.conversation or f"conv_{digest[:16]}"
        seen.extensions = {"custom_id": key, "batch_id": batch_id, "latency_ms": None}
        call.log = self.engine.fallback_log
        return call
