"""What the name of a member in JSON says about more than its own text: a list, a number, a pair."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from hilt.core.json_types import JsonObject

__all__ = ["LONG_NUMBER", "VALUES", "MemberRule", "has_options", "name_of", "named"]

LONG_NUMBER: Final = 10**8
"""From this number on, it may be that of a card or a phone."""
VALUES = frozenset(("value", "Value", "stringValue", "S"))
"""Members that hold the value of what is named beside or above them."""
_NAMES = ("name", "key", "Name", "Key")


class MemberRule(Protocol):
    """What to put in place of texts that something beside them explains."""

    def member(self, text: str, name: str) -> str:
        """A text in which nothing was found, as it may be in a member of this name."""
        ...

    def arguments(self, items: list[Any]) -> list[Any]:
        """The arguments of a command, as they may be after its options."""
        ...


def name_of(name: str, members: JsonObject) -> str:
    """The name that says what the text of a member is.

    It is the member's own, or the one beside it, as in ``{"name": "password", "value": "..."}``.
    """
    if name not in VALUES:
        return name
    return next((each for key in _NAMES if isinstance(each := members.get(key), str)), "")


def named(value: Any, name: str, member: Callable[[str, str], str]) -> Any:
    """A value as it may be below a name: texts and long numbers, alone or in a list.

    Args:
        value: The value, in which nothing else is to be replaced.
        name: The name.
        member: Gets a text and the name.
    """
    if isinstance(value, str):
        return member(value, name)
    if isinstance(value, int):
        if -LONG_NUMBER < value < LONG_NUMBER:
            return value
        shown = str(value)
        new = member(shown, name)
        return value if new == shown else new
    if isinstance(value, (list, tuple)):
        return [
            named(each, name, member) if not isinstance(each, (list, tuple)) else each
            for each in value
        ]
    if isinstance(value, dict) and len(value) == 1:
        ((key, only),) = value.items()
        return {key: named(only, name, member)} if key in VALUES else value
    return value


def has_options(items: Sequence[Any]) -> bool:
    """Whether items are arguments of a command, some of which may say what the next one is."""
    return isinstance(items[0], str) and any(
        isinstance(each, str) and each.startswith("-") for each in items
    )
