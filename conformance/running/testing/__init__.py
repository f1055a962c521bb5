"""Judging from other people's tests: a plugin of pytest, and functions for a backend that is an object in this process."""
