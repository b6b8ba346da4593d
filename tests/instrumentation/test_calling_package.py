"""Which package sends a request."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from types import FunctionType, ModuleType

import pytest

from hilt.instrumentation.calling_package import (
    calling_package,
    is_inside_http_library,
    is_read_by_stream,
    is_sent_by_pool,
)


def called_from(function, *modules):
    """What a function returns that is called by one module, which the next one calls, ..."""
    for module in modules:
        template = _calling(function)
        function = FunctionType(
            template.__code__, {"__name__": module}, None, None, template.__closure__
        )
    return function()


def _calling(function):
    def call():
        return function()

    return call


@pytest.mark.parametrize(
    ("modules", "package"),
    [
        (["httpx._client", "openai._base_client", "app"], "openai"),
        (["http.client", "urllib3.connection", "requests.api", "acme.llm"], "acme"),
        (["azure.core.pipeline", "azure.ai.inference"], "azure.ai"),
        (["ssl", "vendoring._vendor.lm15.transports._ssl", "vendoring.predict"], "vendoring.lm15"),
        (["httpx._client", "__main__", "pytest"], None),
    ],
)
def test_package_nearest_to_the_request(modules, package, monkeypatch):
    """HTTP libraries are passed over; a program's own module is no package."""
    for name in ("azure.ai", "vendoring._vendor.lm15"):
        module = ModuleType(name)
        module.__path__ = []
        monkeypatch.setitem(sys.modules, name, module)

    assert called_from(calling_package, *modules) == package


def test_connection_of_an_http_library():
    """Its requests are looked at themselves."""
    assert called_from(is_inside_http_library, "ssl", "http.client", "app")
    assert called_from(is_inside_http_library, "ssl", "httpcore._backends.sync")
    assert not called_from(is_inside_http_library, "ssl", "dspy.lm15")


def test_stream_that_sends_its_request_when_it_is_read():
    """Ollama's streams do."""
    assert called_from(is_read_by_stream, "httpx", "ollama", "hilt.instrumentation.streams", "app")
    assert not called_from(is_read_by_stream, "httpx", "ollama", "app")


def test_function_of_an_http_library_in_a_pool():
    """Nothing shows who gave it to the pool, unless a module of somebody's sends it there."""
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(is_sent_by_pool).result()
        assert not pool.submit(called_from, is_sent_by_pool, "requests.sessions", "acme").result()
    assert not is_sent_by_pool()
