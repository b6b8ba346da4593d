"""Which package sends a request: read from the stack, when somebody asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType

__all__ = ["calling_package", "is_inside_http_library", "is_read_by_stream", "is_sent_by_pool"]

_HTTP_LIBRARIES = frozenset(
    [
        "aiohttp",
        "aiohttp_retry",
        "anyio",
        "backoff",
        "eventlet",
        "gevent",
        "httpcore",
        "httpcore2",
        "httplib2",
        "httpx",
        "httpx2",
        "httpx_aiohttp",
        "requests",
        "requests_toolbelt",
        "sentry_sdk",
        "sniffio",
        "stamina",
        "tenacity",
        "tornado",
        "trio",
        "truststore",
        "urllib3",
        "websocket",
        "websockets",
        "wrapt",
        "ddtrace",
        "opentelemetry",
    ]
)  #: what sends the requests of others, or stands between
_PARTS_OF_SDKS = ("azure.core", "google.api_core", "google.auth", "botocore.vendored")
_SENDING = frozenset(("aiohttp", "httpcore", "httpcore2", "httplib2", "httpx", "httpx2", "urllib3"))


def calling_package() -> str | None:
    """The package nearest to the request that is no HTTP library, such as ``dspy.lm15``.

    None where the program's own module sends it.
    """
    sender = _sender()
    return None if sender is None or sender == "__main__" else _package_name(sender)


def is_read_by_stream() -> bool:
    """Whether HILT reads the next item of an observed stream, which sends its request only now."""
    return "hilt.instrumentation.streams" in _modules()


def is_sent_by_pool() -> bool:
    """Whether a function of an HTTP library runs in a pool of threads, for nobody knows whom.

    Azure's SDK sends so what its async client is asked for; such a thread has another context.
    """
    return _sender() is None and "concurrent.futures.thread" in _modules()


def _sender() -> str | None:
    """The module nearest to the request that is of no HTTP library."""
    for module in _modules():
        top = module.partition(".")[0]
        passes_on = top in _HTTP_LIBRARIES or module.startswith(_PARTS_OF_SDKS)
        if not (passes_on or top == "hilt" or top in sys.stdlib_module_names) or top == "__main__":
            return module
    return None


def is_inside_http_library() -> bool:
    """Whether a library opens the connection whose requests are looked at themselves."""
    return any(
        module.partition(".")[0] in _SENDING or module == "http.client" for module in _modules()
    )


def _modules() -> Iterator[str]:
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 # as `logging` and `warnings` do
    while frame is not None:
        name = frame.f_globals.get("__name__")
        if isinstance(name, str):
            yield name
        frame = frame.f_back


def _package_name(module: str) -> str:
    """The top-level package, and the package below it that is one by itself, if it is public.

    >>> _package_name("openai._base_client")
    'openai'
    """
    parts = module.split(".")
    depth = next((at for at, part in enumerate(parts) if at and not part.startswith("_")), 0)
    is_package = hasattr(sys.modules.get(".".join(parts[: depth + 1])), "__path__")
    return f"{parts[0]}.{parts[depth]}" if depth and is_package else parts[0]
