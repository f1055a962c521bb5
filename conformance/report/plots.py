"""Plots as inline SVG."""

from __future__ import annotations

import math
from typing import Any, Sequence

WIDTH, HEIGHT, MARGIN = 640, 220, 46
_TINY = 1e-12


def _path(values: Sequence[float], low: float, high: float, close_with: Sequence[float] | None = None) -> str:
    """The SVG path of a series on a logarithmic axis between 10**low and 10**high."""
    def point(i: int, value: float) -> str:
        x = MARGIN + (WIDTH - MARGIN - 8) * (i / max(len(values) - 1, 1))
        level = (math.log10(max(value, 10.0**low)) - low) / max(high - low, 1e-9)
        return f"{x:.1f} {HEIGHT - 24 - (HEIGHT - 36) * min(level, 1.0):.1f}"

    points = [point(i, value) for i, value in enumerate(values)]
    if close_with is not None:
        points += [point(i, close_with[i]) for i in reversed(range(len(close_with)))]
    return "M" + " L".join(points) + (" Z" if close_with is not None else "")


def loss_plot(run: dict[str, Any]) -> str:
    """Loss curves (above) and distances from the float64 run with the allowed band (below)."""
    losses = [run["losses"], run["torch_losses"]]
    finite = [value for series in losses for value in series if value and math.isfinite(value) and value > 0]
    if not finite:
        return ""
    parts = [_panel("loss", [("backend", run["losses"], "a"), ("torch", run["torch_losses"], "b")], None)]
    parts.append(
        _panel(
            "distance from the float64 run (relative)",
            [("backend", run["distances"], "a"), ("torch", run["torch_distances"], "b")],
            run["band"],
        )
    )
    return "".join(parts)


def _panel(title: str, series: list[tuple[str, list[float], str]], band: list[float] | None) -> str:
    values = [max(v, _TINY) for _, line, _ in series for v in line if v == v and v < math.inf]
    values += [max(v, _TINY) for v in band or [] if v == v and v < math.inf]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)
    lines = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">']
    lines.append(f'<text x="{MARGIN}" y="11">{title}</text>')
    step = max(1, (high - low) // 5)
    for exponent in range(low, high + 1, step):
        y = HEIGHT - 24 - (HEIGHT - 36) * (exponent - low) / (high - low)
        lines.append(f'<line class="grid" x1="{MARGIN}" y1="{y:.1f}" x2="{WIDTH - 8}" y2="{y:.1f}"/><text x="2" y="{y + 4:.1f}">1e{exponent}</text>')
    if band:
        floor = [10.0**low] * len(band)
        lines.append(f'<path class="band" d="{_path(band, low, high, floor)}"/>')
    for name, line, style in reversed(series):
        lines.append(f'<path class="line {style}" d="{_path(line, low, high)}"><title>{name}</title></path>')
    for i, (name, _, style) in enumerate(series):
        lines.append(f'<text class="{style}" x="{WIDTH - 150 + 80 * i}" y="{HEIGHT - 6}">{name}</text>')
    count = max((len(line) for _, line, _ in series), default=0)
    lines.append(f'<text x="{MARGIN}" y="{HEIGHT - 6}">step 1 … {count}</text></svg>')
    return "".join(lines)
