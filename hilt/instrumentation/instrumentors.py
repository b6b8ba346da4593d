"""The instrumentors: one per provider, each an OpenTelemetry `BaseInstrumentor`."""

from __future__ import annotations

import os
from collections.abc import Collection
from importlib import metadata
from typing import Any

from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]  # it says no __all__
    BaseInstrumentor,
)

from hilt import semconv
from hilt.core.event import HILT_VERSION
from hilt.genai.values import Provider
from hilt.instrumentation.engine import Engine
from hilt.instrumentation.metrics import meters_for
from hilt.instrumentation.patching import Patches
from hilt.instrumentation.private_tracer import PrivateTracerProvider
from hilt.providers.registry import PROVIDERS

__all__ = [
    "AI21Instrumentor",
    "AnthropicInstrumentor",
    "BedrockInstrumentor",
    "CerebrasInstrumentor",
    "CohereInstrumentor",
    "GeminiInstrumentor",
    "GenerativeAIInstrumentor",
    "GroqInstrumentor",
    "HiltInstrumentor",
    "LiteLLMInstrumentor",
    "MistralInstrumentor",
    "OllamaInstrumentor",
    "OpenAIInstrumentor",
    "TogetherInstrumentor",
    "VoyageInstrumentor",
    "WriterInstrumentor",
    "instrumentor_of",
]


class HiltInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # opentelemetry's is untyped
    """Makes a GenAI span of every call that a provider's SDK makes.

    >>> OpenAIInstrumentor().instrument(tracer_provider=provider)  # doctest: +SKIP

    Keyword arguments of ``instrument``: ``tracer_provider``, ``meter_provider``,
    ``capture_content`` (True), ``capture_chunks`` (True), ``span_content`` (whether content goes
    on spans; None: as ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` says),
    ``span_chunks`` and ``fallback_log``.
    """

    provider_name: str = ""
    _patches: Patches | None = None

    @property
    def provider(self) -> Provider:
        """What the SDK's calls mean."""
        return PROVIDERS[self.provider_name].load()

    @property
    def patches(self) -> Patches | None:
        """The wrappers that are on, or None."""
        return self._patches

    def instrumentation_dependencies(self) -> Collection[str]:
        """The SDK, in any version: what it offers is found out when it is patched."""
        return [PROVIDERS[self.provider_name].distribution]

    def _instrument(self, **kwargs: Any) -> None:
        provider = self.provider
        tracer_provider = kwargs.get("tracer_provider") or trace.get_tracer_provider()
        span_content = kwargs.get("span_content")
        if span_content is None:
            span_content = content_on_spans()
        engine = Engine(
            provider,
            tracer_provider.get_tracer(
                f"hilt.instrumentation.{provider.name}", HILT_VERSION, schema_url=semconv.SCHEMA_URL
            ),
            capture_content=kwargs.get("capture_content", True),
            capture_chunks=kwargs.get("capture_chunks", True),
            span_content=span_content,
            span_chunks=kwargs.get("span_chunks", True),
            private=isinstance(tracer_provider, PrivateTracerProvider),
            fallback_log=kwargs.get("fallback_log"),
            meters=meters_for(kwargs.get("meter_provider")),
        )
        engine.sdk = _sdk_label(provider.distribution)
        self._patches = Patches(engine, provider.targets)
        self._patches.apply()

    def _uninstrument(self, **kwargs: Any) -> None:
        if self._patches is not None:
            self._patches.undo()
            self._patches = None


class OpenAIInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``openai`` package."""

    provider_name = "openai"


class AnthropicInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``anthropic`` package."""

    provider_name = "anthropic"


class GeminiInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``google-genai`` package."""

    provider_name = "gemini"


class GenerativeAIInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``google-generativeai`` package."""

    provider_name = "generativeai"


class CohereInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``cohere`` package."""

    provider_name = "cohere"


class AI21Instrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``ai21`` package."""

    provider_name = "ai21"


class MistralInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``mistralai`` package."""

    provider_name = "mistral"


class GroqInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``groq`` package."""

    provider_name = "groq"


class TogetherInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``together`` package."""

    provider_name = "together"


class WriterInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``writer-sdk`` package."""

    provider_name = "writer"


class CerebrasInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``cerebras-cloud-sdk`` package."""

    provider_name = "cerebras"


class OllamaInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``ollama`` package."""

    provider_name = "ollama"


class BedrockInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``boto3`` package."""

    provider_name = "bedrock"


class VoyageInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``voyageai`` package."""

    provider_name = "voyage"


class LiteLLMInstrumentor(HiltInstrumentor):
    """Makes a GenAI span of every call of the ``litellm`` package."""

    provider_name = "litellm"


def instrumentor_of(provider_name: str) -> HiltInstrumentor:
    """The instrumentor of a provider, which is the same object at every call."""
    for cls in HiltInstrumentor.__subclasses__():
        if cls.provider_name == provider_name:
            instrumentor: HiltInstrumentor = cls()
            return instrumentor
    raise KeyError(provider_name)


def content_on_spans() -> bool:
    """Whether ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` puts content on spans."""
    mode = os.environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "")
    return mode.strip().upper() in ("SPAN_ONLY", "SPAN_AND_EVENT")


def _sdk_label(distribution: str) -> str | None:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return None
