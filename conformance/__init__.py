"""conformance: holds any tensor backend against torch, operation by operation and property by property."""

__version__ = "0.1.0"
