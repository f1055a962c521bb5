"""The version of the suite, which its reports name."""

__version__ = "0.1.0"
