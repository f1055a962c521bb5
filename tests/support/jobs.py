"""Functions for other processes."""

from __future__ import annotations


def double(number, queue):
    import refimpl

    queue.put((number, refimpl.ones(2) * number))


def fail(number):
    raise ValueError(f"number {number} fails")


def leave(number):
    raise SystemExit(3)
