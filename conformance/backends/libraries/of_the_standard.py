"""Libraries of the array API standard that need a word of their own: how an array is made or read, and when it is computed."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Sequence

from ..array_api import ArrayApi, CuPy, Namespace, Strided


class Jax(ArrayApi):
    """JAX: immutable arrays, compiled calls. Its 64-bit dtypes have to be switched on."""

    setup = ("import jax", "jax.config.update('jax_enable_x64', True)")

    def __init__(self) -> None:
        super().__init__("jax", "jax.numpy")
        self.library.config.update("jax_enable_x64", True)


class Lazy(ArrayApi):
    """A library that computes an array when it is looked at. A call ends when its results are there, so that its errors are its own."""

    def call(
        self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any], namespace: Namespace | None = None
    ) -> Any:
        result = super().call(operation, form, args, kwargs, namespace)
        for tensor in self._tensors(result):
            self.to_host(tensor)
        return result

    def _tensors(self, result: Any) -> list[Any]:
        if isinstance(result, (tuple, list)):
            return [tensor for item in result for tensor in self._tensors(item)]
        return [result] if self.is_tensor(result) else []


class Mlx(Lazy):
    """MLX on the CPU, where alone it has float64; ``asarray`` would make that float32."""

    setup = ("mlx.core.set_default_device(mlx.core.cpu)",)

    def __init__(self) -> None:
        super().__init__("mlx", "mlx.core")
        self.xp.set_default_device(self.xp.cpu)

    def versions(self) -> dict[str, str]:
        return super().versions() | {"mlx": version("mlx")}

    def from_elements(self, data: bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        return self.xp.array(self.host.frombuffer(bytearray(data), dtype=dtype).reshape(shape), dtype=self.dtype(dtype))

    def dtype_name(self, value: Any) -> str | None:
        return next((name for name, dtype in self._dtypes.items() if type(value) is type(dtype) and value == dtype), None)


class NdOnnx(Lazy):
    """ndonnx: arrays that become an ONNX graph, or, with elements, are computed by onnxruntime."""

    def to_host(self, tensor: Any) -> Any:
        return self.host.asarray(tensor.unwrap_numpy())


class Dask(Lazy):
    """dask.array in the standard's words, by array-api-compat; an array is one chunk."""

    def __init__(self) -> None:
        super().__init__("dask", "array_api_compat.dask.array")

    def is_tensor(self, value: Any) -> bool:
        return type(value).__module__.startswith("dask.array")

    def versions(self) -> dict[str, str]:
        return super().versions() | {"array-api-compat": version("array-api-compat")}


_OF_THEIR_OWN = {"jax": Jax, "mlx": Mlx, "dask": Dask}


def find_library(name: str) -> ArrayApi:
    """``numpy``, ``cupy``, ``jax``, ``mlx``, ``ndonnx``, ``dask``, or the module of any other library of the standard."""
    if name == "numpy":
        return Strided("numpy")
    if name == "cupy":
        return CuPy("cupy")
    if name == "ndonnx":
        return NdOnnx("ndonnx")
    return _OF_THEIR_OWN[name]() if name in _OF_THEIR_OWN else ArrayApi(name)
