"""The service that a program is: the names that its resource has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from hilt._context import service_of_program, use_provider
from hilt.core.service import (
    service_fields,
    service_of_provider,
)

VARIABLES = ("OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES")
SHOP = {"service": "shop", "service_version": "1.2", "environment": "production"}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither a variable nor a provider, before and afterwards."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "opentelemetry.trace", raising=False)
    use_provider(None)
    yield
    use_provider(None)


def provider(**attributes: object) -> Any:
    """A tracer provider whose resource has some attributes, with _ for the dots."""
    named = {name.replace("_", "."): value for name, value in attributes.items()}
    return SimpleNamespace(resource=SimpleNamespace(attributes=named))


@pytest.mark.parametrize(
    ("resource", "fields"),
    [
        ({}, {}),
        ({"service.name": "unknown_service"}, {}),
        ({"service.name": "unknown_service:python", "service.version": "3"},
         {"service_version": "3"}),
        ({"service.name": "  ", "service.version": None, "deployment.environment": ["a"]}, {}),
        ({"service.name": "shop", "service.version": 2}, {"service": "shop",
                                                          "service_version": "2"}),
        ({"deployment.environment": "staging"}, {"environment": "staging"}),
        ({"service.name": " my unknown_service ", "service.version": 0.5},
         {"service": "my unknown_service", "service_version": "0.5"}),
        ({"deployment.environment": "old", "deployment.environment.name": " "},
         {"environment": "old"}),
        ({"deployment.environment": "old", "deployment.environment.name": "new"},
         {"environment": "new"}),
    ],
)  # fmt: skip
def test_resource_names_a_service(resource: dict[str, object], fields: dict[str, str]) -> None:
    """By the conventions' names; what OpenTelemetry fills in is no name."""
    assert service_fields(resource) == fields


@pytest.mark.parametrize(
    ("name", "attributes", "fields"),
    [
        ("shop", "service.version=1.2,deployment.environment.name=production", SHOP),
        ("", "service.name=my%20shop, service.version = 1.2 ", {"service": "my shop",
                                                                "service_version": "1.2"}),
        ("shop", "service.name=other", {"service": "shop"}),
        ("", "nonsense,,=,service.name", {}),
        (" ", "service.name=", {}),
        (" shop ", "a=b=c, deployment.environment = %20eu%3D1 ,service.version=1=2",
         {"service": "shop", "service_version": "1=2", "environment": "eu=1"}),
    ],
)  # fmt: skip
def test_variables_name_the_service(
    name: str, attributes: str, fields: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are read as OpenTelemetry reads them; the one for the name wins."""
    for variable, value in zip(VARIABLES, (name, attributes), strict=True):
        monkeypatch.setenv(variable, value)

    assert service_of_program() == fields


def test_provider_comes_before_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Field by field; a provider without a resource is of the program."""
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=other,service.version=1.2")

    assert service_of_provider(provider(service_name="shop")) == {
        "service": "shop",
        "service_version": "1.2",
    }
    assert service_of_provider(object()) is None
    assert service_of_provider(SimpleNamespace(resource=SimpleNamespace(attributes=[1]))) is None
    assert service_of_provider(provider()) == {"service": "other", "service_version": "1.2"}


def test_provider_that_is_set_late_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs set OpenTelemetry up before or after HILT; nothing is read twice in between."""
    trace = SimpleNamespace(_TRACER_PROVIDER=None)
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", trace)  # type: ignore[arg-type]  # what is read of it

    assert service_of_program() == {}
    trace._TRACER_PROVIDER = provider(service_name="shop")
    assert service_of_program() == {"service": "shop"}
    monkeypatch.setenv("OTEL_SERVICE_NAME", "other")
    assert service_of_program() is service_of_program()
    use_provider(provider(service_name="given"))
    assert service_of_program() == {"service": "given"}


def test_api_keeps_its_provider_there() -> None:
    """The name is the API's own: a test that fails says that it has moved."""
    trace = pytest.importorskip("opentelemetry.trace")

    assert hasattr(trace, "_TRACER_PROVIDER")
