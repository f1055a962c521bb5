"""The specification: one file a family, one function an operation. Importing the package puts them all on the registry."""

from . import (  # noqa: F401
    activation, arithmetic, bitwise, comparison, complex_ops, conversion, creation, division, exponential, hyperbolic, indexing, joining, layers,
    losses, powers, products, random, reductions, rounding, selection, softmax, special, trigonometric, views,
)  # fmt: skip
