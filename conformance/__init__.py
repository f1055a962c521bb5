"""conformance: holds any tensor backend against torch, operation by operation and property by property."""

from .version import __version__

__all__ = ["__version__"]
