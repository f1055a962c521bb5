"""tinygrad, whose tensors have methods of torch's names: ``--backend conformance.backends.libraries.tinygrad:TinyGrad``.

Its CPU device needs clang. Without it, and with no ``DEV`` in the environment, the device is the one that is written in Python, on which a
kernel takes some hundredths of a second: name the operations and keep the examples few.
"""

from __future__ import annotations

import importlib
import os
import platform
import shutil
from dataclasses import replace
from importlib import metadata
from typing import Any, Sequence

from ..base import ScriptWords, Unsupported
from ..by_elements import ELEMENTS_ONLY, ByElements
from ..keywords import Renamed, renamed

DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")

# Methods of the same name and arguments.
_UNARY = """abs acos acosh asin asinh atan atanh bitwise_not ceil cos cosh erf exp exp2 floor isfinite isinf isnan log log10 log2 logical_not neg
reciprocal relu round rsqrt sigmoid sign sin sinh sqrt square tan tanh trunc""".split()
_BINARY = "bitwise_and bitwise_or bitwise_xor copysign eq fmod logaddexp maximum minimum mul ne pow".split()
# torch's name: tinygrad's name, and what it calls otherwise.
_OTHERS: dict[str, tuple[str, dict[str, str | None]]] = {
    "add": ("add", {"alpha": None}), "sub": ("sub", {"alpha": None}), "div": ("div", {}), "remainder": ("mod", {}),
    "sum": ("sum", {"dim": "axis", "keepdim": "keepdim"}), "prod": ("prod", {"dim": "axis"}), "mean": ("mean", {"dim": "axis", "dtype": None}),
    "argmax": ("argmax", {"dim": "axis"}), "argmin": ("argmin", {"dim": "axis"}), "amax": ("max", {"dim": "axis"}),
    "amin": ("min", {"dim": "axis"}), "logsumexp": ("logsumexp", {"dim": "axis"}), "cumsum": ("cumsum", {"dim": "axis", "dtype": None}),
    "cumprod": ("cumprod", {"dim": "axis", "dtype": None}), "flip": ("flip", {"dims": "axis"}), "matmul": ("matmul", {}),
    "transpose": ("transpose", {}), "permute": ("permute", {}), "unsqueeze": ("unsqueeze", {}), "squeeze": ("squeeze", {}),
    "tril": ("tril", {}), "triu": ("triu", {}), "flatten": ("flatten", {}), "roll": ("roll", {}),
    "gather": ("gather", {"sparse_grad": None}), "lerp": ("lerp", {}), "masked_fill": ("masked_fill", {}),
}  # fmt: skip


class TinyGrad(ByElements):
    """The adapter: a call ends when its results are computed."""

    name = "tinygrad"
    capabilities = replace(ELEMENTS_ONLY, dtypes=frozenset(DTYPES))
    script_words = ScriptWords(
        imports="from tinygrad import Tensor, dtypes",
        tensor="Tensor({elements}, dtype=dtypes.{dtype}).reshape({shape})",
        call="Tensor.{operation}({arguments})",
        elements="{result}.tolist()", shape="tuple({result}.shape)", dtype="str({result}.dtype).removeprefix('dtypes.')",
    )  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        if shutil.which(os.environ.get("CC", "clang")) is None:
            os.environ.setdefault("DEV", "PYTHON")
        try:
            self.library: Any = importlib.import_module("tinygrad")
            self.host: Any = importlib.import_module("numpy")
        except ImportError as error:
            raise LookupError(f"no backend {self.name!r}: {error}") from error
        self._dtypes = {name: getattr(self.library.dtypes, name) for name in (*DTYPES, "uint16", "uint32", "uint64")}
        self._calls = self._translations()
        self.script_words = replace(self.script_words, calls=self._calls)

    def versions(self) -> dict[str, str]:
        device = str(self.library.Device.DEFAULT)
        return {"python": platform.python_version(), "tinygrad": metadata.version("tinygrad"), "device": device}

    def _translations(self) -> dict[str, tuple[str, Renamed]]:
        """By torch's name tinygrad's, and the method."""
        methods: dict[str, tuple[str, dict[str, str | None]]] = {name: (name, {}) for name in (*_UNARY, *_BINARY)} | _OTHERS
        found = {}
        for name, (method, names) in methods.items():
            if hasattr(self.library.Tensor, method):
                found[name] = (method, renamed(name, getattr(self.library.Tensor, method), **names))
        return found

    # -- tensors ---------------------------------------------------------------------------------
    def from_elements(self, data: bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        elements = self.host.frombuffer(bytearray(data), dtype=dtype) if data else self.host.empty(0, dtype)
        return self.library.Tensor(elements, dtype=self._dtypes[dtype]).realize().reshape(shape).realize()

    def to_elements(self, tensor: Any) -> tuple[str, tuple[int, ...], bytes]:
        tensor = self._decided(tensor)
        if tensor.uop.device is None:  # a number that no device holds
            tensor = tensor.clone(self.library.Device.DEFAULT)
        # Tensor.numpy() would compute on the CPU device, which may have no compiler, and Tensor.data() has no float16 before Python 3.12.
        data = b"" if 0 in tensor.shape else bytes(tensor.contiguous().realize().uop.buffer.ensure_allocated().as_memoryview())
        return self.dtype_name(tensor.dtype) or str(tensor.dtype), tuple(tensor.shape), data

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self.library.Tensor)

    def dtype(self, name: str) -> Any:
        return self._dtypes[name]

    def dtype_name(self, value: Any) -> str | None:
        return next((name for name, dtype in self._dtypes.items() if value is dtype), None)

    def _decided(self, tensor: Any) -> Any:
        """A dtype that tinygrad leaves open, as of the results of integers, is decided when a tensor is looked at."""
        module = importlib.import_module("tinygrad.dtype")
        return tensor.cast(module.strong_dtype(tensor.dtype)) if tensor.dtype in self.library.dtypes.weaks else tensor

    # -- calls -----------------------------------------------------------------------------------
    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if operation not in self._calls:
            raise Unsupported(f"the operation {operation}")
        if operation == "squeeze" and any(isinstance(value, (tuple, list)) for value in (*args, *kwargs.values())):
            raise Unsupported("squeeze of several dimensions")
        if args and not self.is_tensor(args[0]):  # tinygrad has methods alone
            raise Unsupported("a number before a tensor")
        result = self._calls[operation][1](*args, **kwargs)
        return self._decided(result).contiguous().realize() if self.is_tensor(result) else result
