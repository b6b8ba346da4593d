"""The git commit that a folder is at."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from hilt.core.git_commit import commit_of_folder

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository on a branch that has no commit yet."""
    git = tmp_path / "app" / ".git"
    (git / "refs" / "heads").mkdir(parents=True)
    (git / "HEAD").write_text("ref: refs/heads/main\n")
    return git.parent


def test_branch_has_a_commit(repository: Path) -> None:
    """Also for a folder in the repository."""
    (repository / ".git" / "refs" / "heads" / "main").write_text(f"{COMMIT}\n")
    (repository / "src").mkdir()

    assert commit_of_folder(repository) == COMMIT
    assert commit_of_folder(repository / "src") == COMMIT


def test_branch_may_be_packed(repository: Path) -> None:
    """In one file for all of them."""
    other = "f" * 40
    (repository / ".git" / "packed-refs").write_text(
        f"# pack-refs with: peeled\n{other} refs/heads/maintenance\n{COMMIT} refs/heads/main\n"
    )

    assert commit_of_folder(repository) == COMMIT


def test_head_may_be_a_commit(repository: Path) -> None:
    """Of 40 digits, or of 64 where a repository uses SHA-256."""
    for commit in (COMMIT, "a" * 64):
        (repository / ".git" / "HEAD").write_text(f"{commit}\n")

        assert commit_of_folder(repository) == commit


def test_worktree_shares_the_branches(repository: Path, tmp_path: Path) -> None:
    """Its ``.git`` is a file that names a folder of the repository."""
    state = repository / ".git" / "worktrees" / "fix"
    state.mkdir(parents=True)
    (state / "HEAD").write_text("ref: refs/heads/fix\n")
    (state / "commondir").write_text("../..\n")
    (repository / ".git" / "refs" / "heads" / "fix").write_text(COMMIT)
    worktree = tmp_path / "fix"
    worktree.mkdir()
    (worktree / ".git").write_text(f"gitdir: {state}\n")

    assert commit_of_folder(worktree) == COMMIT


@pytest.mark.parametrize("head", ["ref: refs/heads/main", "ref: ../../etc/passwd", "", "\xff", "x"])
def test_nothing_to_read_is_no_commit(repository: Path, head: str) -> None:
    """A repository without a commit, or one that is broken."""
    (repository / ".git" / "HEAD").write_bytes(head.encode("latin-1"))

    assert commit_of_folder(repository) is None


def test_no_repository_is_no_commit(tmp_path: Path) -> None:
    """Nor a folder that is not there."""
    (tmp_path / ".git").write_text("something else")

    assert commit_of_folder(tmp_path) is None
    assert commit_of_folder(tmp_path / "gone") is None


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_commit_is_the_one_that_git_names(tmp_path: Path) -> None:
    """Before and after its references are packed."""
    quiet = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}

    def git(*arguments: str) -> str:
        names = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        command = ("git", *names, *arguments)
        done = subprocess.run(
            command, cwd=tmp_path, env=quiet, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "One")

    assert commit_of_folder(tmp_path) == git("rev-parse", "HEAD")
    git("pack-refs", "--all")
    assert commit_of_folder(tmp_path) == git("rev-parse", "HEAD")
