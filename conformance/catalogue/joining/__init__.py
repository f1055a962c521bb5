"""Rows of the operations that join, repeat and order."""
