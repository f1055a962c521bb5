"""The GPU's generators, as far as a program sees them: their numbers come from the default generator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..random import generator
from .devices import current_device, device_count

__all__ = [
    "get_rng_state", "get_rng_state_all", "initial_seed", "manual_seed", "manual_seed_all", "seed", "seed_all", "set_rng_state", "set_rng_state_all",
]  # fmt: skip


def manual_seed(seed: int) -> None:
    """Seed the GPUs' generators. They are seeded from the default generator, so this does nothing where there is no GPU."""


manual_seed_all = manual_seed


def seed() -> None:
    """Seed the GPUs' generators anew; nothing, for the same reason."""


seed_all = seed


def initial_seed() -> int:
    """The seed that the GPU's numbers began with: the default generator's."""
    current_device()
    return generator.initial_seed()


def get_rng_state(device: Any = "cuda") -> Any:
    """The state of the default generator, which the GPU's numbers come from. AssertionError where there is no GPU."""
    current_device()
    return generator.get_rng_state()


def get_rng_state_all() -> list[Any]:
    """:func:`get_rng_state` of each GPU."""
    return [get_rng_state() for _ in range(device_count())]


def set_rng_state(new_state: Any, device: Any = "cuda") -> None:
    """Put the default generator into the state; nothing where there is no GPU."""
    if device_count():
        generator.set_rng_state(new_state)


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """:func:`set_rng_state` of each GPU."""
    for state in new_states:
        set_rng_state(state)
