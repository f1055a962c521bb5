"""Rows of the special functions."""
