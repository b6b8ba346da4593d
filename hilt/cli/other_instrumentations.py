"""The other instrumentations of an SDK that are installed; none of them is imported.

OpenTelemetry's have an entry point for each SDK. The others wrap what a program gives them, or
what they find, by a module for each SDK, which they all keep in one folder.
"""

from __future__ import annotations

from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["other_instrumentations"]

_FOLDERS = (
    ("agentops", "agentops/instrumentation/providers"),
    ("braintrust", "braintrust/integrations"),
    ("braintrust", "braintrust/wrappers"),
    ("ddtrace", "ddtrace/contrib"),
    ("ddtrace", "ddtrace/contrib/internal"),
    ("langfuse", "langfuse"),
    ("langsmith", "langsmith/wrappers"),
    ("lmnr", "lmnr/opentelemetry_lib/opentelemetry/instrumentation"),
    ("logfire", "logfire/_internal/integrations"),
    ("logfire", "logfire/_internal/integrations/llm_providers"),
    ("mlflow", "mlflow"),
    ("mlflow-skinny", "mlflow"),
    ("newrelic", "newrelic/hooks"),
    ("openlit", "openlit/instrumentation"),
    ("opik", "opik/integrations"),
    ("posthog", "posthog/ai"),
    ("sentry-sdk", "sentry_sdk/integrations"),
    ("weave", "weave/integrations"),
)
"""Distributions, and where they keep a module for each SDK."""

_NAMES: dict[str, tuple[str, ...]] = {
    "azure_inference": ("azure_ai_inference",),
    "bedrock": ("aws_bedrock", "bedrock_runtime", "boto3", "botocore", "external_botocore"),
    "claude_agent": ("claude_agent_sdk",),
    "gemini": ("genai", "google_ai_studio", "google_genai", "google_generativeai"),
    "generativeai": ("google_generativeai",),
    "huggingface": ("huggingface_hub",),
    "mistral": ("mistralai",),
    "together": ("togetherai",),
    "voyage": ("voyageai",),
    "writer": ("writerai",),
}
"""What others call the SDK of a provider, beside the provider's name."""


def other_instrumentations(provider: str, entry_points: Iterable[metadata.EntryPoint]) -> list[str]:
    """The distributions that can instrument a provider's SDK, too, with their versions.

    Args:
        provider: As in ``instrument(providers=[...])``.
        entry_points: Those of OpenTelemetry's instrumentors.
    """
    names = {provider, *_NAMES.get(provider, ())}
    found = {
        (each.dist.name, each.dist.version)
        for each in entry_points
        if each.dist is not None and each.name.replace("-", "_") in names
    }
    found |= set(_with_modules(names))
    return [f"{name} {version}" for name, version in sorted(found) if name != "hilt"]


def _with_modules(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The distributions that have a module for an SDK by one of its names, and their versions."""
    for distribution, folder in _FOLDERS:
        if any(_has_module(folder, name) for name in names):
            try:
                yield distribution, metadata.version(distribution)
            except metadata.PackageNotFoundError:
                continue  # another one has the package, as mlflow-skinny has that of mlflow


def _has_module(folder: str, name: str) -> bool:
    package, *path = folder.split("/")
    spec = find_spec(package)
    places = spec.submodule_search_locations if spec is not None else None
    return any(
        Path(place, *path, f"{stem}{ending}").exists()
        for place in places or ()
        for stem in (name, f"_{name}", f"mlmodel_{name}")
        for ending in (".py", "/__init__.py")
    )
