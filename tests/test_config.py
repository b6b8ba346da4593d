"""What `hilt.instrument` makes of its arguments."""

from __future__ import annotations

import pytest

from hilt._config import resolve
from hilt.core.exceptions import ConfigurationError, MissingDependencyError
from hilt.providers.registry import Entry


@pytest.mark.parametrize(
    ("providers", "installed", "observed"),
    [
        (["gemini"], {"gemini"}, ("gemini",)),
        (["gemini"], {"generativeai"}, ("generativeai",)),
        (["gemini"], {"gemini", "generativeai"}, ("gemini",)),
        (["gemini", "generativeai"], {"generativeai"}, ("generativeai",)),
        (["openai", "gemini"], {"openai", "generativeai"}, ("openai", "generativeai")),
    ],
)
def test_gemini_is_whichever_sdk_is_installed(
    providers: list[str],
    installed: set[str],
    observed: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``gemini`` observes the older google-generativeai where google-genai is not installed."""
    monkeypatch.setattr(Entry, "is_installed", property(lambda entry: entry.name in installed))

    assert resolve({"providers": providers}).providers == observed


def test_missing_sdk_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without either SDK of Google's, the newer one is what to install."""
    monkeypatch.setattr(Entry, "is_installed", property(lambda _: False))

    with pytest.raises(MissingDependencyError) as raised:
        resolve({"providers": ["gemini"]})

    assert str(raised.value) == (
        'the provider "gemini" needs the package google-genai, which is not installed: '
        'pip install google-genai, or pip install "hilt[gemini]"'
    )


@pytest.mark.parametrize("text", ["[", "[1]", '[["a"]]', "[" * 100_000, '[null, "message"]'])
def test_a_list_in_the_environment_that_is_none_is_refused(text):
    """The message names the argument and what is right."""
    with pytest.raises(ConfigurationError, match=r"^columns: .* is no list of names; expected"):
        resolve({}, {"HILT_COLUMNS": text})


@pytest.mark.parametrize("way", ["argument", "environment"])
def test_key_where_a_path_is_expected_stays_as_it_is(way):
    """A path has one slash where two are; a key has addresses."""
    key = '{"token_uri": "https://oauth2.googleapis.com/token", "private_key": "a//b/./c"}'
    arguments = {"backend": "sheets", "sheet_id": "x"}
    environment = {"GOOGLE_CREDENTIALS_PATH": key} if way == "environment" else {}
    given = {"credentials_path": key} if way == "argument" else {}
    assert resolve({**arguments, **given}, environment).credentials_path == key


@pytest.mark.parametrize(("variable", "value"), [("HILT_KEEP", "few"), ("HILT_FSYNC", "x")])
def test_variable_that_gives_a_wrong_value_is_named(variable: str, value: str) -> None:
    """Unless the call gives a value of its own."""
    with pytest.raises(ConfigurationError) as raised:
        resolve({}, {variable: value})
    assert str(raised.value).endswith(f" (from {variable})")
    with pytest.raises(ConfigurationError) as raised:
        resolve({"keep": "few", "fsync": "x"}, {variable: value})
    assert variable not in str(raised.value)
