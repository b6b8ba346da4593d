"""Ids of objects: one for each, as long as it lives."""

from __future__ import annotations

import gc
from types import SimpleNamespace

from hilt.instrumentation.frameworks.object_ids import ObjectIds


class Thing(SimpleNamespace):
    """Equal to others of the same content, and not hashable."""


def test_id_is_kept() -> None:
    """The same object has the same id, an equal one another."""
    ids, one, other = ObjectIds(), Thing(), Thing()

    assert ids.id_of(one) == ids.id_of(one)
    assert ids.id_of(one) != ids.id_of(other)


def test_object_is_not_kept_alive() -> None:
    """What nobody else refers to is forgotten."""
    ids, thing = ObjectIds(), Thing()
    ids.id_of(thing)
    del thing
    gc.collect()

    assert vars(ids) == {"_ids": {}}


def test_object_is_new_once() -> None:
    """Something that cannot be referred to weakly has no id, and is never new."""
    ids, thing = ObjectIds(), Thing()

    assert (ids.is_new(thing), ids.is_new(thing)) == (True, False)
    assert ids.id_of(7) is None
    assert not ids.is_new(7)
    ids.clear()
    assert ids.is_new(thing)
