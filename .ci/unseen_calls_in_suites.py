"""A pytest plugin: the counter of unseen calls looks at every request of the suites.

``PYTHONPATH=.ci uv run --extra all pytest -n 0 -p unseen_calls_in_suites -m "not spark"``, and then
the suites: tests/instrumentation tests/providers tests/integrations tests/shared, without
test_unseen_calls.py, which raises alarms on purpose, and test_memory.py.

Whatever the host, and also where a mock answers, each request that calls a model by its path counts
as one to a known host. At the end it prints how many there were, how many of them an adapter
observed, and how many of the others were expected: of tests that break HILT, or drop a call.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from hilt.instrumentation import http_functions, unseen_calls
from hilt.instrumentation.http_functions import HttpFunction, HttpFunctions
from hilt.instrumentation.model_hosts import call_path, is_model_host

# The counter names the package that sends by the frames above it, and passes over those of HILT.
__name__ = "hilt.instrumentation.unseen_calls_in_suites"

EXPECTED = (
    "tests/instrumentation/test_sabotage.py",
    "tests/instrumentation/test_interrupted_calls.py::test_a_call_that_nobody_can_end_is_ended",
    "tests/providers/wire_calls/test_observer.py::test_logged_call_is_not_counted",
)
"""Tests whose calls are not in the log, so that the counter is right."""

MOCKS = tuple(
    HttpFunction(
        f"{library}._transports.mock",
        path,
        http_functions._httpx_url,  # noqa: SLF001 # as its own rows have it
        http_functions._httpx_request,  # noqa: SLF001
    )
    for library in ("httpx", "httpx2")
    for path in ("MockTransport.handle_request", "MockTransport.handle_async_request")
)

counts: Counter[str] = Counter()
alarms: Counter[str] = Counter()
test = ""


class LookingAtAll(unseen_calls.UnseenCalls):
    """Counts for this report, and what is right for the tests of the counter."""

    def __init__(self, write: Any, **options: Any) -> None:
        super().__init__(write, **options)
        self._known = frozenset(options.get("hosts", ()))
        self._functions = HttpFunctions(lambda _: True, self._notice)

    def _notice(self, host: str, function: HttpFunction, args: Any, kwargs: Any) -> None:
        if function.request is not None:
            self._look(host, function, args, kwargs)
        if (host in self._known or is_model_host(host)) and function not in MOCKS:
            super()._notice(host, function, args, kwargs)

    def _look(self, host: str, function: HttpFunction, args: Any, kwargs: Any) -> None:
        counts["requests"] += 1
        method, target = function.request(args, kwargs)  # type: ignore[misc]  # it is not None
        path = call_path(method, target.partition("?")[0])
        if path is None:
            return
        counts["calls of models"] += 1
        if unseen_calls.is_observed(host):
            counts["observed"] += 1
            return
        package = unseen_calls.calling_package()
        is_passed_over = unseen_calls.is_read_by_stream() or unseen_calls.is_sent_by_pool()
        if is_passed_over or package in self._excluded:
            counts["passed over"] += 1
        elif test.startswith(EXPECTED):
            counts["expected alarms"] += 1
        else:
            alarms[f"{test}: {method} {path} by {package}"] += 1


http_functions.FUNCTIONS = (*http_functions.FUNCTIONS, *MOCKS)  # type: ignore[misc]
unseen_calls.UnseenCalls = LookingAtAll  # type: ignore[misc]


def pytest_runtest_logstart(nodeid: str) -> None:
    """Note which test runs."""
    global test  # noqa: PLW0603 # it is one for the process
    test = nodeid


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print what was counted."""
    terminalreporter.write_line(f"\n{', '.join(f'{n:,} {what}' for what, n in counts.items())}")
    terminalreporter.write_line(f"{sum(alarms.values()):,} false alarms")
    for alarm, count in alarms.most_common():
        terminalreporter.write_line(f"{count:6,} {alarm}")
