"""Which provider answered: emitters spell it in many ways, and some name a framework instead."""

from __future__ import annotations

import re

from hilt import semconv
from hilt.providers._hosts import provider_of_host
from hilt_otel_exporters.dialects.call_fields import FACTS, find
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["provider_of"]

_SPELLINGS = {
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google_genai": "gcp.gemini",
    "gcp": "gcp.gemini",
    "vertex_ai": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "google_vertexai": "gcp.vertex_ai",
    "az.ai.openai": "azure.ai.openai",
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "xai": "x_ai",
    "mistralai": "mistral_ai",
    "mistral": "mistral_ai",
    "bedrock": "aws.bedrock",
    "aws": "aws.bedrock",
    "amazon_bedrock": "aws.bedrock",
    "watsonx": "ibm.watsonx.ai",
}
_FRAMEWORKS = frozenset(
    {
        "gcp.vertex.agent",
        "strands-agents",
        "langchain",
        "langgraph",
        "microsoft.agent_framework",
        "llama_index",
        "llamaindex",
        "crewai",
        "haystack",
        "dspy",
        "other",
        "_other",
        "unknown",
    }
)
_FAMILIES = (
    (re.compile(r"(ft:)?(gpt-|o[134](-|$)|chatgpt|text-embedding-|davinci|dall-e)"), "openai"),
    (re.compile(r"claude"), "anthropic"),
    (re.compile(r"(models/)?(gemini|gemma)"), "gcp.gemini"),
    (re.compile(r"(mistral|mixtral|codestral|ministral|pixtral)"), "mistral_ai"),
    (re.compile(r"(command|embed-(english|multilingual)|rerank-)"), "cohere"),
    (re.compile(r"deepseek"), "deepseek"),
    (re.compile(r"grok"), "x_ai"),
    (re.compile(r"voyage"), "voyage"),
)


def provider_of(record: SpanRecord, model: str | None, host: str | None) -> tuple[str, str | None]:
    """``gen_ai.provider.name``, and what it was found out from where no attribute says it.

    Names of frameworks are passed over for the host that was called, or else for the family that
    the model belongs to; a provider that cannot be told is ``unknown``.
    """
    for source in FACTS[semconv.PROVIDER_NAME]:
        value = find(record, source)
        name = _spelled(str(value)) if value else ""
        if name and name not in _FRAMEWORKS:
            return name, None
    if host:
        name = provider_of_host(host, None, "")
        if name:
            return name, "host"
    for pattern, name in _FAMILIES:
        if model and pattern.match(model):
            return name, "model"
    return "unknown", None


def _spelled(value: str) -> str:
    name = value.strip().lower()
    known = _SPELLINGS.get(name)
    if known is None and name not in _FRAMEWORKS and name.startswith("openai."):
        return "openai"  # the Vercel AI SDK adds the API: openai.chat
    if known is None and name.split(".")[0] in ("anthropic", "google", "mistral", "cohere", "groq"):
        first = name.split(".")[0]
        return _SPELLINGS.get(first, first)
    return known or name
