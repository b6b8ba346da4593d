"""Which hosts the servers of this package answer for.

A page of any website can send requests to this computer, under a name of its own that leads here
("DNS rebinding"). So only requests for the host that a server was started on are answered.
"""

from __future__ import annotations

__all__ = ["is_local_host"]

_LOOPBACK = frozenset(("localhost", "127.0.0.1", "::1"))
_ALL = frozenset(("", "0.0.0.0", "::"))  # noqa: S104 # compared, not listened on


def is_local_host(header: str | None, host: str) -> bool:
    """Whether a ``Host`` header names the host that a server listens on.

    Args:
        header: The header, with or without a port; HTTP/1.0 has none.
        host: Where the server listens; on all addresses, it answers for every name.
    """
    if header is None or host in _ALL:
        return True
    name = header.strip().lower()
    name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
    return name == host.lower() or (host in _LOOPBACK and name in _LOOPBACK)
