"""Folders for logs: made when they are missing, and private."""

from __future__ import annotations

import os

__all__ = ["make_folders"]


def make_folders(path: str, folder_mode: int | None = None) -> None:
    """Make a folder and those above it that are missing.

    Args:
        path: The folder.
        folder_mode: The permissions of folders that are made; 0700 if None.

    Raises:
        OSError: If one cannot be made.
    """
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_folders(parent, folder_mode)
    try:
        os.mkdir(path, folder_mode or 0o700)
    except FileExistsError:
        return
    if folder_mode is not None:
        os.chmod(path, folder_mode)
