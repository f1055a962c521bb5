"""Rows of what networks are built from."""
