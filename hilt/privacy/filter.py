"""A policy at work: every event of a session goes through `PolicyFilter` before it is written."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from hilt.core.dict_texts import NotPlain, map_actor, map_content, map_fields, plain_metrics
from hilt.core.event import Actor, Content, Event, Metrics
from hilt.core.exceptions import ConfigurationError
from hilt.core.ids_and_times import NOBODY
from hilt.core.json_types import JsonObject
from hilt.core.member_texts import VALUES
from hilt.core.once_a_minute import OnceAMinute
from hilt.core.texts import LONGEST_ID, map_texts, sized_chunk, structure_of
from hilt.privacy.detector import TimedDetector
from hilt.privacy.emails import unspelt
from hilt.privacy.escapes import unescaped
from hilt.privacy.keys import KeyFile
from hilt.privacy.patterns import (
    BLOCK,
    Finding,
    find,
    find_in_arguments,
    find_in_member,
    may_explain,
)
from hilt.privacy.policy import Policy

__all__ = ["OWN_ID", "PolicyFilter", "is_plain_id", "numbered_label", "opened"]

logger = logging.getLogger(__name__)

_REMEMBERED, _LONGEST_REMEMBERED = 10_000, 64
_MOST_MEMBERS = 20_000
"""How many members of one event are searched by their names; the rest of them is hidden."""
OWN_ID = re.compile(r"(?:evt_[0-9a-f]{32}|conv_(?:[0-9a-f]{16}|feedback))\Z")
"""Ids that HILT makes, which name no person."""
_LABEL = re.compile(r"\[[A-Z_]+?(?:_[0-9a-f]{8})?\]")
_PSEUDONYM = re.compile(r"user_[0-9a-f]{16}\Z")
_PLAIN_ID = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|(?:evt_|conv_|chatcmpl-|resp_|req_|call_|toolu_|msg_)"
    r"[0-9A-Za-z_]{6,80}"
)
"""Ids that programs make, in which no pattern finds anything."""
_SPAN_ID = re.compile(r"[0-9a-f]{16}")
_SPANS = frozenset(("span_id", "parent_span_id"))
_OF_MACHINES = frozenset(("server", "timestamp", "price_date"))
"""Fields that hold the address of a machine, or a time."""
_PLAIN_BY_NAME: Mapping[str, Callable[[str], object]] = {
    **dict.fromkeys(_SPANS, re.compile(f"{_SPAN_ID.pattern}|{_PLAIN_ID.pattern}").fullmatch),
    **dict.fromkeys(_OF_MACHINES, re.compile(f"[^@]{{0,{LONGEST_ID}}}", re.DOTALL).fullmatch),
}
"""For some fields, by name: which values stay as they are without a search."""


def is_plain_id(value: str, name: str) -> bool:
    """Whether a value has one of the forms in which no pattern finds anything.

    Args:
        value: The value of a field that holds no text.
        name: The name of the field.
    """
    return _PLAIN_BY_NAME.get(name, _PLAIN_ID.fullmatch)(value) is not None


_OF_CALLS = frozenset((
    "hilt_version", "event_id", "timestamp", "session_id", "actor", "action", "content", "metrics",
    "provenance", "extensions",
))  # fmt: skip
"""The fields of a call's event; any other is rare."""
_IN_ANY_CASE = frozenset(("email", "ip"))
_WITH_GAPS = frozenset(("phone", "card", "iban", "national_id"))
_WITH_PLUS_AS_GAP = frozenset(("phone", "card", "iban"))
_SEALED_PARTS = (
    "actor",
    "content",
    "metrics",
    "provenance",
    "integrity",
    "extensions",
    "session_id",
)


class PolicyFilter:
    """Applies a policy to events before they are written. It fails closed.

    Args:
        policy: What may be written.
        needs_keys: Whether to raise an error if the keys cannot be used for an event. A finished
            log would lose its texts for good otherwise.

    Raises:
        ConfigurationError: If its keys cannot be used.
    """

    def __init__(self, policy: Policy, *, needs_keys: bool = False) -> None:
        self.policy = policy
        self._needs_keys = needs_keys
        self.failures = 0
        """How many events lost their texts, because they could not be treated."""
        self._patterns = [(kind, re.compile(text)) for kind, text in policy.patterns.items()]
        self._detector = (
            TimedDetector(policy.detector, policy.detector_seconds) if policy.detector else None
        )
        self._keys = KeyFile(policy.key_file) if _needs_keys(policy) else None
        if policy.content == "seal" and self._keys is not None:
            self._keys.key_of("hilt")  # fails now, not at the first event
        self._subjects: OrderedDict[str, str] = OrderedDict()
        self._clean_names: set[str] = set()
        self.clean_ids: set[str] = set()
        self.clean_members: set[str] = set()
        self.plain_members: set[str] = set()
        self._warning = OnceAMinute()

    def __call__(self, event: Event) -> Event:
        """The event as it may be written. Never raises, unless it needs keys."""
        try:
            result = self._treated(event)
            result.encode()
        except Exception as error:  # whatever it was, the texts are not written
            if self._needs_keys and isinstance(error, ConfigurationError):
                raise
            self.failures += 1
            if self._warning.is_due():
                # Not the error's message: it may quote what was to be hidden.
                logger.warning(
                    "privacy: the policy %r failed (%s); the event is written without its texts",
                    self.policy.name,
                    type(error).__name__,
                )
            return self._without_texts(event)
        return result

    def treat_dicts(self, events: list[JsonObject]) -> tuple[list[JsonObject], bool] | None:
        """Apply the policy to events of calls that are not encoded yet. Never raises.

        Returns:
            The events as they may be written, and whether any value in them changed. None if they
            have to be treated as `Event` objects: the policy does more than redact, it has a
            detector, or there is more than plain JSON in them.
        """
        if self.policy.content != "keep" or self._detector is not None:
            return None
        treated: list[JsonObject] = []
        is_changed = self.policy.pseudonymise
        try:
            for event in events:
                result, is_other = self._treated_dict(event)
                is_changed = is_changed or is_other
                treated.append(result)
        except NotPlain:
            return None
        except Exception as error:  # the other way fails closed, and counts it
            logger.debug("privacy: events go the other way (%s)", type(error).__name__)
            return None
        return treated, is_changed

    def _treated_dict(self, event: JsonObject) -> tuple[JsonObject, bool]:
        if not _OF_CALLS.issuperset(event) or event["action"] == "completion_chunk":
            raise NotPlain
        kinds: set[str] = set()
        known: dict[str, str] = {}  # a prompt has its text twice, in `text` and in `messages`

        def replaced(text: str) -> str:
            result = known.get(text)
            if result is None:
                result, found = text, find(text, kinds_to_redact)
                if found or has_patterns:
                    found = self._with_own_patterns(text, found)
                    result = self._with_labels(text, found, kinds) if found else text
                known[text] = result
            return result

        kinds_to_redact, has_patterns = self.policy.redact, bool(self._patterns)
        ids = _Ids(self, kinds)
        session_id, actor = event["session_id"], map_actor(event["actor"], replaced)
        stays = not self.policy.pseudonymise and OWN_ID.match(session_id)
        result: JsonObject = {
            "hilt_version": event["hilt_version"],
            "event_id": event["event_id"],
            "timestamp": event["timestamp"],
            "session_id": session_id if stays else self._conversation(session_id),
            "actor": actor,
            "action": event["action"],
        }
        if "content" in event and (content := map_content(event["content"], replaced, ids)):
            result["content"] = content
        if "metrics" in event:
            result["metrics"] = plain_metrics(event["metrics"])
        origin = extensions = None
        if "provenance" in event:
            origin = map_fields(event["provenance"], "provenance", replaced, ids)
            if origin:
                result["provenance"] = origin
        if "extensions" in event:
            extensions = map_fields(event["extensions"], "extensions", replaced, ids)
        who, clean_names = actor["id"], self._clean_names
        if who not in (NOBODY if actor["type"] == "human" else clean_names):
            actor["id"] = self._actor_id(actor["type"], who, kinds)
        if origin and isinstance(agent := origin.get("agent"), str) and agent not in clean_names:
            origin["agent"] = self._agent(agent, kinds)
        result["privacy"] = self._mark({}, kinds)
        if extensions:
            following = extensions.get("continues_as")
            if isinstance(following, str) and not (stays and OWN_ID.match(following)):
                extensions["continues_as"] = self._conversation(_following(event["extensions"]))
            result["extensions"] = extensions
        is_same = not kinds and actor["id"] == who and result["session_id"] == session_id
        return result, not is_same

    def _treated(self, event: Event) -> Event:
        if self._is_done(event):
            return event
        chunk = sized_chunk(event, self.id_of)
        if chunk is not None or self.policy.content == "drop":
            return self._marked(event, chunk or structure_of(event, self.id_of), set())
        if self.policy.content == "seal":
            return self._sealed(event)
        return self._redacted(event)

    def _is_done(self, event: Event) -> bool:
        """Whether an event has been treated by this policy before.

        Its mark alone does not prove it: another policy may have the same name.
        """
        if (event.privacy or {}).get("policy") != self.policy.name:
            return False
        if self.policy.content == "keep":
            return self.policy.pseudonymise and not self._has_findings(event)
        content, rest = event.content, event
        is_chunk = event.action == "completion_chunk"  # sized, and never sealed
        if self.policy.content == "seal" and content is not None and not is_chunk:
            sealed = content.text_encrypted or ""
            if not sealed.startswith("hilt1.") or content != Content(text_encrypted=sealed):
                return False
            rest = msgspec.structs.replace(event, content=None)
        return structure_of(rest, self.id_of) == rest and self._has_pseudonym(event)

    def _has_findings(self, event: Event) -> bool:
        if not self._has_pseudonym(event):
            return True
        kinds: set[str] = set()
        self._without_findings(event, kinds)
        return bool(kinds)

    def _has_pseudonym(self, event: Event) -> bool:
        """Whether the actor's id may stay: as a pseudonym, as no person's, or by the policy."""
        who = event.actor.id
        is_nobodys = event.actor.type != "human" or who in NOBODY
        return is_nobodys or not self.policy.pseudonymise or _PSEUDONYM.match(who) is not None

    # -- redaction ------------------------------------------------------------------------------

    def _redacted(self, event: Event) -> Event:
        kinds: set[str] = set()
        treated = self._without_findings(event, kinds)
        if kinds and treated.content is not None:
            treated.content.text_hash = None  # it would confirm a guess of what was redacted
        return self._marked(event, treated, kinds)

    def _without_findings(self, event: Event, kinds: set[str]) -> Event:
        known: dict[str, str] = {}  # a prompt has its text twice, in `text` and in `messages`

        def replaced(text: str, _: str) -> str:
            result = known.get(text)
            if result is None:
                result = known[text] = self._replaced(text, kinds)
            return result

        rule = _Ids(self, kinds)
        return map_texts(event, replaced, whole=True, ids=rule, members=rule)

    def _replaced(self, text: str, kinds: set[str]) -> str:
        findings = self._find(text)
        return self._with_labels(text, findings, kinds) if findings else text

    def _with_labels(self, text: str, findings: list[Finding], kinds: set[str]) -> str:
        parts: list[str] = []
        end = 0
        for each in findings:
            kinds.add(each.kind)
            parts += (text[end : each.start], self._label(text[each.start : each.end], each.kind))
            end = each.end
        return "".join((*parts, text[end:]))

    def _find(self, text: str) -> list[Finding]:
        found = self._find_by_pattern(text)
        return found if self._detector is None else _merged(found + self._detector.find(text))

    def _find_by_pattern(self, text: str) -> list[Finding]:
        return self._with_own_patterns(text, find(text, self.policy.redact))

    def _with_own_patterns(self, text: str, found: list[Finding]) -> list[Finding]:
        if found and "[" in text:  # a label of an earlier run is no value
            found = [each for each in found if not _LABEL.fullmatch(text, each.start, each.end)]
        if not self._patterns:
            return found
        for kind, pattern in self._patterns:
            found += [Finding(*each.span(), kind) for each in pattern.finditer(text)]
        return _merged(found)

    def _label(self, value: str, kind: str) -> str:
        if self.policy.pseudonymise and self._keys is not None:
            return numbered_label(value, kind, self._keys)
        return f"[{kind.upper()}]"

    # -- ids ------------------------------------------------------------------------------------

    def _person(self, value: str, field: str) -> str:
        """An id of a person as it may be written."""
        if value in NOBODY:
            return value
        if self.policy.pseudonymise and self._keys is not None:
            return f"{field}_{self._keys.pseudonym(value, field)}"
        return f"{field}_{self._stand_in(value, field)}" if self._names_somebody(value) else value

    def id_of(self, value: str, name: str, kinds: set[str] | None = None) -> str:
        """An id, a kind or a role as it may be written: a program may put anything there."""
        if name in _SPANS and _SPAN_ID.fullmatch(value):
            return value
        if value in self.clean_ids or _PLAIN_ID.fullmatch(value) or name in _OF_MACHINES:
            return value
        findings = find(value, self.policy.redact)
        if findings and not _LABEL.fullmatch(value):
            return self._with_labels(value, findings, set() if kinds is None else kinds)
        if len(self.clean_ids) >= _REMEMBERED:
            self.clean_ids.clear()
        self.clean_ids.add(value)
        return value

    def member(self, text: str, name: str, kinds: set[str]) -> str:
        """A text in which nothing was found, as it may be in a member whose name may explain it.

        As in ``{"password": "..."}``, where the name says what the text is.
        """
        findings = find_in_member(text, name, self.policy.redact)
        if not findings or _LABEL.search(text):
            return text
        return self._with_labels(text, findings, kinds)

    def explains(self, name: str) -> bool:
        """Whether the name of a member in JSON may say what its text is."""
        if name in self.plain_members:
            return False
        if may_explain(name):
            return True
        is_short = len(name) <= _LONGEST_REMEMBERED
        if is_short and name not in VALUES and len(self.plain_members) < _REMEMBERED:
            self.plain_members.add(name)
        return False

    def arguments(self, items: list[Any], kinds: set[str]) -> list[Any]:
        """The arguments of a command as they may be, as in ``["curl", "-u", "ann:..."]``."""
        result = list(items)
        for index, findings in find_in_arguments(items, self.policy.redact).items():
            if not _LABEL.search(items[index]):
                result[index] = self._with_labels(items[index], findings, kinds)
        return result

    def _agent(self, name: str, kinds: set[str]) -> str:
        """The name of an agent, or of another actor that is no person, as it may be written.

        Such names are few, and most have no personal data.
        """
        if name in self._clean_names:
            return name
        findings = self._find_by_pattern(name)
        if findings:
            return self._with_labels(name, findings, kinds)
        if len(self._clean_names) < _REMEMBERED:
            self._clean_names.add(name)
        return name

    def _conversation(self, value: str) -> str:
        if self.policy.pseudonymise and self._keys is not None:
            return f"conv_{self._keys.pseudonym(value, 'conversation')}"
        if OWN_ID.match(value) or not self._names_somebody(value):
            return value
        return f"conv_{self._stand_in(value, 'conversation')}"

    def _names_somebody(self, value: str) -> bool:
        return bool(find(value, self.policy.redact))

    def _stand_in(self, value: str, field: str) -> str:
        """A pseudonym for an id that has personal data: two people must not get one label."""
        if self._keys is None:
            self._keys = KeyFile(self.policy.key_file)
        return self._keys.pseudonym(value, field)

    def _marked(self, event: Event, treated: Event, kinds: set[str]) -> Event:
        """The treated event with its ids as they may be written, and a mark of what was done."""
        self._set_names(treated, kinds)
        treated.session_id = self._conversation(event.session_id)
        extensions = treated.extensions
        if extensions and isinstance(extensions.get("continues_as"), str):
            following = self._conversation(_following(event.extensions))
            treated.extensions = {**extensions, "continues_as": following}
        treated.privacy = self._mark(treated.privacy or {}, kinds)
        return treated

    def _mark(self, before: JsonObject, kinds: set[str]) -> JsonObject:
        """The ``privacy`` field of an event."""
        mark: JsonObject = {**before, "policy": self.policy.name}
        if kinds:
            mark["pii_detected"] = sorted(kinds | set(before.get("pii_detected") or ()))
        is_second = before.get("redaction_applied") is True
        is_second = is_second and before.get("policy") == self.policy.name
        mark["redaction_applied"] = bool(kinds) or is_second or self.policy.content != "keep"
        return mark

    def _set_names(self, treated: Event, kinds: set[str]) -> None:
        actor, origin = treated.actor, treated.provenance
        who = self._actor_id(actor.type, actor.id, kinds)
        did = self._person(actor.did, "did") if actor.did else None
        if who != actor.id or did != actor.did:
            treated.actor = msgspec.structs.replace(actor, id=who, did=did)
        agent = origin.get("agent") if origin else None
        if isinstance(agent, str):
            treated.provenance = {**(origin or {}), "agent": self._agent(agent, kinds)}

    def _actor_id(self, kind: str, who: str, kinds: set[str]) -> str:
        return self._person(who, "user") if kind == "human" else self._agent(who, kinds)

    # -- encryption -----------------------------------------------------------------------------

    def _sealed(self, event: Event) -> Event:
        keys = self._keys
        if keys is None:
            raise RuntimeError("a policy that seals has keys")
        treated = self._marked(event, structure_of(event, self.id_of), set())
        key = keys.key_of(self._subject(event, treated))
        whole, left = event.to_dict(), treated.to_dict()
        hidden = {name: whole[name] for name in _SEALED_PARTS if whole.get(name) != left.get(name)}
        if event.extra:
            hidden["extra"] = event.extra
        sealed = key.seal(msgspec.json.encode(hidden), f"{event.event_id}:content")
        treated.content = Content(text_encrypted=sealed)
        return treated

    def _subject(self, event: Event, treated: Event) -> str:
        """Whose key an event is sealed with: the person's, also for what answers that person."""
        session = treated.session_id
        if event.actor.type == "human" and event.actor.id not in NOBODY:
            self._subjects[session] = treated.actor.id
            self._subjects.move_to_end(session)
            while len(self._subjects) > _REMEMBERED:
                self._subjects.popitem(last=False)
        return self._subjects.get(session, session)

    # -- what cannot be treated -----------------------------------------------------------------

    def _without_texts(self, event: Event) -> Event:
        """The structure of an event whose texts could not be treated."""
        try:
            result = self._marked(event, structure_of(event, self.id_of), set())
        except Exception:  # the keys are gone, or the event is no event
            result = Event(
                event_id=event.event_id,
                timestamp=event.timestamp,
                session_id="conv_withheld",
                actor=Actor(event.actor.type, "withheld"),
                action=event.action,
                metrics=_numbers_of(event.metrics),
                privacy={"policy": self.policy.name},
            )
        result.privacy = {**(result.privacy or {}), "processing_failed": True}
        return result


def _numbers_of(metrics: Metrics | None) -> Metrics | None:
    if metrics is None:
        return None
    return Metrics(tokens=metrics.tokens, cost_usd=metrics.cost_usd, latency_ms=metrics.latency_ms)


class _Ids:
    """What a policy does with the ids of one event."""

    __slots__ = (
        "_filter", "_kinds", "_members_left", "clean", "is_plain", "is_plain_by_name", "names",
        "plain_members",
    )  # fmt: skip

    def __init__(self, policy: PolicyFilter, kinds: set[str]) -> None:
        self.clean = policy.clean_ids
        self.is_plain: Callable[[str], object] = _PLAIN_ID.fullmatch
        self.is_plain_by_name = _PLAIN_BY_NAME
        self.names = policy.clean_members
        self.plain_members = policy.plain_members
        self._filter = policy
        self._kinds = kinds
        self._members_left = _MOST_MEMBERS

    def member(self, text: str, name: str) -> str:
        if not self._filter.explains(name):
            return text
        self._members_left -= 1
        if self._members_left < 0:  # no event of a usual call has as many
            self._kinds.add(BLOCK)
            return f"[{BLOCK.upper()}]"
        return self._filter.member(text, name, self._kinds)

    def explains(self, name: str) -> bool:
        return self._filter.explains(name)

    def arguments(self, items: list[Any]) -> list[Any]:
        return self._filter.arguments(items, self._kinds)

    def __call__(self, value: str, name: str) -> str:
        return self._filter.id_of(value, name, self._kinds)


def opened(event: Event, keys: KeyFile) -> Event | None:
    """A sealed event as it was before it was sealed; None if its key was dropped.

    Args:
        event: An event; one that is not sealed is returned as it is.
        keys: The key file of the policy that sealed it.

    Raises:
        ValueError: If the sealed text was changed, or belongs to another event.
    """
    sealed = event.content.text_encrypted if event.content is not None else None
    if sealed is None or not sealed.startswith("hilt1."):
        return event
    key = keys.key_by_id(sealed.split(".", 2)[1])
    if key is None:
        return None
    hidden = msgspec.json.decode(key.open(sealed, f"{event.event_id}:content"))
    whole = event.to_dict()
    whole.pop("content", None)
    whole.update(hidden.pop("extra", {}))
    whole.update(hidden)
    privacy = {**(event.privacy or {})}
    privacy.pop("policy", None)
    whole["privacy"] = {**privacy, "redaction_applied": False}
    return Event.from_dict(whole)


def _following(extensions: object) -> str:
    """The id of the conversation that an answer continues in, before anything in it was replaced.

    A pseudonym is made of this id, as it is in the events of that conversation.
    """
    if isinstance(extensions, dict):
        return str(extensions["continues_as"])
    return str(getattr(extensions, "continues_as", ""))


def numbered_label(value: str, kind: str, keys: KeyFile) -> str:
    """The label that replaces a value in a text under a policy with pseudonyms.

    Args:
        value: The value.
        kind: Its kind.
        keys: The key file of the policy.
    """
    return f"[{kind.upper()}_{keys.pseudonym(_as_one(value, kind), kind)[:8]}]"


def _as_one(value: str, kind: str) -> str:
    """A value in its normal form, so that all spellings of it get the same number."""
    if kind not in _IN_ANY_CASE | _WITH_GAPS:
        return value
    value = unicodedata.normalize("NFKC", unescaped(value))
    if kind in _IN_ANY_CASE:
        return (unspelt(value) if kind == "email" else value).lower()
    if kind in _WITH_PLUS_AS_GAP:  # as in a form of a web page
        value = value[:1] + value[1:].replace("+", " ")
    digits = "".join(
        each for each in value.replace("(0)", "").upper() if each.isalnum() or each == "+"
    )
    return f"+{digits[2:]}" if kind == "phone" and digits.startswith("00") else digits


def _needs_keys(policy: Policy) -> bool:
    return policy.pseudonymise or policy.content == "seal"


def _merged(found: list[Finding]) -> list[Finding]:
    """Findings in their order; those that overlap become one, with the kind of the first."""
    found.sort(key=lambda each: (each.start, -each.end))
    merged: list[Finding] = []
    for each in found:
        if merged and each.start < merged[-1].end:
            last = merged[-1]
            merged[-1] = Finding(last.start, max(last.end, each.end), last.kind)
        else:
            merged.append(each)
    return merged
