"""The git commit that a folder is at, read from the files of its repository.

No process is started. Only git itself can tell whether the working tree is clean: see `git_status`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hilt.core.git_status import TreeCheck

__all__ = ["commit_of_folder", "use_commit"]

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LARGEST = 1 << 20
"""How many bytes of a file are read: a list of all packed references can be long."""


current: str | None = None
"""The commit of this program, which the endings of its calls name; they name none if None."""

tree: TreeCheck | None = None
"""Checks whether the files of the program are unchanged since the commit."""

is_hidden = False
"""Whether to leave the commit out of endings, for tests that compare whole events at any commit."""


def use_commit(commit: str | None, check: TreeCheck | None = None) -> None:
    """Set the commit to name in the endings of calls, and its check; None for no commit."""
    global current, tree  # one program, one commit
    current, tree = commit, check


def commit_of_folder(folder: Path) -> str | None:
    """The commit that the repository around a folder is at.

    None if there is no repository, nothing is committed yet, or it cannot be read.
    """
    try:
        git = _git_folder(folder.resolve())
        return None if git is None else _commit_of(git)
    except (OSError, ValueError, RuntimeError):  # circular links, odd characters
        return None


def _git_folder(folder: Path) -> Path | None:
    """The folder with a repository's state: ``.git``, or the one that a worktree's file names."""
    for each in (folder, *folder.parents):
        marker = each / ".git"
        if marker.is_dir():
            return marker
        if marker.is_file():
            name, _, path = _read(marker).partition(":")
            return each / path.strip() if name == "gitdir" else None
    return None


def _commit_of(git: Path) -> str | None:
    head = _read(git / "HEAD").strip()
    if not head.startswith("ref:"):
        return _commit(head)
    name = head[len("ref:") :].strip()
    shared = git / "commondir"  # a worktree shares its branches with the repository
    common = git / _read(shared).strip() if shared.is_file() else git
    for place in dict.fromkeys((git, common)):
        if (place / name).is_file():
            return _commit(_read(place / name).strip())
    packed = common / "packed-refs"
    for line in _read(packed).splitlines() if packed.is_file() else ():
        commit, _, packed_name = line.partition(" ")
        if packed_name == name:
            return _commit(commit)
    return None


def _commit(text: str) -> str | None:
    return text if _COMMIT.fullmatch(text) else None


def _read(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_LARGEST).decode("utf-8", "surrogateescape")
