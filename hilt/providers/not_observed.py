"""What HILT knows of and does not observe, and why: ``hilt doctor`` says it. Imports no SDK."""

from __future__ import annotations

from importlib.util import find_spec

from hilt.providers.other_methods import NOT_OBSERVED

__all__ = ["SDKS", "installed_sdks", "surfaces_of"]

SDKS: dict[str, tuple[str, str]] = {}
"""By import name, the SDKs that no adapter reads: their names for pip, and the reasons."""


def installed_sdks() -> dict[str, str]:
    """The reasons, by distribution, of those SDKs that are installed."""
    return {
        distribution: reason
        for package, (distribution, reason) in SDKS.items()
        if find_spec(package) is not None
    }


def surfaces_of(provider: str) -> dict[str, str]:
    """What calls a model in a provider's SDK and is not in the log, with the reasons."""
    methods = NOT_OBSERVED.get(provider, {})
    return {_readable(pattern): reason for pattern, reason in methods.items()}


def _readable(pattern: str) -> str:
    """A pattern as a name: ``live`` for ``live.*``, ``to_image`` for ``*_to_image``."""
    return pattern.removesuffix("*").rstrip("._").lstrip("*._")
