"""Which hosts and sites the servers of this package answer.

A page of any website can send requests to this computer, under a name of its own that leads here
("DNS rebinding"), or across sites. So only requests for the host that a server was started on are
answered, and of pages only those of this computer.
"""

from __future__ import annotations

import re

__all__ = ["is_local_host", "is_local_origin"]

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_ALL = frozenset(("", "0.0.0.0", "::"))  # noqa: S104 # compared, not listened on
_HOST = re.compile(r"(?:\[([^][]*)\]|([^][:]*))(?::\d*)?")


def is_local_host(header: str | None, host: str) -> bool:
    """Whether a ``Host`` header names the host that a server listens on.

    Args:
        header: The header, with or without a port; HTTP/1.0 has none.
        host: Where the server listens; on all addresses, it answers for every name.
    """
    if header is None or host in _ALL:
        return True
    name = _name_of(header)
    return name == host.lower() or (host in _LOOPBACK and name in _LOOPBACK)


def is_local_origin(origin: str | None, header: str | None) -> bool:
    """Whether a page may send requests: one of this computer, or of the server itself.

    Args:
        origin: The ``Origin`` header; programs that are no browsers send none.
        header: The ``Host`` header.
    """
    if origin is None:
        return True
    _, scheme_end, authority = origin.strip().lower().partition("://")
    is_own = header is not None and authority == header.strip().lower()
    return bool(scheme_end) and (is_own or _name_of(authority) in _LOOPBACK)


def _name_of(header: str) -> str | None:
    """The name without its port; None if it is none that a URL may have."""
    match = _HOST.fullmatch(header.strip().lower())
    return match and (match[1] if match[2] is None else match[2])
