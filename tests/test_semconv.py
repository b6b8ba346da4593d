"""Names of attributes stand in `hilt.semconv`, and are those of the conventions."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

# Deprecated, because the names moved to a repository that publishes no package yet.
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from opentelemetry.semconv._incubating.metrics import gen_ai_metrics
from opentelemetry.semconv.attributes import error_attributes, server_attributes

from hilt import semconv

ROOT = Path(__file__).parents[1]
MODULES = [
    path
    for package in ("hilt", "hilt_otel_exporters")
    for path in sorted((ROOT / package).rglob("*.py"))
    if path != ROOT / "hilt" / "semconv.py"
]
NAMES = {
    name: value for name, value in vars(semconv).items() if name.isupper() and "." in str(value)
}
PUBLISHED = {
    value
    for module in (gen_ai_attributes, gen_ai_metrics, error_attributes, server_attributes)
    for value in vars(module).values()
    if isinstance(value, str)
}
NOT_IN_THE_PACKAGE = {
    # open-telemetry/semantic-conventions-genai, model/gen-ai, ahead of opentelemetry.semconv
    "gen_ai.client.inference.operation.details",
    "gen_ai.prompt.version",
    "gen_ai.request.previous_response.id",
    "gen_ai.request.reasoning.level",
    "gen_ai.response.status",
    "gen_ai.retrieval.top_k",
    "gen_ai.usage.audio.cache_read.input_tokens",
    "gen_ai.usage.audio.input_tokens",
    "gen_ai.usage.audio.output_tokens",
    "gen_ai.usage.cache_write.input_tokens",
    "gen_ai.usage.cost.amount",  # proposed (#443), and off unless asked for
    "gen_ai.usage.cost.currency",
    "gen_ai.usage.cost.source",
    "gen_ai.usage.image.input_tokens",
    "gen_ai.usage.image.output_tokens",
}
OLD_EVENTS = {
    # span events up to v1.36; the package has no constants for names of events
    "gen_ai.assistant.message",
    "gen_ai.choice",
    "gen_ai.system.message",
    "gen_ai.tool.message",
    "gen_ai.user.message",
}


def is_ours(name: str) -> bool:
    """Whether a constant is a GenAI name of today's conventions."""
    own = not name.startswith(("OLD_", "OTHER_")) and not name.endswith("_PREFIX")
    return own and NAMES[name].startswith("gen_ai.")


@pytest.mark.parametrize("name", [name for name in NAMES if is_ours(name)])
def test_name_is_of_the_conventions(name: str) -> None:
    """What HILT writes under ``gen_ai.`` is defined by OpenTelemetry."""
    assert NAMES[name] in PUBLISHED | NOT_IN_THE_PACKAGE


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("OLD_")])
def test_old_name_was_of_the_conventions(name: str) -> None:
    """What is called old was once defined by OpenTelemetry."""
    assert NAMES[name] in PUBLISHED | OLD_EVENTS


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("OTHER_")])
def test_name_of_others_is_no_attribute_of_the_conventions(name: str) -> None:
    """What emitters made up is not taken for a convention."""
    attributes = {value for value in vars(gen_ai_attributes).values() if isinstance(value, str)}

    assert NAMES[name] not in attributes | NOT_IN_THE_PACKAGE | OLD_EVENTS


def test_package_has_not_caught_up() -> None:
    """A name that the package has by now needs no exception."""
    assert not NOT_IN_THE_PACKAGE & PUBLISHED


def test_each_name_stands_once() -> None:
    """Two constants with one value would be two names for one thing."""
    assert len(set(NAMES.values())) == len(NAMES)


def literals_of(tree: ast.AST) -> list[ast.Constant]:
    """Every text in a module that is no docstring."""
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


@cache
def texts_and_names() -> tuple[list[tuple[Path, ast.Constant]], set[str]]:
    """Every text in the modules, each with its file; and the names that they use."""
    texts, used = [], set()
    for path in MODULES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        texts += [(path, node) for node in literals_of(tree)]
        used |= {
            node.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "semconv"
        }
    return texts, used


def test_names_stand_in_semconv_only() -> None:
    """No module spells out a ``gen_ai.`` name, or another that `hilt.semconv` has."""
    values = set(NAMES.values())
    spelled_out = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path, node in texts_and_names()[0]
        if "gen_ai." in node.value or node.value in values
    ]

    assert spelled_out == []


def test_each_name_is_used() -> None:
    """A name that nobody reads or writes is gone."""
    _, used = texts_and_names()

    assert NAMES.keys() - used == set()
