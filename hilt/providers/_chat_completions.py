"""The chat completions API of OpenAI, which many others copy: requests, answers, token counts.

Messages stand in `hilt.providers._chat_messages`, what chunks add in `_chat_chunks`, and the legacy
completions in `_completions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hilt import semconv
from hilt.genai.coerce import (
    as_list,
    count_or_none,
    list_or_empty,
    str_or_none,
)
from hilt.genai.json_values import field_getter, get_path, to_plain_json
from hilt.genai.outcome import failure_in_body
from hilt.genai.values import Delta, Message, Request, Response, Surface, Usage
from hilt.providers._chat_chunks import (
    add_source_delta,
    content_of,
    sound_pieces,
    tool_call_deltas,
)
from hilt.providers._chat_extras import (
    EXTRA_FIELDS,
    add_sources,
    citations_of,
    extra_parts,
    image_parts,
)
from hilt.providers._chat_messages import FieldGetter, answer_message_of, message_of
from hilt.providers._counts import first_count, sum_of_counts
from hilt.providers._http import HttpRequest
from hilt.providers._iterations import take_out_other_models
from hilt.providers._message_parts import index_of
from hilt.providers._parameters import (
    Attributes,
    add_choice_count,
    add_output_type,
    add_stop_sequences,
)
from hilt.providers._server_tools import server_tool_units

__all__ = [
    "ChatCompletions",
    "add_service_tier",
    "chat_request",
    "in_order",
    "request_parameters",
    "usage_of",
    "wire_fields_of",
]

_PARAMETERS = {
    "max_tokens": semconv.REQUEST_MAX_TOKENS,
    "max_completion_tokens": semconv.REQUEST_MAX_TOKENS,
    "temperature": semconv.REQUEST_TEMPERATURE,
    "top_p": semconv.REQUEST_TOP_P,
    "top_k": semconv.REQUEST_TOP_K,
    "frequency_penalty": semconv.REQUEST_FREQUENCY_PENALTY,
    "presence_penalty": semconv.REQUEST_PRESENCE_PENALTY,
    "seed": semconv.REQUEST_SEED,
    "reasoning_effort": semconv.REQUEST_REASONING_LEVEL,
}
_ATTRIBUTE_TYPES = frozenset((str, int, float))
_RARE_PARAMETERS = frozenset(("stop", "n", "response_format", "service_tier"))
_FIELDS_BESIDES_TEXT = EXTRA_FIELDS | {"tool_calls", "function_call", "audio", "name"}
_COUNT_TYPES = frozenset((int,))  #: the type of a count that is there
_USUAL_FIELDS = 5  #: the totals and the details of both
_RARE_COUNTS = frozenset(
    (
        "cache_write_tokens",
        "cache_creation_tokens",
        "cache_creation_token_details",
        "cached_tokens_details",
        "image_tokens",
        "video_tokens",
        "web_search_requests",
    )
)
_AUDIO_SECONDS = "input_audio_seconds"


# -- requests ---------------------------------------------------------------------------------


def request_parameters(body: Mapping[str, object]) -> Attributes:
    """``gen_ai.request.*`` for the parameters of a request's body."""
    attributes: Attributes = {}
    for name in body:  # most bodies have fewer names than there are parameters
        attribute = _PARAMETERS.get(name)
        if attribute is not None and type(body[name]) in _ATTRIBUTE_TYPES:
            attributes[attribute] = body[name]
    if not _RARE_PARAMETERS.isdisjoint(body):
        add_stop_sequences(attributes, body.get("stop"))
        add_choice_count(attributes, body.get("n"))
        add_output_type(attributes, get_path(body.get("response_format"), "type"))
        add_service_tier(attributes, body.get("service_tier"))
    return attributes


def add_service_tier(attributes: Attributes, tier: object) -> None:
    """Add the requested service tier; ``auto`` leaves it to the project's settings."""
    if isinstance(tier, str) and tier != "auto":
        attributes[semconv.OPENAI_REQUEST_SERVICE_TIER] = tier


def chat_request(sent: HttpRequest) -> Request:
    """A request of ``chat.completions``."""
    body = sent.body
    messages, model, user = body.get("messages"), body.get("model"), body.get("user")
    tools = body.get("tools") or body.get("functions")
    return Request(
        "chat",
        "",
        model if type(model) is str and model else None,
        messages if isinstance(messages, list) else as_list(messages),
        message_of,
        None,
        request_parameters(body),
        as_list(tools) if tools else None,
        user=str_or_none(user) if user is not None else None,
    )


# -- answers ----------------------------------------------------------------------------------


class ChatCompletions(Surface):
    """Answers of ``chat.completions``."""

    name = "chat.completions"
    json = True

    def response(self, body: object) -> Response:
        """The whole answer."""
        get = body.get if type(body) is dict else wire_fields_of(body)
        response = self._response_fields(get)
        choices = get("choices")
        if type(choices) is not list or len(choices) != 1:
            choices = in_order(choices)
        for choice in choices:
            get_of_choice = choice.get if type(choice) is dict else field_getter(choice)
            raw = get_of_choice("message") or {}
            # Most often it is text and a row of empty fields.
            if (
                type(raw) is dict
                and raw.get("role") == "assistant"
                and type(text := raw.get("content")) is str
                and not raw.get("refusal")
                and not raw.get("annotations")
                and _FIELDS_BESIDES_TEXT.isdisjoint(raw)
            ):
                message: Message = {
                    "role": "assistant",
                    "parts": [{"type": "text", "content": text}],
                }
            else:
                message = answer_message_of(raw)
            reason = get_of_choice("finish_reason")
            if reason:
                message["finish_reason"] = reason = str(reason)
                response.finish_reasons.append(reason)
            if reason == "error" or not reason:
                _set_failure_of_choice(response, get_of_choice)
            response.messages.append(message)
        if response.messages and (get("citations") or get("search_results")):
            add_sources(response.messages[0]["parts"], get)
        return response

    def _response_fields(self, get: FieldGetter) -> Response:
        """What an answer and each chunk of one say beside their choices."""
        tier, fingerprint = get("service_tier"), get("system_fingerprint")
        response = Response(get("id") or None, get("model") or None, service_tier=tier or None)
        if tier:
            response.attributes[semconv.OPENAI_RESPONSE_SERVICE_TIER] = tier
        if fingerprint:
            response.attributes[semconv.OPENAI_RESPONSE_SYSTEM_FINGERPRINT] = fingerprint
        groq = get("x_groq")
        error = get("error") or (groq and get_path(groq, "error"))
        if error:
            _set_failure(response, error)
        usage = get("usage") or (groq and get_path(groq, "usage")) or _usage_in_choice(get)
        if usage:
            # A dict is JSON that was decoded: it is plain already.
            response.raw_usage = usage if type(usage) is dict else to_plain_json(usage)
            response.usage = usage_of(response.raw_usage)
        return response

    def text(self, chunk: Any) -> str | None:
        """The text of a chunk that holds nothing but text for the first choice."""
        try:
            (choice,) = chunk.choices
            delta = choice.delta
            text = delta.content
            if (
                not text
                or type(text) is not str
                or choice.finish_reason is not None
                or choice.index
                or chunk.usage is not None
                or delta.tool_calls is not None
                or delta.__pydantic_extra__
            ):
                return None
        except (AttributeError, ValueError, TypeError):
            return None
        return text

    def delta(self, chunk: object) -> Delta | None:
        """What a chunk adds; its ``choices`` may be empty, and a choice's ``delta`` None."""
        get = wire_fields_of(chunk)
        delta, choices = Delta(response=self._response_fields(get)), get("choices")
        if type(choices) is list:
            for choice in choices:
                self._add_choice_delta(delta, choice)
        if get("citations") or get("search_results"):
            add_source_delta(delta, get)
        return delta

    def _add_choice_delta(self, delta: Delta, choice: object) -> None:
        get_of_choice = wire_fields_of(choice)
        get = wire_fields_of(get_of_choice("delta") or get_of_choice("message"))
        index = index_of(choice)
        text, reasoning, others = content_of(get)
        refusal = get("refusal")
        delta.add_text(text, index)
        of_choice = delta if index == 0 else Delta()
        of_choice.reasoning = reasoning or None
        of_choice.ends_part = bool(others)  # and the text after it follows it
        if refusal:
            others.append({"type": "refusal", "content": str(refusal)})
        of_choice.parts = [*others, *image_parts(get)] or None
        if get("audio"):
            of_choice.binary = sound_pieces(get("audio"))
        of_choice.keyed_parts = extra_parts(get) or None
        citations = citations_of(get)
        if citations:
            of_choice.details = {"citations": citations}
        if index:
            delta.add_other(index, of_choice)
        delta.add_tool_calls(tool_call_deltas(get, index))
        delta.add_finish_reason(get_of_choice("finish_reason"), index)
        if delta.response is not None:
            _set_failure_of_choice(delta.response, get_of_choice)


def _usage_in_choice(get: FieldGetter) -> object:
    """The usage within the last choice, where Moonshot's streams have it."""
    choices = get("choices")
    return get_path(choices[-1], "usage") if type(choices) is list and choices else None


def _set_failure(response: Response, error: object) -> None:
    if get_path(error, "code") == "content_filter":  # Azure
        response.outcome = "filtered"
    else:
        response.failure = failure_in_body(error)


def _set_failure_of_choice(response: Response, get: FieldGetter) -> None:
    """Note the error of a choice, by which OpenRouter says that the upstream failed."""
    error = get("error")
    if error and response.failure is None:
        _set_failure(response, error)


def wire_fields_of(value: object) -> FieldGetter:
    """What reads the fields of a body, or those of an SDK's model that came on the wire."""
    if type(value) is dict:
        return value.get
    fields = getattr(value, "__dict__", None)
    if not fields or not hasattr(value, "__pydantic_extra__"):
        return field_getter(value)
    extra = value.__pydantic_extra__
    return {**fields, **extra}.get if extra else fields.get


def in_order(choices: object) -> Sequence[Any]:
    """The choices of an answer, by their index."""
    return sorted(list_or_empty(choices), key=index_of)


# -- token counts -----------------------------------------------------------------------------


def usage_of(usage: object) -> Usage | None:
    """Token counts of the chat, responses and embeddings APIs.

    Totals are as OpenAI means them: cached tokens and audio are part of the input, reasoning is
    part of the output (https://platform.openai.com/docs/api-reference/chat/object).
    """
    if not usage:
        return None
    counts = usage if type(usage) is dict else to_plain_json(usage)
    if type(counts) is not dict:
        return Usage()
    get = counts.get
    totals: tuple[Any, ...] = get("prompt_tokens"), get("completion_tokens"), get("total_tokens")
    # Every call passes here: first what nearly all answers have, in one step.
    if (
        len(counts) == len(totals)
        and _COUNT_TYPES.issuperset(map(type, totals))
        and min(totals) >= 0
    ):
        return Usage(*totals)
    input_details = get("prompt_tokens_details") or get("input_tokens_details")
    output_details = get("completion_tokens_details") or get("output_tokens_details")
    if len(counts) == _USUAL_FIELDS and type(input_details) is type(output_details) is dict:
        details: tuple[Any, ...] = (
            input_details.get("cached_tokens"),
            output_details.get("reasoning_tokens"),
            input_details.get("audio_tokens"),
            output_details.get("audio_tokens"),
        )
        has_rare = not _RARE_COUNTS.isdisjoint((*input_details, *output_details))
        usual = (*totals, *details)
        if not has_rare and _COUNT_TYPES.issuperset(map(type, usual)) and min(usual) >= 0:
            cached, reasoning, input_audio, output_audio = details
            return Usage(
                totals[0],
                totals[1],
                totals[2],
                cached,
                None,
                None,
                reasoning,
                input_audio,
                output_audio,
            )
    return _usage_of_any(
        counts,
        input_details or get("prompt_token_details") or {},  # Writer's spelling, here and below
        output_details or get("completion_token_details") or {},
    )


def _usage_of_any(
    counts: dict[str, object], input_details: object, output_details: object
) -> Usage:
    """The same counts under every name that an API gives them, if they are there."""
    get, of_input, of_output = (
        counts.get,
        field_getter(input_details),
        field_getter(output_details),
    )
    usage = Usage(
        first_count(get("prompt_tokens"), get("input_tokens")),
        first_count(get("completion_tokens"), get("output_tokens")),
        count_or_none(get("total_tokens")),
        first_count(  # DeepSeek, Together, Fireworks, Mistral and LiteLLM count it outside
            of_input("cached_tokens"),
            *(get(name) for name in _CACHE_READS),
        ),
        first_count(
            of_input("cache_write_tokens"),
            of_input("cache_creation_tokens"),
            get("cache_creation_input_tokens"),
        ),
        first_count(
            get_path(of_input("cache_creation_token_details"), _HOUR),
            get_path(get("cache_creation"), _HOUR),
        ),
        first_count(of_output("reasoning_tokens"), get("reasoning_tokens")),
        input_audio_tokens=count_or_none(of_input("audio_tokens")),
        output_audio_tokens=count_or_none(of_output("audio_tokens")),
        cache_read_audio_tokens=count_or_none(
            get_path(of_input("cached_tokens_details"), "audio_tokens")
        ),
        input_image_tokens=count_or_none(of_input("image_tokens")),
        output_image_tokens=count_or_none(of_output("image_tokens")),
        units=_units_of(get, of_input, of_output),
    )
    if get("iterations"):
        take_out_other_models(usage, counts)
    if get("citation_tokens") is not None:
        _add_citations(usage, count_or_none(get("citation_tokens")) or 0)
    if get("connector_tokens"):  # Mistral's, of what its tools gave the model to read
        usage.input_tokens = sum_of_counts(usage.input_tokens, get("connector_tokens"))
    return usage


_HOUR = "ephemeral_1h_input_tokens"
_CACHE_READS = (
    "prompt_cache_hit_tokens",
    "cached_tokens",
    "num_cached_tokens",
    "cache_read_input_tokens",
)
_TOOL_COUNTS = (
    "server_tool_use",
    "server_side_tool_usage_details",
    "server_side_tool_usage",
    "connectors",
)


def _units_of(get: FieldGetter, of_input: FieldGetter, of_output: FieldGetter) -> dict[str, float]:
    """What is counted beside the totals, and rare parts of them, by the price table's names."""
    tools = next((get(name) for name in _TOOL_COUNTS if get(name)), None)
    others = {
        "input_video_tokens": of_input("video_tokens"),
        "output_video_tokens": of_output("video_tokens"),
        "cache_image_read_tokens": get_path(of_input("cached_tokens_details"), "image_tokens"),
        "live_search_sources": get("num_sources_used"),  # xAI's
        "web_searches": first_count(of_input("web_search_requests"), get("num_search_queries")),
        _AUDIO_SECONDS: get("prompt_audio_seconds"),
    }
    counts = {name: count for name, value in others.items() if (count := count_or_none(value))}
    return {**counts, **server_tool_units(tools)}


def _add_citations(usage: Usage, citations: int) -> None:
    """Perplexity counts reasoning and citations outside the answer and outside the total."""
    usage.units["output_citation_tokens"] = citations
    apart = citations + (usage.reasoning_tokens or 0)
    if usage.output_tokens is not None:
        usage.output_tokens += apart
    if usage.total_tokens is not None:
        usage.total_tokens += apart
