"""Exceptions that torch has and Python does not."""

from __future__ import annotations


class _LinAlgError(RuntimeError):
    """What linear algebra cannot do with the elements that it was given: the inverse of a singular matrix, the Cholesky factor of one that is not
    positive definite. ``torch.linalg.LinAlgError`` is this class."""


LinAlgError = _LinAlgError
