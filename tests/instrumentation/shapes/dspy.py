"""How DSPy's own engine is called: it gives whole answers."""

from __future__ import annotations

from typing import Any

from tests.instrumentation.shapes import Shapes


class _Client:
    """A model, by one mode's method."""

    def __init__(self, model: Any, is_async: bool) -> None:
        self.ask = model.acall if is_async else model


def client(url: str, is_async: bool, retries: int = 0, timeout: float = 5.0) -> Any:
    """A model at a URL."""
    import dspy

    model = dspy.LM("openai/gpt-4o-mini", api_key="test", api_base=f"{url}/v1", cache=False,
                    num_retries=retries, timeout=timeout)  # fmt: skip
    return _Client(model, is_async)


def stream(client: Any) -> Any:
    """It has none."""
    raise NotImplementedError


SHAPES = Shapes(
    name="dspy",
    client=client,
    create=lambda client: client.ask("Hello"),
    stream=stream,
    text=lambda item: item[0],
    retries=False,  # it sends again as another call, which the log has as one
    skip=frozenset((
        "stream", "stream left by break", "stream never read", "stream closed",
        "stream left by with", "stream left by an error", "stream refused", "stream reset",
        "stream cut short", "malformed event", "stream cancelled",
    )),
)  # fmt: skip
