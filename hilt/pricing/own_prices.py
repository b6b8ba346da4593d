"""The price file that this process uses, and what it says of a model.

It is given by `use_price_file`, or named by ``HILT_PRICES``. Then it is read when the first price
is wanted, or at set-up, where an error can be raised.
"""

from __future__ import annotations

import logging
import os

from hilt.core.exceptions import ConfigurationError
from hilt.pricing.names import Unpriced, price_provider_of, tier_of
from hilt.pricing.price_file import ModelRates, PriceFile, load_price_file

__all__ = [
    "VARIABLE",
    "rates_for",
    "read_named_file",
    "use_prices_of",
]

_log = logging.getLogger(__name__)

VARIABLE = "HILT_PRICES"
"""The environment variable that names the price file."""


class _InUse:
    """The price file of this process, as far as it has been read."""

    file: PriceFile | None
    problem: str | None  #: what is wrong with the file that the environment names
    is_read: bool
    path: str | None  #: what the environment named; None where the prices were given

    def __init__(self) -> None:
        self.forget()

    def set(self, file: PriceFile | None, path: str | None = None) -> None:
        """Use these prices; ``path`` is what the environment named, None if they were given."""
        self.file, self.problem, self.is_read, self.path = file, None, True, path

    def forget(self) -> None:
        """Go by the environment again."""
        self.file, self.problem, self.is_read, self.path = None, None, False, ""

    def get(self) -> PriceFile | None:
        """The prices; those of the environment's file if none were set.

        Raises:
            Unpriced: If that file is wrong.
        """
        if not self.is_read:
            try:
                path = _named()
                self.set(load_price_file(path) if path else None, path)
            except ConfigurationError as error:
                self.problem, self.is_read = f"{VARIABLE} cannot be used: {error}", True
                _log.warning("Calls are logged without their cost, because %s", self.problem)
        if self.problem is not None:
            raise Unpriced(self.problem)
        return self.file


_in_use = _InUse()


def _named() -> str:
    return os.environ.get(VARIABLE, "").strip()


def read_named_file() -> bool:
    """Read the file that ``HILT_PRICES`` names; whether others were in use before.

    Nothing is read where prices were given, or the variable names none.

    Raises:
        ConfigurationError: If the file is wrong.
    """
    path = _named()
    if not path or _in_use.path is None or (_in_use.path == path and _in_use.problem is None):
        return False
    _in_use.set(load_price_file(path), path)
    return True


def use_prices_of(file: PriceFile | None) -> None:
    """Use a file's prices; None: those of the environment's file. See `hilt.pricing.cost`."""
    if file is None:
        _in_use.forget()
    else:
        _in_use.set(file)


def rates_for(
    provider: str,
    model: str | None,
    request_model: str | None,
    hint: str | None,
    service_tier: str | None,
    *,
    batch: bool,
) -> tuple[PriceFile, ModelRates] | None:
    """What the price file has for a call; None if it does not have the model.

    Raises:
        Unpriced: If the file has the model, but not this service tier; or if it is wrong.
    """
    file = _in_use.get()
    if file is None:
        return None
    providers, model, request_model = _names_of(provider, model, request_model, hint)
    rows = file.rates_of(providers, model, request_model)
    if not rows:
        return None
    tier = "batch" if batch else tier_of(service_tier)
    for row in rows:
        if row.tier == tier:
            return file, row
    name = model or request_model
    if tier:
        raise Unpriced(f"{file.name} has no price for service tier {tier} of model {name}")
    raise Unpriced(f"{file.name} has no price for model {name} without a service tier")


def _names_of(
    provider: str, model: str | None, request_model: str | None, hint: str | None
) -> tuple[set[str], str | None, str | None]:
    """The names that the provider goes by, and the models without LiteLLM's prefix."""
    names = {provider, hint or provider}
    if provider.lower() == "litellm":
        prefix, slash, _ = (model or request_model or "").partition("/")
        if slash:
            names.add(prefix)
            model, request_model = (
                each and each.removeprefix(f"{prefix}/") for each in (model, request_model)
            )
    for name in tuple(names):
        try:
            names.add(price_provider_of(name, "")[0])
        except Unpriced:
            continue  # of one's own machines
    return names, model, request_model
