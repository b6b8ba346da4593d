"""What the tests of the event share: how Hypothesis makes events."""

from __future__ import annotations

import pytest
from hypothesis import strategies as st

from hilt.core.event import ACTIONS, ACTOR_TYPES, Actor, Content, Event, Metrics

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
NAMES = TEXTS.filter(bool)
JSON = st.recursive(
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(NAMES, JSON, max_size=3)


def unknown_fields(cls: type) -> st.SearchStrategy:
    """Fields that a later version of the format may have."""
    return OBJECTS.map(
        lambda fields: {
            name: value for name, value in fields.items() if name not in cls.__struct_fields__
        }
    )


def parts(cls: type, **fields: st.SearchStrategy) -> st.SearchStrategy:
    """Plain dicts of one of the structures, each field there or not, with unknown ones."""
    own = st.fixed_dictionaries({}, optional=fields)
    return st.builds(lambda a, b: {**a, **b}, unknown_fields(cls), own)


ACTORS = st.builds(
    lambda required, others: {**others, **required},
    st.fixed_dictionaries({"type": st.sampled_from(ACTOR_TYPES), "id": NAMES}),
    parts(Actor, name=TEXTS, did=TEXTS, metadata=OBJECTS),
)
CONTENTS = parts(
    Content, text=TEXTS, messages=st.lists(OBJECTS, max_size=2), tool=OBJECTS, reasoning=TEXTS
)
METRICS = parts(
    Metrics,
    tokens=st.dictionaries(NAMES, st.integers(0, 2**53), max_size=3),
    cost_usd=st.floats(0, 100),
    latency_ms=st.floats(0, 1e6),
)
EVENTS = st.builds(
    lambda others, required: {**others, **required},
    parts(
        Event,
        content=CONTENTS,
        metrics=METRICS,
        provenance=OBJECTS,
        privacy=OBJECTS,
        integrity=OBJECTS,
        extensions=OBJECTS,
    ),
    st.fixed_dictionaries(
        {
            "event_id": NAMES,
            "timestamp": st.just("2026-11-21T10:00:00.123456Z"),
            "session_id": NAMES,
            "actor": ACTORS,
            "action": st.sampled_from(ACTIONS),
        }
    ),
)


@pytest.fixture(scope="session")
def events() -> st.SearchStrategy:
    """Any event, as a plain dict, with fields that this version does not know."""
    return EVENTS
