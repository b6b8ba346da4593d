"""What HILT knows of and does not observe, and why: ``hilt doctor`` says it. Imports no SDK."""

from __future__ import annotations

from importlib.util import find_spec

from hilt.providers.other_methods import NOT_OBSERVED

__all__ = ["SDKS", "SURFACES", "installed_sdks"]

SURFACES = {
    **{
        provider: ", ".join(each.removesuffix(".*").removeprefix("*") for each in methods)
        for provider, methods in NOT_OBSERVED.items()
    },
    "gemini": "batches of files, live, videos",
    "cohere": "summarize, batches, audio",
    "mistral": "moderations, classifications, batches, speech, realtime",
    "together": "batches, videos, realtime",
    "bedrock": "flows, asynchronous and batch invocation",
    "huggingface": "images, audio, classification and other tasks",
    "xai": "images, videos, batches, compact",
    "fireworks": "batch jobs",
    "mcp": "prompts, resources, sampling",
}
"""By provider: methods that call a model, or have to do with one, and are not in the log.

Those of `NOT_OBSERVED` are named there, each with its reason.
"""

SDKS = {
    "claude_agent_sdk": (
        "claude-agent-sdk",
        "it runs the model in a process of its own, and counts tokens for a whole session",
    ),
    "dspy": (
        "dspy",
        'its default engine has sockets of its own; dspy.LM(..., engine="litellm") is logged',
    ),
    "transformers": ("transformers", "its pipelines run in this process: nothing is sent or sold"),
    "vllm": (
        "vllm",
        "vllm.LLM runs in this process: nothing is sent or sold; its server is logged by clients",
    ),
}
"""By import name, the SDKs that no adapter reads: their names for pip, and the reasons."""


def installed_sdks() -> dict[str, str]:
    """The reasons, by distribution, of those SDKs that are installed."""
    return {
        distribution: reason
        for package, (distribution, reason) in SDKS.items()
        if find_spec(package) is not None
    }
