"""Rows of pooling."""
