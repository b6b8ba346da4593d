"""Whether a commit is clean, as git says."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hilt.core import git_status
from hilt.core.git_commit import commit_of_folder
from hilt.core.git_status import TreeCheck, check_tree

pytestmark = [
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
    pytest.mark.skipif(os.name == "nt", reason="children are waited for as on POSIX"),
]

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Runs git in a folder, without the settings of this machine."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)

    def run(*arguments: str, folder: Path = tmp_path / "app") -> str:
        names = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        allowed = ("-c", "protocol.file.allow=always", "-c", "init.defaultBranch=main")
        command = ("git", *names, *allowed, *arguments)
        done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    return run


@pytest.fixture
def app(git: Git, tmp_path: Path) -> Path:
    """A repository with one commit."""
    folder = tmp_path / "app"
    folder.mkdir()
    git("init", "-q")
    (folder / "app.py").write_text("print()\n")
    git("add", ".")
    git("commit", "-q", "-m", "One")
    return folder


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The process has neither children nor answers of other tests."""
    monkeypatch.setattr("hilt.core.forks.has_forked", False)
    monkeypatch.setattr("hilt.core.git_status._has_children", lambda: False)
    monkeypatch.setattr("hilt.core.git_status._checks", {})
    yield
    wait()


def wait() -> None:
    """Until no thread asks any more."""
    for thread in threading.enumerate():
        if thread.name == "hilt-git-status":
            thread.join(20)


def answer(folder: Path) -> bool | None:
    """What git says."""
    check = TreeCheck(folder, commit_of_folder(folder) or "none")
    check.start()
    wait()
    return check.is_clean


def test_clean_until_a_tracked_file_changes(app: Path, git: Git) -> None:
    """A file that git does not track is no change."""
    (app / "notes.txt").write_text("x")
    assert answer(app) is True

    (app / "app.py").write_text("print(1)\n")
    assert answer(app) is False
    git("commit", "-q", "-a", "-m", "Two")
    assert answer(app) is True


def test_staged_deleted_and_unmerged_files_are_changes(app: Path, git: Git) -> None:
    """As `git describe --dirty` has it."""
    git("mv", "app.py", "main.py")
    assert answer(app) is False

    git("reset", "-q", "--hard")
    (app / "app.py").unlink()
    assert answer(app) is False


def test_commit_that_was_made_meanwhile(app: Path, git: Git) -> None:
    """What git says of another commit says nothing of this one."""
    check = TreeCheck(app, commit_of_folder(app) or "")
    git("commit", "-q", "--allow-empty", "-m", "Two")
    check.start()
    wait()

    assert check.is_clean is None


def test_worktree_and_folder_below(app: Path, git: Git, tmp_path: Path) -> None:
    """Each is asked for its own files."""
    git("worktree", "add", "-q", str(tmp_path / "fix"))
    (app / "app.py").write_text("print(1)\n")
    (tmp_path / "fix" / "src").mkdir()

    assert answer(app) is False
    assert answer(tmp_path / "fix" / "src") is True


def test_submodule_with_changes(app: Path, git: Git, tmp_path: Path) -> None:
    """They are changes of the repository that has it, too."""
    (tmp_path / "all").mkdir()
    git("init", "-q", folder=tmp_path / "all")
    git("submodule", "-q", "add", str(app), "part", folder=tmp_path / "all")
    git("commit", "-q", "-m", "One", folder=tmp_path / "all")
    assert answer(tmp_path / "all") is True

    (tmp_path / "all" / "part" / "app.py").write_text("print(1)\n")
    assert answer(tmp_path / "all") is False
    assert answer(tmp_path / "all" / "part") is False


def test_nobody_knows_where_git_has_no_answer(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No repository, a refusal, a broken index, or no git at all."""
    (tmp_path / "plain").mkdir()
    assert answer(tmp_path / "plain") is None

    index = (app / ".git" / "index").read_bytes()
    (app / ".git" / "index").write_bytes(b"nonsense")
    assert answer(app) is None

    (app / ".git" / "index").write_bytes(index)
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # as of another user's folder
    assert answer(app) is None

    monkeypatch.delenv("GIT_TEST_ASSUME_DIFFERENT_OWNER")
    assert answer(app) is True
    monkeypatch.setenv("PATH", f".{os.pathsep}{tmp_path}")
    assert answer(app) is None


def test_repository_of_a_hook_is_not_the_programs(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Git's own variables name another, where a hook has started the program."""
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    monkeypatch.setenv("GIT_TRACE", str(tmp_path / "trace"))

    assert answer(app) is True
    assert not (tmp_path / "trace").exists()


def test_variables_of_git_that_name_no_repository_stay() -> None:
    """Only those that name another one, or write somewhere, are kept from git; it asks nobody."""
    given = {
        "PATH": "/bin", "GIT_SSH": "ssh", "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_TRACE": "1",
        "GIT_TRACE2_EVENT": "/x", "GIT_NO_LAZY_FETCH": "0", "GIT_TERMINAL_PROMPT": "1",
        **dict.fromkeys(git_status._OF_ANOTHER_REPOSITORY, "x"),
    }  # fmt: skip

    assert git_status._environment(given) == {
        "PATH": "/bin",
        "GIT_SSH": "ssh",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_TERMINAL_PROMPT": "0",
    }


def test_git_is_a_program_in_a_folder_that_is_named_in_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a folder, nor a file that cannot be run, nor what the current folder has."""
    folders = [tmp_path / name for name in ("folder", "text", "here", "program", "later")]
    for folder in folders:
        folder.mkdir()
        if folder.name != "folder":
            (folder / "git").write_text("#!/bin/sh\n")
            (folder / "git").chmod(0o600 if folder.name == "text" else 0o700)
    (tmp_path / "folder" / "git").mkdir()
    monkeypatch.chdir(tmp_path)
    names = [str(each) if each.name != "here" else "here" for each in folders]
    monkeypatch.setenv("PATH", os.pathsep.join(names))
    assert git_status._path_of_git() == str(tmp_path / "program" / "git")

    monkeypatch.setenv("PATH", os.pathsep.join(names[:3]))
    assert git_status._path_of_git() is None


def test_another_folder_or_commit_is_another_question(
    app: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the current folder is not another one than by its path."""
    commit = commit_of_folder(app) or ""
    first = check_tree(app, commit)
    wait()

    assert check_tree(app, "0" * 40) is not first
    assert check_tree(tmp_path, commit) is not first
    monkeypatch.chdir(app)
    assert check_tree(Path(), commit) is first
    wait()


def test_repository_is_not_touched(app: Path) -> None:
    """Git would renew its index, and take a lock for it."""
    os.utime(app / "app.py", (1, 1))
    before = (app / ".git" / "index").read_bytes()

    assert answer(app) is True
    assert (app / ".git" / "index").read_bytes() == before


def test_asked_once(app: Path) -> None:
    """However often `instrument` is called."""
    commit = commit_of_folder(app) or ""
    first = check_tree(app, commit)
    wait()

    assert check_tree(app, commit) is first
    assert first.is_clean is True


def hung_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git that says a part and then hangs; the file that it writes its number to."""
    (folder / "git").write_text(
        f'#!/bin/sh\necho "# branch.oid aa"\necho $$ > {folder}/number.tmp\n'
        f"mv {folder}/number.tmp {folder}/number\nexec sleep 60\n"
    )
    (folder / "git").chmod(0o700)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "number"


def is_running(number: Path) -> bool:
    """Whether a process is there, be it one that nobody has waited for."""
    try:
        os.kill(int(number.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


def test_hung_git_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a limit, and it is waited for."""
    number = hung_git(tmp_path, monkeypatch)
    monkeypatch.setattr(git_status, "_LIMIT_S", 0.3)
    check = TreeCheck(tmp_path, "aa")
    check.start()
    wait()

    assert check.is_clean is None
    assert not is_running(number)


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_fork_ends_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a parent that waits for any child gets the one that it made, and no answer is guessed."""
    number = hung_git(tmp_path, monkeypatch)
    check = TreeCheck(tmp_path, "aa")
    check.start()
    while not number.exists():
        threading.Event().wait(0.001)

    child = os.fork()
    if child == 0:
        os._exit(check.is_clean is not None or check._process is not None)
    assert os.wait() == (child, 0)
    assert check.is_clean is None
    assert not is_running(number)
    assert "hilt-git-status" not in {thread.name for thread in threading.enumerate()}


def test_child_that_somebody_else_waited_for(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What git printed counts, not its exit code."""
    wait_for = os.waitpid

    def stolen(process: int, options: int) -> tuple[int, int]:
        wait_for(process, 0)
        raise ChildProcessError

    monkeypatch.setattr(git_status, "_would_be_noticed", lambda: False)
    monkeypatch.setattr(os, "waitpid", stolen)

    assert answer(app) is True


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_not_where_children_are_handled(app: Path, handler: signal._HANDLER) -> None:
    """A handler would take git for a child of the program's."""
    before = signal.signal(signal.SIGCHLD, handler)
    try:
        assert answer(app) is None
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_not_beside_children(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their parent may wait for any of them."""
    monkeypatch.undo()
    monkeypatch.setattr("hilt.core.forks.has_forked", False)
    with subprocess.Popen(("sleep", "60")) as child:
        assert git_status._has_children()
        assert answer(app) is None
        child.kill()
    assert child.returncode == -signal.SIGKILL


def test_not_where_threads_are_replaced(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By those of gevent or eventlet, which would hold up the program."""
    monkeypatch.setattr("_thread.start_new_thread", lambda *_: None)
    assert answer(app) is None


def test_thread_that_cannot_start(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a browser, or at the end of a program."""

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert answer(app) is None


def test_failure_says_nothing(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An audit hook may refuse a new process with any error."""

    def refuse(*_: object, **__: object) -> int:
        raise RuntimeError("no processes here")

    monkeypatch.setattr(os, "posix_spawn", refuse)
    assert answer(app) is None


def test_way_of_windows(app: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By `subprocess`, with the same answer."""
    check = TreeCheck(app, commit_of_folder(app) or "")
    output = check._ask_beside()
    assert output is not None
    assert check._read(output) is True

    hung_git(app, monkeypatch)
    monkeypatch.setattr(git_status, "_LIMIT_S", 0.1)
    assert check._ask_beside() is None
