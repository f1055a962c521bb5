"""Distributions of integers, and of vectors that show a category or count several."""
