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
    package_of,
)

KEY = "no.prefix~at~all"


class Secret:
    """As Pydantic's ``SecretStr``."""

    def get_secret_value(self) -> str:
        """The value."""
        return KEY


class SilentSecret:
    """A secret that is no text."""

    token = KEY

    def get_secret_value(self) -> bytes:
        """Its bytes."""
        return KEY.encode()


class Slotted:
    """A client without ``__dict__``."""

    __slots__ = ("api_key",)

    def __init__(self) -> None:
        self.api_key = KEY


class SlotOfText:
    """A client with one slot, which is named without a tuple."""

    __slots__ = "secret"  # noqa: PLC0205 # as others write it

    def __init__(self) -> None:
        self.secret = KEY


class SlotOfBase(Slotted):
    """A client that adds a slot, which has no value."""

    __slots__ = ("token",)


class URL:
    """As that of yarl and httpx."""

    def __str__(self) -> str:
        return f"https://host/?sig={KEY}"


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
    "slot that is a text": SlotOfText(),
    "slot of a base": SlotOfBase(),
    "tuple": ({"password": KEY},),
    "key of bytes": {"authorization": f"Bearer {KEY}".encode()},
    "address of an object": SimpleNamespace(endpoint=URL()),
    "fourth level": {"a": {"b": {"c": {"d": {"n": 1}, "e": {"token": KEY}}}}},
    "last of many": [*[{}] * 99, {"token": KEY}],
    "package": module_with_key(),
    "exception": error_with_request(),
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_credentials_are_found(holder: str) -> None:
    """In attributes, slots, headers, addresses, packages and the requests of exceptions."""
    assert KEY in list(credentials_in(HOLDERS[holder]))


@pytest.mark.parametrize("name", ["request", "_request", "request_info"])
@pytest.mark.parametrize("holder", [None, "response", "raw_response", "http_response"])
def test_requests_of_errors_are_found(name: str, holder: str | None) -> None:
    """In the error or in the answer that it has, where libraries keep them."""
    error: Any = ValueError("no")
    owner = error
    if holder is not None:
        owner = SimpleNamespace()
        setattr(error, holder, owner)
    setattr(owner, name, SimpleNamespace(headers={"x-api-key": KEY}))

    assert list(credentials_in(error)) == [KEY]


def test_requests_of_causes_are_found() -> None:
    """Of the error that it was raised from, else of the one that was being handled, four in all."""
    errors: list[Any] = [ValueError(str(number)) for number in range(5)]
    errors[0].__cause__, errors[0].__context__ = errors[1], KeyError()
    errors[1].__context__, errors[2].__cause__, errors[3].__cause__ = errors[2:]
    for number, error in enumerate(errors):
        error.request = SimpleNamespace(token=f"{KEY}.{number}")

    assert list(credentials_in(errors[0])) == [f"{KEY}.{number}" for number in range(4)]


def test_request_that_an_error_has_not_costs_only_itself() -> None:
    """As of an httpx error that was made without one."""

    class Bare(Exception):  # noqa: N818 # as raised by a library
        token = KEY

        @property
        def request(self) -> object:
            """There is none."""
            raise RuntimeError("no request")

        response = SimpleNamespace(request={"token": KEY})

    assert list(credentials_in(Bare())) == [KEY]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("Bearer a.b-cde1", ["a.b-cde1"]),
        ("Bearer   a.b-cde1 ", ["a.b-cde1"]),
        ("v1 a.b-cde1", []),
        ("Basic dXNlcjphLmItY2RlMQ==", ["dXNlcjphLmItY2RlMQ==", "a.b-cde1"]),
        ("basic dXNlcjphLmItY2RlMQ==", ["dXNlcjphLmItY2RlMQ==", "a.b-cde1"]),
        ("Basic dXNlcjphLmItY2Rl1", ["dXNlcjphLmItY2Rl1"]),
        ("Bearer dXNlcjphLmItY2RlMQ==", ["dXNlcjphLmItY2RlMQ=="]),
        ("Bearer", []),
        ("Basic ", []),
    ],
)
def test_header_is_a_credential_without_its_scheme(value: str, found: list[str]) -> None:
    """Of Basic authentication the password is one, too."""
    assert list(credentials_in({"authorization": value})) == found


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("a.b12", False),
        ("a.b123", True),
        ("." * 8192, True),
        ("." * 8193, False),
        ("1234567", False),
        ("a.b 123", False),
        ("a.b\n123", False),
        ("abcdefghijklmno", False),
        ("ABCDEFGHIJKLMNO", False),
        ("Abcdefghijklmno", False),
        ("abcdefghijklmnO", True),
        ("abcdefghijklmnop", True),
    ],
)
def test_value_under_the_name_of_a_credential(value: str, is_one: bool) -> None:
    """It is none if it is very short or long, a number, several words, or one that stands for none."""
    assert list(credentials_in({"token": value})) == [value] * is_one


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
        {"token": None},
        {"token_count": KEY},
        {"tokens_per_minute_limit": KEY},
        {"key_placeholder": KEY},
        {"KeyFile": KEY},
        {"authors": KEY},
        *({name: {"token": KEY}} for name in ("input", "inputs", "contents", "body", "json_data",
                                              "prompt", "tools", "data", "files")),
        {"secret": SilentSecret()},
        {"a": {"b": {"c": {"d": {"e": {"token": KEY}}}}}},
        [*[{}] * 100, {"token": KEY}],
        {**{str(number): 0 for number in range(100)}, "token": KEY},
        SimpleNamespace(method=module_with_key, kind=SilentSecret, package=module_with_key()),
    ],
)  # fmt: skip
def test_what_is_no_credential_is_left_alone(holder: dict[str, Any]) -> None:
    """Placeholders, numbers, kinds, addresses, people and content are none."""
    assert list(credentials_in(holder)) == []


def test_objects_that_cannot_be_read_cost_only_themselves() -> None:
    """The next one is looked at all the same."""

    class Unreadable(dict[str, str]):
        def items(self) -> Any:
            raise NotImplementedError

    assert list(credentials_in([Unreadable(), {"api_key": KEY}])) == [KEY]
    assert list(credentials_in(Unreadable(), {"api_key": KEY})) == [KEY]


def test_object_that_is_held_twice_is_looked_at_once() -> None:
    """As a transport that two parts of a client share."""
    shared = {"api_key": KEY}

    assert list(credentials_in({"a": shared, "b": [shared]})) == [KEY]


def test_bytes_that_are_no_text_are_read_as_far_as_they_are() -> None:
    """A header may have any."""
    assert list(credentials_in({"token": b"\xff" + KEY.encode()})) == [f"\ufffd{KEY}"]


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
    circle["many"] = [{"part": [{} for _ in range(90)]} for _ in range(90)]

    assert list(credentials_in(circle)) == [KEY]


def test_first_objects_of_a_client_are_looked_at() -> None:
    """Six hundred of them, counting itself."""
    rows = [[{"token": f"token.{row}.{column}"} for column in range(60)] for row in range(10)]
    found = list(credentials_in({"rows": rows}))

    assert len(found) == 600 - 1 - 1 - 10
    assert found[-1] == "token.9.47"


def test_environment_is_read_by_the_names_of_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The keys are there, and no path of a file with credentials."""
    monkeypatch.setattr(
        known_credentials.os,
        "environ",
        {
            "A_API_KEY": KEY,
            "B_CREDENTIALS": "/home/x/key.json",
            "C_CREDENTIALS": "~/key.json",
            "D_CREDENTIALS": '{"type":"service_account"}',
            "KEYBOARD": "layout-1",
            "E_TOKEN": "",
            "F_TOKEN": "none",
            "AWS_ACCESS_KEY_ID": "id.7",
            "AWS_SECRET": "secret.7",
            "DB_PASSWORD": "password.7",
            "DB_PASSWD": "passwd.7",
            "G_CREDENTIAL": "credential.7",
            "H_TOKEN": "xtoken.7",
        },
    )

    assert list(environment_credentials()) == [
        KEY, "secret.7", "password.7", "passwd.7", "credential.7", "xtoken.7",
    ]  # fmt: skip


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
def test_credential_that_is_noted_again_is_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """256 are remembered, and those of the environment are among them."""
    REMEMBERED.clear()
    monkeypatch.setattr(known_credentials.os, "environ", {"A_KEY": "of.environment"})
    note_credentials({"api_key": KEY}, {"token": "another.one"})
    note_credentials(*({"api_key": f"another-{number}"} for number in range(253)))
    assert list(REMEMBERED)[:3] == [KEY, "another.one", "of.environment"]
    note_credentials({"api_key": KEY})
    note_credentials({"api_key": "newest.one"})

    assert list(REMEMBERED)[-3:] == [KEY, "of.environment", "newest.one"]
    assert "another.one" not in REMEMBERED
    assert len(REMEMBERED) == 256


def test_package_of_a_module() -> None:
    """The one that is loaded, or none."""
    assert package_of("logging.handlers") is package_of("logging.a.b") is logging
    assert package_of("nothing.at.all") is None


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
        (_Holder(api_key="0123456789abc\x00"), ()),
        (_Holder(api_key="0123456789abc def"), ()),
        (_Holder(api_key="1234567890123"), ()),
        (_Holder(api_key="1234-5678-9012"), ()),
        (_Holder(client=_Holder(token="tok-01234567"), password="pw.0123456789"),
         (b"pw.0123456789", b"tok-01234567")),
        (_Holder(a_key="k-1.23456789", b_key="k-1.23456789", c_key="k-2.23456789"),
         (b"k-1.23456789", b"k-2.23456789")),
        (_Holder(**{f"{name}_key": f"k-{name}.23456789" for name in "abcde"}),
         tuple(f"k-{name}.23456789".encode() for name in "abcd")),
        (_Holder(), ()),
        (_Raising(), ()),
        (7, ()),
    ],
)  # fmt: skip
def test_keys_of_a_client(client: object, keys: tuple[bytes, ...]) -> None:
    """They stand as in JSON; of a client without any, and of one that raises, there are none."""
    assert client_keys(client) == keys
    assert client_keys(client) == keys


def test_keys_of_a_function_are_those_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four of them, since a module has no client; read once."""
    keys = {f"{name}_API_KEY": f"k-{name}.23456789" for name in "ABCDE"}
    monkeypatch.setattr(known_credentials.os, "environ", keys)
    known_credentials._keys_of_environment.cache_clear()
    try:
        expected = tuple(key.encode() for key in list(keys.values())[:4])
        assert client_keys(None) == expected
        keys.clear()
        assert client_keys(None) == expected
    finally:
        known_credentials._keys_of_environment.cache_clear()


def test_client_is_looked_through_once() -> None:
    """Its keys are remembered as long as it lives."""
    client = _Holder(auth_token="tok-0123456789")
    assert client_keys(client) == (b"tok-0123456789",)
    client.auth_token = "tok-other-0123456789"

    assert client_keys(client) == (b"tok-0123456789",)
