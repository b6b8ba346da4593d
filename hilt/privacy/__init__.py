"""Privacy: what is found in texts, what is done with it, and with which keys.

`Policy` says what may be written; a session applies it to every event, after the processors and
before any sink. The commands that work on a finished log are in `hilt.privacy.tools`.
"""

from __future__ import annotations

from hilt.privacy.policy import Policy

__all__ = ["Policy"]
