"""Calls to spans: the engine, and an instrumentor for each provider."""

from hilt._context import get_context
from hilt.instrumentation.instrumentors import (
    AI21Instrumentor,
    AnthropicInstrumentor,
    BedrockInstrumentor,
    CerebrasInstrumentor,
    CohereInstrumentor,
    GeminiInstrumentor,
    GenerativeAIInstrumentor,
    GroqInstrumentor,
    HiltInstrumentor,
    HuggingFaceInstrumentor,
    LiteLLMInstrumentor,
    MistralInstrumentor,
    OllamaInstrumentor,
    OpenAIInstrumentor,
    TogetherInstrumentor,
    VoyageInstrumentor,
    WriterInstrumentor,
)

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
    "HuggingFaceInstrumentor",
    "LiteLLMInstrumentor",
    "MistralInstrumentor",
    "OllamaInstrumentor",
    "OpenAIInstrumentor",
    "TogetherInstrumentor",
    "VoyageInstrumentor",
    "WriterInstrumentor",
    "get_context",
]
