"""A backend for any module that looks like torch: torch itself on any device, and refimpl."""

from __future__ import annotations

import operator
import platform
import re
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from enum import Enum
from types import ModuleType
from typing import Any, Callable, Iterator, Sequence

from ..cases.case import Constant, Device, DType, GeneratorSpec, Slice, TensorSpec
from . import copying, surroundings
from .base import Capabilities, Reading, Unsupported

# Where a function may live, in the order in which it is looked for.
NAMESPACES = ("", "nn.functional", "special", "linalg", "fft", "signal.windows", "autograd", "nn.init")

OPERATORS: dict[str, Callable[..., Any]] = {
    f"__{name.strip('_')}__": getattr(operator, f"__{name.strip('_')}__")
    for name in (
        "add sub mul truediv floordiv mod pow matmul and_ or_ xor lshift rshift lt le gt ge eq ne neg pos abs invert"
        " iadd isub imul itruediv ifloordiv imod ipow iand ior ixor ilshift irshift imatmul getitem setitem contains"
    ).split()
}
OPERATORS |= {
    "__getitem__": lambda tensor, index: tensor[index],
    "__setitem__": lambda tensor, index, value: _assign(tensor, index, value),
    "__repr__": repr,
    "__len__": len,
    "__reversed__": reversed,
    "__bool__": bool,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__iter__": lambda tensor: list(tensor),
    "__format__": format,
    "__divmod__": divmod,
    "__copy__": copying.copied,
    "__deepcopy__": copying.deeply_copied,
    "__reduce_ex__": copying.pickled,
}


# Operations whose meaning is another device.
_MOVES = frozenset(("cpu", "cuda"))


def _texts(args: Sequence[Any]) -> list[str]:
    return [arg for arg in args if isinstance(arg, str)]


def _is_cpu(value: Any) -> bool:
    return isinstance(value, str) and value == "cpu"


def _without_device(text: str) -> str:
    """A printed tensor as on the CPU, where the device is not printed. What comes after a broken line would stand elsewhere there."""
    found = _DEVICE.search(text)
    if found is None:
        return text
    if "\n" in text[found.start() :]:
        raise Unsupported("printing where the device breaks the line")
    return _DEVICE.sub("", text)


_DEVICE = re.compile(r",\s+device='[^']*'(?:(?=\))|(?=, )|,\n)")


def _assign(tensor: Any, index: Any, value: Any) -> Any:
    tensor[index] = value
    return tensor


class TorchLike:
    """The protocol on top of torch's own names; a subclass says how memory is made and read."""

    module: ModuleType
    name: str
    device: str
    capabilities = Capabilities()

    def __init__(self, module: ModuleType, name: str, device: str) -> None:
        self.module = module
        self.name = name
        self.device = device
        self._functions: dict[str, Callable[..., Any]] = {}
        self._size = getattr(module, "Size", tuple)
        self._dtype = type(module.float32)
        self._tensor = module.Tensor

    def versions(self) -> dict[str, str]:
        versions = {
            "python": platform.python_version(),
            self.module.__name__: str(getattr(self.module, "__version__", "source")),
            "device": self.device,
        }
        return versions

    # -- arguments -------------------------------------------------------------------------------
    def literal(self, value: Any) -> Any:
        if isinstance(value, DType):
            return getattr(self.module, value.name)
        if isinstance(value, Slice):
            return slice(value.start, value.stop, value.step)
        if isinstance(value, Constant):
            found: Any = self.module
            for part in value.name.split("."):
                found = getattr(found, part)
            return found
        if isinstance(value, Device):
            return self.module.device(self.device if value.name is None else value.name)
        if isinstance(value, GeneratorSpec):
            generator = self.module.Generator(device=self.device)
            generator.manual_seed(value.seed)
            return generator
        return value

    # -- calls -----------------------------------------------------------------------------------
    def function(self, operation: str) -> Callable[..., Any]:
        """The module's function of this name, wherever it lives."""
        found = self._functions.get(operation)
        if found is None:
            found = self._functions[operation] = self._find(operation)
        return found

    def _path(self, operation: str) -> str:
        """Where the module keeps a function: ``add`` or ``nn.functional.linear``; nothing if it has none."""
        for namespace in NAMESPACES:
            path = f"{namespace}.{operation}".lstrip(".")
            if callable(self._at(path)):
                return path
        return ""

    def _at(self, path: str) -> Any:
        holder: Any = self.module
        for part in path.split("."):
            holder = getattr(holder, part, None)
        return holder

    def _find(self, operation: str) -> Callable[..., Any]:
        found = self._at(self._path(operation))
        if callable(found):
            return found  # type: ignore[no-any-return]
        raise Unsupported(f"{self.module.__name__} has no function {operation}")

    def in_place_function(self, operation: str) -> Callable[..., Any]:
        """The function ``name_`` that stands beside the function ``name``: the in-place form of what is no method."""
        found = self._functions.get(operation + "_")
        if found is None:
            path = self._path(operation)
            found = self._at(f"{path}_") if path else None
            if not callable(found):
                raise Unsupported(f"{self.module.__name__} has no function {operation}_")
            self._functions[operation + "_"] = found
        return found

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """The call. On a device that is not the CPU, what names the device is put in the words of torch's CPU: nothing else differs."""
        if self.device == "cpu":
            return self._call(operation, form, args, kwargs)
        if operation in _MOVES or (operation == "to" and "cuda" in _texts(args)):
            raise Unsupported("moving between devices")
        with self._words_of_the_cpu():
            result = self._call(operation, form, [self.device if _is_cpu(arg) else arg for arg in args], kwargs)
        return _without_device(result) if operation == "__repr__" else result

    @contextmanager
    def _words_of_the_cpu(self) -> Iterator[None]:
        """Errors name a tensor's type by its device: ``torch.cuda.FloatTensor``, ``CUDAFloatType``."""
        kind = self.device.partition(":")[0]
        try:
            yield
        except Exception as error:
            if error.args and isinstance(error.args[0], str):
                text = error.args[0].replace(f"torch.{kind}.", "torch.")
                error.args = (re.sub(rf"\b{kind.upper()}(?=[A-Z]\w*Type\b)", "CPU", text), *error.args[1:])
            raise

    def _call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        if form == "function" or form == "out":
            return self.function(operation)(*args, **kwargs)
        if form == "operator":
            return OPERATORS[operation](*args, **kwargs)
        name = operation + "_" if form == "inplace" else operation
        holder = args[0]
        if isinstance(holder, self._tensor) and not hasattr(type(holder), name):
            if form == "inplace":
                return self.in_place_function(operation)(*args, **kwargs)
            raise Unsupported(f"{self.module.__name__}.Tensor has no attribute {name}")
        if form == "attribute":
            return getattr(holder, name)
        return getattr(holder, name)(*args[1:], **kwargs)

    # -- what is around a call -------------------------------------------------------------------
    def inside(self, name: str) -> AbstractContextManager[None]:
        return surroundings.inside(self.module, name)

    def global_state(self) -> surroundings.State:
        return surroundings.current(self.module)

    def put_back(self, state: surroundings.State) -> None:
        surroundings.put_back(self.module, state)

    # -- results ---------------------------------------------------------------------------------
    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self._tensor)

    def plain(self, value: Any) -> Any:
        if isinstance(value, self._dtype):
            return DType(repr(value).removeprefix("torch."))
        if isinstance(value, Enum) and isinstance(value, int):
            return int(value)  # a member of the library's own
        if isinstance(value, (bool, int, float, complex, str, type(None))):
            return value
        return f"{type(value).__name__}: {value}"

    def seed(self, seed: int) -> None:
        self.module.manual_seed(seed)

    def random_state(self, generator: Any = None) -> bytes:
        return self.read(self.module.get_rng_state() if generator is None else generator.get_state()).data

    # -- gradients -------------------------------------------------------------------------------
    def requires_grad(self, tensor: Any) -> bool:
        return bool(tensor.requires_grad)

    def node_name(self, tensor: Any) -> str | None:
        try:
            node = tensor.grad_fn
        except RuntimeError:  # torch looks for the node of a part made in inference mode by unsafe_split, which it takes for a view, and finds none
            return None
        return None if node is None else str(node.name())

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        grad = self.module.autograd.grad
        with self._words_of_the_cpu():
            return grad(outputs, inputs, cotangents, create_graph=create_graph, allow_unused=True)  # type: ignore[no-any-return]

    # -- scripts ---------------------------------------------------------------------------------
    def script_preamble(self) -> tuple[str, str]:
        return f"import {self.module.__name__}", self.module.__name__

    def script_device(self) -> str | None:
        return None if self.device == "cpu" else self.device

    # -- memory: for the subclass ----------------------------------------------------------------
    def make_storage(self, data: bytes) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how a storage is made")

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say how a tensor is made")

    def read(self, tensor: Any) -> Reading:
        raise NotImplementedError(f"{type(self).__name__} does not say how a tensor is read")

    def storage_bytes(self, storage: Any) -> bytes:
        raise NotImplementedError(f"{type(self).__name__} does not say how a storage is read")


class WithoutElements(TorchLike):
    """Stands before the backend of a library whose device ``meta`` this is: what can be known of a result before it is computed."""

    def without_elements(self) -> None:
        self.capabilities = replace(self.capabilities, values=False, values_decide=False, own_random=True, printing=False, host_memory=False)

    def literal(self, value: Any) -> Any:
        if isinstance(value, GeneratorSpec):
            raise Unsupported("generators")
        return super().literal(value)

    def storage_bytes(self, storage: Any) -> bytes:
        return b""

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        try:
            return super().call(operation, form, args, kwargs)
        except (NotImplementedError, RuntimeError, TypeError) as error:
            if _NEEDS_ELEMENTS.search(str(error)):
                raise Unsupported("a result that depends on elements") from error
            raise


_NEEDS_ELEMENTS = re.compile(
    r"on meta tensors|Meta tensors, but there was no|no data!|data-independent|meta tensor has no elements|meta device type tensor"
    r"|Cannot copy out of meta|not an accelerator"
)
