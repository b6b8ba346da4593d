"""Comparing two sets of calls: the figures of each, and the calls that asked the same."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from hilt.analysis.calls import Call
from hilt.analysis.statistics import Group
from hilt.analysis.texts import normalized
from hilt.core.exceptions import ConfigurationError
from hilt.core.json_types import JsonObject

__all__ = ["Allowance", "Answer", "Comparison", "Pair", "compare", "parse_allowances"]

_WORD = re.compile(r"\w+")
_TEXT_KEPT = 4000
"""How many characters of an answer are compared, so that many long ones fit into memory."""
_ALLOWANCE = re.compile(r"(\w+)=(\d+(?:\.\d+)?)(%?)")

FIGURES = ("calls", "errors", "cost", "p50", "p95", "p99", "tokens_in", "tokens_out")
"""The figures of both sets that are compared: US dollars, milliseconds, counts."""


@dataclass(frozen=True, slots=True)
class Answer:
    """How one call was answered."""

    id: str
    asked: str
    text: str
    outcome: str
    tools: tuple[str, ...]
    cost_usd: float | None
    latency_ms: float | None

    @classmethod
    def of(cls, call: Call) -> Answer:
        """The answer of a call."""
        asked, text = call.prompt_text or "", call.answer_text or ""
        return cls(
            call.id, asked[:200], text[:_TEXT_KEPT], call.outcome, tuple(call.tools),
            call.cost_usd, call.latency_ms,
        )  # fmt: skip

    def to_dict(self) -> JsonObject:
        """The answer as flat JSON, without absent values."""
        values = {
            "id": self.id,
            "outcome": self.outcome,
            "tools": list(self.tools) or None,
            "cost_usd": self.cost_usd,
            "latency_ms": self.latency_ms,
            "answer": self.text or None,
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two calls that asked the same."""

    before: Answer
    after: Answer

    @property
    def same_words(self) -> float:
        """The share of words that the answers have in common, from 0 to 1."""
        first, second = _words(self.before.text), _words(self.after.text)
        size = first.total() + second.total()
        return 2 * (first & second).total() / size if size else 1.0

    @property
    def changes(self) -> list[str]:
        """What differs: ``words``, ``tools``, ``outcome``."""
        tests = {
            "words": normalized(self.before.text) != normalized(self.after.text),
            "tools": self.before.tools != self.after.tools,
            "outcome": self.before.outcome != self.after.outcome,
        }
        return [name for name, differs in tests.items() if differs]

    def to_dict(self) -> JsonObject:
        """The pair as JSON."""
        return {
            "asked": self.before.asked,
            "changes": self.changes,
            "same_words": self.same_words,
            "before": self.before.to_dict(),
            "after": self.after.to_dict(),
        }


@dataclass
class Comparison:
    """The differences between two sets of calls."""

    before: Group = field(default_factory=Group)
    after: Group = field(default_factory=Group)
    same: int = 0  #: pairs that were answered alike
    changed: list[Pair] = field(default_factory=list)
    only_before: int = 0  #: calls without a counterpart in the other set
    only_after: int = 0
    without_text: int = 0  #: calls of both sets whose question is not in the log
    not_clean_before: int = 0  #: calls of a program whose files had changed since its commit
    not_clean_after: int = 0

    @property
    def pairs(self) -> int:
        """How many pairs of calls asked the same."""
        return self.same + len(self.changed)

    def changed_in(self, name: str) -> int:
        """How many pairs differ in ``words``, ``tools`` or ``outcome``."""
        return sum(name in pair.changes for pair in self.changed)

    def figures(self) -> dict[str, tuple[float, float]]:
        """Each of `FIGURES`, before and after."""
        first, second = _figures(self.before), _figures(self.after)
        return {name: (first[name], second[name]) for name in FIGURES}

    def to_dict(self) -> JsonObject:
        """The comparison as JSON."""
        return {
            "figures": {
                name: {"before": first, "after": second, "difference": second - first}
                for name, (first, second) in self.figures().items()
            },
            "pairs": self.pairs,
            "changed_words": self.changed_in("words"),
            "changed_tools": self.changed_in("tools"),
            "changed_outcome": self.changed_in("outcome"),
            "only_before": self.only_before,
            "only_after": self.only_after,
            "without_text": self.without_text,
            "not_clean": {"before": self.not_clean_before, "after": self.not_clean_after},
            "changed": [pair.to_dict() for pair in self.changed],
        }


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much a figure may grow."""

    figure: str
    amount: float
    is_percent: bool

    def is_exceeded(self, before: float, after: float) -> bool:
        """Whether the figure grew by more."""
        allowed = before * self.amount / 100 if self.is_percent else self.amount
        return after - before > allowed * (1 + 1e-9)

    def __str__(self) -> str:
        return f"{self.figure}={self.amount:g}{'%' * self.is_percent}"


def compare(before: Iterable[Call], after: Iterable[Call]) -> Comparison:
    """Compare two sets of calls.

    Calls of the same operation that asked the same are paired: the first with the first, the second
    with the second, and so on. A call whose question is not in the log, because it is sealed or was
    not captured, is in no pair. The answers of the first set are kept in memory.
    """
    result = Comparison()
    waiting: dict[bytes, deque[Answer]] = {}
    for call in before:
        result.before.add(call)
        result.not_clean_before += call.commit_clean is False
        if call.prompt_text is None:
            result.without_text += 1
            continue
        waiting.setdefault(_key(call), deque()).append(Answer.of(call))
    for call in after:
        result.after.add(call)
        result.not_clean_after += call.commit_clean is False
        if call.prompt_text is None:
            result.without_text += 1
            continue
        answers = waiting.get(_key(call))
        if not answers:
            result.only_after += 1
            continue
        pair = Pair(answers.popleft(), Answer.of(call))
        if pair.changes:
            result.changed.append(pair)
        else:
            result.same += 1
    result.only_before = sum(map(len, waiting.values()))
    return result


def parse_allowances(text: str) -> list[Allowance]:
    """The allowances in a text such as ``cost=5%,p95=20%,errors=0``.

    Raises:
        ConfigurationError: If one is wrong; the message says what is right.
    """
    allowances = []
    for each in text.split(","):
        match = _ALLOWANCE.fullmatch(each.strip())
        if match is None or match[1] not in FIGURES:
            raise ConfigurationError(
                f"--fail-over: {each!r} is not an allowance; expected one as cost=5% or errors=0, "
                f"of {', '.join(FIGURES)}"
            )
        allowances.append(Allowance(match[1], float(match[2]), bool(match[3])))
    return allowances


def _key(call: Call) -> bytes:
    asked = normalized(call.prompt_text or "")
    return hashlib.blake2b(f"{call.operation}\0{asked}".encode(errors="replace")).digest()[:16]


def _words(text: str) -> Counter[str]:
    return Counter(_WORD.findall(normalized(text)))


def _figures(group: Group) -> dict[str, float]:
    return {
        "calls": group.calls,
        "errors": group.failed,
        "cost": group.cost_usd,
        **{f"p{share}": group.latency_ms(share / 100) or 0 for share in (50, 95, 99)},
        "tokens_in": group.tokens_in,
        "tokens_out": group.tokens_out,
    }
