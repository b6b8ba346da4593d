"""What the suites of the instrumentors share."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session", autouse=True)
def quick_clients(one_certificate: None) -> None:
    """Thousands of clients are made here."""
