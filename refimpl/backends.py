"""Torch's switches of its libraries: they can be read and set, and change nothing."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Iterator

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]


class _Switches(ModuleType):
    """The switches of one library, which is not here."""

    def __init__(self, name: str, **switches: Any) -> None:
        super().__init__(f"{__name__}.{name}")
        self.__dict__.update(switches)
        sys.modules[self.__name__] = self

    def is_available(self) -> bool:
        """Whether the library is there: no."""
        return False

    def is_built(self) -> bool:
        """Whether it could be: no."""
        return False

    def version(self) -> None:
        """None: there is none."""
        return

    @contextmanager
    def flags(self, **switches: Any) -> Iterator[None]:
        """Set switches for a block."""
        before = {name: self.__dict__.get(name) for name in switches}
        self.__dict__.update(switches)
        try:
            yield
        finally:
            self.__dict__.update(before)


class _MatrixProducts:
    """How the GPU's matrix products may round."""

    allow_tf32 = False
    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True


cudnn = _Switches("cudnn", enabled=True, benchmark=False, deterministic=False, allow_tf32=True, benchmark_limit=10)
cuda = _Switches("cuda", matmul=_MatrixProducts())
mkl = _Switches("mkl")
mkldnn = _Switches("mkldnn", enabled=True)
mps = _Switches("mps")
openmp = _Switches("openmp")
opt_einsum = _Switches("opt_einsum", enabled=True, strategy="auto")
