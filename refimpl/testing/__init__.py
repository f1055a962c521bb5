"""Tools for tests, as ``torch.testing``."""

from ..foundation.paths import attach
from .comparison import assert_close
from .creation import make_tensor

__all__ = ["assert_close", "make_tensor"]

# Torch's files, and what is in them.
attach(__name__, {"_comparison": "assert_close", "_creation": "make_tensor"})
