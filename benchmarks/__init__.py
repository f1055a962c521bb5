"""How fast refimpl is, as ratios to the bare standard library: ``python -m benchmarks`` or ``make bench``."""
