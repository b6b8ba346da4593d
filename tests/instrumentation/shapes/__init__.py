"""How each SDK is called: one module per provider, each with a `Shapes` named ``SHAPES``.

A provider joins the suite in ``tests/instrumentation/test_shapes.py`` by a module here::

    SHAPES = Shapes(
        name="openai",                 # as in instrument(providers=[...])
        client=client,                 # client(url, is_async, retries=0, timeout=5.0)
        create=create,                 # create(client): the whole answer, or an awaitable of it
        stream=stream,                 # stream(client): a stream, or an awaitable of one
        text=text,                     # text(item): the text of an answer or a chunk
        doors={"raw": Door(raw, araw)},  # further ways to make one call, and read all of it
    )

The URL is that of `hilt.testing.provider.Provider`, which speaks OpenAI, Anthropic, Gemini and
Cohere; a provider that speaks something else gives ``server``, a function that makes an object
with the same ``url``, ``fail`` and ``answer`` that is a context manager.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hilt.testing.provider import Provider

__all__ = ["Door", "Shapes", "all_shapes"]


@dataclass(frozen=True)
class Door:
    """A way to make one call: a function of the client that reads the whole answer.

    What it returns is compared, bare and instrumented: text, types, counts.
    """

    sync: Callable[[Any], Any] | None
    asynchronous: Callable[[Any], Any] | None = None


@dataclass(frozen=True)
class Shapes:
    """How one SDK is called; see the top of this module."""

    name: str
    client: Callable[..., Any]
    create: Callable[[Any], Any]
    stream: Callable[[Any], Any]
    text: Callable[[Any], str]
    doors: dict[str, Door] = field(default_factory=dict)
    server: Callable[[], Any] = lambda: Provider(seed=7)
    package: str = ""  #: the SDK's import name, where it is not the provider's name
    has_async: bool = True
    retries: bool = True  #: the SDK tries again by itself
    counts_attempts: bool = True  #: the log can tell how often
    close: str = "close"  #: the method of a sync stream that closes it; "" where it has none
    aclose: str = "close"  #: the same for an async stream
    options: dict[str, Any] = field(default_factory=dict)  #: of ``instrument``, besides providers
    skip: frozenset[str] = frozenset()  #: scenarios that the SDK has no form of, by name

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of ``instrument`` with which its calls are logged."""
        return {"providers": [self.name], **self.options}


def all_shapes() -> list[Shapes]:
    """Every provider's shapes whose SDK is installed."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        shapes = importlib.import_module(f"{__name__}.{module.name}").SHAPES
        if _is_installed(shapes.package or shapes.name):
            found.append(shapes)
    return found


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:
        return False
