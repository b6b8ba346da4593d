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
