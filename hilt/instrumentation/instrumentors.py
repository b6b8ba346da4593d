"""The instrumentors: one per provider, each an OpenTelemetry `BaseInstrumentor`."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from importlib import metadata
from typing import Any

from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import (  # type: ignore[attr-defined]  # it has no __all__
    BaseInstrumentor,
)

from hilt import semconv
from hilt.core.event import HILT_VERSION
from hilt.core.service import service_of_provider
from hilt.genai.values import Provider
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.metrics import meters_for
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.patching import Patches
from hilt.instrumentation.private_tracer import PrivateTracerProvider
from hilt.instrumentation.traced_calls import TracedCall
from hilt.providers.registry import PROVIDERS

__all__ = [
    "AI21Instrumentor",
    "AnthropicInstrumentor",
    "AzureInferenceInstrumentor",
    "BedrockInstrumentor",
    "CerebrasInstrumentor",
    "ClaudeAgentInstrumentor",
    "CohereInstrumentor",
    "DSPyInstrumentor",
    "FireworksInstrumentor",
    "GeminiInstrumentor",
    "GenerativeAIInstrumentor",
    "GroqInstrumentor",
    "HiltInstrumentor",
    "HuggingFaceInstrumentor",
    "LiteLLMInstrumentor",
    "MCPInstrumentor",
    "MistralInstrumentor",
    "OllamaInstrumentor",
    "OpenAIInstrumentor",
    "TogetherInstrumentor",
    "TransformersInstrumentor",
    "VLLMInstrumentor",
    "VoyageInstrumentor",
    "WriterInstrumentor",
    "XAIInstrumentor",
    "engine_of",
    "instrumentor_of",
]


_CLASSES: dict[str, type[HiltInstrumentor]] = {}
"""The instrumentor classes by provider."""


class HiltInstrumentor(BaseInstrumentor):  # type: ignore[misc]  # opentelemetry's is untyped
    """Makes a GenAI span of every call that a provider's SDK makes.

    >>> OpenAIInstrumentor().instrument(tracer_provider=provider)  # doctest: +SKIP

    Keyword arguments of ``instrument``: ``tracer_provider``, ``meter_provider``,
    ``capture_content`` (True), ``capture_chunks`` (True), ``span_content`` (whether content goes
    on spans; None: as ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` is set),
    ``span_chunks``, ``span_cost`` (whether the cost is on spans as ``gen_ai.usage.cost.*``, too;
    as ``HILT_SPAN_COST`` is set) and ``fallback_log``.
    """

    provider_name: str = ""
    options: Mapping[str, Any] = {}
    """The keyword arguments of ``instrument``, while it is in force."""
    _patches: Patches | None = None

    def __init_subclass__(cls, *, provider: str) -> None:
        """A class for one provider, whose SDK the registry names."""
        super().__init_subclass__()
        cls.provider_name = provider
        _CLASSES[provider] = cls

    @property
    def provider(self) -> Provider:
        """The adapter of the SDK."""
        return PROVIDERS[self.provider_name].load()

    def instrumentation_dependencies(self) -> Collection[str]:
        """The SDK, in any version: what it lacks is left out when it is patched."""
        return [PROVIDERS[self.provider_name].distribution]

    def _instrument(self, **kwargs: Any) -> None:
        provider, self.options = self.provider, kwargs
        engine = engine_of(provider, **kwargs)
        engine.sdk = _sdk_label(PROVIDERS[self.provider_name].distribution)
        self._patches = Patches(engine, provider.targets)
        self._patches.apply()

    def _uninstrument(self, **kwargs: Any) -> None:
        if self._patches is not None:
            self._patches.undo()
            self.end_pending()
            self._patches, self.options = None, {}

    def complete(self) -> None:
        """Patch what is not patched any more, or not yet, such as a module that was reloaded."""
        if self._patches is not None:
            self._patches.complete()

    def end_pending(self) -> None:
        """Write an ending for each call whose answer nobody fetched or reads. Never raises."""
        if self._patches is not None:
            self._patches.engine.end_dropped()
            self._patches.engine.pending.end_all()

    def end_streams(self) -> None:
        """Write an ending for each stream that nobody has read to its end. Never raises."""
        if self._patches is None:
            return
        streams = self._patches.engine.streams
        while streams:
            try:
                call = streams.pop()
            except KeyError:
                return  # Nobody has the last one any more.
            call.end(Ending.ABANDONED)


class OpenAIInstrumentor(HiltInstrumentor, provider="openai"):
    """Makes a GenAI span of every call of the ``openai`` package."""


class AnthropicInstrumentor(HiltInstrumentor, provider="anthropic"):
    """Makes a GenAI span of every call of the ``anthropic`` package."""


class GeminiInstrumentor(HiltInstrumentor, provider="gemini"):
    """Makes a GenAI span of every call of the ``google-genai`` package."""


class GenerativeAIInstrumentor(HiltInstrumentor, provider="generativeai"):
    """Makes a GenAI span of every call of the ``google-generativeai`` package."""


class CohereInstrumentor(HiltInstrumentor, provider="cohere"):
    """Makes a GenAI span of every call of the ``cohere`` package."""


class AI21Instrumentor(HiltInstrumentor, provider="ai21"):
    """Makes a GenAI span of every call of the ``ai21`` package."""


class MistralInstrumentor(HiltInstrumentor, provider="mistral"):
    """Makes a GenAI span of every call of the ``mistralai`` package."""


class GroqInstrumentor(HiltInstrumentor, provider="groq"):
    """Makes a GenAI span of every call of the ``groq`` package."""


class TogetherInstrumentor(HiltInstrumentor, provider="together"):
    """Makes a GenAI span of every call of the ``together`` package."""


class WriterInstrumentor(HiltInstrumentor, provider="writer"):
    """Makes a GenAI span of every call of the ``writer-sdk`` package."""


class CerebrasInstrumentor(HiltInstrumentor, provider="cerebras"):
    """Makes a GenAI span of every call of the ``cerebras-cloud-sdk`` package."""


class OllamaInstrumentor(HiltInstrumentor, provider="ollama"):
    """Makes a GenAI span of every call of the ``ollama`` package."""


class BedrockInstrumentor(HiltInstrumentor, provider="bedrock"):
    """Makes a GenAI span of every call of the ``boto3`` package."""


class VoyageInstrumentor(HiltInstrumentor, provider="voyage"):
    """Makes a GenAI span of every call of the ``voyageai`` package."""


class HuggingFaceInstrumentor(HiltInstrumentor, provider="huggingface"):
    """Makes a GenAI span of every call of the ``huggingface_hub`` package."""


class XAIInstrumentor(HiltInstrumentor, provider="xai"):
    """Makes a GenAI span of every call of the ``xai-sdk`` package."""


class FireworksInstrumentor(HiltInstrumentor, provider="fireworks"):
    """Makes a GenAI span of every call of the ``fireworks-ai`` package."""


class AzureInferenceInstrumentor(HiltInstrumentor, provider="azure_inference"):
    """Makes a GenAI span of every call of the ``azure-ai-inference`` package."""


class MCPInstrumentor(HiltInstrumentor, provider="mcp"):
    """Makes a GenAI span of every call of the ``mcp`` package."""


class ClaudeAgentInstrumentor(HiltInstrumentor, provider="claude_agent"):
    """Makes a GenAI span of every call of the ``claude-agent-sdk`` package."""


class DSPyInstrumentor(HiltInstrumentor, provider="dspy"):
    """Makes a GenAI span of every call of the ``dspy`` package."""


class TransformersInstrumentor(HiltInstrumentor, provider="transformers"):
    """Makes a GenAI span of every call of the ``transformers`` package."""


class VLLMInstrumentor(HiltInstrumentor, provider="vllm"):
    """Makes a GenAI span of every call of the ``vllm`` package."""


class LiteLLMInstrumentor(HiltInstrumentor, provider="litellm"):
    """Makes a GenAI span of every call of the ``litellm`` package."""


def instrumentor_of(provider_name: str) -> HiltInstrumentor:
    """The instrumentor of a provider, which is the same object at every call."""
    instrumentor: HiltInstrumentor = _CLASSES[provider_name]()
    return instrumentor


def engine_of(provider: Provider, **kwargs: Any) -> Engine:
    """An engine with the keyword arguments of ``HiltInstrumentor.instrument``."""
    tracer_provider = kwargs.get("tracer_provider") or trace.get_tracer_provider()
    span_content = kwargs.get("span_content")
    if span_content is None:
        span_content = content_on_spans()
    private = isinstance(tracer_provider, PrivateTracerProvider)
    return Engine(
        provider,
        tracer_provider.get_tracer(
            f"hilt.instrumentation.{provider.name}", HILT_VERSION, schema_url=semconv.SCHEMA_URL
        ),
        capture_content=kwargs.get("capture_content", True),
        capture_chunks=kwargs.get("capture_chunks", True),
        span_content=span_content,
        span_chunks=kwargs.get("span_chunks", True),
        span_cost=kwargs.get("span_cost", _is_on("HILT_SPAN_COST")),
        call_type=Call if private else TracedCall,
        fallback_log=kwargs.get("fallback_log"),
        meters=meters_for(kwargs.get("meter_provider")),
        service=service_of_provider(tracer_provider),
    )


def content_on_spans() -> bool:
    """Whether ``OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`` puts content on spans."""
    mode = os.environ.get("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT", "")
    return mode.strip().upper() in ("SPAN_ONLY", "SPAN_AND_EVENT")


def _is_on(variable: str) -> bool:
    return os.environ.get(variable, "").strip().lower() in ("true", "yes", "on", "1")


def _sdk_label(distribution: str) -> str | None:
    try:
        return f"{distribution} {metadata.version(distribution)}"
    except metadata.PackageNotFoundError:
        return None
