"""The tree of errors."""

from __future__ import annotations

import pytest

from hilt.core import exceptions


def test_all_are_hilt_errors():
    """Whoever catches `HILTError` catches them all, and each is what Python calls it too."""
    for name in exceptions.__all__:
        assert issubclass(getattr(exceptions, name), exceptions.HILTError)
    assert issubclass(exceptions.ConfigurationError, ValueError)
    assert issubclass(exceptions.MissingDependencyError, ImportError)
    assert issubclass(exceptions.EventError, ValueError)
    assert issubclass(exceptions.SinkError, OSError)
    assert issubclass(exceptions.SessionError, RuntimeError)


def test_a_read_error_knows_its_line():
    """Where there is one."""
    with pytest.raises(exceptions.ReadError) as caught:
        raise exceptions.ReadError("log:3: no event", 3)
    assert (str(caught.value), caught.value.line) == ("log:3: no event", 3)


@pytest.mark.parametrize("kind", ["ConfigurationError", "EventError", "ReadError"])
@pytest.mark.parametrize("key", ["sk-proj-aB3dE6gH9jaB3dE6gH9j", "team0key,with;marks"])
def test_a_key_in_the_wrong_place_is_not_shown(kind, key, monkeypatch):
    """One that looks like a key, and one that the environment has."""
    monkeypatch.setenv("OPENAI_API_KEY", key)
    error = getattr(exceptions, kind)(f"action: {key!r} is not allowed")

    assert str(error) == "action: '[redacted]' is not allowed"
