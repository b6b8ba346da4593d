"""The policy: what may be written of people's words and names, decided before every sink."""

from __future__ import annotations

import inspect
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final

from hilt.core.exceptions import ConfigurationError
from hilt.core.toml_files import read_toml
from hilt.privacy.detector import DetectorFunction
from hilt.privacy.patterns import KINDS

__all__ = ["POLICIES", "Policy", "policy_of"]

_CONTENTS = ("keep", "drop", "seal")


@dataclass(frozen=True)
class Policy:
    r"""What a session does with texts and with the ids of people before anything is written.

    >>> Policy.named("redact").content
    'keep'

    Args:
        name: What events are marked with, as ``privacy.policy``.
        redact: The kinds that are replaced in texts, see `hilt.privacy.patterns.KINDS`; each
            becomes its name, as ``[EMAIL]``.
        patterns: Patterns of your own by their kind, ``{"ticket": r"TCK-\\d{6}"}``.
        detector: Finds what no pattern can, such as names: gets a text, returns
            ``(start, end, kind)`` for each.
        detector_seconds: How long it may take for one text.
        pseudonymise: Whether ids of people and conversations become keyed pseudonyms, and what
            is redacted in texts gets a keyed number, so that equal values can be recognized.
        content: ``keep`` what is not redacted; ``drop`` all texts; ``seal`` them: encrypt them
            with a key for each subject.
        key_file: Where the keys are; see `hilt.privacy.keys.default_key_path`.

    Raises:
        ConfigurationError: If a value is wrong; the message names it.
    """

    name: str = "redact"
    redact: frozenset[str] = KINDS
    patterns: Mapping[str, str] = field(default_factory=dict)
    detector: DetectorFunction | None = None
    detector_seconds: float = 1.0
    pseudonymise: bool = False
    content: str = "keep"
    key_file: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ConfigurationError(f"name: {self.name!r} is no name of a policy")
        object.__setattr__(self, "redact", _kinds(self.redact))
        if not isinstance(self.patterns, Mapping):
            raise ConfigurationError(
                f"patterns: {self.patterns!r} is not a dict of regular expressions by their kinds"
            )
        for kind, pattern in self.patterns.items():
            _check_pattern(kind, pattern)
        if self.detector is not None and not callable(self.detector):
            raise ConfigurationError(
                f"detector: {self.detector!r} is no function from a text to (start, end, kind)"
            )
        if inspect.iscoroutinefunction(self.detector):
            raise ConfigurationError(
                f"detector: {self.detector!r} is asynchronous; expected an ordinary function"
            )
        seconds = self.detector_seconds
        is_number = isinstance(seconds, (int, float)) and not isinstance(seconds, bool)
        if not is_number or not 0 < seconds <= threading.TIMEOUT_MAX:
            raise ConfigurationError(f"detector_seconds: {seconds!r}; expected a number above 0")
        if not isinstance(self.pseudonymise, bool):
            raise ConfigurationError(f"pseudonymise: {self.pseudonymise!r}; expected true or false")
        if self.key_file is not None and (
            not isinstance(self.key_file, (str, os.PathLike)) or not os.fspath(self.key_file)
        ):
            raise ConfigurationError(f"key_file: {self.key_file!r} is no path of a file")
        if self.content not in _CONTENTS:
            raise ConfigurationError(
                f"content: {self.content!r}; expected one of {', '.join(_CONTENTS)}"
            )

    @classmethod
    def named(cls, name: str, /, **changes: Any) -> Policy:
        """One of `POLICIES`, with some of its values changed.

        Args:
            name: ``redact``, ``pseudonymous``, ``metadata`` or ``sealed``.
            **changes: Arguments of `Policy`.

        Raises:
            ConfigurationError: If there is no such policy, or a value is wrong.
        """
        if name not in POLICIES:
            raise ConfigurationError(
                f"privacy: no policy {name!r}; expected {', '.join(POLICIES)}, or a TOML file"
            )
        _check_names(changes)
        return replace(POLICIES[name], **changes)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Policy:
        """Read a policy from a TOML file, whose keys are the arguments of `Policy`.

        ``policy = "pseudonymous"`` names the policy to start from; the default is ``redact``.

        Raises:
            ConfigurationError: If the file cannot be read, or a value in it is wrong.
        """
        values = read_toml(Path(path).expanduser())
        begin = values.pop("policy", "redact")
        if not isinstance(begin, str):
            raise ConfigurationError(f"{path}: policy {begin!r} is not the name of a policy")
        try:
            return cls.named(begin, **values)
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: {error}") from error


def policy_of(value: object) -> Policy | None:
    """The policy for what was given as ``privacy=``: a policy, its name, or a TOML file.

    Raises:
        ConfigurationError: If it is none of these.
    """
    if value is None or isinstance(value, Policy):
        return value
    if isinstance(value, (str, os.PathLike)):
        text = os.fspath(value)
        if isinstance(text, str) and (text.endswith(".toml") or os.sep in text):
            return Policy.load(text)
        if isinstance(text, str):
            return Policy.named(text)
    raise ConfigurationError(
        f"privacy: {value!r} is no policy; expected a hilt.privacy.Policy, one of "
        f"{', '.join(POLICIES)}, or a TOML file"
    )


def _kinds(value: object) -> frozenset[str]:
    if isinstance(value, str) or not isinstance(value, (list, tuple, set, frozenset)):
        raise ConfigurationError(f"redact: {value!r} is not a list of kinds")
    for kind in value:
        if kind not in KINDS:
            known = ", ".join(sorted(KINDS))
            raise ConfigurationError(
                f"redact: no kind {kind!r}; there are {known}, and your own are patterns"
            )
    return frozenset(value)


def _check_pattern(kind: object, pattern: object) -> None:
    if not isinstance(kind, str) or not kind.isidentifier():
        raise ConfigurationError(f'patterns: {kind!r} is not the name of a kind, as "ticket"')
    try:
        compiled = re.compile(pattern)  # type: ignore[call-overload]  # a wrong type is an error
    except (re.error, TypeError) as error:
        raise ConfigurationError(
            f"patterns: {kind} = {pattern!r} is not a regular expression: {error}"
        ) from error
    if compiled.match(""):
        raise ConfigurationError(f"patterns: {kind} = {pattern!r} fits an empty text")


def _check_names(changes: Mapping[str, object]) -> None:
    names = {each.name for each in fields(Policy)}
    for name in changes:
        if name not in names:
            raise ConfigurationError(
                f"privacy: no setting {name!r}; there are {', '.join(sorted(names))}"
            )


POLICIES: Final[Mapping[str, Policy]] = {
    "redact": Policy(),
    "pseudonymous": Policy(name="pseudonymous", pseudonymise=True),
    "metadata": Policy(name="metadata", pseudonymise=True, content="drop"),
    "sealed": Policy(name="sealed", pseudonymise=True, content="seal"),
}
"""The built-in policies, by name."""
