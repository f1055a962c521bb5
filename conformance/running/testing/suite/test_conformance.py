"""One test for each operation, dtype and property: see :mod:`conformance.running.testing.plugin`."""

from typing import Callable


def test_conformance(conformance_check: Callable[[], None]) -> None:
    conformance_check()
