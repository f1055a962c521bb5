"""Rows of what is done to images: padding, interpolation, sampling, patches."""
