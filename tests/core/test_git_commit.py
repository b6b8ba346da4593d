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


def test_submodule_names_its_state_from_its_own_folder(repository: Path) -> None:
    """Its ``.git`` has a relative path, wherever below it the program is."""
    state = repository / ".git" / "modules" / "part"
    (state / "refs" / "heads").mkdir(parents=True)
    (state / "HEAD").write_text("ref: refs/heads/main\n")
    (state / "refs" / "heads" / "main").write_text(COMMIT)
    folder = repository / "part" / "src" / "deep"
    folder.mkdir(parents=True)
    (repository / "part" / ".git").write_text("gitdir: ../.git/modules/part\n")

    assert commit_of_folder(folder) == commit_of_folder(repository / "part") == COMMIT
    assert commit_of_folder(repository) is None


def test_nearest_repository_counts(repository: Path) -> None:
    """One that cannot be read hides those around it; its branch comes before a packed one."""
    (repository / ".git" / "refs" / "heads" / "main").write_text(COMMIT)
    (repository / ".git" / "packed-refs").write_text(f"{'e' * 40} refs/heads/main\n")
    assert commit_of_folder(repository) == COMMIT

    inner = repository / "inner"
    inner.mkdir()
    (inner / ".git").write_text("something: else")
    assert commit_of_folder(inner) is None


def test_worktree_has_branches_of_its_own(repository: Path, tmp_path: Path) -> None:
    """As while it bisects; its packed ones are those of the repository."""
    state = repository / ".git" / "worktrees" / "fix"
    (state / "refs" / "bisect").mkdir(parents=True)
    (state / "refs" / "bisect" / "bad").write_text(COMMIT)
    (state / "HEAD").write_text("ref:refs/bisect/bad")
    (state / "commondir").write_text("../..\n")
    (repository / ".git" / "packed-refs").write_text(f"{'e' * 40} refs/heads/fix\n")
    worktree = tmp_path / "fix"
    worktree.mkdir()
    (worktree / ".git").write_text(f"gitdir: {state}\n")
    assert commit_of_folder(worktree) == COMMIT

    (state / "HEAD").write_text("ref: refs/heads/fix\n")
    assert commit_of_folder(worktree) == "e" * 40


@pytest.mark.parametrize("length", [39, 41, 63, 65])
def test_other_digits_are_no_commit(repository: Path, length: int) -> None:
    """Nothing is guessed of what is too short or too long."""
    (repository / ".git" / "HEAD").write_text("a" * length)
    assert commit_of_folder(repository) is None

    (repository / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    (repository / ".git" / "packed-refs").write_text(f"{'a' * length} refs/heads/main\n")
    assert commit_of_folder(repository) is None
    (repository / ".git" / "refs" / "heads" / "main").write_text("a" * length)
    assert commit_of_folder(repository) is None


def test_links_in_a_circle_are_no_repository(tmp_path: Path) -> None:
    """Nor is a name that no file can have."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")

    assert commit_of_folder(tmp_path / "a") is None
    assert commit_of_folder(tmp_path / "a\0b") is None


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
