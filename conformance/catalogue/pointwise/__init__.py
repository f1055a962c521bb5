"""Rows of the operations that work element by element."""
