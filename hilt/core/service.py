"""The service that a program is: its name, version and environment, as in OpenTelemetry's resource.

They come from the resource of a tracer provider, or else from ``OTEL_SERVICE_NAME`` and
``OTEL_RESOURCE_ATTRIBUTES``. Otherwise, events leave them out.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import unquote

__all__ = ["resource_of", "service_fields", "service_of", "service_of_provider"]

_FIELDS = {
    "service": ("service.name",),
    "service_version": ("service.version",),
    "environment": ("deployment.environment.name", "deployment.environment"),
}
"""The names in ``provenance``, with their names in a resource, newest first."""

_UNKNOWN = "unknown_service"


def service_fields(resource: Mapping[str, object]) -> dict[str, str]:
    """The fields of ``provenance`` that describe a service.

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
    """The service fields from a tracer provider's resource, completed from the environment.

    None for a provider without a resource, whose calls belong to the program's own service.
    """
    attributes = resource_of(provider)
    return None if attributes is None else service_of(attributes)


def service_of(resource: Mapping[str, object]) -> dict[str, str]:
    """The service fields from a resource, completed from the environment."""
    return {**service_fields(_resource_of_environment()), **service_fields(resource)}


def resource_of(provider: object) -> Mapping[str, object] | None:
    """The attributes of a tracer provider's resource, if it has one."""
    attributes = getattr(getattr(provider, "resource", None), "attributes", None)
    return attributes if isinstance(attributes, Mapping) else None


def _resource_of_environment() -> dict[str, object]:
    """The attributes in the two standard variables; what is not ``name=value`` is ignored."""
    resource: dict[str, object] = {}
    for pair in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        name, equals, value = pair.partition("=")
        if equals:
            resource[name.strip()] = unquote(value.strip())
    name = os.environ.get("OTEL_SERVICE_NAME", "").strip()
    return {**resource, "service.name": name} if name else resource
