"""Finding the credentials of clients, to keep them out of the log.

Those of a call that failed are looked up in the client that made it, in its arguments, in the
request that the exception carries, and in the environment. What is found is remembered, since the
same error may be logged again by a framework, a warning or a span.

For every other call, only the client's own key is found, as an attribute or, once for each client,
in all that it holds: people may have put it where it does not belong, as the name of a model or a
user.
"""

from __future__ import annotations

import os
import re
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from weakref import WeakKeyDictionary

import msgspec

from hilt.core.credentials import REMEMBERED, is_credential_name, query_credentials

__all__ = [
    "client_keys",
    "credentials_in",
    "encoded_keys",
    "environment_credentials",
    "note_credentials",
    "package_of",
]

_DEPTH = 4
_NODES = 600
_ITEMS = 100
_REMEMBERED = 256
_SHORTEST = 6
_LONGEST = 8192
_SHORTEST_WORD = 16  # a shorter word of small letters is a placeholder, such as "ollama"
_LEAVES = (type, ModuleType, FunctionType, BuiltinFunctionType, MethodType, int, float, type(None))
_CONTENT = frozenset({"messages", "input", "inputs", "contents", "body", "json_data", "prompt",
                      "tools", "data", "files"})  # fmt: skip
_NAMED_AFTER = re.compile(
    r"(type|scheme|version|ur[il]|endpoint|path|file|name|location|provider|class|usage"
    r"|authors?)$|count|limit|placeholder",
    re.IGNORECASE,
)
_MOST_KEYS = 4
_SHORTEST_KEY = 12
_SHORTEST_KEY_OF_WORDS = 24  # "not-needed" and "lm-studio" are given to servers that want no key
_IN_ENVIRONMENT = re.compile(r"(KEY|KEY_ID|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$")


_keys_of_clients: WeakKeyDictionary[object, tuple[bytes, ...]] = WeakKeyDictionary()


def client_keys(client: object) -> tuple[bytes, ...]:
    """The keys of the client that makes a call, as encoded in JSON. Never raises.

    Args:
        client: The object whose method is called; None for a function of a module, which takes its
            keys from the environment.
    """
    try:
        key = client.api_key  # type: ignore[attr-defined]
    except Exception:  # few SDKs lack the attribute, and a property may raise anything
        key = None
    return encoded_keys(key) if type(key) is str else _keys_within(client)


@lru_cache(maxsize=256)
def encoded_keys(*keys: str) -> tuple[bytes, ...]:
    """The texts that are keys, as encoded in JSON."""
    return tuple([msgspec.json.encode(key)[1:-1] for key in keys if _is_key(key)])


def _is_key(text: str) -> bool:
    is_mixed = any(map(str.isdigit, text)) and any(map(str.isalpha, text))
    shortest = _SHORTEST_KEY if is_mixed else _SHORTEST_KEY_OF_WORDS
    return len(text) >= shortest and text.isprintable() and is_plausible(text)


def _keys_within(client: object) -> tuple[bytes, ...]:
    if client is None:
        return _keys_of_environment()
    try:
        found = _keys_of_clients.get(client)
        if found is None:
            own = list(getattr(client, "__dict__", {}).values())
            holders = [each.__self__ for each in own if isinstance(each, MethodType)]
            keys = filter(_is_key, credentials_in(client, *holders))
            found = encoded_keys(*dict.fromkeys(islice(keys, _MOST_KEYS)))
            _keys_of_clients[client] = found
    except Exception:  # a client without weak references or hash, or an error of an SDK
        found = ()
    return found


@lru_cache(maxsize=1)
def _keys_of_environment() -> tuple[bytes, ...]:
    return encoded_keys(*islice(environment_credentials(), _MOST_KEYS))


def note_credentials(*holders: object) -> None:
    """Remember the credentials of clients, arguments and exceptions. Never raises.

    Args:
        holders: A client, what it was called with, an exception, a package.
    """
    for credential in (*environment_credentials(), *credentials_in(*holders)):
        REMEMBERED.pop(credential, None)
        REMEMBERED[credential] = None
    while len(REMEMBERED) > _REMEMBERED:
        REMEMBERED.pop(next(iter(REMEMBERED)))


def environment_credentials() -> Iterator[str]:
    """The values of the variables that SDKs may read keys from, judging by the variables' names."""
    for name, value in os.environ.items():
        if _IN_ENVIRONMENT.search(name) and is_plausible(value) and value[0] not in "/~{":
            yield value


def credentials_in(*holders: object) -> Iterator[str]:
    """The credentials in objects and what they hold, by the names of their attributes and keys."""
    queue: list[tuple[object, int]] = []
    for each in holders:
        parts = _requests_of(each) if isinstance(each, BaseException) else [each]
        queue += [(part, 0) for part in parts]
    met = {id(node) for node, _ in queue}
    for node, depth in queue:  # breadth first, as a client's own credentials are near
        try:
            fields = _fields(node)
            yield from [found for each in fields for found in _credentials_of(*each)]
        except Exception:  # noqa: S112 # an SDK's object of any kind; the others matter as much
            continue
        if depth == _DEPTH:
            continue
        for name, value in fields:
            if id(value) not in met and len(queue) < _NODES and _may_hold(name, value):
                met.add(id(value))
                queue.append((value, depth + 1))


def is_plausible(value: str) -> bool:
    """Whether a value with the name of a credential may be one, not a placeholder or a number."""
    if not _SHORTEST <= len(value) <= _LONGEST or value.isdigit() or any(map(str.isspace, value)):
        return False
    is_word = value.isalpha() and (value.islower() or value.isupper() or value.istitle())
    return not is_word or len(value) >= _SHORTEST_WORD


def _credentials_of(name: str, value: object) -> Iterator[str]:
    text = _text_of(value)
    if text is None:
        return
    if "://" in text:
        yield from filter(is_plausible, query_credentials(text))
    elif is_credential_name(name) and not _NAMED_AFTER.search(name):
        yield from filter(is_plausible, _with_and_without_scheme(text))


def _with_and_without_scheme(text: str) -> Iterator[str]:
    """A header's value, what follows its scheme, and the password in Basic authentication."""
    yield text
    scheme, _, rest = text.partition(" ")
    if not scheme.isalpha():
        return
    yield rest.strip()
    if scheme.lower() == "basic":
        with suppress(ValueError):
            yield b64decode(rest).decode("utf-8", "replace").partition(":")[2]


def _text_of(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    secret = getattr(type(value), "get_secret_value", None)
    if secret is not None:
        revealed = secret(value)  # Pydantic's
        return revealed if isinstance(revealed, str) else None
    return str(value) if type(value).__name__ == "URL" else None


def _may_hold(name: str, value: object) -> bool:
    return not isinstance(value, (str, bytes, *_LEAVES)) and name not in _CONTENT


def _fields(node: object) -> list[tuple[str, object]]:
    """The attributes of an object, or the items of a collection, with their names."""
    if isinstance(node, ModuleType):
        # By their types: isinstance() asks a lazy object, such as openai.beta, for its class,
        # which imports all that it stands for, more than a thousand modules.
        own: list[tuple[object, object]] = [
            each for each in list(vars(node).items()) if issubclass(type(each[1]), str)
        ]
    elif isinstance(node, Mapping):
        own = list(node.items())[:_ITEMS]
    elif isinstance(node, (list, tuple)):
        own = [("", each) for each in node[:_ITEMS]]
    else:
        own = [*getattr(node, "__dict__", {}).items(), *_slots_of(node)]
    return [(str(name), value) for name, value in own]


def _slots_of(node: object) -> Iterator[tuple[str, object]]:
    for cls in type(node).__mro__:
        names = vars(cls).get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            yield name, getattr(node, name, None)


def _requests_of(error: BaseException) -> list[object]:
    """The requests that an exception and its causes carry; answers contain no secrets."""
    found: list[object] = []
    current: BaseException | None = error
    for _ in range(_DEPTH):
        if current is None:
            break
        holders = (current, *_responses_of(current))
        names = ("request", "_request", "request_info")
        found += [_quietly(holder, name) for holder in holders for name in names]
        current = current.__cause__ or current.__context__
    return [each for each in found if each is not None]


def _responses_of(error: BaseException) -> list[object]:
    return [_quietly(error, name) for name in ("response", "raw_response", "http_response")]


def _quietly(holder: object, name: str) -> object:
    try:
        return getattr(holder, name, None)
    except Exception:  # an httpx error without a request raises RuntimeError
        return None


def package_of(module: str) -> ModuleType | None:
    """The package that a module belongs to, which may hold keys itself: ``openai.api_key``."""
    return sys.modules.get(module.partition(".")[0])
