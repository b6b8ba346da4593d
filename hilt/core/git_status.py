"""Asking git, once, whether the files of a program's repository are unchanged since its commit.

A thread of `TreeCheck` asks, and nothing waits for the answer. The program must not notice that it
had a child process for some milliseconds. So git is not started if the program could: if it handles
SIGCHLD or has children that it may wait for, or if an event loop has replaced threads; and git is
stopped before the program forks. Then the answer is unknown, and events leave it out.
"""

from __future__ import annotations

import _thread
import atexit
import logging
import os
import select
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import BuiltinFunctionType

from hilt.core import clock, forks

__all__ = ["TreeCheck", "check_tree"]

_logger = logging.getLogger("hilt")

_LIMIT_S = 10.0
_PATIENCE_S = 0.2
_OPTIONS = ("--no-optional-locks", "-c", "core.fsmonitor=false")
# Only files that git tracks count, as for ``git describe --dirty``. The headers of this format show
# that git did answer, whatever its exit code, and about which commit.
_STATUS = (
    "status", "--porcelain=v2", "--branch", "--no-ahead-behind", "--no-renames",
    "--untracked-files=no",
)  # fmt: skip
_COMMIT = b"# branch.oid "
_CHANGED = (b"1 ", b"2 ", b"u ")
_OF_ANOTHER_REPOSITORY = frozenset(
    (
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    )
)
"""Variables that name another repository than the folder's, as in git hooks."""


class TreeCheck:
    """One question to git.

    Args:
        folder: A folder of the repository.
        commit: The commit that it is at.
    """

    def __init__(self, folder: Path, commit: str) -> None:
        self.is_clean: bool | None = None
        """The answer; None as long as there is none."""
        self._folder = folder
        self._commit = commit.encode()
        self._stopped = False
        self._thread: threading.Thread | None = None
        self._forget()
        forks.on_fork(self._forget, before=self.stop)

    def _forget(self) -> None:
        """Forget git's process and the thread, which a forked child does not have."""
        self._lock = threading.Lock()
        self._process: int | None = None
        self._thread = None

    def start(self) -> None:
        """Ask git, in a thread. Never raises."""
        if not isinstance(_thread.start_new_thread, BuiltinFunctionType):
            return  # gevent and eventlet: their threads would hold up the program
        thread = threading.Thread(target=self._run, name="hilt-git-status", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads, or none at all on this system
            return
        self._thread = thread

    def stop(self) -> None:
        """Stop asking, and leave no process and no thread behind."""
        thread, self._stopped = self._thread, True
        if thread is None or not thread.is_alive():
            return
        with self._lock:
            self._end_process()
        thread.join(_PATIENCE_S)

    def _run(self) -> None:
        try:
            output = self._ask_beside() if os.name == "nt" else self._ask()
            self.is_clean = None if output is None else self._read(output)
        except Exception:  # the answer is not important enough to raise
            _logger.debug("git could not say whether the working tree is clean", exc_info=True)

    def _read(self, output: bytes) -> bool | None:
        lines = output.splitlines()
        if _COMMIT + self._commit not in lines:
            return None
        return not any(line.startswith(_CHANGED) for line in lines)

    # -- POSIX: a child that is waited for by its process id alone ---------------------------------

    def _ask(self) -> bytes | None:
        """What git prints; None if it fails or was not asked."""
        git = _path_of_git()
        if git is None or _would_be_noticed():
            return None
        readable, writable = os.pipe()
        try:
            with self._lock:
                if self._stopped:
                    return None
                self._process = self._spawn(git, writable)
                os.close(writable)
                writable = -1
            output = _read_all(readable, _LIMIT_S)
        finally:
            os.close(readable)
            if writable >= 0:
                os.close(writable)
            with self._lock:
                self._end_process()
        return None if self._stopped else output  # output of a stopped git may be cut off

    def _spawn(self, git: str, output: int) -> int:
        # Not `subprocess`, as programs replace its functions in tests, and trace its processes.
        return os.posix_spawn(
            git,
            self._command(git),
            _environment(os.environ),
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ],
            setpgroup=0,  # to end it together with the filters that it starts
            setsigmask=[],
            setsigdef=[signal.SIGPIPE],
        )

    def _command(self, git: str) -> list[str]:
        return [git, *_OPTIONS, "-C", str(self._folder), *_STATUS]

    def _end_process(self) -> None:
        """Wait for git, and kill it if it still runs."""
        process, self._process = self._process, None
        until = clock.steady_seconds() + _PATIENCE_S
        is_killed = False
        try:
            while process is not None and os.waitpid(process, os.WNOHANG) == (0, 0):
                if not is_killed:  # it was not waited for yet, so the process id is still its own
                    os.killpg(process, signal.SIGKILL)
                    is_killed = True
                if clock.steady_seconds() > until:
                    return
                time.sleep(0.001)
        except OSError:  # other code has waited for it
            return

    # -- Windows ----------------------------------------------------------------------------------

    def _ask_beside(self) -> bytes | None:
        """What git prints; on Windows, a child process does not disturb the program."""
        import subprocess

        git = _path_of_git()
        if git is None:
            return None
        process = subprocess.Popen(  # noqa: S603 # git, by its full path
            self._command(git),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(os.environ),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            return process.communicate(timeout=_LIMIT_S)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None


_checks: dict[tuple[Path, str], TreeCheck] = {}


def check_tree(folder: Path, commit: str) -> TreeCheck:
    """The check of a folder, which each process makes only once."""
    key = (folder.absolute(), commit)
    check = _checks.get(key)
    if check is None:
        check = _checks[key] = TreeCheck(*key)
        atexit.register(check.stop)
        check.start()
    return check


def _path_of_git() -> str | None:
    """The path of git, from the absolute folders in ``PATH``."""
    name = "git.exe" if os.name == "nt" else "git"
    for folder in filter(os.path.isabs, os.get_exec_path()):
        path = Path(folder, name)
        if path.is_file() and os.access(path, os.X_OK):
            return str(path)
    return None


def _would_be_noticed() -> bool:
    """Whether the program may notice a child process that it did not start itself."""
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL or forks.has_forked:
        return True
    if not isinstance(os.waitpid, BuiltinFunctionType):
        return True
    return _has_children()


def _has_children() -> bool:
    if not hasattr(os, "waitid"):
        return False
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    kept = {
        name: value
        for name, value in variables.items()
        if name not in _OF_ANOTHER_REPOSITORY and not name.startswith("GIT_TRACE")
    }
    return {**kept, "GIT_NO_LAZY_FETCH": "1", "GIT_TERMINAL_PROMPT": "0"}


def _read_all(file: int, seconds: float) -> bytes | None:
    """All that comes from a pipe; None if it does not end in time."""
    until = clock.steady_seconds() + seconds
    poller = select.poll()
    poller.register(file, select.POLLIN)
    parts: list[bytes] = []
    while poller.poll(max(0, until - clock.steady_seconds()) * 1000):
        part = os.read(file, 1 << 16)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None
