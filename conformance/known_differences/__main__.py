"""Prints docs/known-differences.md."""

from . import page

print(page(), end="")
