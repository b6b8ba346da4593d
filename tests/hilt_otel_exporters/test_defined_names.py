"""Every name of an attribute that a package defines is read, or has a reason why it is not.

``defined_names.json`` has the names of each package. One that is read has an example: attributes
beside it (``beside``), its ``value``, the attribute or span event that it is a part of (``as``,
``event``). A package that is installed here is compared with its names.
"""

from __future__ import annotations

import json
import warnings
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from hilt_otel_exporters.dialects.all_dialects import FIELDS, REPORTED_COST
from hilt_otel_exporters.span_record import SpanEvent
from tests.hilt_otel_exporters.conftest import record
from tests.hilt_otel_exporters.expected import plain
from tests.hilt_otel_exporters.live_spans import live_events

NAMES = json.loads(Path(__file__).with_name("defined_names.json").read_text(encoding="utf-8"))
_INCUBATING = "opentelemetry.semconv._incubating.attributes"


def events_of(attributes: dict[str, Any], *events: SpanEvent) -> Any:
    """What a span becomes."""
    scope = "opentelemetry.instrumentation.chromadb" if "db.system" in attributes else "some.scope"
    return plain(live_events([record(attributes, events=list(events), scope=scope)]))


def makes_a_difference(name: str, example: dict[str, Any]) -> bool:
    """Whether the events differ by the name of the example."""
    beside, value = example["beside"], example["value"]
    event = example.get("event")
    if event is None:
        return bool(events_of({**beside, example.get("as", name): value}) != events_of(beside))
    before = [SpanEvent(event, 10_000_000, {})] if value else []
    with_it = events_of(beside, SpanEvent(event, 10_000_000, value))
    return bool(with_it != events_of(beside, *before))


@pytest.mark.parametrize("package", NAMES)
def test_names_that_are_read_make_a_difference(package: str) -> None:
    """The example of each gives other events than the same span without it."""
    unread = [
        name
        for name, example in NAMES[package]["read"].items()
        if not makes_a_difference(name, example)
    ]

    assert unread == []


@pytest.mark.parametrize("package", NAMES)
def test_names_that_are_not_read_are_in_no_table(package: str) -> None:
    """A reason that is not needed is taken away, and no name stands twice."""
    reasons = NAMES[package]["not_read"]
    listed = [name for names in reasons.values() for name in names]
    tables = {
        source for table in (FIELDS.values(), [REPORTED_COST]) for row in table for source in row
    }
    unseen = {"gen_ai.request.stream", "llm.is_streaming"}  # read, and in no event

    assert len(listed) == len(set(listed))
    assert set(listed) & set(NAMES[package]["read"]) == set()
    assert {name for name in listed if name in tables and "fingerprint" not in name} <= unseen


def _defined_by(package: str) -> set[str]:
    """The names that an installed package defines."""
    names: set[str] = set()
    if package == "otel":
        for module in ("gen_ai", "openai", "mcp", "aws", "azure"):
            found = vars(import_module(f"{_INCUBATING}.{module}_attributes"))
            names |= {value for name, value in found.items() if name.isupper()}
        return {each for each in names if not each.startswith("aws.") or "bedrock" in each} - {
            each for each in names if "cosmosdb" in each
        }
    module = {
        "openinference": "openinference.semconv.trace",
        "traceloop": "opentelemetry.semconv_ai",
        "langfuse": "langfuse._client.attributes",
    }[package]
    for cls in vars(pytest.importorskip(module)).values():
        is_table = isinstance(cls, type) and cls.__name__.endswith(("Attributes", "Events"))
        for name, value in vars(cls).items() if is_table else ():
            defined = getattr(value, "value", value)  # of an enumeration's member, or as it is
            if isinstance(defined, str) and name.isupper():
                names.add(defined)
    return names


@pytest.mark.parametrize("package", NAMES)
def test_every_name_of_an_installed_package_is_listed(package: str) -> None:
    """A release with a new name needs a decision here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        defined = _defined_by(package)
    listed = {*NAMES[package]["read"], *chain(*NAMES[package]["not_read"].values())}

    assert sorted(defined - listed) == []
