"""How a pipeline was told to generate: by its call, when it was made, or by the model's file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilt import semconv
from hilt.genai.coerce import as_list, count_or_none
from hilt.genai.json_values import get_path
from hilt.providers._parameters import (
    Attributes,
    add_choice_count,
    add_stop_sequences,
    number_attributes,
)

__all__ = ["Settings"]

_PARAMETERS = (("max_new_tokens", semconv.REQUEST_MAX_TOKENS),)
_SAMPLING = (
    ("temperature", semconv.REQUEST_TEMPERATURE),
    ("top_p", semconv.REQUEST_TOP_P),
    ("top_k", semconv.REQUEST_TOP_K),
)
_DEFAULT_MAX_LENGTH = 20  # of ``GenerationConfig``


class Settings:
    """The settings that hold for one use of a pipeline's model.

    Args:
        pipeline: Whose model it is.
        parameters: What the pipeline gives to ``generate``.
    """

    def __init__(self, pipeline: Any, parameters: Mapping[str, Any]) -> None:
        self._parameters = parameters
        config = parameters.get("generation_config")
        own = getattr(pipeline, "_generate_kwargs", None)  # since 5.20 or so
        before = [
            own,
            get_path(own, "generation_config"),
            getattr(pipeline, "generation_config", None),  # up to then
        ]
        self._explicit = [parameters, *([config] if config is not None else before)]
        self._explicit.append(getattr(pipeline.model, "generation_config", None))
        self._defaults = getattr(pipeline, "_generation_defaults", None)

    def get(self, name: str) -> Any:
        """A setting, from whoever has the first say."""
        value = self._explicit_value(name)
        return get_path(self._defaults, name) if value is None else value

    def _explicit_value(self, name: str) -> Any:
        for source in self._explicit:
            value = get_path(source, name) if source is not None else None
            if value is not None:
                return value
        return None

    @property
    def streamer(self) -> Any:
        """What is shown the tokens as they come, or None."""
        return self._parameters.get("streamer")

    @property
    def stop_strings(self) -> list[str]:
        """The texts that end an answer."""
        return [each for each in as_list(self.get("stop_strings")) if isinstance(each, str)]

    @property
    def end_tokens(self) -> frozenset[int]:
        """The tokens that end an answer."""
        return frozenset(each for each in as_list(self.get("eos_token_id")) if type(each) is int)

    @property
    def padding(self) -> int | None:
        """The token that fills up the answers that are shorter than others."""
        value = self.get("pad_token_id")
        return value if type(value) is int else None

    def limit(self, prompt_length: int) -> int:
        """How many tokens may be written after a prompt of so many."""
        new = count_or_none(self._explicit_value("max_new_tokens"))
        length = count_or_none(self._explicit_value("max_length"))
        if new is None and length is None:
            new = count_or_none(get_path(self._defaults, "max_new_tokens"))
        return new if new is not None else (length or _DEFAULT_MAX_LENGTH) - prompt_length

    def attributes(self) -> Attributes:
        """The parameters of the request; those of sampling only where the model samples."""
        table = (*_PARAMETERS, *(_SAMPLING if self.get("do_sample") else ()))
        attributes = number_attributes(self, table, Settings.get)
        add_stop_sequences(attributes, self.stop_strings)
        add_choice_count(attributes, self.get("num_return_sequences"))
        return attributes
