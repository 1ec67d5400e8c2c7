"""The ROC curves as a picture: SVG by hand, PNG by the browser that the tests use."""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from tests.support.chromium import is_there, launched

_WIDTH, _HEIGHT, _LEFT, _TOP = 860, 560, 70, 40
_PLOT_W, _PLOT_H = 560, 440
_COLOURS = ("#1b6ca8", "#c0392b", "#27823b", "#8e44ad", "#b9770e", "#5d6d7e")
_DASHES = {
    "with_page": ' stroke-dasharray="1 3"',
    "base": ' stroke-dasharray="5 4" opacity="0.6"',
}
_LEAST = 1e-4
Curve = Sequence[tuple[float, float]]
"""False positive rate and true positive rate, by falling threshold."""


def roc(customers: Sequence[float], attacks: Sequence[float]) -> list[tuple[float, float]]:
    """Return the curve of two lists of scores."""
    marked = sorted([(score, 0) for score in customers] + [(score, 1) for score in attacks], reverse=True)
    curve, found = [(0.0, 0.0)], [0, 0]
    for index, (score, kind) in enumerate(marked):
        found[kind] += 1
        if index + 1 == len(marked) or marked[index + 1][0] != score:
            curve.append((found[0] / len(customers), found[1] / len(attacks)))
    return curve


def area(curve: Curve) -> float:
    """Return the area under the curve."""
    return sum((x2 - x1) * (y1 + y2) / 2 for (x1, y1), (x2, y2) in pairwise(curve))


def svg(curves: Mapping[str, Mapping[str, Curve]], caption: str) -> str:
    """Return the picture: the full model drawn through, the others dashed; the x axis is logarithmic."""
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{_HEIGHT}" font-family="sans-serif">',
        '<rect width="100%" height="100%" fill="white"/><g font-size="13">',
        f'<text x="{_LEFT}" y="24" font-size="15">{caption}</text>',
    ]
    for power in range(-4, 1):
        x = _x(10.0**power)
        parts.append(f'<line x1="{x}" y1="{_TOP}" x2="{x}" y2="{_TOP + _PLOT_H}" stroke="#ddd"/>')
        parts.append(f'<text x="{x}" y="{_TOP + _PLOT_H + 18}" text-anchor="middle">{10.0**power:g}</text>')
    for tenth in range(0, 11, 2):
        y = _y(tenth / 10)
        parts.append(f'<line x1="{_LEFT}" y1="{y}" x2="{_LEFT + _PLOT_W}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{tenth / 10:g}</text>')
    middle = _LEFT + _PLOT_W / 2
    parts.append(
        f'<text x="{middle}" y="{_TOP + _PLOT_H + 42}" text-anchor="middle">customers asked again (log)</text>'
        f'<text transform="translate(20,{_TOP + _PLOT_H / 2}) rotate(-90)" text-anchor="middle">attacks caught</text>'
    )
    for index, (kind, models) in enumerate(curves.items()):
        colour, y = _COLOURS[index % len(_COLOURS)], _TOP + 16 + index * 40
        for model, curve in models.items():
            dash = _DASHES.get(model, "")
            parts.append(f'<polyline points="{_points(curve)}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>')
        areas = ", ".join(f"{model} {area(curve):.4f}" for model, curve in models.items())
        parts.append(f'<text x="{_LEFT + _PLOT_W + 14}" y="{y}" fill="{colour}">{kind}</text>')
        parts.append(f'<text x="{_LEFT + _PLOT_W + 14}" y="{y + 15}" font-size="11" fill="#555">{areas}</text>')
    return "".join([*parts, "</g></svg>"])


def _points(curve: Curve) -> str:
    """Return the curve with no two points on one pixel."""
    found: list[str] = []
    for x, y in curve:
        point = f"{_x(x):.0f},{_y(y):.0f}"
        if not found or found[-1] != point:
            found.append(point)
    return " ".join(found)


def _x(share: float) -> float:
    return _LEFT + _PLOT_W * (1 - math.log10(max(share, _LEAST)) / math.log10(_LEAST))


def _y(share: float) -> float:
    return _TOP + _PLOT_H * (1 - share)


async def png(drawing: str, path: Path) -> bool:
    """Write the picture as PNG; False where there is no browser to do it."""
    if not await is_there():
        return False
    async with launched() as browser:
        page = await browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        await page.set_content(f'<body style="margin:0">{drawing}</body>')
        await page.screenshot(path=path)
    return True
