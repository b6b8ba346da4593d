"""Requests that call a model, by method, host and path. Neither a query nor a body is read."""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["call_path", "is_model_host"]

_HOSTS = frozenset(
    (
        "ai-gateway.vercel.sh",
        "aiplatform.googleapis.com",
        "api-inference.huggingface.co",
        "api.ai21.com",
        "api.aleph-alpha.com",
        "api.anthropic.com",
        "api.cerebras.ai",
        "api.cohere.ai",
        "api.cohere.com",
        "api.deepinfra.com",
        "api.deepseek.com",
        "api.fireworks.ai",
        "api.groq.com",
        "api.jina.ai",
        "api.minimax.io",
        "api.mistral.ai",
        "api.moonshot.ai",
        "api.moonshot.cn",
        "api.novita.ai",
        "api.openai.com",
        "api.perplexity.ai",
        "api.portkey.ai",
        "api.replicate.com",
        "api.sambanova.ai",
        "api.studio.nebius.com",
        "api.together.ai",
        "api.together.xyz",
        "api.voyageai.com",
        "api.writer.com",
        "api.x.ai",
        "api.z.ai",
        "codestral.mistral.ai",
        "dashscope-intl.aliyuncs.com",
        "dashscope.aliyuncs.com",
        "generativelanguage.googleapis.com",
        "integrate.api.nvidia.com",
        "models.github.ai",
        "ollama.com",
        "open.bigmodel.cn",
        "openrouter.ai",
        "router.huggingface.co",
    )
)
_SUFFIXES = (
    "-aiplatform.googleapis.com",
    ".aiplatform.googleapis.com",
    ".api.mistral.ai",
    ".api.openai.com",
    ".api.x.ai",
    ".cognitiveservices.azure.com",
    ".endpoints.huggingface.cloud",
    ".inference.ai.azure.com",
    ".ml.cloud.ibm.com",
    ".models.ai.azure.com",
    ".openai.azure.com",
    ".openai.azure.us",
    ".rep.googleapis.com",
    ".services.ai.azure.com",
)
_AWS = re.compile(
    r"(?:[\w-]+\.)*bedrock-(?:runtime|agent-runtime|mantle)(?:-fips)?\.[\w.-]*"
    r"(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)
_CALL = re.compile(
    r"/(?:completions|complete|responses|embeddings|embed|rerank|moderations|interactions|decisions"
    r"|v\d+/(?:messages|chat|generate|classify|summarize|ocr|videos)|api/(?:chat|generate)"
    r"|text/(?:chat|generation)(?:_stream)?"
    r"|images/(?:generations|edits|variations)|audio/(?:speech|transcriptions|translations)"
    r"|model/[^/]+/(?:converse|converse-stream|invoke|invoke-with-response-stream)"
    r"|predictions|invocations|(?:hf-inference|pipeline)/.+"
    r"|[^/]*:(?:generateContent|streamGenerateContent|embedContent|batchEmbedContents|predict"
    r"|predictLongRunning|rawPredict|streamRawPredict|generateText|generateMessage"
    r"|generateAnswer))\Z"
)
_SOCKET = re.compile(r".*(?:/realtime|/responses|\.BidiGenerateContent)")
_NO_CALL = re.compile(
    r".*(?:/count-tokens:\w+|/endpoints/[^/]*:predict|/(?:threads|conversations)/.*)"
)  # an endpoint of Vertex AI that predicts may serve a model of any kind
_PLAIN = frozenset(
    [
        "agents",
        "ai",
        "anthropic",
        "api",
        "audio",
        "beta",
        "chat",
        "chat_stream",
        "classify",
        "codestral",
        "complete",
        "completions",
        "converse",
        "converse-stream",
        "decisions",
        "deployments",
        "edits",
        "embed",
        "embeddings",
        "endpoints",
        "engines",
        "fim",
        "generate",
        "generation",
        "generation_stream",
        "generations",
        "google",
        "hf-inference",
        "images",
        "inference",
        "interactions",
        "invocations",
        "invoke",
        "invoke-with-response-stream",
        "locations",
        "messages",
        "meta",
        "mistralai",
        "ml",
        "model",
        "models",
        "moderations",
        "ocr",
        "openai",
        "paas",
        "pipeline",
        "predictions",
        "projects",
        "publishers",
        "realtime",
        "rerank",
        "responses",
        "serving-endpoints",
        "speech",
        "summarize",
        "text",
        "transcriptions",
        "translations",
        "variations",
        "videos",
        "ws",
    ]
)  #: the segments of a path that are no ids, and no names that somebody gave
_VERSION = re.compile(r"v\d+(?:alpha|beta)?\d*")
_VERB = re.compile(r"[a-zA-Z]+")


@lru_cache(maxsize=1024)
def is_model_host(host: str) -> bool:
    """Whether models are sold, or served, at a host."""
    name = host.lower().rstrip(".")
    return name in _HOSTS or name.endswith(_SUFFIXES) or _AWS.fullmatch(name) is not None


@lru_cache(maxsize=1024)
def call_path(method: str, path: str) -> str | None:
    """The path of a request that calls a model, without what names somebody's things.

    >>> call_path("POST", "/openai/deployments/secret/chat/completions")
    '/openai/deployments/{id}/chat/completions'
    >>> call_path("GET", "/v1/models") is None
    True

    Args:
        method: ``POST``, or ``GET`` for the beginning of a WebSocket.
        path: The path, without its query.

    Returns:
        None if it calls no model: lists of models, files, batches, counts of tokens.
    """
    path = path.rstrip("/")
    if method.upper() == "POST":
        calls = _CALL.search(path) is not None
    else:
        calls = method.upper() == "GET" and _SOCKET.fullmatch(path) is not None
    if not calls or _NO_CALL.fullmatch(path) is not None:
        return None
    return "/".join(map(_without_id, path.split("/")))


def _without_id(segment: str) -> str:
    _, colon, verb = segment.rpartition(":")
    if colon and _VERB.fullmatch(verb):
        return f"{{id}}:{verb}"
    is_plain = not segment or segment in _PLAIN or _VERSION.fullmatch(segment) is not None
    return segment if is_plain else "{id}"
