"""The table of texts: every place in an event that has words of people or of models.

It is written the other way round, as the places that have none: ids, names of models and kinds,
numbers. Everything else is a text, so that a field that HILT does not know, or that a later version
adds, is treated as one, too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, Final

from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.json_types import JsonObject
from hilt.core.member_texts import LONG_NUMBER, MemberRule, has_options, name_of, named

__all__ = [
    "ADDRESS",
    "FIELD",
    "FREE",
    "HASH",
    "LONGEST_FIELD",
    "LONGEST_ID",
    "LONG_NUMBER",
    "NOT_TEXTS",
    "SEALED",
    "SIZES",
    "IdFunction",
    "TextFunction",
    "map_texts",
    "other_name",
    "sized_chunk",
    "structure_of",
    "texts",
]

TextFunction = Callable[[str, str], str]
"""Gets a text and its path, such as ``content.messages[0].parts[0].content``; returns the new
text."""

_PART_NAMES = frozenset(
    (
        "type",
        "role",
        "id",
        "call_id",
        "tool_call_id",
        "mime_type",
        "modality",
        "size",
        "sha256",
        "finish_reason",
        "index",
        "file_id",
        "score",
        "encoding",
    )
)

NOT_TEXTS: Final[dict[str, frozenset[str]]] = {
    "": frozenset(("hilt_version", "event_id", "timestamp", "session_id", "action")),
    "actor": frozenset(("type", "id", "did")),
    "content": frozenset(("text_hash", "text_encrypted")),
    "content.messages": _PART_NAMES,
    "content.choices": _PART_NAMES,
    "content.parts": _PART_NAMES,
    "content.tool": frozenset(("name", "call_id", "type")),
    "content.tools": frozenset(("type", "name")),
    "content.documents": frozenset(("score", "index", "type")),
    "content.images": _PART_NAMES,
    "content.media": _PART_NAMES,
    "content.feedback": frozenset(("rating",)),
    "metrics": frozenset(("tokens", "cost_usd", "latency_ms")),
    "provenance": frozenset(
        (
            "agent",
            "batch_id",
            "commit",
            "commit_clean",
            "emitter",
            "imported_from",
            "instrumentation",
            "operation",
            "parent_span_id",
            "price_assumed",
            "price_date",
            "price_version",
            "provider",
            "request_id",
            "request_model",
            "response_id",
            "response_model",
            "sdk",
            "server",
            "service_tier",
            "span_id",
            "trace_id",
            "usage",
        )
    ),
    "privacy": frozenset(
        (
            "pii_detected",
            "redaction_applied",
            "processing_failed",
            "policy",
            "key_id",
            "consent",
        )
    ),
    "integrity": frozenset(),
    "extensions": frozenset(
        (
            "attempts",
            "chunk_index",
            "chunk_size",
            "context_of",
            "continues_as",
            "cost_unknown",
            "dimensions",
            "error_code",
            "error_type",
            "finish_reason",
            "finish_reasons",
            "latency_ms",
            "model",
            "outcome",
            "partial",
            "phase",
            "rating",
            "reply_to",
            "retry_after_s",
            "score",
            "status_code",
            "step",
            "time_to_first_chunk_ms",
            "vectors",
        )
    ),
}
"""For each part of an event, the names below it, at any depth, that hold no text.

``content.messages`` stands for all messages and their parts. Anything else in a part of an event is
text, whatever its name.
"""

SEALED: Final = b'"text_encrypted":"hilt1.'
"""Found only in the lines of events whose texts are sealed: within a text, it would be escaped."""

FREE: Final = frozenset(
    ("arguments", "result", "response", "content", "metadata", "parameters", "extra")
)
"""Free JSON inside parts, with names chosen by users or models: all of it is text."""
_ARGUMENTS = frozenset(("arguments", "result", "response"))
FIELD: Final = re.compile(r"[A-Za-z_$][A-Za-z_.$-]{0,60}[0-9]{0,4}[A-Za-z_.$-]{0,60}")
"""Matches the name of a field, rather than a value that is used as a name."""
LONGEST_FIELD: Final = 16
"""From this length on, a name may be a key, and is searched."""
ADDRESS: Final = re.compile(r"@[\w-]+\.[A-Za-z]")
"""Found in an id that is an address; most others with an ``@`` name a model's version."""
HASH: Final = re.compile(r"(?:[a-z0-9_-]{1,16}:)?[0-9a-f]{32,128}")
"""Matches hashes in the form that `hilt.core.integrity.hash_content` and others use."""
SIZES: Final = frozenset(("size", "index", "score", "vectors", "dimensions", "chunk_size"))
"""Names of numbers that are counts, however large."""
LONGEST_ID: Final = 256
"""A longer value is a text, whatever its field is called."""
_NOTHING: frozenset[str] = frozenset()
_MAX_DEPTH = 200


def texts(event: Event, *, whole: bool = False) -> Iterator[tuple[str, str]]:
    """Every text of an event with its path: ``("content.text", "Hello")``.

    Args:
        event: The event.
        whole: As for `map_texts`.
    """
    found: list[tuple[str, str]] = []

    def note(text: str, path: str) -> str:
        found.append((path, text))
        return text

    map_texts(event, note, whole=whole)
    return iter(found)


IdFunction = Callable[[str, str], str]
"""Gets an id and the name of its field, such as ``call_id``; returns the new id."""


def map_texts(
    event: Event,
    function: TextFunction,
    *,
    whole: bool = False,
    ids: IdFunction | None = None,
    members: MemberRule | None = None,
) -> Event:
    """The event with each text replaced by what the function returns; a copy if any is.

    Args:
        event: The event, which is not changed.
        function: Gets a text and its path.
        whole: Whether to include what is no text itself, but may contain the same: names of members
            that are not names of fields, such as addresses, long numbers, and ids with an ``@``.
        ids: Gets the ids, kinds and roles that are no addresses, since programs may put anything
            there; those of actors and of the event itself are left out.
        members: Gets what the function left as it is: a text or a long number with the name of its
            member in JSON, and lists that are the arguments of a command.

    Raises:
        TypeError: If the function returns anything but a text.
    """
    return _mapped(event, _Walk(function, whole=whole, ids=ids, members=members))


def other_name(name: str, others: JsonObject) -> str:
    """The name, with a number if it is taken."""
    count = 2
    while name in others:
        name, count = f"{name.partition(' ')[0]} {count}", count + 1
    return name


def structure_of(event: Event, ids: IdFunction | None = None) -> Event:
    """The event without its texts: only ids, kinds, models, numbers and times.

    Args:
        event: The event, which is not changed.
        ids: As for `map_texts`.
    """
    return _mapped(event, _Walk(None, ids=ids))


def sized_chunk(event: Event, ids: IdFunction | None = None) -> Event | None:
    """A chunk of a stream with the length of its text in place of the text; None for other events.

    What is to be hidden may be split over several chunks, so that it is in none of them alone, but
    in all of them together.

    Args:
        event: The event, which is not changed.
        ids: As for `map_texts`.
    """
    if event.action != "completion_chunk":
        return None
    chunk = structure_of(event, ids)
    if event.content is not None and event.content.text is not None:
        size = {"chunk_size": len(event.content.text)}
        chunk.extensions = {**(chunk.extensions or {}), **size}
    return chunk


class _Walk:
    """Walks through the values below one part of an event. Without a function, it drops texts."""

    def __init__(
        self,
        function: TextFunction | None,
        *,
        whole: bool = False,
        ids: IdFunction | None = None,
        members: MemberRule | None = None,
    ) -> None:
        self.function = function
        self._members = members
        self._whole = whole or function is None
        self._ids = ids

    def value(self, value: object, path: str, names: frozenset[str], depth: int = 0) -> object:
        """The value with its texts replaced; None if nothing is left of it."""
        if isinstance(value, str):
            return self._text(value, path)
        if value is None or isinstance(value, (bool, int, float)):
            return self._number(value, path) if self._whole else value
        if depth > _MAX_DEPTH:  # too deep to be searched, so not kept
            return None
        if isinstance(value, dict):
            return self.fields(value, path, names, depth + 1) or None
        if isinstance(value, (list, tuple)):
            items = [
                self.value(item, f"{path}[{index}]", names, depth + 1)
                for index, item in enumerate(value)
            ]
            if self._members is not None and items and has_options(items):
                items = self._members.arguments(items)
            if self.function is not None:
                return items
            return [item for item in items if item is not None] or None
        return self._text(str(value), path)

    def fields(
        self, values: JsonObject, path: str, names: frozenset[str], depth: int = 0
    ) -> JsonObject:
        """A dict with the texts of its fields replaced."""
        result: JsonObject = {}
        for name, value in values.items():
            if name in names:
                kind = type(value)  # most are short texts and numbers
                if (
                    kind is float
                    or kind is bool
                    or (kind is int and -LONG_NUMBER < value < LONG_NUMBER)
                ):
                    result[name] = value
                    continue
                if kind is int:
                    result[name] = self._long_id(value, name)
                    continue
                if isinstance(value, str) and len(value) <= LONGEST_ID:
                    # People's own ids are not texts; policies treat them separately.
                    is_own = not self._whole or path == "actor"
                    shown = value if is_own else self._id(value, path, name)
                    if shown is not None:
                        result[name] = shown
                    continue
                if isinstance(value, list) and _are_ids(value, name):
                    result[name] = self._listed(value, path, name)
                    continue
            if self.function is None and name in _ARGUMENTS:
                continue  # numbers in arguments are what people or models said, too
            free = _NOTHING if name in FREE else names
            new = self.value(value, f"{path}.{name}" if path else str(name), free, depth)
            if self._members is not None:
                said = name_of(name, values) if isinstance(value, (str, int)) else name
                new = named(new, said, self._members.member)
            if new is not None or (value is None and self.function is not None):
                new_name = self._name(name, path, result) if self._whole else name
                if new_name is not None:
                    result[new_name] = new
        return result

    def _name(self, name: str, path: str, others: JsonObject) -> str | None:
        """The name of a member as it may be; None to leave the member out."""
        if len(name) < LONGEST_FIELD and FIELD.fullmatch(name):
            return name
        new = self._text(name, path)
        return None if new is None else other_name(new, others)

    def _number(self, value: object, path: str) -> object:
        """A number as it may be: a long one may be that of a card or a phone."""
        if not isinstance(value, int) or abs(value) < LONG_NUMBER:
            return value
        shown = str(value)
        new = self._text(shown, path)
        return value if new == shown else new

    def _id(self, value: str, path: str, name: str) -> str | None:
        """An id as it may be: some are addresses, but most with an ``@`` name a model's version."""
        if "@" in value and ADDRESS.search(value):
            return self._text(value, path)
        return value if self._ids is None else self._ids(value, name)

    def _long_id(self, value: int, name: str) -> object:
        shown = str(value)
        new = shown if self._ids is None or name in SIZES else self._ids(shown, name)
        return value if new == shown else new

    def _listed(self, values: list[Any], path: str, name: str) -> list[Any]:
        if not self._whole:
            return values
        items = [self._id(item, path, name) if isinstance(item, str) else item for item in values]
        return [item for item in items if item is not None]

    def hidden(self, value: str, name: str) -> str | None:
        """The hash of a text, or an encrypted text, as it may be."""
        if self.function is None and name == "text_hash":
            return None  # it would confirm a guess of the dropped text
        if self._ids is None or HASH.fullmatch(value) or value.startswith("hilt1."):
            return value
        new = self._ids(value, name)
        return None if self.function is None and new != value else new

    def _text(self, text: str, path: str) -> str | None:
        if self.function is None:
            return None
        new = self.function(text, path)
        if not isinstance(new, str):
            raise TypeError(f"{path}: the function returned {new!r:.80}, not a text")
        return new


def _are_ids(values: list[Any], name: str) -> bool:
    """Whether a list in a place without text has only numbers, or only reasons.

    A long number may be that of a card or a phone.
    """
    return all(
        isinstance(item, float)
        or (isinstance(item, int) and -LONG_NUMBER < item < LONG_NUMBER)
        or (name == "finish_reasons" and isinstance(item, str) and len(item) <= LONGEST_ID)
        for item in values
    )


def _mapped(event: Event, walk: _Walk) -> Event:
    fields: JsonObject = {
        name: getattr(event, name) for name in ("hilt_version", "event_id", "timestamp")
    }
    fields.update(session_id=event.session_id, action=event.action)
    fields["metrics"] = _metrics(event.metrics, walk)
    fields["actor"] = _actor(event.actor, walk)
    if event.content is not None:
        content = _content(event.content, walk)
        fields["content"] = Content.from_dict(content) if content else None
    for name in ("provenance", "privacy", "integrity", "extensions"):
        part: JsonObject | None = getattr(event, name)
        if part is not None:
            fields[name] = walk.fields(part, name, NOT_TEXTS[name]) or None
    if event.extra is not None:
        fields["extra"] = walk.fields(event.extra, "", _NOTHING) or None
    return Event(**fields)


def _metrics(metrics: Metrics | None, walk: _Walk) -> Metrics | None:
    """The metrics; whatever is there besides numbers is text like any other."""
    if metrics is None or metrics.extra is None:
        return metrics
    result = copy(metrics)
    result.extra = walk.fields(metrics.extra, "metrics", _NOTHING) or None
    return result


def _actor(actor: Actor, walk: _Walk) -> Actor:
    if actor.name is None and actor.metadata is None and actor.extra is None:
        return actor
    return Actor.from_dict(walk.fields(actor.to_dict(), "actor", NOT_TEXTS["actor"]))


def _content(content: Content, walk: _Walk) -> Content | None:
    """The content with its texts replaced; None if nothing is left of it."""
    result, is_empty = copy(content), True
    for name in content.__struct_fields__:
        value = getattr(content, name)
        if value is None or name == "extra":
            continue
        if name not in NOT_TEXTS["content"]:
            value = _member(name, value, walk)
        else:
            value = walk.hidden(value, name)
        setattr(result, name, value)
        is_empty = is_empty and value is None
    if content.extra:
        members = ((name, _member(name, value, walk)) for name, value in content.extra.items())
        result.extra = {name: value for name, value in members if value is not None} or None
    return None if is_empty and result.extra is None else result


def _member(name: str, value: object, walk: _Walk) -> object:
    path = f"content.{name}"
    return walk.value(value, path, NOT_TEXTS.get(path, _NOTHING))
