"""The specification: one file a family, one function an operation. Importing the package puts them all on the registry."""

from . import (  # noqa: F401
    activation, arithmetic, axes, bitwise, comparison, complex_ops, conversion, creation, distributions, division, exponential,
    extremes, from_data, geometry, hyperbolic, indexing, joining, layers, losses, norms, ordering, parts, picking,
    powers, products, random, ranges, rearranging, reductions, reinterpretation, rounding, scans, scattered,
    selection, softmax, special, statistics, triangles, trigonometric, views,
)  # fmt: skip
