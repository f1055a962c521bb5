"""Tools for tests, as ``torch.testing``."""

from ..foundation.paths import attach
from .comparison import assert_close

__all__ = ["assert_close"]

# Torch's files, and what is in them.
attach(__name__, {"_comparison": "assert_close"})
