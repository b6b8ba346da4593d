"""The arguments that the helpers have in common: checked, and made ready."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from hilt.core.arguments import text_checked
from hilt.core.exceptions import ConfigurationError, MissingDependencyError
from hilt.core.ids_and_times import conversation_id_of
from hilt.genai.values import Message

__all__ = [
    "client_of",
    "conversation_checked",
    "conversation_for",
    "list_checked",
    "plain_messages",
]

_Item = TypeVar("_Item")


def conversation_checked(session_id: str | None) -> str | None:
    """The conversation that a user named, as it was given.

    Raises:
        ConfigurationError: If it is not text, or empty.
    """
    if session_id is not None and (not isinstance(session_id, str) or not session_id):
        raise ConfigurationError(f"session_id: {session_id!r}; expected text that is not empty")
    return session_id


def conversation_for(session_id: str | None) -> str | None:
    """The conversation of a simple id, for the helpers that promise ``conv_`` and 16 hex.

    Raises:
        ConfigurationError: If it is not text, or empty.
    """
    checked = conversation_checked(session_id)
    return None if checked is None else conversation_id_of(checked)


def plain_messages(user_message: str, system_prompt: str | None = None) -> list[Message]:
    """The messages in the form of the chat API.

    Raises:
        ConfigurationError: If one is not text.
    """
    if not isinstance(user_message, str):
        raise ConfigurationError(f"user_message: {user_message!r} is not text")
    text_checked("system_prompt", system_prompt)
    system = [{"role": "system", "content": system_prompt}] if system_prompt else []
    return [*system, {"role": "user", "content": user_message}]


def list_checked(name: str, values: Sequence[_Item] | None) -> list[_Item]:
    """The values as a list; an empty one if None.

    Raises:
        ConfigurationError: If they are not a list.
    """
    if values is None:
        return []
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise ConfigurationError(f"{name}: {values!r} is not a list")
    return list(values)


def client_of(client: Any, kind: str) -> Any:
    """The client that was given, or one of this class of ``openai``, made from the environment.

    Raises:
        MissingDependencyError: If one has to be made, and the SDK is not installed.
        ConfigurationError: If it is not a client of that class.
    """
    if client is None:
        try:
            import openai
        except ImportError as error:
            raise MissingDependencyError(
                'the package openai is not installed: pip install "hilt[openai]"'
            ) from error
        return getattr(openai, kind)()
    made = type(client).__name__
    if not hasattr(client, "chat") or made.startswith("Async") != kind.startswith("Async"):
        raise ConfigurationError(f"client: a {made} cannot be used; expected an openai.{kind}")
    return client
