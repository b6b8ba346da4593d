"""The table of commands agrees with the commands, and help needs none of them."""

import inspect
import json
import subprocess
import sys

import pytest

from hilt.cli.commands import COMMANDS, Row, load


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_a_row_has_the_first_sentence_of_its_commands_help(row: Row) -> None:
    """What `hilt --help` says of a command is how the command's own help begins."""
    text = inspect.cleandoc(load(row).help)
    assert f"{' '.join(text.split())} ".startswith(f"{row.help} ")


def test_help_loads_no_command() -> None:
    """`hilt --help` imports no command, and not rich."""
    program = (
        "import json, sys\n"
        "from hilt.cli.main import run\n"
        "code = run(['--help'])\n"
        "print(json.dumps([code, sorted(m for m in sys.modules if m.startswith('hilt.cli')),"
        " 'rich' in sys.modules]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [
        0,
        ["hilt.cli", "hilt.cli.commands", "hilt.cli.main"],
        False,
    ]
