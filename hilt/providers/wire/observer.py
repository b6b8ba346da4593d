"""The wire observer: logs calls of a model that are sent with an HTTP library of any SDK.

It stands around the functions that every request of the library passes through, and outside of
the counter of unseen calls: what it observes is not counted, and what an adapter observes is left
to the adapter.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Collection, Mapping
from typing import Any

from hilt.core.bounded import BoundedDict
from hilt.core.guard import guard
from hilt.genai.json_values import decode_json
from hilt.genai.values import Arguments
from hilt.instrumentation.calling_package import (
    calling_package,
    is_read_by_stream,
    is_sent_by_pool,
)
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.http_functions import FunctionPatches
from hilt.instrumentation.instrumentors import engine_of
from hilt.instrumentation.model_hosts import is_model_host
from hilt.instrumentation.unseen_calls import is_observed
from hilt.providers._http import HttpRequest
from hilt.providers.wire.libraries import FUNCTIONS, SentRequest, WireFunction
from hilt.providers.wire.routes import TARGET, Wire, route_of

__all__ = ["WireObserver", "host_and_port"]

_ENGINES = 100
_LARGEST = 64 * 1024 * 1024


def host_and_port(name: str) -> str:
    """A host as the user names it, without scheme and path: ``llm.example.com:8000``."""
    authority = name.partition("://")[2 * ("://" in name)].partition("/")[0]
    # Of an address of IPv6, the libraries have no brackets.
    return authority.rpartition("@")[2].replace("[", "").replace("]", "").lower()


class WireObserver:
    """Observes the calls of this process that no adapter does.

    Args:
        hosts: Where models are served, besides the hosts that everybody knows: a host, or a host
            and a port.
        excluded: The packages that the program does not want to be observed.
        options: As ``HiltInstrumentor.instrument`` has them.
    """

    def __init__(
        self, hosts: Collection[str] = (), *, excluded: Collection[str] = (), **options: Any
    ) -> None:
        self._hosts = frozenset(map(host_and_port, hosts))
        self._excluded = frozenset(excluded)
        self._make_engine = functools.partial(engine_of, Wire(), **options)
        self._engines: BoundedDict[str, Engine] = BoundedDict(_ENGINES)
        self._on = False
        self._patches: FunctionPatches[WireFunction] = FunctionPatches(
            FUNCTIONS, lambda each, original: each.wrap(self.begin, original)
        )

    def start(self) -> None:
        """Observe the requests of this process from now on."""
        self._on = True
        self._patches.apply()

    def stop(self) -> None:
        """Give the HTTP libraries their functions back."""
        self._on = False
        self._patches.undo()

    def begin(self, sent: SentRequest) -> Call | None:
        """Observe a request, if it is a call of a model that nobody observes. Never raises."""
        try:
            if not self._on or not self._is_of_interest(sent):
                return None
            if is_observed() or is_read_by_stream() or is_sent_by_pool():
                return None
            body = _json_object(sent.body())
            return None if body is None else self._begin(sent, body)
        except Exception:
            guard.report("looking at a request")
            return None

    def _is_of_interest(self, sent: SentRequest) -> bool:
        host = sent.host.lower().rstrip(".")
        if sent.method != "POST":
            return False
        is_named = host in self._hosts or f"{host}:{sent.port}" in self._hosts
        return (is_named or is_model_host(host)) and route_of(host, sent.path) is not None

    def _begin(self, sent: SentRequest, body: Mapping[str, object]) -> Call | None:
        package = calling_package()
        if package is not None and not self._excluded.isdisjoint(
            (package, package.partition(".")[0])
        ):
            return None
        request = HttpRequest(
            "post", sent.path, body, server_address=sent.host, server_port=sent.port
        )
        # The headers and the URL hold the credentials that no error text is logged with.
        arguments = Arguments(TARGET, sent.headers, (request, sent.url), {})
        return self._engine_for(package or sent.library).begin(arguments)

    def _engine_for(self, package: str) -> Engine:
        """The engine whose calls name the package that sends them."""
        engine = self._engines.get(package)
        if engine is None:
            engine = self._make_engine()
            version = getattr(sys.modules.get(package), "__version__", None)
            engine.sdk = f"{package} {version}" if isinstance(version, str) else package
            self._engines.keep(package, engine)
        return engine


def _json_object(body: object) -> Mapping[str, object] | None:
    """A body that is a JSON object; what could be read only once is not looked at."""
    if not isinstance(body, (bytes, bytearray, str)) or not 0 < len(body) <= _LARGEST:
        return None
    try:
        value = decode_json(bytes(body) if isinstance(body, bytearray) else body)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
