"""The options of the filters."""

from __future__ import annotations

import inspect

import pytest

from hilt.analysis.filters import Filters
from hilt.cli import cost, search, stats
from hilt.cli.filtering import filters_of
from hilt.core.exceptions import ConfigurationError


@pytest.mark.parametrize("command", [stats.stats, cost.cost, search.search])
def test_each_command_has_each_filter(command):
    """What Python can choose by, the command line can."""
    fields = set(Filters.__dataclass_fields__) - {"now"}

    assert fields <= set(inspect.signature(command).parameters)


def test_errors_name_the_option():
    """Rather than the argument of Python."""
    with pytest.raises(ConfigurationError, match=r"^--slower-than: -1 is not a number from 0"):
        filters_of({"slower_than": -1})
