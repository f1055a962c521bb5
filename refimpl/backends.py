"""Torch's switches of its libraries: they can be read and set, and change nothing."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from types import ModuleType
from typing import Any, Iterator
from warnings import warn

from .functions import get_float32_matmul_precision, set_float32_matmul_precision

__all__ = ["cpu", "cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp", "opt_einsum"]


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

    allow_fp16_reduced_precision_reduction = True
    allow_bf16_reduced_precision_reduction = True

    @property
    def allow_tf32(self) -> bool:
        """Whether the precision of products is less than "highest"."""
        return get_float32_matmul_precision() != "highest"

    @allow_tf32.setter
    def allow_tf32(self, allowed: bool) -> None:
        set_float32_matmul_precision("high" if allowed else "highest")


cudnn = _Switches("cudnn", enabled=True, benchmark=False, deterministic=False, allow_tf32=True, benchmark_limit=10)
def _switch(name: str) -> dict[str, Any]:
    """The two functions of a kernel of attention, which ask and set."""
    state = [True]

    def enable(enabled: bool) -> None:
        state[0] = bool(enabled)

    def ask() -> bool:
        return state[0]

    enable.__doc__, ask.__doc__ = "Accepted for the sake of programs, and remembered.", "What was last set; True unless it was."
    return {f"enable_{name}_sdp": enable, f"{name}_sdp_enabled": ask}


@contextmanager
def _attention_kernels(enable_flash: bool, enable_math: bool, enable_mem_efficient: bool, enable_cudnn: bool) -> Iterator[dict[str, Any]]:
    wanted = {"flash": enable_flash, "math": enable_math, "mem_efficient": enable_mem_efficient, "cudnn": enable_cudnn}
    before = {name: cuda.__dict__[f"{name}_sdp_enabled"]() for name in wanted}
    for name, value in wanted.items():
        cuda.__dict__[f"enable_{name}_sdp"](value)
    try:
        yield {}
    finally:
        for name, value in before.items():
            cuda.__dict__[f"enable_{name}_sdp"](value)


def sdp_kernel(enable_flash: bool = True, enable_math: bool = True, enable_mem_efficient: bool = True, enable_cudnn: bool = True) -> Any:
    """A ``with`` block in which some kernels of attention may be used; deprecated (FutureWarning), and without effect."""
    warn("`torch.backends.cuda.sdp_kernel()` is deprecated. In the future, this context manager will be removed. Please see "
         "`torch.nn.attention.sdpa_kernel()` for the new context manager, with updated signature.", FutureWarning, stacklevel=2)
    return _attention_kernels(enable_flash, enable_math, enable_mem_efficient, enable_cudnn)


def _no_flash_attention() -> bool:
    """False: there is one rule for attention."""
    return False


cuda = _Switches("cuda", matmul=_MatrixProducts(), sdp_kernel=sdp_kernel, is_flash_attention_available=_no_flash_attention,
                 **_switch("flash"), **_switch("math"), **_switch("mem_efficient"), **_switch("cudnn"))
cpu = _Switches("cpu", get_cpu_capability=lambda: "DEFAULT")
mkl = _Switches("mkl")
mkldnn = _Switches("mkldnn", enabled=True)
mps = _Switches("mps")
openmp = _Switches("openmp")
opt_einsum = _Switches("opt_einsum", enabled=True, strategy="auto")
