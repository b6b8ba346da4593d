"""What can go wrong between a client and the service, on purpose.

A `Fault` waits for a request of its kind and then happens once (or ``times``). `Faults.random`
makes them happen at random, the same way for the same seed.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from hilt.testing.sheets.errors import ApiError, error_info

__all__ = ["FAULT_KINDS", "Fault", "Faults"]

FAULT_KINDS = (
    "expired",
    "hold_after",
    "hold_before",
    "html",
    "late",
    "reset_after",
    "reset_before",
    "slow",
    "status",
    "status_after",
    "timeout_after",
    "timeout_before",
    "truncated",
)
"""Every kind of fault.

``expired``
    The token is no longer good: 401, and all tokens end.
``hold_before``, ``hold_after``
    The request waits, before or after it takes place, until `Fault.release`; `Fault.reached` is set
    when it is there. For tests that kill the client at a known moment.
``html``
    A 502 with an HTML page, which is not JSON.
``late``
    No answer ever; the request takes place ``seconds`` afterwards.
``reset_before``, ``reset_after``
    The connection is reset before or after the request takes place.
``slow``
    The answer takes ``seconds``.
``status``, ``status_after``
    An error ``status`` before (nothing takes place) or after the request takes place.
``timeout_before``, ``timeout_after``
    No answer ever; the request does not take place, or does.
``truncated``
    The request takes place; the answer breaks off half-way.
"""


@dataclass(eq=False)
class Fault:
    """One thing that goes wrong.

    Args:
        kind: One of `FAULT_KINDS`.
        on: Which requests: ``read``, ``write``, ``token`` or ``any``.
        times: How often.
        status: For ``status`` and ``status_after``.
        seconds: For ``slow`` and ``late``.
        retry_after: Seconds in a ``Retry-After`` header, for ``status``.
        message: The message of an error.
        reason: The reason in an error's details, for example ``BACKEND_ERROR``.
    """

    kind: str
    on: str = "write"
    times: int = 1
    status: int = 503
    seconds: float = 0.0
    retry_after: float | None = None
    message: str = "The service is currently unavailable."
    reason: str = ""
    reached: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"no fault {self.kind!r}; there are {', '.join(FAULT_KINDS)}")

    def error(self) -> ApiError:
        """The error that ``status`` and ``status_after`` answer with."""
        details = error_info(self.reason) if self.reason else None
        return ApiError(self.status, self.message, retry_after=self.retry_after, details=details)

    def release(self) -> None:
        """Let a held request go on."""
        self._released.set()

    def hold(self, timeout: float = 60.0) -> None:
        """Set `reached`, and wait for `release`."""
        self.reached.set()
        self._released.wait(timeout)


class Faults:
    """The faults that are to come."""

    def __init__(self) -> None:
        self.happened: list[str] = []
        self._waiting: list[Fault] = []
        self._random: random.Random | None = None
        self._rate = 0.0
        self._choices: Sequence[Fault] = ()
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> Fault:
        """Let a fault happen to the next request of its kind; gives it back."""
        with self._lock:
            self._waiting.append(fault)
        return fault

    def random(self, rate: float, choices: Sequence[Fault], seed: int = 0) -> None:
        """From now on, let a random one of ``choices`` happen to this share of the requests."""
        with self._lock:
            self._random = random.Random(seed)  # noqa: S311 - chance, not secrecy
            self._rate, self._choices = rate, tuple(choices)

    def clear(self) -> None:
        """No more faults."""
        with self._lock:
            self._waiting.clear()
            self._random = None

    def next(self, kind: str) -> Fault | None:
        """The fault that happens to a request of this kind, if any."""
        with self._lock:
            fault = self._planned(kind) or self._by_chance(kind)
            if fault is not None:
                self.happened.append(fault.kind)
            return fault

    def _planned(self, kind: str) -> Fault | None:
        for fault in self._waiting:
            if fault.on in {kind, "any"}:
                fault.times -= 1
                if fault.times <= 0:
                    self._waiting.remove(fault)
                return fault
        return None

    def _by_chance(self, kind: str) -> Fault | None:
        if self._random is None or self._random.random() >= self._rate:
            return None
        fitting = [fault for fault in self._choices if fault.on in {kind, "any"}]
        return self._random.choice(fitting) if fitting else None
