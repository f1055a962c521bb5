"""Defects generated from descriptions of how real kernels break, crossed with the operations of the catalogue, drawn from a seed."""
