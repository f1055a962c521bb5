"""Rows of the products of vectors and matrices."""
