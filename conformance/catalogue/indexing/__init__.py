"""Rows of indexing, gathering and scattering."""
