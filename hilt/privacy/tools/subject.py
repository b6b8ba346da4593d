"""Finding, exporting and erasing what a log holds on one person or conversation."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from pathlib import Path

import msgspec

from hilt.core.event import Event
from hilt.core.exceptions import EventError, HILTError
from hilt.core.ids_and_times import NOBODY, conversation_id_of
from hilt.core.texts import SEALED, map_texts
from hilt.privacy.filter import numbered_label, opened
from hilt.privacy.keys import KeyFile, default_key_path
from hilt.privacy.tools.name_forms import (
    is_possible_in,
    name_in_lines,
    name_in_texts,
    parts_of,
)
from hilt.privacy.tools.places import AnyPlace, OnBytes, change_with_receipt, place_of
from hilt.privacy.tools.receipts import Receipt
from hilt.privacy.tools.rewriting import LogChange

__all__ = ["Holdings", "Subject", "erase", "find_subject", "subject_events"]

ERASED = "erased"
"""The actor's id of an erased event; in capitals, what replaces a name in texts."""

_SURE_DIGITS = 7
_LABELLED = ("email", "phone", "card", "iban", "national_id", "ip")
_PASSES = 2
_LONGEST_VALUE = 200
_IDS = (b'"event_id"',)
_LINKS = (b'"reply_to"', b'"context_of"')


class _Links(msgspec.Struct):
    reply_to: object = None
    context_of: object = None


class _Who(msgspec.Struct):
    type: object = None
    id: object = None


class _Head(msgspec.Struct):
    """The fields of an event that tell whose it is."""

    event_id: str = ""
    session_id: object = None
    actor: _Who = msgspec.field(default_factory=_Who)
    extensions: _Links | None = None


_decode_head = msgspec.json.Decoder(_Head).decode


@dataclass(frozen=True)
class Subject:
    """A person or a conversation, in every form in which a log may name it.

    Args:
        who: A user's id, a conversation's id, or a text such as an e-mail address.
        key_file: The key file of a policy with pseudonyms; the default one if None.
        in_texts: Whether events of others that name the subject count, too. If None, they do for an
            address or a long number, which names one person, but not for a word, which may not.

    Raises:
        EventError: If it names nobody, or everybody.
    """

    who: str
    key_file: Path | None = None
    in_texts: bool | None = None
    people: frozenset[str] = field(init=False)
    conversations: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        if not self.who.strip():
            raise EventError("subject: an empty text names nobody")
        if self.who.strip() in NOBODY:
            raise EventError(
                f"subject: {self.who!r} is the id of everybody whose id was not given; name a "
                "conversation instead"
            )
        if self.in_texts is None:
            sure = "@" in self.who or sum(map(str.isdigit, self.who)) >= _SURE_DIGITS
            object.__setattr__(self, "in_texts", sure)
        given = self.who
        object.__setattr__(self, "who", given.strip())  # people paste it
        people = {given, self.who}
        if "@" in self.who:  # case does not matter in an address, but it does to its pseudonym
            people |= {self.who.lower(), self.who.casefold()}
        conversations = {given, self.who, conversation_id_of(given), conversation_id_of(self.who)}
        keys = self._keys()
        for _ in range(2):
            if keys is None:
                break
            # Twice, as a policy makes a pseudonym of the one that an event without content has.
            people |= {f"user_{keys.pseudonym(each, 'user')}" for each in people}
            conversations |= {
                f"conv_{keys.pseudonym(each, 'conversation')}" for each in conversations
            }
        object.__setattr__(self, "people", frozenset(people))
        object.__setattr__(self, "conversations", frozenset(conversations))

    def _keys(self) -> KeyFile | None:
        path = self.key_file or default_key_path()
        return KeyFile(path) if path.exists() else None

    def is_owner(self, head: _Head) -> bool:
        """Whether an event is the person's own, or of the conversation."""
        if _is_one_of(head.session_id, self.conversations):
            return True
        if head.actor.type != "human" or not isinstance(head.actor.id, str):
            return False
        who = head.actor.id
        # Case does not matter in an address; other ids may differ in nothing else.
        return who in self.people or ("@" in who and who.casefold() == self.who.casefold())

    def is_named_in(self, line: bytes) -> bool:
        """Whether the texts of an event name the subject."""
        return _without_name(line, self) != line

    def drop_keys(self, sessions: set[str]) -> int:
        """Drop the keys that the subject's texts were sealed with; return how many there were."""
        keys = self._keys()
        return keys.drop({*self.people, *self.conversations, *sessions}) if keys else 0

    @cached_property
    def name(self) -> re.Pattern[str]:
        """Finds the subject in a text: see `hilt.privacy.tools.name_forms.name_in_texts`."""
        forms = (name_in_texts(self.who).pattern, *map(re.escape, self._labels))
        return re.compile("|".join(forms), re.IGNORECASE)

    @cached_property
    def _labels(self) -> list[str]:
        """The labels that replace the subject's name in texts under a policy with pseudonyms."""
        keys = self._keys() if self.in_texts else None
        return [numbered_label(self.who, kind, keys) for kind in _LABELLED] if keys else []

    @cached_property
    def _in_lines(self) -> re.Pattern[bytes]:
        return name_in_lines(self.who)

    @cached_property
    def _parts(self) -> list[tuple[bytes, ...]]:
        return parts_of(self.who)

    def is_in(self, lines: bytes) -> bool:
        """Whether some lines may name the subject."""
        if any(needle in lines for needle in self.needles):
            return True
        if not self.in_texts:
            return False
        lower = lines.lower()
        return is_possible_in(lower, self._parts) and self._in_lines.search(lower) is not None

    @cached_property
    def needles(self) -> tuple[bytes, ...]:
        """Byte strings, at least one of which is in every line that has an id or label of it."""
        found = {*self.people, *self.conversations, *self._labels}
        return tuple(
            {json.dumps(each)[1:-1].encode() for each in found}
            | {json.dumps(each, ensure_ascii=False)[1:-1].encode() for each in found}
        )


@dataclass(slots=True)
class Holdings:
    """What a log holds on a subject.

    Args:
        own: The ids of the subject's own events, and of those that answer them.
        mentioned_in: The ids of events of others that name the subject in their texts.
        people: The ids of all people in ``own``; a conversation may have several.
        sessions: The ids of the conversations of ``own``.
        linked: The ids of ``own`` that events of others link to.
        by_action: How many of ``own`` there are of each action.
        counted: The ids that ``by_action`` has counted.
        sealed: How many events of others have sealed texts, in which no names are found.
        unreadable: How many lines name the subject and are no events, as after a crash.
    """

    own: set[str] = field(default_factory=set)
    mentioned_in: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    sessions: set[str] = field(default_factory=set)
    linked: set[str] = field(default_factory=set)
    by_action: dict[str, int] = field(default_factory=dict)
    counted: set[str] = field(default_factory=set)
    sealed: int = 0
    unreadable: int = 0

    @property
    def mentions(self) -> int:
        """How many events of others name the subject in their texts."""
        return len(self.mentioned_in)


def find_subject(where: AnyPlace, subject: Subject, on_bytes: OnBytes = None) -> Holdings:
    """Search a log for a subject: its events, their answers, and where others name it.

    An event belongs to a person if it is the person's own, or if it replies to one that belongs to
    them and is no person's own.
    """
    holdings, place = Holdings(), place_of(where)
    for _ in range(_PASSES):  # an answer may come before its question, in another file
        before = len(holdings.own)
        holdings.mentioned_in.clear()
        holdings.unreadable = 0
        holdings.linked.clear()
        holdings.counted.clear()
        holdings.by_action.clear()
        holdings.sealed = 0
        for block in place.blocks(on_bytes):
            holdings.sealed += block.count(SEALED)
            if subject.is_in(block) or _has_any(block, _LINKS, holdings.own):
                _note_lines(holdings, subject, block)
        if len(holdings.own) == before:
            break
    return holdings


def _note_lines(holdings: Holdings, subject: Subject, block: bytes) -> None:
    for line in block.split(b"\n"):
        named = subject.is_in(line)
        if named or any(link in line for link in _LINKS):
            head = _head_of(line)
            if head is not None:
                _note(holdings, subject, head, line, named=named)
            else:
                holdings.unreadable += named


def _has_any(block: bytes, names: tuple[bytes, ...], ids: AbstractSet[str]) -> bool:
    """Whether a block of lines may have one of some ids as the value of a member.

    Args:
        block: The lines.
        names: The names of the members, in quotes.
        ids: The ids.
    """
    if not ids:
        return False
    for name in names:
        for rest in islice(block.split(name), 1, None):
            value = rest[:_LONGEST_VALUE].split(b'"', 2)
            if len(value) < 3 or b"\\" in value[1] or value[1].decode("utf-8", "replace") in ids:  # noqa: PLR2004
                return True  # or is too long or escaped, and may be one
    return False


def _is_one_of(value: object, ids: AbstractSet[str]) -> bool:
    """Whether a value, of any type, is one of some ids."""
    return isinstance(value, str) and value in ids


def _note(holdings: Holdings, subject: Subject, head: _Head, line: bytes, *, named: bool) -> None:
    links = head.extensions or _Links()
    own = holdings.own
    is_human = head.actor.type == "human"
    if (named and subject.is_owner(head)) or (_is_one_of(links.reply_to, own) and not is_human):
        own.add(head.event_id)
        holdings.sessions.add(str(head.session_id))
        if head.event_id not in holdings.counted:  # two places may have the same event
            action = _action_of(line)
            holdings.by_action[action] = holdings.by_action.get(action, 0) + 1
            holdings.counted.add(head.event_id)
            holdings.sealed -= SEALED in line
        if is_human:
            holdings.people.add(str(head.actor.id))
        return
    for link in (links.reply_to, links.context_of):
        if isinstance(link, str) and link in own:
            holdings.linked.add(link)
    if named and subject.in_texts and subject.is_named_in(line):
        holdings.mentioned_in.add(head.event_id)


_ACTION = re.compile(rb'"action": ?"([a-z_]+)"')


def _action_of(line: bytes) -> str:
    match = _ACTION.search(line)
    return match[1].decode() if match else "event"


def _head_of(line: bytes) -> _Head | None:
    try:
        return _decode_head(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def subject_events(
    where: AnyPlace,
    holdings: Holdings,
    keys: KeyFile | None = None,
    *,
    with_mentions: bool = False,
) -> Iterator[Event]:
    """The events that `find_subject` has found, each once; sealed ones are opened with the keys.

    Args:
        where: The log, or another place with events.
        holdings: What was found.
        keys: The keys of sealed texts.
        with_mentions: Whether to include events of others that name the subject.
    """
    wanted = holdings.own | holdings.mentioned_in if with_mentions else holdings.own
    done: set[str] = set()
    for line in place_of(where).lines():
        head = _head_of(line)
        if head is None or head.event_id not in wanted or head.event_id in done:
            continue
        try:
            event = Event.from_json(line)
        except EventError:  # callers that count notice that it is missing
            continue
        done.add(head.event_id)
        if keys is not None:
            with contextlib.suppress(ValueError, HILTError):  # it stays sealed
                event = opened(event, keys) or event
        yield event


def erase(
    where: AnyPlace,
    subject: Subject,
    holdings: Holdings,
    *,
    why: str | None = None,
    on_bytes: OnBytes = None,
) -> LogChange:
    """Erase what `find_subject` has found, while others may write to the log.

    Events of the subject are removed. If another's event links to one, an empty event with the same
    id stays, marked ``privacy.erased``. In texts of others, the subject's name is replaced.

    Raises:
        SinkError: If a file cannot be written.
    """
    own, linked = holdings.own, holdings.linked
    unreadable: set[int] = set()

    def change(line: bytes) -> bytes | None:
        head = _head_of(line) if line[:1] == b"{" else None
        if head is None:
            if subject.is_in(line):
                unreadable.add(hash(line))
            return line
        if head.event_id in own:
            if _is_erased(line):
                return line
            return _empty(line) if head.event_id in linked else None
        if subject.in_texts and subject.is_in(line):
            return _without_name(line, subject)
        return line

    def numbers(_: LogChange) -> dict[str, object]:
        return {
            "events": len(own),
            "mentions": holdings.mentions if subject.in_texts else 0,
            "conversations": len(holdings.sessions),
        }

    def may_change(block: bytes) -> bool:
        return _has_any(block, _IDS, own) or (bool(subject.in_texts) and subject.is_in(block))

    receipt = Receipt("erase", why, numbers)
    result = change_with_receipt(where, change, receipt, on_bytes, may_change)
    result.unreadable = len(unreadable)
    return result


def _is_erased(line: bytes) -> bool:
    return b'"erased":true' in line


def _empty(line: bytes) -> bytes | None:
    """What stays of an event that others link to: that there was one."""
    try:
        event = Event.from_json(line)
    except EventError:  # what may be unsafe does not stay
        return None
    empty = Event(
        event_id=event.event_id,
        timestamp=event.timestamp,
        session_id="conv_erased",
        actor={"type": event.actor.type, "id": ERASED},
        action=event.action,
        privacy={"erased": True},
    )
    return empty.encode()


def _without_name(line: bytes, subject: Subject) -> bytes:
    """The event of another, with the subject's name replaced in its texts."""
    try:
        event = Event.from_json(line)
    except EventError:
        return line
    label = f"[{ERASED.upper()}]"
    changed = map_texts(event, lambda text, _: subject.name.sub(label, text), whole=True)
    if changed == event:
        return line
    return changed.encode()
