"""Pipelines: the forward pass, in which the model reads and writes tokens, and the streamers.

The forward pass of each kind of pipeline is given the prompts, as texts and as tokens in the
memory of the processor, and returns tokens there; so nothing is copied to be observed, and a
prompt of an iterator is seen when the pipeline has read it.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping
from typing import Any

from hilt.core.guard import guard
from hilt.genai.json_values import get_path
from hilt.genai.values import Arguments, Target
from hilt.instrumentation.call_groups import CallGroup, GroupHook
from hilt.instrumentation.engine import Call, Engine
from hilt.instrumentation.observer import Ending
from hilt.instrumentation.wrapping import watching
from hilt.providers.transformers.generation import Written
from hilt.providers.transformers.messages import answer_reader, messages_of
from hilt.providers.transformers.settings import Settings

__all__ = ["FORWARD", "PREPROCESS", "STREAMED_TEXT", "STREAMED_TOKENS", "Prompt"]

_PROMPTS = {
    "TextGenerationPipeline": "prompt_text",
    "ImageTextToTextPipeline": "text",
    "AnyToAnyPipeline": "text",
}
"""By class, the name of the prompts among the inputs of its model."""

_keys: weakref.WeakKeyDictionary[type, str | None] = weakref.WeakKeyDictionary()
_streams: weakref.WeakKeyDictionary[Any, _Stream] = weakref.WeakKeyDictionary()
_tools: weakref.WeakKeyDictionary[Any, list[Any]] = weakref.WeakKeyDictionary()


class Prompt:
    """One prompt, and how the model is told to answer it.

    Args:
        pipeline: That is given it.
        value: A text, or the pipeline's object for a chat.
        settings: How the model is told to generate.
    """

    def __init__(self, pipeline: Any, value: Any, settings: Settings) -> None:
        self.model = get_path(pipeline.model, "name_or_path") or None
        self.value = value
        self.settings = settings
        self.messages = messages_of(value)  #: None of a text
        self.tools = None if self.messages is None else _tools.get(value)
        streamer = settings.streamer
        #: A streamer that is shown the prompt, too, has it in one text with the answer.
        self.is_streamed = streamer is not None and getattr(streamer, "skip_prompt", False) is True


class _Batch:
    """What is read of the inputs: the model may change them."""

    def __init__(self, settings: Settings, prompts: list[Any], counts: list[int | None]) -> None:
        self.settings = settings
        self.prompts = prompts
        self.counts = counts
        self.pipeline: Any = None


class _Forward:
    """``forward`` of all pipelines; only those that generate text are observed."""

    encloses = False  # A pipeline may use another one.

    def requests(self, engine: Engine, call: Arguments) -> tuple[list[Arguments], object]:
        """A request for each prompt of a batch."""
        key = _key_of(type(call.instance))
        inputs = call.get(0, "model_inputs")
        if key is None or not isinstance(inputs, Mapping) or key not in inputs:
            return [], None
        parameters = call.kwargs.get("generate_kwargs") or call.kwargs
        settings = Settings(call.instance, parameters)
        given = inputs[key]
        prompts = list(given) if isinstance(given, (list, tuple)) else [given]
        batch = _Batch(settings, prompts, _input_counts(inputs, len(prompts)))
        batch.pipeline = call.instance
        requests = [
            Arguments(call.target, None, (Prompt(call.instance, each, settings),), {})
            for each in prompts
        ]
        return requests, batch

    def begun(self, group: CallGroup) -> None:
        """A streamer shows the texts of the one call that it is for."""
        batch: Any = group.source
        (call, *others) = group.calls
        if call is not None and not others and call.observation.request.stream:
            call.open_stream()
            _streams[batch.settings.streamer] = _Stream(call, group.engine, batch)

    def end(self, group: CallGroup, result: Any) -> None:
        """Each prompt has its rows of tokens."""
        batch: Any = group.source
        sequences = result["generated_sequence"]
        if not hasattr(sequences, "shape"):  # sounds, of a model that speaks
            group.end(Ending.RETURNED)
            return
        rows = _rows(sequences)
        tokens = result.get("input_ids")
        given = _token_lists(tokens) if tokens is not None else [[]]
        each = len(rows) // len(group.calls)
        for index, call in enumerate(group.calls):
            if call is None:
                continue
            prompt_tokens = given[min(index, len(given) - 1)]
            answers = rows[index * each : (index + 1) * each]
            start = len(prompt_tokens) or 1  # Without a prompt there is one token to begin with.
            if get_path(batch.pipeline.model, "config", "is_encoder_decoder"):
                start, prompt_tokens = 1, []
            answers = [tokens[start:] for tokens in answers]
            written = _written(group.engine, batch, index, prompt_tokens, answers)
            call.end(Ending.RETURNED, written)


class _Stream:
    """A call whose tokens a streamer is shown: first those of the prompt, then each that comes.

    It ends before the streamer says so to whoever reads the texts, who may be in another thread.
    """

    def __init__(self, call: Call, engine: Engine, batch: _Batch) -> None:
        self.call = call
        self._engine = engine
        self._batch = batch
        self._prompt: list[int] | None = None
        self._tokens: list[int] = []

    def put(self, value: Any) -> None:
        """Tokens came."""
        tokens = _rows(value)[0] if len(value.shape) > 1 else _token_lists(value)
        if self._prompt is None:
            self._prompt = tokens
        else:
            self._tokens += tokens

    def end(self) -> None:
        """There are no more; of a streamer that does otherwise, there is no token here."""
        if self._tokens:
            prompt = self._prompt or []
            written = _written(self._engine, self._batch, 0, prompt, [self._tokens])
            self.call.end(Ending.RETURNED, written)


def _written(
    engine: Engine, batch: _Batch, index: int, prompt_tokens: list[int], answers: list[list[int]]
) -> Written:
    settings = batch.settings
    is_read = engine.capture_content or settings.stop_strings
    prompt = batch.prompts[index]
    return Written(
        answers,
        batch.counts[index],
        settings.end_tokens,
        settings.padding,
        settings.limit(len(prompt_tokens)),
        settings.stop_strings,
        answer_reader(batch.pipeline, prompt, prompt_tokens) if is_read else None,
    )


def _key_of(kind: type) -> str | None:
    if kind not in _keys:
        names = (each.__name__ for each in kind.__mro__)
        _keys[kind] = next((_PROMPTS[name] for name in names if name in _PROMPTS), None)
    return _keys[kind]


def _input_counts(inputs: Mapping[str, Any], count: int) -> list[int | None]:
    """How many tokens each prompt has; what fills up the shorter ones is not counted."""
    try:
        tokens, mask = inputs.get("input_ids"), inputs.get("attention_mask")
        if mask is not None and _is_here(mask) and mask.shape[0] == count:
            return [int(each) for each in mask.sum(-1).tolist()]
        if tokens is not None and count == 1:
            return [tokens.shape[-1]]
    except Exception:
        guard.report("counting the tokens of a pipeline")
    return [None] * count


def _is_here(tensor: Any) -> bool:
    """Whether a tensor is in the processor's own memory, so that nothing waits to read it."""
    return bool(get_path(tensor, "device", "type") == "cpu")


def _token_lists(tensor: Any) -> list[Any]:
    values: list[Any] = (tensor if hasattr(tensor, "tolist") else tensor.numpy()).tolist()
    return values


def _rows(tensor: Any) -> list[list[int]]:
    """The rows of tokens, those of one prompt after those of another."""
    values = _token_lists(tensor)
    if values and values[0] and isinstance(values[0][0], list):
        return [row for rows in values for row in rows]
    return values


class _Watched:
    """A function that tells more of a call than the forward pass has.

    Args:
        what: What it tells.
        note: Is given its arguments before it runs.
    """

    def __init__(self, what: str, note: Callable[..., None]) -> None:
        self._what = what
        self._note = note

    def wrap(
        self, engine: Engine, target: Target, original: Callable[..., Any]
    ) -> Callable[..., Any]:
        """A wrapper that changes nothing."""

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if engine.enabled:
                try:
                    self._note(*args, **kwargs)
                except Exception:
                    guard.report(f"reading the {self._what}")

        return watching(original, begin)


def _note_text(streamer: Any, text: str, stream_end: bool = False) -> None:
    stream = _streams.get(streamer)
    if stream is not None:
        stream.call.item(text)
        if stream_end:
            stream.end()


def _note_tokens(streamer: Any, value: Any) -> None:
    stream = _streams.get(streamer)
    if stream is not None:
        stream.put(value)


def _note_tools(_pipeline: Any, prompt: Any, *_: Any, tools: Any = None, **__: Any) -> None:
    if tools:
        _tools[prompt] = list(tools)


FORWARD = GroupHook(_Forward())
"""``forward`` of pipelines: each prompt is a call."""

STREAMED_TEXT = _Watched("text of a streamer", _note_text)
"""``on_finalized_text`` of streamers."""

STREAMED_TOKENS = _Watched("tokens of a streamer", _note_tokens)
"""``put`` of streamers."""

PREPROCESS = _Watched("tools of a pipeline", _note_tools)
"""``preprocess`` of pipelines that take chats."""
