"""Rows of operations on matrices as such."""
