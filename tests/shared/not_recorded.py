"""What emitters do not record, or record wrong: each with the reason, found in the captured spans."""

from __future__ import annotations

__all__ = ["EXCEPTIONS"]

_NO_CACHE = "usage is read without its details: no count of cached tokens is on the span"
_NO_REASONING = "usage is read without its details: no count of reasoning tokens is on the span"
_NO_REASONING_STREAMED = "reasoning tokens are dropped where the call is streamed"
_NO_ASKED_MODEL = "one model name is recorded, and the wrapper makes it that of the answer"
_NO_FINISH = "no finish reason is on the span, nor in the recorded answer"
_NO_ANSWERED_MODEL = "only the requested model is on the span"
_REPEATED_MODEL = "the response model of a stream is a copy of the requested one"
_NO_USAGE_STREAMED = "0.47 reads neither model nor usage from a stream"
_LOOP = "the SDK's automatic function calling is one span: only the last answer is on it"
_ABSENT = "1.14 records a failed call as a span without a single attribute"

EXCEPTIONS: dict[tuple[str, str, str], str] = {
    ("anthropic-sdk-native", "stream_create", "completions"): (
        "the SDK records no content of a stream that the caller reads event by event"
    ),
    ("azure-ai-inference", "chat", "cached tokens"): _NO_CACHE,
    ("azure-ai-inference", "chat", "reasoning tokens"): _NO_REASONING,
    ("azure-ai-inference", "error", "error"): (
        "the status is on the HTTP span below, which is not about GenAI; the code is right"
    ),
    ("azure-ai-inference", "tool", "cached tokens"): _NO_CACHE,
    ("google-adk", "chat", "response model"): _NO_ANSWERED_MODEL,
    ("google-adk", "tool", "response model"): _NO_ANSWERED_MODEL,
    ("google-adk-1.14", "chat", "response model"): _NO_ANSWERED_MODEL,
    ("google-adk-1.14", "stream", "response model"): _NO_ANSWERED_MODEL,
    ("google-adk-1.14", "error", "provider"): _ABSENT,
    ("google-adk-1.14", "error", "conversation"): _ABSENT,
    ("google-adk-1.14", "error", "request model"): _ABSENT,
    ("google-adk-1.14", "error", "prompts"): _ABSENT,
    ("langfuse-openai", "agent", "request model"): _NO_ASKED_MODEL,
    ("langfuse-openai", "agent", "finish"): _NO_FINISH,
    ("langfuse-openai", "chat", "request model"): _NO_ASKED_MODEL,
    ("langfuse-openai", "chat", "finish"): _NO_FINISH,
    ("langfuse-openai", "embeddings", "request model"): _NO_ASKED_MODEL,
    ("langfuse-openai", "manual_generation", "request model"): _NO_ASKED_MODEL,
    ("langfuse-openai", "manual_generation", "response model"): (
        "written by hand with the name of the requested model"
    ),
    ("langfuse-openai", "manual_generation", "reasoning tokens"): "not written by hand",
    ("langfuse-openai", "manual_generation", "finish"): "not written by hand",
    ("langfuse-openai", "responses", "request model"): _NO_ASKED_MODEL,
    ("langfuse-openai", "responses", "finish"): _NO_FINISH,
    ("langfuse-openai", "stream", "request model"): _NO_ASKED_MODEL,
    ("langfuse-openai", "tool", "request model"): _NO_ASKED_MODEL,
    ("logfire-openai", "responses", "finish"): _NO_FINISH,
    ("logfire-openai", "stream", "response model"): _REPEATED_MODEL,
    ("logfire-openai-v1", "stream", "response model"): _REPEATED_MODEL,
    ("logfire-openai-v1", "stream", "finish"): _NO_FINISH,
    ("mlflow-openai-genai", "chat", "cached tokens"): _NO_CACHE,
    ("mlflow-openai-genai", "chat", "reasoning tokens"): _NO_REASONING,
    ("mlflow-openai-genai", "embeddings", "prompt tokens"): "no usage of embeddings is recorded",
    ("mlflow-openai-genai", "responses", "cached tokens"): _NO_CACHE,
    ("mlflow-openai-genai", "responses", "reasoning tokens"): _NO_REASONING,
    ("mlflow-openai-genai", "responses_tool", "cached tokens"): _NO_CACHE,
    ("openlit-openai", "chat", "reasoning tokens"): "only its Responses wrapper counts them",
    ("openlit-openai", "error", "prompts"): "content is recorded only where a call succeeds",
    ("openlit-openai", "stream", "reasoning tokens"): "only its Responses wrapper counts them",
    ("openllmetry-anthropic-0.47", "stream_create", "response model"): _NO_USAGE_STREAMED,
    ("openllmetry-anthropic-0.47", "stream_create", "prompt tokens"): _NO_USAGE_STREAMED,
    ("openllmetry-anthropic-0.47", "stream_create", "completion tokens"): _NO_USAGE_STREAMED,
    ("openllmetry-anthropic-0.47", "stream_create", "cached tokens"): _NO_USAGE_STREAMED,
    ("openllmetry-anthropic-0.47", "stream_create", "cache_write tokens"): _NO_USAGE_STREAMED,
    ("openllmetry-langchain", "chat", "reasoning tokens"): _NO_REASONING,
    ("openllmetry-langchain", "retrieval", "reasoning tokens"): _NO_REASONING,
    ("openllmetry-langchain", "stream", "response model"): _REPEATED_MODEL,
    ("openllmetry-langchain", "stream", "reasoning tokens"): _NO_REASONING,
    ("openllmetry-langchain", "tool", "conversation"): (
        "create_agent is a trace of its own, before there is a conversation"
    ),
    ("openllmetry-langchain-0.47", "chat", "reasoning tokens"): _NO_REASONING,
    ("openllmetry-langchain-0.47", "chat", "finish"): _NO_FINISH,
    ("openllmetry-langchain-0.47", "stream", "response model"): _REPEATED_MODEL,
    ("openllmetry-langchain-0.47", "stream", "reasoning tokens"): _NO_REASONING,
    ("openllmetry-langchain-0.47", "stream", "finish"): _NO_FINISH,
    ("openllmetry-openai", "stream", "reasoning tokens"): _NO_REASONING_STREAMED,
    ("openllmetry-openai-0.47", "responses", "finish"): _NO_FINISH,
    ("openllmetry-openai-0.47", "stream", "reasoning tokens"): _NO_REASONING_STREAMED,
    ("otel-google-genai", "tool", "tool calls"): "the tool's span has no call id",
    ("otel-google-genai", "tool", "completions"): _LOOP,
    ("otel-google-genai", "tool", "prompt tokens"): _LOOP,
    ("otel-google-genai", "tool", "completion tokens"): _LOOP,
    ("otel-langchain", "retrieval", "documents"): (
        "documents are recorded with id and score only, without their text"
    ),
    ("otel-openai-v2-legacy", "chat", "cached tokens"): _NO_CACHE,
    ("otel-openai-v2-legacy", "chat", "reasoning tokens"): _NO_REASONING,
    ("otel-openai-v2-legacy", "stream", "cached tokens"): _NO_CACHE,
    ("otel-openai-v2-legacy", "stream", "reasoning tokens"): _NO_REASONING,
    ("otel-openai-v2-legacy", "tool", "cached tokens"): _NO_CACHE,
    ("semantic-kernel", "chat", "response model"): _NO_ANSWERED_MODEL,
    ("semantic-kernel", "chat", "cached tokens"): _NO_CACHE,
    ("semantic-kernel", "chat", "reasoning tokens"): _NO_REASONING,
    ("semantic-kernel", "tool", "response model"): _NO_ANSWERED_MODEL,
    ("semantic-kernel", "tool", "tool calls"): (
        "the tool that the model knows is named with its plugin: weather-get_weather"
    ),
    ("semantic-kernel", "tool", "cached tokens"): _NO_CACHE,
    ("strands", "chat", "response model"): _NO_ANSWERED_MODEL,
    ("strands", "chat", "reasoning tokens"): _NO_REASONING,
    ("strands", "stream", "response model"): _NO_ANSWERED_MODEL,
    ("strands", "stream", "reasoning tokens"): _NO_REASONING,
    ("strands", "tool", "response model"): _NO_ANSWERED_MODEL,
    ("vercel-ai-sdk", "error", "error"): (
        "neither the status nor the provider's code is on the span; the code is right"
    ),
    ("vercel-ai-sdk-7", "chat", "reasoning tokens"): _NO_REASONING,
    ("vercel-ai-sdk-7", "responses", "reasoning tokens"): _NO_REASONING,
    ("vercel-ai-sdk-7", "stream", "reasoning tokens"): _NO_REASONING,
}
"""By emitter, scenario and fact: why the events cannot say it."""
