"""Training curves as inline SVG."""

from __future__ import annotations

import math
from typing import Any, Sequence

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 420, 170, 36, 6, 22, 20
_TINY, _HUGE = 1e-12, 1e30
_MAX_POINTS = 140

Series = Sequence["float | None"]


def loss_plots(run: dict[str, Any]) -> str:
    """Distances from the float64 run with the allowed band (above) and losses (below); nothing for a run that never was."""
    if not run["losses"]:
        return ""
    distances = _panel("distance from the float64 run", run["distances"], run["torch_distances"], run["steps"], run["band"])
    return distances + _panel("loss", run["losses"], run["torch_losses"], run["steps"], [])


def _level(value: float | None) -> float:
    """The logarithm that is drawn: what is not finite stands at the top."""
    if value is None or not math.isfinite(value):
        return math.log10(_HUGE)
    return math.log10(min(max(value, _TINY), _HUGE))


def thinned(values: Series, most: int = _MAX_POINTS) -> list[tuple[float, float]]:
    """(place between 0 and 1, logarithm) of at most ``most`` points: of each stretch the largest, so that no peak is lost."""
    count = len(values)
    step = max(1, math.ceil(count / most))
    points = []
    for start in range(0, count, step):
        i = max(range(start, min(start + step, count)), key=lambda k: _level(values[k]))
        points.append((i / max(count - 1, 1), _level(values[i])))
    return points


def _panel(title: str, own: Series, torch: Series, steps: int, band: Series) -> str:
    lines = {"own": thinned(own), "torch": thinned(torch), "band": thinned(band)}
    levels = [level for points in lines.values() for _, level in points]
    if not levels:
        return ""
    low, high = math.floor(min(levels)), math.ceil(max(levels))
    high = max(high, low + 1)
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(point: tuple[float, float]) -> str:
        x = LEFT + (right - LEFT) * point[0]
        return f"{x:.1f} {bottom - (bottom - TOP) * (point[1] - low) / (high - low):.1f}"

    def path(points: list[tuple[float, float]]) -> str:
        return "M" + "L".join(place(point) for point in points)

    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title} over {steps} steps">', f'<text x="0" y="11">{title}</text>']
    for exponent in range(low, high + 1, max(1, math.ceil((high - low) / 4))):
        y = place((0.0, exponent)).split()[1]
        parts.append(f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{float(y) + 3.5:.1f}" text-anchor="end">{_power(exponent)}</text>')
    if lines["band"]:
        parts.append(f'<path class="band" d="{path(lines["band"])}L{right} {bottom}L{LEFT} {bottom}Z"/>')
    for name in ("torch", "own"):
        if lines[name]:
            parts.append(f'<path class="line {name}" d="{path(lines[name])}"/>')
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 5}">step 1</text><text x="{right}" y="{HEIGHT - 5}" text-anchor="end">{steps}</text></svg>')
    return "".join(parts)


def _power(exponent: int) -> str:
    return str(10**exponent) if 0 <= exponent < 4 else f"1e{exponent}"
