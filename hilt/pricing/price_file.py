"""Prices of one's own, from a TOML file: models that genai-prices lacks, and other rates.

::

    [[models]]
    provider = "openai"   # any provider if it is left out
    model = "my-model*"   # or a list of names
    input = 1.25          # US dollars for a million tokens
    output = 10
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from hilt.core.exceptions import ConfigurationError
from hilt.core.toml_files import read_toml
from hilt.pricing.names import tier_of

__all__ = ["ModelRates", "PriceFile", "load_price_file"]

_TOKEN_RATES = {
    "input": "input_mtok",
    "output": "output_mtok",
    "cache_read": "cache_read_mtok",
    "cache_write": "cache_write_mtok",
    "cache_write_1h": "cache_write_1h_mtok",
}
"""The keys of prices for a million tokens, and genai-prices' names of them."""
_RATES = (*_TOKEN_RATES, "request")
_KEYS = ("provider", "model", "tier", *_RATES)
_TOP_KEYS = ("currency", "models")
_UNDATED = re.compile(r"[-@:_][\d.:-]+(?:-v\d+(?::\d+)?)?")
"""What providers put behind a model's name to say of which day it is."""


@dataclass(frozen=True, slots=True)
class ModelRates:
    """One ``[[models]]`` of a price file."""

    providers: tuple[str, ...]  #: patterns in lower case; none: any
    models: tuple[str, ...]  #: patterns in lower case
    tier: str = ""  #: the service tier; ``batch`` for batches, ``""`` for the standard one
    kinds: Mapping[str, Decimal] = field(default_factory=dict)  #: by genai-prices' names
    request: Decimal = Decimal(0)  #: US dollars for each request

    def fits(self, providers: Iterable[str], models: Iterable[str]) -> bool:
        """Whether it is the price of a model of a provider; both by any of their names."""
        return _is_one_of(self.models, models) and (
            not self.providers or _is_one_of(self.providers, providers)
        )


@dataclass(frozen=True, slots=True)
class PriceFile:
    """The prices of a file."""

    name: str  #: the file's name
    version: str  #: its name and the beginning of its SHA-256
    rows: tuple[ModelRates, ...]

    def rates_of(
        self, providers: Iterable[str], model: str | None, request_model: str | None
    ) -> list[ModelRates]:
        """The rows that fit, for each service tier, in the order of the file.

        Args:
            providers: The names of the provider.
            model: The model that answered, if the answer names one.
            request_model: The model in the request. It is another name of the same model if it
                is that name without its date.
        """
        names = {model or request_model or ""}
        if model and request_model and _UNDATED.fullmatch(model.removeprefix(request_model)):
            names.add(request_model)
        names = {name.lower() for name in names}
        providers = {name.lower() for name in providers}
        return [row for row in self.rows if row.fits(providers, names)]


def load_price_file(path: str | os.PathLike[str]) -> PriceFile:
    """Read a price file.

    Raises:
        ConfigurationError: If it is wrong; the message names file, key and value, and says what
            is right.
    """
    file = Path(path).expanduser()
    content = read_toml(file, Decimal)
    _check_keys(str(path), "", content, _TOP_KEYS)
    if content.get("currency", "USD") != "USD":
        raise ConfigurationError(
            f'{path}: currency: {content["currency"]!r}; expected "USD", as all costs in a log are'
        )
    models = content.get("models")
    if not isinstance(models, list) or not models:
        raise ConfigurationError(f"{path}: models: {models!r}; expected [[models]], one or more")
    rows = tuple(_row(f"{path}: models[{number}]", each) for number, each in enumerate(models, 1))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    return PriceFile(file.name, f"{file.name} {digest[:12]}", rows)


def _row(where: str, given: Any) -> ModelRates:
    if not isinstance(given, dict):
        raise ConfigurationError(f"{where}: {given!r}; expected a table, under [[models]]")
    _check_keys(where, ".", given, _KEYS)
    if "model" not in given:
        raise ConfigurationError(f'{where}.model: is missing; expected a name, as "my-model*"')
    rates = {name: _rate(f"{where}.{name}", given[name], name) for name in _RATES if name in given}
    if not rates:
        raise ConfigurationError(f"{where}: has no price; expected one of {', '.join(_RATES)}")
    tier = given.get("tier", "")
    if not isinstance(tier, str):
        raise ConfigurationError(f'{where}.tier: {tier!r}; expected a name, as "batch" or "flex"')
    kinds = {_TOKEN_RATES[name]: rate for name, rate in rates.items() if name != "request"}
    return ModelRates(
        _patterns(f"{where}.provider", given.get("provider", [])),
        _patterns(f"{where}.model", given["model"]),
        tier_of(tier),
        kinds,
        rates.get("request", Decimal(0)),
    )


def _check_keys(where: str, separator: str, given: Mapping[str, Any], keys: Iterable[str]) -> None:
    for key, value in given.items():
        if key not in keys:
            place = f"{where}{separator or ': '}{key}"
            raise ConfigurationError(
                f"{place}: no such key (it is {_shown(value)}); there are {', '.join(keys)}"
            )


def _patterns(where: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        raise ConfigurationError(
            f'{where}: {_shown(value)}; expected a name, as "my-model*", or a list of names'
        )
    return tuple(name.lower() for name in names)


def _rate(where: str, value: Any, name: str) -> Decimal:
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        rate = Decimal(value)
        if rate.is_finite() and rate >= 0:
            return rate
    unit = "each request" if name == "request" else "a million tokens"
    raise ConfigurationError(
        f"{where}: {_shown(value)} is not a price; expected US dollars for {unit}, as 1.25"
    )


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Decimal) else repr(value)


def _is_one_of(patterns: Iterable[str], names: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)
