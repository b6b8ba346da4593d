"""Tying HILT to a tracer provider: a private one, or the program's own."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable
from random import Random
from typing import Any

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanLimits, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from hilt_otel_exporters.processor import HiltSpanProcessor

__all__ = ["attach", "private_provider"]

_processors: weakref.WeakKeyDictionary[Any, HiltSpanProcessor] = weakref.WeakKeyDictionary()
_private: list[TracerProvider] = []


class _OwnIds(IdGenerator):
    """Ids from a generator of our own: a program that seeds `random` gets the same numbers."""

    def __init__(self) -> None:
        generator = Random()  # noqa: S311
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=generator.seed)
        self._bits = generator.getrandbits

    def generate_span_id(self) -> int:
        return self._bits(64) or 1

    def generate_trace_id(self) -> int:
        return self._bits(128) or 1


def private_provider() -> TracerProvider:
    """A provider that is never the global one: no limits, every span, nobody else's exporter."""
    if not _private:
        unset = SpanLimits.UNSET
        provider = TracerProvider(
            sampler=ALWAYS_ON,
            resource=Resource.get_empty(),
            shutdown_on_exit=False,
            id_generator=_OwnIds(),
            span_limits=SpanLimits(
                max_attributes=unset,
                max_events=unset,
                max_links=unset,
                max_span_attributes=unset,
                max_event_attributes=unset,
                max_link_attributes=unset,
                max_attribute_length=unset,
                max_span_attribute_length=unset,
            ),
        )
        # OTEL_SDK_DISABLED is about the program's telemetry; this log was asked for by name.
        provider._disabled = False  # noqa: SLF001
        _private.append(provider)
    return _private[0]


def attach(provider: Any) -> tuple[HiltSpanProcessor, Callable[[], None]]:
    """HILT's processor on a provider, and what takes it out of action again.

    A processor cannot be taken off a provider, so one is put on once and switched on and off.
    """
    processor = _processors.get(provider)
    if processor is None:
        processor = _processors[provider] = HiltSpanProcessor()
        provider.add_span_processor(processor)
    processor.enabled = True

    def detach() -> None:
        processor.enabled = False

    return processor, detach
