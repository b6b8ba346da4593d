"""Whether an installed SDK has a function, read from its source: nothing is imported.

Importing all SDKs takes many seconds, and some of them go to the network as they are imported.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["defines"]

_DEFINED = re.compile(
    r"^[ \t]*(?:(?:async )?def (\w+)|class (\w+)|(\w+)(?: ?[:=]|,$))", re.MULTILINE
)


def defines(module: str, path: str) -> bool:
    """Whether the source of a module has all names of a path, such as ``Client.chat``.

    A module without Python source, which is compiled, is taken to have them.
    """
    source = _source(module)
    if source is None:
        return False
    return not source or all(_is_defined(name, source) for name in path.split("."))


def _is_defined(name: str, source: str) -> bool:
    if f"def {name}(" in source or f"class {name}" in source:
        return True
    return any(name in names for names in _DEFINED.findall(source))


@cache
def _source(module: str) -> str | None:
    """The source of a module; empty if it is compiled, None if there is none."""
    top, *parts = module.split(".")
    spec = find_spec(top)
    if spec is None:
        return None
    if not parts:
        return _read(Path(spec.origin)) if spec.origin else ""
    folders = [Path(each) for each in spec.submodule_search_locations or ()]
    for part in parts[:-1]:
        folders = [each / part for each in folders if (each / part).is_dir()]
    for folder in folders:
        for file in (folder / parts[-1] / "__init__.py", folder / f"{parts[-1]}.py"):
            if file.is_file():
                return _read(file)
    compiled = any(any(folder.glob(f"{parts[-1]}.*")) for folder in folders)
    return "" if compiled else None


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.suffix == ".py" else ""
