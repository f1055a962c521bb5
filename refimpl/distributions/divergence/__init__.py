"""Kullback-Leibler divergences."""

from . import between, families, of_normals
from .registry import kl_divergence, register_kl

__all__ = ["kl_divergence", "register_kl"]
