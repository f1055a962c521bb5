"""Which programs a run judges on which backend, in ranges that are one task each."""

from __future__ import annotations

PER_TASK = 50
PER_SEED = 100_000  # the first program of a seed of the suite is number seed * PER_SEED
FIRST = "refimpl:cpu"
OTHERS = 5  # every other backend runs so many times fewer


def ranges(backends: list[str], count: int, seed: int) -> list[tuple[str, str]]:
    """Pairs of a range, as ``range_name`` writes it, and a backend."""
    found = []
    for backend in backends:
        wanted = count if backend == FIRST else count // OTHERS
        for start in range(0, wanted, PER_TASK):
            first = seed * PER_SEED + start
            found.append((range_name(first, min(PER_TASK, wanted - start)), backend))
    return found


def range_name(first: int, count: int) -> str:
    return f"programs {first} to {first + count - 1}"


def numbers_of(name: str) -> range:
    """The numbers of a range's programs, from its name."""
    _, first, _, last = name.split()
    return range(int(first), int(last) + 1)
