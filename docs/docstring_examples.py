"""An extension of griffe: the examples of docstrings become blocks of code on the page."""

from __future__ import annotations

from typing import Any

import griffe


class DocstringExamples(griffe.Extension):
    """Puts fences around lines that begin with ``>>>``, and what is printed after them."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring of everything that has one."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """A docstring whose examples stand between fences."""
    lines: list[str] = []
    is_example = False
    for line in text.splitlines():
        is_prompt = line.lstrip().startswith(">>>")
        if is_prompt and not is_example:
            lines += ["```pycon"]
            is_example = True
        elif is_example and not line.strip():
            lines += ["```"]
            is_example = False
        lines.append(line.split("  # doctest:")[0])
    return "\n".join([*lines, "```"] if is_example else lines)
