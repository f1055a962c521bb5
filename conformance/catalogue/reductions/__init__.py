"""Rows of reductions and cumulative operations."""
