"""A child that is forked while another thread holds a lock of HILT's goes on."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCK = re.compile(r"threading\.(R?Lock|Event|Condition|(Bounded)?Semaphore|Barrier)")


MADE_FOR_ONE_CALL = {"_Request.done"}
"""Locks that nobody waits for in a child: they are made for one call, and go with it."""


def locks_in_code() -> set[str]:
    """The locks that instances of HILT's classes hold, ``Class.attribute``, as its code has them."""
    names = set()
    for file in (*ROOT.glob("hilt/**/*.py"), *ROOT.glob("hilt_otel_exporters/**/*.py")):
        if "testing" in file.parts:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for owner in (each for each in ast.walk(tree) if isinstance(each, ast.ClassDef)):
            names |= {f"{owner.name}.{name}" for name in lock_names_of(owner)}
    return names - MADE_FOR_ONE_CALL


def lock_names_of(owner: ast.ClassDef) -> Iterator[str]:
    """The attributes of a class that are given new locks."""
    for node in ast.walk(owner):
        if isinstance(node, ast.Assign):
            yield from lock_names(node.targets, node.value)
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            yield from lock_names([node.target], node.value)


def lock_names(targets: list[ast.expr], value: ast.expr) -> Iterator[str]:
    """The names of the attributes that are given new locks."""
    for target in targets:
        if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for each, its in zip(target.elts, value.elts, strict=True):
                yield from lock_names([each], its)
        elif isinstance(value, ast.Call) and LOCK.fullmatch(ast.unparse(value.func)):
            yield target.attr if isinstance(target, ast.Attribute) else ast.unparse(target)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_forked_child_never_hangs(tmp_path: Path) -> None:
    """Whichever lock is held, a child makes calls, flushes and uninstruments."""
    pytest.importorskip("starlette")
    program = [sys.executable, "-m", "tests.core.programs.fork_under_locks", str(tmp_path)]
    done = subprocess.run(
        program, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )

    outcomes = [line.split("\t") for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert [each for each in outcomes if each[1] != "ok"] == []
    assert {label for label, _ in outcomes} == locks_in_code()
