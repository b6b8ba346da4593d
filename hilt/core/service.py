"""Which service a program is: its name, version and environment, as OpenTelemetry's resource says.

They come from the resource of a tracer provider, else from ``OTEL_SERVICE_NAME`` and
``OTEL_RESOURCE_ATTRIBUTES``. Where neither says anything, events say nothing.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from urllib.parse import unquote

__all__ = ["service_fields", "service_of_program", "service_of_provider", "use_provider"]

_FIELDS = {
    "service": ("service.name",),
    "service_version": ("service.version",),
    "environment": ("deployment.environment.name", "deployment.environment"),
}
"""The names in ``provenance``, and those in a resource: the newest first."""

_UNKNOWN = "unknown_service"
_NOTHING: dict[str, str] = {}
_UNREAD = object()


class _Program:
    """The provider that `instrument` was given; what was read last, and of which provider."""

    given: object = None
    provider: object = _UNREAD
    service: dict[str, str] = _NOTHING


def service_fields(resource: Mapping[str, object]) -> dict[str, str]:
    """What ``provenance`` says of a service.

    Args:
        resource: The attributes of a resource. ``unknown_service``, which OpenTelemetry fills in,
            is not a name.
    """
    fields: dict[str, str] = {}
    for field, names in _FIELDS.items() if resource else ():
        for name in names:
            value = resource.get(name)
            text = str(value).strip() if isinstance(value, str | int | float) else ""
            if text and not text.startswith(_UNKNOWN):
                fields[field] = text
                break
    return fields


def service_of_provider(provider: object) -> dict[str, str] | None:
    """What a tracer provider's resource says, and for the rest the environment.

    None for a provider that has no resource: its calls are those of the program.
    """
    attributes = _resource_of(provider)
    return None if attributes is None else _service(attributes)


def service_of_program() -> dict[str, str]:
    """What the resource of the program's own tracer provider says, and the environment.

    Shared: do not change it. Read again only when the program has set another provider.
    """
    # Not get_tracer_provider(), which may load one. A program that has not imported the API has
    # set none.
    provider = _Program.given
    if provider is None:
        provider = getattr(sys.modules.get("opentelemetry.trace"), "_TRACER_PROVIDER", None)
    if provider is not _Program.provider:
        service = _service(_resource_of(provider) or _NOTHING)
        _Program.service, _Program.provider = service, provider
    return _Program.service


def use_provider(provider: object) -> None:
    """Let a tracer provider be the program's, and read the environment again.

    Args:
        provider: The provider; None for the one that the program sets for OpenTelemetry.
    """
    _Program.given, _Program.provider = provider, _UNREAD


def _service(resource: Mapping[str, object]) -> dict[str, str]:
    return {**service_fields(_resource_of_environment()), **service_fields(resource)}


def _resource_of(provider: object) -> Mapping[str, object] | None:
    attributes = getattr(getattr(provider, "resource", None), "attributes", None)
    return attributes if isinstance(attributes, Mapping) else None


def _resource_of_environment() -> dict[str, object]:
    """The attributes that the two standard variables give; what is not ``name=value`` is not."""
    resource: dict[str, object] = {}
    for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        name, equals, value = pair.partition("=")
        if equals:
            resource[name.strip()] = unquote(value.strip())
    name = os.environ.get("OTEL_SERVICE_NAME", "").strip()
    return {**resource, "service.name": name} if name else resource
