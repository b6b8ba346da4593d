"""Tests for credentials in texts: which are recognised, and what is left alone."""

from __future__ import annotations

import time

import pytest

from hilt.core.credentials import (
    header_credentials,
    is_credential_name,
    query_credentials,
    without_credentials,
    without_credentials_in,
)
from hilt.core.exceptions import ConfigurationError, MissingDependencyError


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("Incorrect API key provided: sk-proj-AbC***op12.", "Incorrect API key provided: [redacted]."),
        ("Invalid API key: hf_AbCdEfGhIjKlMnOpQr", "Invalid API key: [redacted]"),
        ("bad x-api-key: 9f8e7d6c5b4a", "bad x-api-key: [redacted]"),
        ('{"api_key": "abcdefgh12"}', '{"api_key": "[redacted]"}'),
        ("api_key=plainword", "api_key=[redacted]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [redacted]"),
        ("Bearer Bearer abc.def", "Bearer Bearer [redacted]"),
        ("Basic Token: bearer Abc1", "Basic Token: bearer [redacted]"),
        ("header 'Basic dXNlcjpwYXNz' refused", "header 'Basic [redacted]' refused"),
        ("jwt eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl ended", "jwt [redacted] ended"),
        ("GET https://h/v1?key=AbC1&alt=sse", "GET https://h/v1?key=[redacted]&alt=sse"),
        ("https://h/b?sv=1&sig=aGVsbG8%3D", "https://h/b?sv=1&sig=[redacted]"),
        ("https://user:pass@host/x", "https://[redacted]@host/x"),
        ("password=hunter2 is wrong", "password=[redacted] is wrong"),
        ("AKIAIOSFODNN7EXAMPLE was refused", "[redacted] was refused"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", "[redacted]"),
        ("key: sk-********************abcd", "key: [redacted]"),
        ("api_key: [redacted], secret=aBc1.", "api_key: [redacted], secret=[redacted]."),
        ("secret=abcd1!", "secret=[redacted]!"),
        ("api_key=abcd?", "api_key=[redacted]?"),
        ("api_key: abcD", "api_key: [redacted]"),
        ("secret=aBc1x and Bearer ABCDx", "secret=[redacted] and Bearer [redacted]"),
        ("token=abcD", "token=[redacted]"),
        ("session token: aBcDeFgH", "session token: [redacted]"),
        ("basic abcd= and bearer ABcd", "basic [redacted] and bearer [redacted]"),
    ],
)  # fmt: skip
def test_what_looks_like_a_credential_is_replaced(text: str, without: str) -> None:
    """Each form that providers and protocols document is recognised, and nothing beside it."""
    assert without_credentials(text) == without


@pytest.mark.parametrize(
    "text",
    [
        "Invalid token: unexpected end of input",
        "max_tokens: 4096 is too large for this model",
        "keyword-arguments of a task-management-system",
        "The secret is that nothing works",
        "password is incorrect",
        "Missing bearer authentication in header",
        "Your session token is expired",
        "Unsupported parameter: 'max_tokens' is not supported with this model.",
        "This model's maximum context length is 8192 tokens.",
        "https://host:8080/path?model=gpt-4o-mini",
        "api key: required",
        "API_KEY: REQUIRED!",
        "credentials=none, secret=none, Token=none and TOKEN=none!",
        "Missing bearer authentication.",
        "Send a Bearer Token!",
    ],
)
def test_prose_stays(text: str) -> None:
    """A message that only speaks of keys and tokens is what the reader needs."""
    assert without_credentials(text) == text


def test_known_credentials_are_replaced_wherever_they_stand() -> None:
    """A key of no known form is replaced, also where it is percent-encoded or part of a longer one."""
    text = "no access for 'my key/1' at /v1?k=my%20key%2F1, nor for 'my key/12'"

    without = without_credentials(text, ["my key/1", "my key/12"])

    assert without == "no access for '[redacted]' at /v1?k=[redacted], nor for '[redacted]'"
    assert without_credentials("for a-zebra", ["zebra1", "zebras", "a-zebra"]) == "for [redacted]"
    assert without_credentials("for a-zebra1", ["zebra1", "a-zebra1"]) == "for [redacted]"


def test_a_short_credential_does_not_blank_a_message() -> None:
    """A key of few letters, as tests use, is a part of ordinary words."""
    assert without_credentials("kill the kernel", ["k"]) == "kill the kernel"
    assert without_credentials("a kernel", ["kerne"]) == "a kernel"
    assert without_credentials("a kernel", ["kernel"]) == "a [redacted]"


def test_a_long_text_is_cut_when_its_known_credentials_are_out() -> None:
    """Nobody reads so long a message; the end of a key that is cut would be known by nothing."""
    text = "x " * 32_765 + "mykeyhere" + "y" * 100

    assert without_credentials(text[:65_536]) == text[:65_536]
    assert without_credentials(text, ["mykeyhere"]) == "x " * 32_765 + "[redac"
    assert without_credentials("z" * 65_536) == "z" * 65_536
    assert len(without_credentials("z" * 65_537)) == 65_536


def test_texts_in_json_are_without_credentials() -> None:
    """Whatever they stand in; names and numbers stay."""
    value = {"password=hunter2": [{"a": "password=hunter2"}, 7, None], "b": "Hi"}

    assert without_credentials_in(value) == {
        "password=hunter2": [{"a": "password=[redacted]"}, 7, None],
        "b": "Hi",
    }


def test_credentials_of_a_request() -> None:
    """Headers and addresses say what the client's credentials are, with and without a scheme."""
    headers = {"Authorization": "Bearer  abc ", "x-api-key": "def", "user-agent": "Ghi 1"}

    assert header_credentials(headers) == ["Bearer  abc ", "abc", "def"]
    assert header_credentials({"cookie": "a=1 b", "token": "Bearer "}) == ["a=1 b", "Bearer "]
    assert header_credentials({"x-api-key": b"def"}) == []  # type: ignore[dict-item]  # of bytes
    assert query_credentials("https://u:p@h/x?key=abc&alt=sse&sig=d") == ["abc", "d", "p", "u"]
    assert query_credentials("https://u@h/x?model=m") == ["u"]
    assert query_credentials("https://h/x") == query_credentials("https://[::") == []


@pytest.mark.parametrize(("name", "is_one"), [
    ("Authorization", True), ("api-key", True), ("x-goog-api-key", True), ("cookie", True),
    ("password", True), ("user-agent", False), ("idempotency-key", False), ("max_tokens", False),
    ("Idempotency-Key", False), ("SESSION_ID", False), ("session", True), ("SAS", True),
    ("sig", True), ("design", False), ("sas_model", False), ("X-Signature", True),
])  # fmt: skip
def test_names_of_credentials(name: str, is_one: bool) -> None:
    """A header or field is known by its name."""
    assert is_credential_name(name) is is_one


@pytest.mark.parametrize(
    "piece",
    ["a", "sk-", "api_", "a://", "key=", "x-y_", "-----BEGIN ", "eyJ", "?a=1", "token ", "a.b@"],
)
def test_long_texts_take_linear_time(piece: str) -> None:
    """No pattern goes back over a text again and again, whatever stands in it."""
    small, large = ((piece * size)[:size] for size in (8_000, 64_000))
    times = []
    for text in (small, large):
        start = time.process_time()
        for _ in range(3):
            without_credentials(text)
        times.append(time.process_time() - start)

    assert times[1] < 40 * times[0] + 0.2  # eight times the text; quadratic would be 64 times


@pytest.mark.parametrize("error", [ConfigurationError, MissingDependencyError])
def test_a_configuration_error_quotes_no_key(error: type[ConfigurationError]) -> None:
    """A private key that was given where a path belongs is not in the message."""
    key = "-----BEGIN PRIVATE KEY-----\\nMIIEvQ\\n-----END PRIVATE KEY-----"

    assert str(error(f"credentials_path: {key} is no file")) == (
        "credentials_path: [redacted] is no file"
    )


def test_a_key_of_small_letters_only_is_one() -> None:
    """Names that are made of words are none."""
    assert without_credentials("key sk-abcdefghijklmnopqrstuvwx is wrong") == (
        "key [redacted] is wrong"
    )
    assert without_credentials("the pk-list-of-all-things") == "the pk-list-of-all-things"
