"""Redacting a finished log by a policy, and opening a sealed one."""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Any

import msgspec

from hilt.core.event import Event
from hilt.core.exceptions import EventError
from hilt.core.member_texts import VALUES, name_of
from hilt.core.texts import FREE, LONG_NUMBER, LONGEST_ID, NOT_TEXTS
from hilt.privacy.filter import OWN_ID, PolicyFilter, is_plain_id
from hilt.privacy.patterns import find, may_explain
from hilt.privacy.policy import Policy
from hilt.privacy.tools.places import AnyPlace, OnBytes, change_with_receipt, preview
from hilt.privacy.tools.receipts import Receipt
from hilt.privacy.tools.rewriting import LogChange

__all__ = ["plain_texts", "redact_log"]

_TEXTS_AT_ONCE = 1 << 14
_ACTION = b'"action":'
_CHUNK_ACTION = b'"action":"completion_chunk"'
_CHUNK = re.compile(
    rb'(\{"hilt_version":"[^"\\]*","event_id":"[^"\\]*","timestamp":"[^"\\]*"'
    rb',"session_id":"([^"\\]*)","actor":\{[^{}]*\},"action":"completion_chunk")'
    rb',"content":\{"text":("[^"\\]*(?:\\.[^"\\]*)*")\},"extensions":\{([^{}]*)\}\}',
    re.DOTALL,
)


class _Line(msgspec.Struct, forbid_unknown_fields=True):
    """An event, with most parts that may have texts not decoded."""

    event_id: str
    session_id: str
    actor: msgspec.Raw
    action: str
    hilt_version: msgspec.Raw = msgspec.Raw()
    timestamp: msgspec.Raw = msgspec.Raw()
    content: msgspec.Raw = msgspec.Raw()
    metrics: msgspec.Raw = msgspec.Raw()
    provenance: dict[str, object] = {}  # msgspec makes a new one each time
    privacy: msgspec.Raw = msgspec.Raw()
    integrity: msgspec.Raw = msgspec.Raw()
    extensions: dict[str, object] = {}


_decode = msgspec.json.Decoder(_Line).decode
_METRICS = re.compile(
    rb'(?:[{,}]{1,3}"[a-z_]{1,24}":(?:[0-9]{1,8}|[0-9]{1,12}\.[0-9]{1,24}|null|(?=\{)))*\}{1,3}'
)
"""Names and numbers, none of which is long."""
_ESCAPES = {rb"\"": b'"', rb"\/": b"/", rb"\n": b"\n", rb"\r": b"\r", rb"\t": b"\t"}
_RARE = re.compile(rb"\\[bfu\\]")


def plain_texts(line: bytes) -> tuple[str, str] | None:
    """The action of an event, and its texts as one text to search.

    Whatever a search of the event finds, a search of this text finds, too. None where that is not
    certain (rare escapes, texts elsewhere), so that the event has to be read as a whole.
    """
    try:
        head = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    parts = [head.session_id] if not OWN_ID.match(head.session_id) else []
    raws = [head.content, head.actor, head.privacy, head.integrity]
    if not _METRICS.fullmatch(bytes(head.metrics)):
        raws.append(head.metrics)
    for raw in raws:
        text = bytes(raw)
        if b"\\" in text:
            unescaped = _unescaped(text)
            if unescaped is None:
                return None
            parts.append(unescaped)
        elif text:
            parts.append(text.decode("utf-8", "replace"))
    try:
        for part, values in (("provenance", head.provenance), ("extensions", head.extensions)):
            if not _add_others(values, NOT_TEXTS[part], parts):
                return None
    except RecursionError:
        return None
    return head.action, "\n".join(parts)


_seen: set[str] = set()
"""Models, names of members and the like in which nothing was found; few, and often repeated."""
_MOST_SEEN = 1000


def _add_others(values: dict[str, Any], known: AbstractSet[str], parts: list[str]) -> bool:
    """Add those members that may be more than an id, a kind or a number.

    Args:
        values: The members.
        known: The names of members that have no text.
        parts: Where to add them.

    Returns:
        False if a member has rare escapes.
    """
    for name, value in values.items():
        is_known = name in known
        if not (is_known or name in _seen or _is_clean(name)):
            parts.append(name)
        kind = type(value)
        if kind is str:
            if not (is_known and (value in _seen or is_plain_id(value, name) or _is_clean(value))):
                parts.append(value if is_known else _member(name_of(name, values), value))
        elif kind is int:
            if not -LONG_NUMBER < value < LONG_NUMBER:
                parts.append(_member(name_of(name, values), str(value)))
        elif kind is dict and not (len(value) == 1 and not VALUES.isdisjoint(value)):
            if not _add_others(value, frozenset() if name in FREE else known, parts):
                return False
        elif kind is not float and kind is not bool and value is not None:
            text = _unescaped(
                msgspec.json.encode({name: value} if _is_of_interest(name) else value)
            )
            if text is None:
                return False
            parts.append(text)
    return True


@lru_cache(maxsize=_MOST_SEEN)
def _is_of_interest(name: str) -> bool:
    return may_explain(name)


def _member(name: str, value: str) -> str:
    """A value, with its name if that may say what it is."""
    return f'"{name}": "{value}"' if _is_of_interest(name) else value


def _is_clean(value: str) -> bool:
    """Whether nothing is found in a value that may be an id."""
    if len(value) > LONGEST_ID or find(value):
        return False
    if len(_seen) >= _MOST_SEEN:
        _seen.clear()
    _seen.add(value)
    return True


def _unescaped(raw: bytes) -> str | None:
    """JSON with the escapes in its texts decoded, and so no longer JSON; None if any is rare."""
    if _RARE.search(raw):
        return None
    for escape, character in _ESCAPES.items():
        raw = raw.replace(escape, character)
    return raw.decode("utf-8", "replace")


@lru_cache(maxsize=1000)
def _names_somebody(session: bytes, kinds: frozenset[str]) -> bool:
    """Whether a conversation's id is personal data itself. Cached: many chunks share one."""
    name = session.decode("utf-8", "replace")
    return not OWN_ID.match(name) and bool(find(name, kinds))


def _without_chunk_text(line: bytes, policy: Policy) -> bytes | None:
    """A chunk, as HILT writes it, with the length of its text in its place; else None."""
    match = _CHUNK.fullmatch(line) if _is_chunk(line) else None
    if match is None:
        return None
    start, session, text, extensions = match.groups()
    if _names_somebody(session, policy.redact):
        return None
    size = len(msgspec.json.decode(text))
    marks = b'"privacy":{"policy":"%b","redaction_applied":false}' % policy.name.encode()
    return b'%b,%b,"extensions":{%b,"chunk_size":%d}}' % (start, marks, extensions, size)


class _Search:
    """Looks for what a policy redacts, without decoding whole events.

    Args:
        policy: What to redact.
    """

    def __init__(self, policy: Policy) -> None:
        self._kinds = policy.redact
        self._patterns = [re.compile(pattern) for pattern in policy.patterns.values()]
        self._clean: set[bytes] = set()

    def is_clean(self, line: bytes) -> bool:
        """Whether a line certainly has nothing to redact."""
        if line in self._clean:
            return True
        texts = plain_texts(line)
        if texts is None or texts[0] == "completion_chunk":
            return False
        return not self._finds(texts[1])

    def note_clean(self, block: bytes) -> bool:
        """Search many lines at once, as most have nothing; return whether any may change."""
        self._clean.clear()
        lines: list[bytes] = []
        texts: list[str] = []
        others, size = 0, 0
        for line in block.split(b"\n"):
            found = None if _is_chunk(line) else plain_texts(line)
            if found is None or found[0] == "completion_chunk":
                others += bool(line)
                continue
            lines.append(line)
            texts.append(found[1])
            size += len(found[1])
            if size > _TEXTS_AT_ONCE:
                others += self._note(lines, texts)
                lines, texts, size = [], [], 0
        return bool(others + self._note(lines, texts))

    def _note(self, lines: list[bytes], texts: list[str]) -> int:
        """Note the lines as clean if nothing is found; return how many may have something."""
        if self._finds("\n\n".join(texts)):
            return len(lines)
        self._clean.update(lines)
        return 0

    def _finds(self, text: str) -> bool:
        if find(text, self._kinds):
            return True
        return any(pattern.search(text) for pattern in self._patterns)


def _is_chunk(line: bytes) -> bool:
    return _CHUNK_ACTION in line and line.count(_ACTION) == 1


def redact_log(
    where: AnyPlace,
    policy: Policy,
    *,
    why: str | None = None,
    dry_run: bool = False,
    on_bytes: OnBytes = None,
) -> LogChange:
    """Apply a policy to every event of a log, while others may write to it.

    Lines that are no events stay as they are, since nobody can tell what is text in them; an event
    that the policy cannot treat loses its texts.

    Args:
        where: The log, or another place with events.
        policy: What may stay.
        why: The reason, for the receipt.
        dry_run: Only count.
        on_bytes: Called with the number of bytes read since the last call.

    Raises:
        SinkError: If a file cannot be written.
        ConfigurationError: If the policy needs keys, and they cannot be used.
    """
    treat = PolicyFilter(policy, needs_keys=True)
    quick = policy.content == "keep" and not policy.pseudonymise and policy.detector is None
    search = _Search(policy)

    unreadable: set[int] = set()

    def change(line: bytes) -> bytes | None:
        if line[:1] != b"{":
            unreadable.add(hash(line))
            return line
        if quick:
            chunk = _without_chunk_text(line, policy)
            if chunk is not None or search.is_clean(line):
                return chunk or line
        try:
            event = Event.from_json(line)
        except (EventError, msgspec.DecodeError, RecursionError):
            unreadable.add(hash(line))
            return line
        if event.action == "system" and "receipt" in (event.extensions or {}):
            return line
        treated = treat(event)
        return line if quick and _says(treated) == _says(event) else treated.encode()

    def numbers(result: LogChange) -> dict[str, object]:
        return {"policy": policy.name, "events": result.changed}

    if dry_run:
        result = preview(where, change, on_bytes)
    else:
        may_change = search.note_clean if quick else None
        receipt = Receipt("redact", why, numbers)
        result = change_with_receipt(where, change, receipt, on_bytes, may_change)
    result.unreadable = len(unreadable)
    return result


def _says(event: Event) -> tuple[object, ...]:
    """All of an event that a policy may change, but not how it was treated."""
    return (
        *(event.session_id, event.actor, event.content, event.metrics),
        *(event.provenance, event.integrity, event.extensions, event.extra),
    )
