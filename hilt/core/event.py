"""The event: one line of a HILT log.

Construction takes objects or plain dicts and checks everything; fields that HILT does not know
are kept in ``extra``, and written again at the same level.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, TypeVar

import msgspec

from hilt.core.exceptions import EventError
from hilt.core.ids_and_times import new_event_id, now, parse_timestamp, to_timestamp
from hilt.core.json_types import JsonArray, JsonObject

__all__ = [
    "ACTIONS",
    "ACTOR_TYPES",
    "ENDING_ACTIONS",
    "HILT_VERSION",
    "Actor",
    "Content",
    "Event",
    "Metrics",
]

HILT_VERSION = "1.0.0"
"""The version of the format that this package writes."""

ACTOR_TYPES = ("human", "agent", "tool", "system")
"""The types of actors."""

ACTIONS = (
    "prompt",
    "completion",
    "completion_chunk",
    "tool_call",
    "tool_result",
    "retrieval",
    "rerank",
    "embedding",
    "feedback",
    "system",
)
"""The actions that an event may have."""

ENDING_ACTIONS = frozenset(("completion", "embedding", "rerank", "system"))
"""The actions of events that end a call; a ``system`` event need not."""

_ACTIONS = frozenset(ACTIONS)
_ACTOR_TYPES = frozenset(ACTOR_TYPES)

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()
_Part = TypeVar("_Part", bound="_Record")


class _Record(msgspec.Struct, omit_defaults=True, kw_only=True):
    """The base of the four structures: reads and writes plain dicts, and keeps unknown fields."""

    extra: JsonObject | None = None

    _where: ClassVar[str] = ""

    @classmethod
    def from_dict(cls: type[_Part], value: object) -> _Part:
        """Read one from a plain dict; keys that are not fields are kept in ``extra``.

        Raises:
            EventError: If a value is wrong; the message names the field.
        """
        if isinstance(value, cls):
            return value
        if not isinstance(value, dict):
            raise _wrong(cls._where or "event", value, "an object")
        fields = _FIELDS[cls]
        extra = {key: item for key, item in value.items() if key not in fields}
        given = {key: item for key, item in value.items() if key in fields and item is not None}
        try:
            return cls(**given, extra=extra or None)
        except TypeError as error:
            missing = [name for name in _REQUIRED[cls] if name not in given]
            if not missing:
                raise
            raise EventError(f"{_path(cls, missing[0])}: is missing") from error

    def to_dict(self) -> JsonObject:
        """A plain dict without absent values, ready for any JSON encoder."""
        result: JsonObject = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None and name != "extra":
                result[name] = value.to_dict() if isinstance(value, _Record) else value
        if self.extra:
            result.update(self.extra)
        return result


class Actor(_Record):
    """Who acts.

    Args:
        type: ``human``, ``agent``, ``tool`` or ``system``.
        id: Who exactly, for example ``user`` or ``openai``.
        name: A name to show.
        did: A decentralised identifier.
        metadata: Anything else, as JSON.
    """

    type: str
    id: str
    name: str | None = None
    did: str | None = None
    metadata: JsonObject | None = None

    _where: ClassVar[str] = "actor"

    def __post_init__(self) -> None:
        if not isinstance(self.type, str) or self.type not in _ACTOR_TYPES:
            raise _wrong("actor.type", self.type, f"one of {', '.join(ACTOR_TYPES)}")
        _check_id("actor.id", self.id)
        _check_texts("actor", name=self.name, did=self.did)
        _check_objects("actor", metadata=self.metadata)


class Content(_Record, kw_only=True):
    """The text of an event, and what else was exchanged.

    Args:
        text: The text itself.
        messages: Messages in the shape of the OpenTelemetry GenAI conventions,
            ``[{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]``.
        choices: The other choices of an answer, as messages.
        reasoning: The model's reasoning, where the provider gives it.
        tool: ``{"name", "call_id", "arguments"}`` or ``{"name", "call_id", "result"}``.
        documents: Retrieved documents, ``[{"id", "text", "score"}]``.
        images: Images, as blobs ``{"type": "blob", "mime_type", "size", "sha256"}``.
        media: Other binary content, as blobs.
        text_hash: A hash of the text, see `hilt.core.integrity.hash_content`.
        text_encrypted: The text, encrypted.
        metadata: Anything else, as JSON.
    """

    text: str | None = None
    messages: JsonArray | None = None
    choices: JsonArray | None = None
    reasoning: str | None = None
    tool: JsonObject | None = None
    documents: JsonArray | None = None
    images: JsonArray | None = None
    media: JsonArray | None = None
    text_hash: str | None = None
    text_encrypted: str | None = None
    metadata: JsonObject | None = None

    _where: ClassVar[str] = "content"

    def __post_init__(self) -> None:
        _check_texts(
            "content",
            text=self.text,
            reasoning=self.reasoning,
            text_hash=self.text_hash,
            text_encrypted=self.text_encrypted,
        )
        _check_objects("content", tool=self.tool, metadata=self.metadata)
        for name in ("messages", "choices", "documents", "images", "media"):
            value = getattr(self, name)
            if value is not None and not isinstance(value, list):
                raise _wrong(f"content.{name}", value, "a list")


class Metrics(_Record, kw_only=True):
    """How much was used, and what it cost.

    Args:
        tokens: Counts by kind: ``prompt``, ``completion``, ``total``, and where the provider
            reports them ``cached``, ``cache_write``, ``reasoning``, ``audio``.
        cost_usd: United States dollars.
        latency_ms: Milliseconds, for events made by hand.
    """

    tokens: dict[str, int] | None = None
    cost_usd: float | None = None
    latency_ms: float | None = None

    _where: ClassVar[str] = "metrics"

    def __post_init__(self) -> None:
        _check_objects("metrics", tokens=self.tokens)
        for name, count in (self.tokens or {}).items():
            if type(count) is not int or count < 0:
                raise _wrong(f"metrics.tokens.{name}", count, "a whole number, not negative")
        for name in ("cost_usd", "latency_ms"):
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, (int, float))
            ):
                raise _wrong(f"metrics.{name}", value, "a number")


class Event(_Record, kw_only=True):
    """One event of a HILT log.

    Plain dicts do as well as objects:

    >>> Event(session_id="order-42", actor={"type": "human", "id": "user"}, action="prompt",
    ...       content={"text": "Hello"}).action
    'prompt'

    Args:
        session_id: The conversation that it belongs to.
        actor: Who acts; an `Actor` or its dict.
        action: What happens; one of `ACTIONS`.
        content: The text, messages, documents or media; a `Content` or its dict.
        metrics: Tokens and cost; a `Metrics` or its dict.
        provenance: Where it comes from: service, provider, models, ids of response and trace.
        privacy: Which personal data was detected and redacted, and consent.
        integrity: Hashes and signatures.
        extensions: Links and measurements (``reply_to``, ``latency_ms``, ...), and your own keys.
        timestamp: RFC 3339 with a time zone, or an aware datetime; now if not given.
        event_id: A new UUIDv7 id if not given.
        hilt_version: The version of the format.

    Raises:
        EventError: If anything is wrong; the message names the field, the value and the way out.
    """

    hilt_version: str = HILT_VERSION
    event_id: str = ""
    timestamp: str = ""
    session_id: str
    actor: Actor
    action: str
    content: Content | None = None
    metrics: Metrics | None = None
    provenance: JsonObject | None = None
    privacy: JsonObject | None = None
    integrity: JsonObject | None = None
    extensions: JsonObject | None = None

    if TYPE_CHECKING:
        # Unlike the fields, the arguments may be plain dicts and datetimes.
        def __init__(
            self,
            *,
            session_id: str,
            actor: Actor | JsonObject,
            action: str,
            content: Content | JsonObject | None = None,
            metrics: Metrics | JsonObject | None = None,
            provenance: JsonObject | None = None,
            privacy: JsonObject | None = None,
            integrity: JsonObject | None = None,
            extensions: JsonObject | None = None,
            timestamp: str | datetime = "",
            event_id: str = "",
            hilt_version: str = HILT_VERSION,
            extra: JsonObject | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        if not self.event_id and isinstance(self.event_id, str):
            self.event_id = new_event_id()
        if not self.timestamp and isinstance(self.timestamp, str):
            self.timestamp = now()
        else:
            self.timestamp = _timestamp(self.timestamp)
        if not isinstance(self.action, str) or self.action not in _ACTIONS:
            raise _wrong("action", self.action, f"one of {', '.join(ACTIONS)}")
        _check_id("session_id", self.session_id)
        _check_id("event_id", self.event_id)
        _check_id("hilt_version", self.hilt_version)
        if type(self.actor) is not Actor:
            self.actor = Actor.from_dict(self.actor)
        if self.content is not None and type(self.content) is not Content:
            self.content = Content.from_dict(self.content)
        if self.metrics is not None and type(self.metrics) is not Metrics:
            self.metrics = Metrics.from_dict(self.metrics)
        _check_objects(
            "",
            provenance=self.provenance,
            privacy=self.privacy,
            integrity=self.integrity,
            extensions=self.extensions,
        )

    @classmethod
    def from_json(cls, line: str | bytes) -> Event:
        """Read an event from one JSON object.

        Raises:
            EventError: If it is not JSON, or not an event.
        """
        if not isinstance(line, (str, bytes)):
            raise EventError(f"event: {type(line).__name__} is not allowed; expected text")
        try:
            value = _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise EventError(f"event: not JSON: {error}") from error
        except RecursionError:
            raise EventError("event: the JSON is nested too deeply") from None
        return cls.from_dict(value)

    @classmethod
    def from_dict(cls, value: object) -> Event:
        """Read an event that was written before, so that its id and timestamp are required.

        A missing ``hilt_version`` is accepted; unknown fields are kept.

        Raises:
            EventError: If it is not an event; the message names the field.
        """
        if isinstance(value, dict):
            for name in ("event_id", "timestamp"):
                if not value.get(name):
                    problem = "is missing" if name not in value else f"{value[name]!r} is empty"
                    raise EventError(f"{name}: {problem}")
        return super().from_dict(value)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text of people or models with its path, ``("content.text", "Hello")``.

        See `hilt.core.texts` for the table of places.
        """
        from hilt.core.texts import texts

        return texts(self)

    def map_texts(self, function: Callable[[str, str], str]) -> Event:
        """The event with each of its `texts` replaced; this one stays as it is.

        >>> event = Event(session_id="s", actor={"type": "human", "id": "ann"}, action="prompt",
        ...               content={"text": "Hi"})
        >>> event.map_texts(lambda text, path: text.upper()).content.text
        'HI'

        Args:
            function: Gets a text and its path, and returns the new text.

        Raises:
            TypeError: If the function returns anything but a text.
        """
        from hilt.core.texts import map_texts

        return map_texts(self, function)

    def encode(self) -> bytes:
        """One line of JSON in UTF-8, without the line end.

        Raises:
            EventError: If a value cannot be written as JSON.
        """
        plain = self.extra is None and self.actor.extra is None
        plain = plain and (self.content is None or self.content.extra is None)
        plain = plain and (self.metrics is None or self.metrics.extra is None)
        try:
            if not plain:
                return _encoder.encode(self.to_dict())
            line = _encoder.encode(self)
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise EventError(f"event: cannot be written as JSON: {error}") from error
        # Encoding leaves out fields that have their default, but the version must be there.
        return line if line.startswith(_VERSION_KEY) else _VERSION_HEAD + line[1:]

    def to_json(self) -> str:
        """One line of JSON, without the line end.

        Raises:
            EventError: If a value cannot be written as JSON.
        """
        return self.encode().decode()


_VERSION_KEY = b'{"hilt_version":'
_VERSION_HEAD = b'{"hilt_version":"%b",' % HILT_VERSION.encode()
_FIELDS: dict[type[_Record], frozenset[str]] = {
    cls: frozenset(cls.__struct_fields__) - {"extra"} for cls in (Actor, Content, Metrics, Event)
}
_REQUIRED: dict[type[_Record], tuple[str, ...]] = {
    Actor: ("type", "id"),
    Content: (),
    Metrics: (),
    Event: ("session_id", "actor", "action"),
}


def _timestamp(value: object) -> str:
    if isinstance(value, datetime):
        return to_timestamp(value)
    if not isinstance(value, str):
        raise _wrong("timestamp", value, "an RFC 3339 string with a time zone")
    parse_timestamp(value)
    return value


def _wrong(field: str, value: object, allowed: str) -> EventError:
    shown = repr(value)
    shown = shown if len(shown) <= 80 else f"{shown[:77]}..."  # noqa: PLR2004
    return EventError(f"{field}: {shown} is not allowed; expected {allowed}")


def _path(cls: type[_Record], name: str) -> str:
    return f"{cls._where}.{name}" if cls._where else name


def _check_id(field: str, value: object) -> None:
    if not isinstance(value, str) or not value:
        raise _wrong(field, value, "text that is not empty")


def _check_texts(where: str, **values: object) -> None:
    for name, value in values.items():
        if value is not None and not isinstance(value, str):
            raise _wrong(f"{where}.{name}", value, "text")


def _check_objects(where: str, **values: object) -> None:
    for name, value in values.items():
        if value is not None and not isinstance(value, dict):
            raise _wrong(f"{where}.{name}" if where else name, value, "an object")
