"""The credentials of a client are found by the names that they are kept under."""

from __future__ import annotations

import logging
from base64 import b64encode
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from hilt.core import known_credentials
from hilt.core.credentials import REMEMBERED, without_credentials
from hilt.core.guard import Guard
from hilt.core.known_credentials import (
    client_keys,
    credentials_in,
    environment_credentials,
    note_credentials,
)

KEY = "no.prefix~at~all"


class Secret:
    """As Pydantic's ``SecretStr``."""

    def get_secret_value(self) -> str:
        """The value."""
        return KEY


class Slotted:
    """A client without ``__dict__``."""

    __slots__ = ("api_key",)

    def __init__(self) -> None:
        self.api_key = KEY


def module_with_key() -> ModuleType:
    """A package that has a key as a global."""
    module = ModuleType("sdk")
    module.api_key = KEY  # type: ignore[attr-defined]
    return module


def error_with_request() -> Exception:
    """An error whose cause carries the request that was sent."""
    error = ValueError("no")
    error.__cause__ = KeyError("request")
    request = SimpleNamespace(headers={"Authorization": f"Bearer {KEY}"})
    error.__cause__.response = SimpleNamespace(request=request)  # type: ignore[attr-defined]
    return error


HOLDERS: dict[str, Any] = {
    "attribute": SimpleNamespace(api_key=KEY),
    "private attribute of a part": SimpleNamespace(_signer=SimpleNamespace(_secret_key=KEY)),
    "slot": Slotted(),
    "secret": SimpleNamespace(auth_token=Secret()),
    "bytes": {"x-api-key": KEY.encode()},
    "header": {"headers": {"authorization": f"Bearer {KEY}"}},
    "basic": {"authorization": "Basic " + b64encode(f"user:{KEY}".encode()).decode()},
    "query": SimpleNamespace(base_url=f"https://host/v1?sig={KEY}"),
    "list": {"clients": [{"password": KEY}]},
    "package": module_with_key(),
    "exception": error_with_request(),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_credentials_are_found(holder: str) -> None:
    """In attributes, slots, headers, addresses, packages and the requests of exceptions."""
    assert KEY in list(credentials_in(HOLDERS[holder]))


@pytest.mark.parametrize(
    "holder",
    [
        {"api_key": "ollama"},
        {"max_tokens": "123456789"},
        {"auth_type": "bearer.v2"},
        {"token_url": "https://host/token"},
        {"author": "A.Writer"},
        {"messages": [{"token": KEY}]},
        {"model": KEY},
        {"password": ""},
    ],
)
def test_what_is_no_credential_is_left_alone(holder: dict[str, Any]) -> None:
    """Placeholders, numbers, kinds, addresses, people and content are none."""
    assert list(credentials_in(holder)) == []


def test_objects_that_cannot_be_read_cost_only_themselves() -> None:
    """The next one is looked at all the same."""

    class Unreadable(dict[str, str]):
        def items(self) -> Any:
            raise NotImplementedError

    assert list(credentials_in([Unreadable(), {"api_key": KEY}])) == [KEY]


def test_lazy_objects_of_a_package_are_not_loaded() -> None:
    """Such as ``openai.beta``, which imports a thousand modules if it is asked for its class."""
    asked: list[str] = []

    class Lazy:
        @property
        def __class__(self) -> type:  # type: ignore[override]  # as proxies do
            asked.append("class")
            return dict

        def __getattr__(self, name: str) -> object:
            asked.append(name)
            return None

    package = ModuleType("sdk")
    package.__dict__.update(beta=Lazy(), api_key=KEY)

    assert list(credentials_in(package)) == [KEY]
    assert asked == []


def test_large_and_circular_objects_are_bounded() -> None:
    """A client that holds itself, and more than anybody would look through."""
    circle: dict[str, Any] = {"api_key": KEY}
    circle["self"] = circle
    circle["many"] = [{"part": [{}] * 90} for _ in range(90)]

    assert list(credentials_in(circle)) == [KEY]


def test_environment_is_read_by_the_names_of_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are there, and no path of a file with credentials."""
    monkeypatch.setattr(
        known_credentials.os,
        "environ",
        {"A_API_KEY": KEY, "B_CREDENTIALS": "/home/x/key.json", "KEYBOARD": "layout-1"},
    )

    assert list(environment_credentials()) == [KEY]


@pytest.fixture
def _forgotten() -> Iterator[None]:
    before = dict(REMEMBERED)
    yield
    REMEMBERED.clear()
    REMEMBERED.update(before)


@pytest.mark.usefixtures("_forgotten")
def test_noted_credentials_are_replaced_in_every_text() -> None:
    """Also in what is logged of the same error later, and they are forgotten in time."""
    note_credentials({"api_key": KEY})

    assert without_credentials(f"<{KEY}>") == "<[redacted]>"
    for number in range(300):
        note_credentials({"api_key": f"another-{number}"})
    assert without_credentials(f"<{KEY}>") == f"<{KEY}>"


@pytest.mark.usefixtures("_forgotten")
def test_warnings_hold_no_credentials(caplog: pytest.LogCaptureFixture) -> None:
    """Where the traceback of an internal error has one, its text is logged without it."""
    note_credentials({"api_key": KEY})
    try:
        raise ValueError(KEY)
    except ValueError:
        Guard().report("reading")

    (record,) = caplog.records
    text = logging.Formatter().format(record)
    assert KEY not in text
    assert "ValueError: [redacted]" in text


class _Holder:
    """A client that keeps its key as SDKs do."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)

    def headers(self) -> dict[str, str]:
        """What a transport is given as a function."""
        return {}


class _Raising:
    __slots__ = ()

    @property
    def api_key(self) -> str:
        raise RuntimeError("no key")


@pytest.mark.parametrize(
    ("client", "keys"),
    [
        (_Holder(api_key="sk-0123456789ab"), (b"sk-0123456789ab",)),
        (_Holder(api_key='sk-"0123456789"'), (b'sk-\\"0123456789\\"',)),
        (_Holder(api_key=None, auth_token="tok-0123456789"), (b"tok-0123456789",)),
        (_Holder(inner=_Holder(_token="tok-0123456789")), (b"tok-0123456789",)),
        (_Holder(base_headers=_Holder(token="tok-0123456789").headers), (b"tok-0123456789",)),
        (_Holder(api_key="test"), ()),
        (_Holder(api_key="sk-01234567"), ()),
        (_Holder(api_key="sk-012345678"), (b"sk-012345678",)),
        (_Holder(api_key="no-key-is-needed-for-it"), ()),
        (_Holder(api_key="no-key-is-needed-for-you"), (b"no-key-is-needed-for-you",)),
        (_Holder(), ()),
        (_Raising(), ()),
        (7, ()),
    ],
)
def test_keys_of_a_client(client: object, keys: tuple[bytes, ...]) -> None:
    """They stand as in JSON; of a client without any, and of one that raises, there are none."""
    assert client_keys(client) == keys
    assert client_keys(client) == keys
