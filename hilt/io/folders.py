"""Folders and files of logs: made private, with a warning if others can change them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator

__all__ = ["make_folders", "shared_with"]


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


def shared_with(path: str) -> str:
    """Who else can change a log or its folder, as a phrase for a warning; empty if nobody can.

    Root is trusted, and a group that may write was given that on purpose.
    """
    return ", ".join(_others(path)) if hasattr(os, "geteuid") else ""


def _others(path: str) -> Iterator[str]:
    folder = os.path.dirname(path)
    for what, name in (("its folder", folder), ("it", path), ("its link", path)):
        try:
            status = os.lstat(name) if what == "its link" else os.stat(name)
        except OSError:
            continue
        is_link = stat.S_ISLNK(status.st_mode)
        if what == "its link" and not is_link:
            continue
        if stat.S_ISCHR(status.st_mode):  # such as /dev/null, which keeps nothing
            continue
        if status.st_uid not in (0, os.geteuid()):
            yield f"{what} belongs to user {status.st_uid}"
        # In a sticky folder, such as /tmp, nobody deletes what another has made.
        elif status.st_mode & stat.S_IWOTH and not status.st_mode & stat.S_ISVTX and not is_link:
            yield f"everybody may write to {what}"
