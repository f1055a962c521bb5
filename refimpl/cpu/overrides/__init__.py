"""Operations that the CPU evaluates in one pass over the elements, rather than by one kernel for each step of their pages.

Each gives bit for bit what the page's composition gives, or declines by False, having written nothing.
"""

from __future__ import annotations

from typing import Callable

from .classes import nll_loss
from .rows import log_softmax, softmax

__all__ = ["OVERRIDES"]

OVERRIDES: dict[str, Callable[..., bool]] = {"softmax": softmax, "log_softmax": log_softmax, "nll_loss": nll_loss}
