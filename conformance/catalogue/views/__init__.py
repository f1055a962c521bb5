"""Rows of views and of operations on shapes."""
