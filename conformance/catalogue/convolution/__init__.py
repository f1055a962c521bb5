"""Rows of convolutions."""
