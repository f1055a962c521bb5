"""Tools for tests, as ``torch.testing``."""

from .comparison import assert_close

__all__ = ["assert_close"]
