"""Rows of discrete Fourier transforms."""
