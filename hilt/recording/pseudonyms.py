"""Pseudonyms in place of ids that may name a person, for events without content.

They are keyed, so that a guess cannot be confirmed by computing the hash, and they are the same
wherever the same key file is used: a person's calls, and a conversation over several processes,
stay together.
"""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
from collections.abc import Callable
from functools import lru_cache

from hilt.core.exceptions import HILTError
from hilt.core.ids_and_times import NOBODY
from hilt.recording.event_fields import EventDict

__all__ = ["conversation_pseudonym", "user_pseudonym", "without_names"]

logger = logging.getLogger(__name__)

_KEY_FILE = "HILT_PRIVACY_KEY_FILE"
_KEY_BYTES = 32
_NAMES = frozenset(("id", "name", "agent", "node"))
_WORDS = frozenset(("metadata", "tags"))
_PROVENANCE = _WORDS | _NAMES


def without_names(events: list[EventDict]) -> list[EventDict]:
    """Put pseudonyms for the conversation and for who speaks into events, and return these.

    Words from a framework, such as tags, are removed; the name of an agent stays unless it has
    personal data.
    """
    for event in events:
        event["session_id"] = conversation_pseudonym(event["session_id"])
        actor = event["actor"]
        pseudonym = user_pseudonym if actor["type"] == "human" else _agent
        event["actor"] = {
            name: pseudonym(value) if name in _NAMES else value for name, value in actor.items()
        }
        origin = event.get("provenance")
        if origin and not _PROVENANCE.isdisjoint(origin):
            event["provenance"] = {
                name: _agent(value) if name in _NAMES and isinstance(value, str) else value
                for name, value in origin.items()
                if name not in _WORDS
            }
        extensions = event.get("extensions")
        if isinstance(extensions, dict) and isinstance(extensions.get("handoff_to"), str):
            extensions["handoff_to"] = _agent(extensions["handoff_to"])
        following = getattr(extensions, "continues_as", None)  # only endings have it
        if extensions is not None and following:
            extensions.continues_as = conversation_pseudonym(following)
    return events


def conversation_pseudonym(session_id: str) -> str:
    """The pseudonym of a conversation."""
    return f"conv_{_pseudonyms(os.environ.get(_KEY_FILE))(session_id, 'conversation')}"


def user_pseudonym(user: str) -> str:
    """The pseudonym of a person; an id that names nobody stays."""
    if user in NOBODY:
        return user
    return f"user_{_pseudonyms(os.environ.get(_KEY_FILE))(user, 'user')}"


@lru_cache(maxsize=1_000)
def _agent(name: str) -> str:
    """A name of an agent, a tool or a step; a pseudonym if it has personal data."""
    from hilt.privacy.patterns import find  # as below

    if not find(name):
        return name
    return f"agent_{_pseudonyms(os.environ.get(_KEY_FILE))(name, 'agent')}"


@lru_cache(maxsize=8)
def _pseudonyms(_key_file: str | None) -> Callable[[str, str], str]:
    """Makes pseudonyms, cached for the key file that the variable names, which may change."""
    from hilt.privacy.keys import KeyFile  # imports all patterns, so only when needed

    try:
        return lru_cache(maxsize=10_000)(KeyFile().pseudonym)
    except (HILTError, OSError) as error:
        logger.warning(
            "capture_content=False: pseudonyms are those of this process only, as there is no key "
            "file (%s)",
            error,
        )
    key = secrets.token_bytes(_KEY_BYTES)

    def pseudonym(value: str, field: str) -> str:
        data = f"{field} {value}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(data, digest_size=8, key=key).hexdigest()

    return pseudonym
