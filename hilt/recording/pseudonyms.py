"""Pseudonyms in the place of ids that may name a person, for events without content.

They are keyed, so that nobody can confirm a guess by making the same hash, and the same wherever
the same key file is used: a person's calls, and a conversation over several processes, stay
together.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from hilt.core.exceptions import HILTError
from hilt.privacy.keys import KeyFile, default_key_path
from hilt.recording.event_base import EventDict

__all__ = ["conversation_pseudonym", "user_pseudonym", "without_names"]

logger = logging.getLogger(__name__)

_NOBODY = frozenset(("user", "anonymous", "unknown", "withheld", "erased"))
_KEY_BYTES = 32


def without_names(events: list[EventDict]) -> list[EventDict]:
    """The events with pseudonyms for the conversation and for who speaks; they are changed."""
    for event in events:
        event["session_id"] = conversation_pseudonym(event["session_id"])
        actor = event["actor"]
        if actor["type"] == "human":
            event["actor"] = {**actor, "id": user_pseudonym(actor["id"])}
        extensions = event.get("extensions")
        following = getattr(extensions, "continues_as", None)  # only endings have it
        if extensions is not None and following:
            extensions.continues_as = conversation_pseudonym(following)
    return events


def conversation_pseudonym(session_id: str) -> str:
    """What stands for a conversation."""
    return f"conv_{_pseudonyms(default_key_path())(session_id, 'conversation')}"


def user_pseudonym(user: str) -> str:
    """What stands for a person; an id that names nobody stays."""
    if user in _NOBODY:
        return user
    return f"user_{_pseudonyms(default_key_path())(user, 'user')}"


@lru_cache(maxsize=8)
def _pseudonyms(path: Path) -> Callable[[str, str], str]:
    try:
        return lru_cache(maxsize=10_000)(KeyFile(path).pseudonym)
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
