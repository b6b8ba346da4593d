"""Which recordings there are."""

from __future__ import annotations

import pytest

from tests.conftest import shared_folder


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrize by recording, ``provider/name``."""
    if "recording_path" not in metafunc.fixturenames:
        return
    folder = shared_folder() / "recordings"
    paths = sorted(folder.glob("*/*.json")) if folder.is_dir() else []
    ids = [f"{path.parent.name}/{path.stem}" for path in paths]
    metafunc.parametrize("recording_path", paths, ids=ids)
