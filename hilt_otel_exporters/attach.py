"""Tying HILT to a program's own tracer provider."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from opentelemetry.sdk.trace import TracerProvider

from hilt_otel_exporters.processor import HiltSpanProcessor

__all__ = ["attach"]

_processors: weakref.WeakKeyDictionary[TracerProvider, HiltSpanProcessor] = (
    weakref.WeakKeyDictionary()
)


def attach(provider: TracerProvider) -> tuple[HiltSpanProcessor, Callable[[], None]]:
    """HILT's processor on a provider, and what takes it out of action again.

    A processor cannot be taken off a provider, so one is put on once and switched on and off.
    """
    processor = _processors.get(provider)
    if processor is None:
        processor = _processors[provider] = HiltSpanProcessor(foreign=False)
        provider.add_span_processor(processor)
    processor.enabled = True

    def detach() -> None:
        processor.enabled = False

    return processor, detach
