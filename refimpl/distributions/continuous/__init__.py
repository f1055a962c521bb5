"""Distributions of numbers on a line, an interval, a circle or the simplex."""
