"""Bar charts as SVG, which a page holds as it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from hilt.cli.figures import heights_of
from hilt.cli.output import CONTROL_CHARACTERS

__all__ = ["bar_chart", "text_of"]

_WIDTH, _HEIGHT, _LABELS = 640, 120, 24
_MOST_BARS = 120


def text_of(text: str) -> str:
    """Text for HTML, with control characters made visible."""
    return escape(CONTROL_CHARACTERS.sub("\ufffd", text.replace("\r\n", "\n")))


def bar_chart(
    title: str, values: Sequence[tuple[str, float]], figure: Callable[[float], str] = "{:g}".format
) -> str:
    """A bar chart with a title for each bar; that of the last bars where there are too many.

    Args:
        title: What it shows.
        values: The name and the height of each bar.
        figure: How heights are written.
    """
    shown = values[-_MOST_BARS:]
    heights = heights_of([value for _, value in shown])
    step = _WIDTH / max(len(shown), 1)
    bars = "".join(
        _bar(index * step, step, height, f"{name}: {figure(value)}")
        for index, ((name, value), height) in enumerate(zip(shown, heights, strict=True))
    )
    ends = _ends([name for name, _ in shown])
    left_out = len(values) - len(shown)
    note = f" (the last {_MOST_BARS}, {left_out:,} left out)" if left_out else ""
    caption = f"{title}, at most {figure(max((value for _, value in shown), default=0))}{note}"
    return (
        f"<figure><figcaption>{text_of(caption)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT + _LABELS}" role="img" '
        f'aria-label="{text_of(caption)}">{bars}{ends}</svg></figure>'
    )


def _bar(left: float, step: float, share: float, title: str) -> str:
    height, width = share * _HEIGHT, min(step * 0.8, 60)
    return (
        f'<rect x="{left + (step - width) / 2:.1f}" y="{_HEIGHT - height:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}">'
        f"<title>{text_of(title)}</title></rect>"
    )


def _ends(names: Sequence[str]) -> str:
    """The names of the first and of the last bar."""
    if not names:
        return ""
    y = _HEIGHT + _LABELS - 5
    if len(names) == 1:
        return f'<text x="{_WIDTH / 2:g}" y="{y}" text-anchor="middle">{text_of(names[0])}</text>'
    first = f'<text x="0" y="{y}">{text_of(names[0])}</text>'
    return f'{first}<text x="{_WIDTH}" y="{y}" text-anchor="end">{text_of(names[-1])}</text>'
