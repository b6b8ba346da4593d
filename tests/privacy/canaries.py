"""Values that must never be written, and where they are looked for."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path

PERSONAL = {
    "email": "ann.canary@example.com",
    "phone": "+49 30 90182 4711",
    "card": "4111 1111 1111 1111",
    "iban": "DE89 3704 0044 0532 0130 00",
    "ip": "203.0.113.77",
    "national_id": "078-05-1120",
    "api_key": "sk-proj-Canary0123456789abcdefABCDEF",
}
WORDS = "XANADU-CANARY"
"""What no pattern can find; policies that keep no texts must hide it as well."""
TEXT = f"{WORDS}: {', '.join(PERSONAL.values())}."
CLIENT_KEY = "client-key-of-no-known-form-4711"
POLICIES = ("redact", "pseudonymous", "metadata", "sealed", "capture_content=False")
WITHOUT_TEXTS = ("metadata", "sealed", "capture_content=False")


def forbidden(policy: str) -> list[str]:
    """What must not be there under a policy."""
    return [*PERSONAL.values(), CLIENT_KEY, *([WORDS] if policy in WITHOUT_TEXTS else [])]


def found_in(policy: str, folder: Path, *more: str) -> list[tuple[str, str]]:
    """Every forbidden value that is there, with the file that has it."""
    found: list[tuple[str, str]] = []
    for path, data in _contents(folder):
        plain = gzip.decompress(data) if path.suffix == ".gz" else data
        whole = f"{path} {plain.decode('utf-8', 'replace')}"
        found += [(value, path.name) for value in forbidden(policy) if _has(whole, value)]
    for text in more:
        found += [(value, "sheet") for value in forbidden(policy) if _has(text, value)]
    return found


def _contents(folder: Path) -> list[tuple[Path, bytes]]:
    """All files and what is in them; from the beginning again where one is renamed meanwhile.

    An outbox that is being sent replaces its state all the time: a file that vanished is not
    passed over, but read under its new name.
    """
    for _ in range(1000):
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert files, "nothing was written"
        with contextlib.suppress(FileNotFoundError):
            return [(path, path.read_bytes()) for path in files]
    raise AssertionError(f"{folder}: its files do not stay for as long as it takes to read them")


def _has(text: str, value: str) -> bool:
    """Whether a value is there, also with its blanks taken out or as JSON writes it."""
    return any(each in text for each in (value, value.replace(" ", ""), json.dumps(value)[1:-1]))
