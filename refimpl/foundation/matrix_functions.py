"""The matrix functions: what an operation of linear algebra makes of one matrix, or of a few that belong together.

As the rule of a pointwise operation is a function of Python numbers (:mod:`.scalars`), so the rule of a factorisation is a function of matrices,
registered here under a name by :mod:`refimpl.ops.linalg.algorithms`: a matrix is a list of rows of Python numbers, a vector a list of numbers, a 0-d
element a number. The rule returns a tuple of such results. The CPU's kernel ``map_matrices`` calls it for each matrix of a batch; a device that has
no kernel of the name evaluates it on the host.

Numbers arrive in binary64 and the kernel rounds each result once. A rule never raises for the elements that it gets: what fails is told by a result
(``info``).
"""

from __future__ import annotations

from typing import Any, Callable

functions: dict[str, Callable[..., tuple[Any, ...]]] = {}


def matrix_function(name: str) -> Callable[[Callable[..., tuple[Any, ...]]], Callable[..., tuple[Any, ...]]]:
    """Register the decorated rule as the matrix function ``name``."""

    def decorate(rule: Callable[..., tuple[Any, ...]]) -> Callable[..., tuple[Any, ...]]:
        functions[name] = rule
        return rule

    return decorate
