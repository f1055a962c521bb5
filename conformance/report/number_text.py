"""Counts and errors as the report's pages show them."""

from __future__ import annotations

from typing import Any


def number(value: Any) -> str:
    """A count or an error for a table cell."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.2g}" if value else "0"
    return f"{value:,}"


def figure(value: Any) -> str:
    """A number with two digits that matter, 3.2e6 rather than 3.2e+06."""
    if isinstance(value, float) and 100 <= value < 10_000:
        return f"{value:,.0f}"
    return "–" if value is None else number(value).replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
