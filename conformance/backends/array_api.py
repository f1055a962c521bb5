"""Any library of the Python array API standard as a backend: ``array_api:numpy``, ``array_api:jax``, ``array_api:cupy``, ...

The question is "how torch-like is it": torch's calls are translated to the standard's names and arguments
(:mod:`.array_api_calls`), and what comes back is held against torch. What the standard does not have is Unsupported:

==================  ========================================================================================
dtypes              float16 and bfloat16 are not in the standard
writing in place    arrays may be immutable (JAX); otherwise augmented assignment and ``x[...] = value``
``out=``            not in the standard
strides, aliasing   not in the standard; read where the library shows them (NumPy, CuPy)
autograd, random    not in the standard
left open           see :mod:`.libraries.left_open`
errors              torch's exception types and words are not: a call raises or it does not
==================  ========================================================================================
"""

from __future__ import annotations

import importlib
import inspect
import platform
import re
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Callable, Sequence

from ..cases.case import TensorSpec
from . import array_api_shapes  # noqa: F401 - enters the second half of the translations
from .array_api_calls import ATTRIBUTES, CALLS, INPLACE, METHODS
from .base import Capabilities, Reading, Unsupported
from .by_elements import ELEMENTS_ONLY, ByElements
from .keywords import FITS_NONE, fits
from .libraries.left_open import ASSIGNMENTS, left_open
from .libraries.left_open import OPERATORS as STANDARD_OPERATORS
from .torchlike import OPERATORS

STANDARD_DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64", "complex64", "complex128")
# Operators of torch's tensors that the standard's arrays do not have.
_NO_OPERATOR = ("__contains__", "__iter__", "__len__", "__repr__", "__format__", "__divmod__", "__copy__", "__deepcopy__", "__reduce_ex__")
# Arguments of torch that say nothing about the result's elements, or that only torch has.
_ONLY_TORCH = ("device", "layout", "memory_format", "pin_memory", "requires_grad", "generator", "non_blocking")
_FORMS = frozenset(("function", "method", "attribute", "operator"))


class ArrayApi(ByElements):
    """A library whose arrays can be made from a NumPy array with ``asarray`` and turned into one."""

    mutable = False
    subnormals = False  # whether the library has them, though the standard does not ask for them
    setup: tuple[str, ...] = ()  # what a script has to say after the import

    def __init__(self, library: str, module: str | None = None) -> None:
        super().__init__()
        self.module = module or library
        self.name = f"array_api:{library}"
        try:
            self.xp: Any = importlib.import_module(self.module)
            self.host: Any = importlib.import_module("numpy")
        except ImportError as error:
            raise LookupError(f"no backend {self.name!r}: {error}") from error
        self.library = importlib.import_module(library.partition(".")[0])
        if not hasattr(self.xp, "asarray") or not self.is_tensor(self.xp.asarray(0)):
            raise LookupError(f"no backend {self.name!r}: {self.module} is no namespace of the array API standard (NumPy is one from 2.0 on)")
        dtypes = [name for name in STANDARD_DTYPES if hasattr(self.xp, name)]
        self._dtypes = {name: getattr(self.xp, name) for name in dtypes}
        self.capabilities = self._capabilities(frozenset(dtypes))

    def _capabilities(self, dtypes: frozenset[str]) -> Capabilities:
        forms = _FORMS | {"inplace"} if self.mutable else _FORMS
        # "Conforming implementations may vary in their support for subnormal numbers" (the standard, Accuracy).
        return replace(ELEMENTS_ONLY, dtypes=dtypes, forms=forms, mutable=self.mutable, subnormals=self.subnormals)

    def versions(self) -> dict[str, str]:
        standard = str(getattr(self.xp, "__array_api_version__", "unknown"))
        return {
            "python": platform.python_version(),
            self.library.__name__: str(getattr(self.library, "__version__", "unknown")),
            "array API standard": standard,
        }

    # -- arrays ----------------------------------------------------------------------------------
    def is_tensor(self, value: Any) -> bool:
        return hasattr(type(value), "__array_namespace__")

    def from_elements(self, data: bytes, dtype: str, shape: tuple[int, ...]) -> Any:
        elements = self.host.frombuffer(bytearray(data), dtype=dtype) if data else self.host.empty(0, dtype)
        return self.xp.asarray(elements.reshape(shape))

    def to_elements(self, tensor: Any) -> tuple[str, tuple[int, ...], bytes]:
        elements = self.to_host(tensor)
        return str(elements.dtype), tuple(elements.shape), elements.tobytes()

    def to_host(self, tensor: Any) -> Any:
        """The array as one of NumPy's."""
        return self.host.asarray(tensor)

    def dtype(self, name: str) -> Any:
        return self._dtypes[name]

    def dtype_name(self, value: Any) -> str | None:
        return next((name for name, dtype in self._dtypes.items() if value is dtype), None)

    def left_open(self, function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """Unsupported, if the standard leaves open what comes of a call of one of its functions."""
        found = left_open(self, function, args, kwargs)
        if found is not None:
            raise Unsupported(f"{found} (left open in the array API standard)")

    # -- calls -----------------------------------------------------------------------------------
    def call(
        self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any], namespace: Namespace | None = None
    ) -> Any:
        """Translate and call. Floating point warnings are not errors in torch, and are not here."""
        kwargs = dict(kwargs)
        for name in _ONLY_TORCH:
            if kwargs.pop(name, None) not in (None, False):
                raise Unsupported(f"the argument {name} (not in the array API standard)")
        with self.host.errstate(all="ignore"):
            return self._call(operation, form, args, kwargs, namespace or Namespace(self.xp, self.module, self))

    def _call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any], xp: Namespace) -> Any:
        if form == "operator" and operation in OPERATORS and operation not in _NO_OPERATOR:
            if operation in STANDARD_OPERATORS:
                self.left_open(STANDARD_OPERATORS[operation], args, kwargs)
            return OPERATORS[operation](*args, **kwargs)
        if form == "attribute" and operation in ATTRIBUTES:
            return ATTRIBUTES[operation](*args)
        if form == "inplace":
            if operation not in INPLACE or kwargs:
                raise Unsupported("an in-place form that is no augmented assignment")
            if operation in ASSIGNMENTS:
                self.left_open(ASSIGNMENTS[operation], args, {})
            return INPLACE[operation](*args)
        if operation not in CALLS or form == "operator":
            raise Unsupported(f"{operation} (not in the array API standard)")
        if form in ("function", "method") and not fits(operation, args, kwargs):  # torch's parser refuses it: the library is not asked
            raise Unsupported(FITS_NONE)
        translated = METHODS.get(operation, CALLS[operation]) if form == "method" else CALLS[operation]
        try:
            _signature(translated).bind(xp, *args, **kwargs)
        except TypeError:  # the translation's matter, of which the library is not asked
            raise Unsupported("arguments that have no translation into the array API standard") from None
        return translated(xp, *args, **kwargs)


@cache
def _signature(translated: Callable[..., Any]) -> inspect.Signature:
    return inspect.signature(translated)


_UNKNOWN_ARGUMENT = re.compile(r"unexpected keyword argument '(\w+)'")
_NO_SIGNATURE = "incompatible function arguments"  # of functions that are bound from C++; the signatures follow


def _unknown_argument(text: str, kwargs: dict[str, Any]) -> str | None:
    """The keyword that a function does not have, by the words of its TypeError."""
    told = _UNKNOWN_ARGUMENT.search(text)
    if told is not None:
        return told.group(1) if told.group(1) in kwargs else None
    signatures = text.partition("Invoked with")[0]
    return next((name for name in kwargs if not re.search(rf"\b{name}\b", signatures)), None) if _NO_SIGNATURE in text else None


class Namespace:
    """The library's namespace. A function of the standard that it lacks, or an argument of one, is unsupported: not an
    error of the call."""

    def __init__(self, xp: Any, name: str, adapter: ArrayApi) -> None:
        self._xp = xp
        self._name = name
        self._adapter = adapter

    def __getattr__(self, attribute: str) -> Any:
        try:
            found = getattr(self._xp, attribute)
        except AttributeError:
            raise Unsupported(f"{self._name} has no function {attribute}") from None
        if attribute in STANDARD_DTYPES:
            return found
        if attribute in ("linalg", "fft"):
            return self.inner(found, f"{self._name}.{attribute}")
        return self.guarded(found, attribute) if callable(found) else found

    def inner(self, found: Any, name: str) -> Namespace:
        """A namespace inside this one."""
        return Namespace(found, name, self._adapter)

    def guarded(self, function: Callable[..., Any], name: str) -> Callable[..., Any]:
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self._adapter.left_open(name, args, kwargs)
            try:
                return function(*args, **kwargs)
            except TypeError as error:
                unknown = _unknown_argument(str(error), kwargs)
                if unknown is None:
                    raise
                if unknown == "copy" and not kwargs["copy"]:  # a library that always copies need not be told that it may do without
                    return guarded(*args, **{key: value for key, value in kwargs.items() if key != "copy"})
                raise Unsupported(f"{self._name}.{name} has no argument {unknown}") from error

        return guarded


@dataclass
class Memory:
    """A storage: an array of bytes, of which the first ``nbytes`` count. An empty view may lie behind them."""

    block: Any
    nbytes: int


_HEADROOM = bytes(1024)


class Strided(ArrayApi):
    """NumPy, and what has its ``ndarray``: arrays are views of memory, and say so."""

    mutable = True
    subnormals = True

    def _capabilities(self, dtypes: frozenset[str]) -> Capabilities:
        return replace(super()._capabilities(dtypes), strides=True, aliasing=True, empty_layout=False)

    def make_storage(self, data: bytes) -> Any:
        return Memory(self.xp.asarray(self.host.frombuffer(bytearray(data + _HEADROOM), dtype="uint8")), len(data))

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        dtype = self.host.dtype(spec.dtype)
        strides = tuple([stride * dtype.itemsize for stride in spec.strides])
        return self.view(storage.block, spec.shape, dtype, spec.offset * dtype.itemsize, strides)

    def view(self, block: Any, shape: tuple[int, ...], dtype: Any, offset: int, strides: tuple[int, ...]) -> Any:
        """The array over a block of memory; offset and strides count bytes."""
        return self.host.ndarray(shape, dtype, buffer=block, offset=offset, strides=strides)

    def read(self, tensor: Any) -> Reading:
        dtype, shape, data = self.to_elements(tensor)
        owner, offset = self.owner(tensor)
        size = tensor.dtype.itemsize or 1  # of an empty text: NumPy makes arrays of anything
        strides = tuple([stride // size for stride in tensor.strides])
        # A scalar of NumPy cannot be written, and True is one object: it shares memory with nothing.
        storage = object() if isinstance(tensor, self.host.generic) else id(owner)
        return Reading(dtype, shape, strides, offset // size, data, storage)

    def owner(self, tensor: Any) -> tuple[Any, int]:
        """The array that owns the memory, and how many bytes into it the first element lies."""
        owner = tensor
        while isinstance(owner.base, self.host.ndarray):
            owner = owner.base
        if owner is tensor:  # a scalar of NumPy has memory of its own, too
            return owner, 0
        return owner, tensor.__array_interface__["data"][0] - owner.__array_interface__["data"][0]

    def storage_bytes(self, storage: Any) -> bytes:
        return self.to_host(storage.block).tobytes()[: storage.nbytes]  # type: ignore[no-any-return]


class CuPy(Strided):
    """CuPy: the same on a GPU."""

    subnormals = False  # its kernels are compiled with -ftz=true

    def view(self, block: Any, shape: tuple[int, ...], dtype: Any, offset: int, strides: tuple[int, ...]) -> Any:
        return self.xp.ndarray(shape, dtype, memptr=block.data + offset, strides=strides)

    def owner(self, tensor: Any) -> tuple[Any, int]:
        return tensor.data.mem, tensor.data.ptr - tensor.data.mem.ptr

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, self.xp.ndarray)

    def to_host(self, tensor: Any) -> Any:
        return tensor.get()
