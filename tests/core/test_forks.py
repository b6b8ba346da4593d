"""The list of what a fork renews."""

from __future__ import annotations

import gc
import os
import subprocess
import sys

import pytest

from hilt.core import forks

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")

FORK = """
import gc, os
from hilt.core import forks

class Owner:
    def __init__(self, name):
        self.name = name
        forks.on_fork(self.renew)
    def renew(self):
        say(self.name)

def say(text):
    os.write(1, f"{text}\\n".encode())

def fork():
    child = os.fork()
    if child == 0:
        say("the child goes on")
        os._exit(0)
    os.waitpid(child, 0)
"""


def printed(code: str) -> tuple[list[str], str]:
    """The lines that a program prints which may fork, and what it says on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", FORK + code], capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout.splitlines(), done.stderr


def test_what_is_registered_is_called_in_the_child_in_order():
    """Functions and methods are called before the child goes on, the first one first."""
    lines, _ = printed("one = Owner('one'); forks.on_fork(lambda: say('two')); fork()")

    assert lines == ["one", "two", "the child goes on"]


def test_hooks_before_and_in_the_parent():
    """What is to be done before a fork is undone on both sides of it."""
    lines, _ = printed(
        "for name in 'ab':\n"
        "    forks.on_fork(lambda n=name: say(n + ' in child'),\n"
        "        before=lambda n=name: say(n + ' before'),\n"
        "        in_parent=lambda n=name: say(n + ' in parent'))\n"
        "fork()"
    )

    assert lines[:2] == ["b before", "a before"]
    assert sorted(lines[2:]) == [
        "a in child", "a in parent", "b in child", "b in parent", "the child goes on",
    ]  # fmt: skip


def test_an_object_that_is_gone_is_not_renewed():
    """Registering a method keeps nothing alive."""
    lines, _ = printed("one = Owner('one'); two = Owner('two'); del one; gc.collect(); fork()")

    assert lines == ["two", "the child goes on"]


def test_entries_go_with_their_objects():
    """A program that makes many objects does not fill the list."""

    class Owner:
        def __init__(self) -> None:
            forks.on_fork(self.renew)

        def renew(self) -> None:
            """Nothing."""

    gc.collect()
    before = len(forks._in_child)
    for _ in range(100):
        Owner()
    gc.collect()

    assert len(forks._in_child) == before


def test_one_that_raises_stops_no_other():
    """The failure is logged, and the child goes on."""
    lines, errors = printed("forks.on_fork(lambda: 1 / 0); one = Owner('one'); fork()")

    assert lines == ["one", "the child goes on"]
    assert "failed when the process forked" in errors
    assert "ZeroDivisionError" in errors


def test_hooks_of_an_object_that_is_gone_are_not_called():
    """On neither side of the fork; those of others are."""
    lines, _ = printed(
        "class Both(Owner):\n"
        "    def __init__(self, name):\n"
        "        self.name = name\n"
        "        forks.on_fork(self.renew, before=self.renew, in_parent=self.renew)\n"
        "one, two = Both('one'), Both('two'); del one; gc.collect(); fork(); say('end')"
    )

    assert lines[0] == "two"
    assert sorted(lines[1:]) == ["end", "the child goes on", "two", "two"]


def test_process_knows_whether_it_has_children():
    """A child has none until it forks itself."""
    lines, _ = printed(
        "say(forks.has_forked)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    say(f'child {forks.has_forked}')\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "say(forks.has_forked)\n"
    )

    assert lines == ["False", "child False", "True"]


def test_each_process_has_a_mark_of_its_own():
    """A child sees that something was begun by its parent, and the parent that it was itself."""
    lines, _ = printed(
        "mark = forks.process\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    say(mark is forks.process)\n"
        "    os._exit(0)\n"
        "os.waitpid(child, 0)\n"
        "say(mark is forks.process)\n"
    )

    assert lines == ["False", "True"]
