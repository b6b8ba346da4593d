"""The fields of a call, by their names in the conventions, from the attributes of any emitter.

They make the request and the answer: what `hilt.genai.attributes` writes, read back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from hilt import semconv
from hilt.genai.attributes import USAGE_ATTRIBUTES
from hilt.genai.coerce import count_or_none
from hilt.genai.json_values import get_path, json_or_text
from hilt.genai.values import Request, Response, Usage
from hilt_otel_exporters.dialects.all_dialects import FIELDS, REPORTED_COST
from hilt_otel_exporters.dialects.dialect import Dialect, Source
from hilt_otel_exporters.dialects.provider_names import provider_named
from hilt_otel_exporters.dialects.text_values import number_in_text, value_in_text
from hilt_otel_exporters.dialects.usage_values import add_usage
from hilt_otel_exporters.span_record import SpanRecord

__all__ = ["call_fields", "request_of", "response_of", "usage_of", "value_of"]

_REQUEST_FIELDS = (
    (semconv.REQUEST_MODEL, "model"),
    (semconv.REQUEST_PREVIOUS_RESPONSE_ID, "previous_response"),
    (semconv.SERVER_ADDRESS, "server_address"),
    (semconv.SERVER_PORT, "server_port"),
)
_RESPONSE_FIELDS = (
    (semconv.RESPONSE_ID, "id"),
    (semconv.RESPONSE_MODEL, "model"),
    (semconv.EMBEDDINGS_DIMENSION_COUNT, "dimensions"),
)
_REQUEST_NAMES = frozenset(
    {semconv.REQUEST_MODEL, semconv.REQUEST_PREVIOUS_RESPONSE_ID, semconv.REQUEST_STREAM}
)
_REQUEST_EXTRAS = (semconv.REQUEST_PREFIX, "openai.request.")
_NEITHER = (semconv.OTHER_REQUEST_TYPE, semconv.OTHER_REQUEST_FUNCTIONS_PREFIX)
"""What some have by names of parameters: the operation, and tools."""
_REQUEST_OTHERS = (semconv.OUTPUT_TYPE, semconv.OPENAI_API_TYPE)
_RESPONSE_EXTRAS = ("openai.response.",)
_CACHED = (semconv.USAGE_CACHE_READ_INPUT_TOKENS, semconv.USAGE_CACHE_WRITE_INPUT_TOKENS)
_NUMBERS = frozenset(
    {
        semconv.REQUEST_CHOICE_COUNT,
        semconv.REQUEST_FREQUENCY_PENALTY,
        semconv.REQUEST_MAX_TOKENS,
        semconv.REQUEST_PRESENCE_PENALTY,
        semconv.REQUEST_SEED,
        semconv.REQUEST_TEMPERATURE,
        semconv.REQUEST_TOP_K,
        semconv.REQUEST_TOP_P,
    }
)
_TOTALS = (
    semconv.OTHER_USAGE_TOTAL_TOKENS,
    "llm.usage.total_tokens",
    "llm.token_count.total",
    "ai.usage.totalTokens",
)


def call_fields(record: SpanRecord, dialects: Sequence[Dialect]) -> dict[str, Any]:
    """The fields that a record's attributes give, each from the best source that has it.

    Args:
        record: A span.
        dialects: Those that it is written in: their preferences count.
    """
    fields: dict[str, Any] = {}
    ranks: dict[str, int] = {}
    nested: list[_Candidate] = []
    for attribute, value in record.attributes.items():
        candidates = _CANDIDATES.get(attribute)
        if candidates is None:
            if attribute.startswith(semconv.REQUEST_PREFIX) and not attribute.startswith(_NEITHER):
                _add_parameter(fields, attribute, value)
            continue
        for candidate in candidates:
            field, rank, source, plain, coerce = candidate
            if source is not None:
                nested.append(candidate)
            elif value is not None and value != "" and rank < ranks.get(field, _LAST):
                value_ = value if type(value) is plain else coerce(value)
                if value_ is not None:
                    fields[field], ranks[field] = value_, rank
    if nested:
        _add_nested(record, nested, fields, ranks)
    for dialect in reversed(dialects):
        for field, sources in dialect.prefer.items():
            value = value_of(record, sources) if field in FIELDS else None
            if value is not None:
                fields[field] = _COERCIONS.get(field, _TEXT).coerce(value)
    return fields


def _add_parameter(fields: dict[str, Any], attribute: str, value: object) -> None:
    """Add a parameter of the request as it is, if it says anything."""
    if attribute == semconv.REQUEST_STOP_SEQUENCES:
        value = json_or_text(value)
    elif type(value) is str and attribute in _NUMBERS:
        number = number_in_text(value)
        value = value if number is None else number
    if isinstance(value, tuple):
        value = list(value)
    if value not in (None, "", [], _USUAL.get(attribute)):
        fields[attribute] = value


def _add_nested(
    record: SpanRecord, nested: list[_Candidate], fields: dict[str, Any], ranks: dict[str, int]
) -> None:
    """Add the fields that stand in the JSON of an attribute, where no attribute of its own does."""
    nested.sort(key=_rank)
    for field, rank, source, _, coerce in nested:
        if source is not None and rank < ranks.get(field, _LAST):
            value = value_of(record, (source,))
            value = None if value is None else coerce(value)
            if value is not None:
                fields[field], ranks[field] = value, rank


def value_of(record: SpanRecord, sources: Sequence[Source]) -> Any:
    """The value of the first source that has one; zero and False are values, empty text is none."""
    attributes = record.attributes
    for source in sources:
        if isinstance(source, str):
            value = attributes.get(source)
        elif source[0] in attributes:
            whole = record.json(str(source[0]))
            if type(whole) is str:
                whole = value_in_text(whole)
            value = get_path(whole, *source[1:])
        else:
            continue
        if value is not None and value != "":
            return value
    return None


_USUAL = {semconv.REQUEST_CHOICE_COUNT: 1}  # one answer is what everybody gets


# -- what they say of a call ------------------------------------------------------------------


def request_of(fields: Mapping[str, Any]) -> Request:
    """The request that fields speak of; its messages are not among them."""
    request = Request(
        str(fields.get(semconv.OPERATION_NAME) or "chat"),
        str(fields.get(semconv.PROVIDER_NAME) or ""),
        stream=bool(fields.get(semconv.REQUEST_STREAM)),
        user=fields.get(semconv.USER_ID),
    )
    for name, field in _REQUEST_FIELDS:
        if fields.get(name) is not None:
            setattr(request, field, fields[name])
    if request.server_port and request.server_address:
        request.server_address = request.server_address.removesuffix(f":{request.server_port}")
    request.attributes = {
        name: value
        for name, value in fields.items()
        if (name.startswith(_REQUEST_EXTRAS) and name not in _REQUEST_NAMES)
        or name in _REQUEST_OTHERS
    }
    return request


def response_of(record: SpanRecord, fields: dict[str, Any]) -> Response:
    """The answer that fields speak of, but for its messages."""
    usage = usage_of(record, fields)
    response = Response(
        finish_reasons=fields.get(semconv.RESPONSE_FINISH_REASONS) or [],
        usage=usage,
        raw_usage=fields.get(semconv.OTHER_USAGE_RAW),
        service_tier=fields.get(semconv.OPENAI_RESPONSE_SERVICE_TIER),
        attributes={
            name: value for name, value in fields.items() if name.startswith(_RESPONSE_EXTRAS)
        },
    )
    for name, field in _RESPONSE_FIELDS:
        if fields.get(name) is not None:
            setattr(response, field, fields[name])
    return response


def usage_of(record: SpanRecord, fields: dict[str, Any]) -> Usage | None:
    """The token counts among fields, with the total that the emitter has; None if there are none.

    The total settles what the other counts leave out: an input to which only it adds what was
    cached is made whole here. A call that has no counts as attributes is given those of its answer.
    """
    attributes = record.attributes
    totals = [_count(attributes[name]) for name in _TOTALS if name in attributes]
    if semconv.USAGE_INPUT_TOKENS not in fields and semconv.USAGE_OUTPUT_TOKENS not in fields:
        add_usage(record, fields)
    elif totals:
        _add_cached(fields, totals)
    counts = {
        field: count
        for name, field in USAGE_ATTRIBUTES
        if (count := fields.get(name)) is not None and count >= 0
    }
    total = next(filter(None, totals), None)
    return Usage(**counts, total_tokens=total) if counts or total else None


def _add_cached(fields: dict[str, Any], totals: Sequence[int | None]) -> None:
    """Add what was cached to an input that leaves it out, where a total says that it does."""
    given = fields.get(semconv.USAGE_INPUT_TOKENS)
    cached = sum([fields.get(name) or 0 for name in _CACHED])
    if cached and given is not None:
        whole = given + cached + (fields.get(semconv.USAGE_OUTPUT_TOKENS) or 0)
        if whole in totals:
            fields[semconv.USAGE_INPUT_TOKENS] = given + cached


# -- values of fields -------------------------------------------------------------------------


class _Coercion(NamedTuple):
    """How the values of a field are read: those of the plain type are taken as they are."""

    plain: type | None
    coerce: Callable[[Any], Any]


def _text(value: object) -> str | None:
    """Text, or a number that stands for a name; nothing else is one."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(value)


def _model(value: object) -> str | None:
    return None if value in ("unknown", "None") else _text(value)


def _provider(value: object) -> str | None:
    return provider_named(value) if isinstance(value, str) else None


def _count(value: object) -> int | None:
    if type(value) is int and value >= 0:
        return value
    return count_or_none(json_or_text(value) if isinstance(value, str) else value)


def _is_set(value: object) -> bool | None:
    if isinstance(value, str):
        value = value.strip('"').lower() == "true"
    return True if value else None


def _host(value: object) -> str:
    text = str(value)
    return (urlsplit(text).hostname or text) if "//" in text else text


def _reasons(value: object) -> list[str] | None:
    listed = json_or_text(value) if isinstance(value, str) and value[:1] in ("[", '"') else value
    reasons = listed if isinstance(listed, (list, tuple)) else [listed]
    return [_reason(str(each)) for each in reasons if each] or None


def _reason(reason: str) -> str:
    """A finish reason; one of an enumeration, ``FinishReason.STOP``, by its name alone."""
    printed, _, name = reason.rpartition(".")
    bare = _ENUMERATED.sub("", name)
    return bare.lower() if printed or bare != name else reason


def _counts(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None


_ENUMERATED = re.compile(r"^(FINISH_)?REASON_")
_TEXT = _Coercion(str, _text)
_COERCIONS = {
    semconv.PROVIDER_NAME: _Coercion(None, _provider),
    semconv.REQUEST_MODEL: _Coercion(None, _model),
    semconv.RESPONSE_MODEL: _Coercion(None, _model),
    semconv.RESPONSE_FINISH_REASONS: _Coercion(None, _reasons),
    semconv.SERVER_ADDRESS: _Coercion(None, _host),
    semconv.SERVER_PORT: _Coercion(None, _count),
    semconv.REQUEST_STREAM: _Coercion(None, _is_set),
    semconv.HTTP_RESPONSE_STATUS_CODE: _Coercion(None, _count),
    semconv.EMBEDDINGS_DIMENSION_COUNT: _Coercion(None, _count),
    semconv.RESPONSE_TIME_TO_FIRST_CHUNK: _Coercion(float, number_in_text),
    semconv.HILT_COST_USD: _Coercion(float, number_in_text),
    semconv.OTHER_USAGE_RAW: _Coercion(None, _counts),
    **{
        name: _Coercion(int, _count)
        for name in FIELDS
        if name.startswith(semconv.USAGE_PREFIX) and name != semconv.OTHER_USAGE_RAW
    },
}


# -- the table of sources, turned round ---------------------------------------------------------


class _Candidate(NamedTuple):
    """A field that an attribute may give."""

    field: str
    rank: int  #: the lower, the better
    source: Source | None  #: where in the attribute's JSON; None for its own value
    plain: type | None
    coerce: Callable[[Any], Any]


def _rank(candidate: _Candidate) -> int:
    return candidate.rank


def _candidates() -> dict[str, list[_Candidate]]:
    """By attribute, the fields that it may give."""
    index: dict[str, list[_Candidate]] = {}
    for field, sources in {**FIELDS, semconv.HILT_COST_USD: REPORTED_COST}.items():
        for rank, source in enumerate(sources):
            attribute, nested = (source, None) if isinstance(source, str) else (source[0], source)
            candidate = _Candidate(field, rank, nested, *_COERCIONS.get(field, _TEXT))
            index.setdefault(str(attribute), []).append(candidate)
    return index


_LAST = 1 << 30
_CANDIDATES = _candidates()
