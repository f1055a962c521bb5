"""Errors of calls that violate several constraints: any of them is a right answer, with its type and words.

What a call violates, refimpl knows (:func:`refimpl.operations.refusals.violations_of`). The name of a kernel in
``"..." not implemented for 'Bool'`` is not compared.
"""

from __future__ import annotations

import re

from ..execution.outcomes import Outcome
from .comparators import normalise_message

_NO_MEMORY = "can't allocate memory"
_UNEXPLAINED = re.compile("can't allocate memory|INTERNAL ASSERT FAILED|could not construct a memory descriptor")
_KERNEL = re.compile(r'"\w+" not implemented for')


def _said(error: tuple[str, str]) -> tuple[str, str]:
    return error[0], _KERNEL.sub('"..." not implemented for', normalise_message(error[1]))


def reported(expected: Outcome, reference: Outcome | None) -> bool:
    """Whether torch says what the page has for a constraint that the call violates."""
    return expected.error is not None and reference is not None and _said(expected.error) in map(_said, reference.violations)


def wants_memory(expected: Outcome) -> bool:
    """Whether torch refuses a call because this machine has no memory for its result. Where nothing is allocated (the meta device), or more can
    be, it is no mistake to go on."""
    return expected.error is not None and _NO_MEMORY in expected.error[1]


def acceptable(expected: Outcome, got: Outcome, reference: Outcome | None) -> bool:
    """Whether torch and the candidate each report something that the call violates; ``reference`` is refimpl's outcome.

    The candidate's own word counts for nothing here: what a call violates, refimpl says.
    """
    if expected.error is None or got.error is None:
        return False
    if _said(expected.error) == _said(got.error):
        return True
    violated = set() if reference is None else {_said(error) for error in reference.violations}
    unexplained = _UNEXPLAINED.search(expected.error[1]) is not None  # before torch has come to what the call violates
    return (unexplained or _said(expected.error) in violated) and _said(got.error) in violated
