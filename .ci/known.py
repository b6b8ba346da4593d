"""Runs programs that show faults, and holds what fails against the list of known failures.

    python .ci/known.py cases ../shared/cases
    python .ci/known.py spans ../shared/foreign-spans-2

Prints one line for each. Exits 1 where something fails that is not in `known-failures.txt`; names
what is in the list and passes, so that its line can go.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

LIST = Path(__file__).with_name("known-failures.txt")
AT_ONCE = 2
TIMEOUT_S = 120

Faults = Iterator[tuple[str, str]]
"""Names, and what is wrong with each: empty if nothing is."""


def known_failures(kind: str) -> set[str]:
    """What the list names of one kind."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    names = (line.partition("#")[0].strip() for line in lines)
    return {name.partition("/")[2] for name in names if name.startswith(f"{kind}/")}


def run_alone(command: list[str], folder: str) -> tuple[int, str]:
    """The exit code of a program and its last line. What it started ends with it."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "TMPDIR": folder}
    output = Path(folder, "output.txt")
    with (
        output.open("wb") as file,
        subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as program,
    ):
        try:
            code = program.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            return 1, f"no answer in {TIMEOUT_S} s"
        finally:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
    lines = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return code, lines[-1] if lines else ""


def fault_of_case(case: Path) -> str:
    """What is wrong with one case: empty if it is right."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        code, last = run_alone([sys.executable, "-W", "ignore", str(case)], folder)
    return f"exit {code}: {last[:200]}" if code else ""


def cases(folder: Path, known: set[str]) -> Faults:
    """Each case and its fault. What differs from the list is run once more, alone."""
    files = [each for each in sorted(folder.glob("*.py")) if each.name != "run.py"]
    again = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for file, fault in zip(files, pool.map(fault_of_case, files), strict=True):
            if bool(fault) == (file.name in known):
                yield file.name, fault
            else:
                again.append(file)
    for file in again:
        yield file.name, fault_of_case(file)


def spans(folder: Path, known: set[str]) -> Faults:  # noqa: ARG001 # called as `cases` is
    """Each scenario that the folder's own check finds wrong, and each part of it that is right."""
    emitters = sorted(each for each in folder.iterdir() if each.is_dir())
    with tempfile.TemporaryDirectory() as parts, ThreadPoolExecutor(AT_ONCE) as pool:
        roots = [Path(parts, f"part-{number}") for number in range(AT_ONCE)]
        for number, root in enumerate(roots):
            root.mkdir()
            for emitter in emitters[number::AT_ONCE]:
                (root / emitter.name).symlink_to(emitter)
        for lines in pool.map(lambda root: check_spans(folder / "check.py", root), roots):
            yield from lines


def check_spans(check: Path, root: Path) -> list[tuple[str, str]]:
    """The scenarios below a folder that are wrong, and how many are right."""
    run = subprocess.run(
        [sys.executable, str(check), str(root), "--verbose"],
        capture_output=True,
        text=True,
        check=False,
    )
    lines = run.stdout.splitlines()
    wrong = [match.groups() for line in lines if (match := re.fullmatch(r"(\S+/\S+): (.+)", line))]
    total = re.fullmatch(r"(\d+) of ([1-9]\d*) scenarios right", lines[-1] if lines else "")
    whole = total is not None and int(total[1]) + len(wrong) == int(total[2])
    summary = f"{root.name}: {total[0]}" if total else root.name
    return [*wrong, (summary, "" if whole else f"check.py broke: {run.stderr[-200:]}")]


KINDS: dict[str, Callable[[Path, set[str]], Faults]] = {"cases": cases, "spans": spans}


def main(kind: str, folder: str) -> int:
    """Print a line for each program; 1 where one fails that is not in the list."""
    known = known_failures(kind)
    faults: dict[str, str] = {}
    for name, fault in KINDS[kind](Path(folder).resolve(), known):
        faults[name] = fault
        mark = "known " if name in known else "FAILED"
        print(f"{mark} {name}: {fault[:200]}" if fault else f"ok     {name}", flush=True)
    failing = {name for name, fault in faults.items() if fault}
    for name in sorted(known - failing):
        print(f"PASSED {kind}/{name}: take it off .ci/{LIST.name}")
    print(f"{len(faults) - len(failing)} right, {len(failing & known)} known to fail, ", end="")
    print(f"{len(failing - known)} failing besides")
    # What passes is said and fails nothing: some faults show only by chance, as real signals do.
    return int(bool(failing - known) or not faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
