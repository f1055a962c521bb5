"""A failure of a library of the array API standard as a script: torch's call, and the same call in the library's own words."""

from __future__ import annotations

from typing import Any

from ..backends.array_api import STANDARD_DTYPES, ArrayApi, Namespace
from ..backends.array_api_calls import INPLACE
from ..backends.base import Unsupported
from ..cases.case import ITEMSIZE, Case, TensorSpec, contiguous_strides
from ..cases.deviation import Deviation
from ..execution.outcomes import execute
from .adapter_scripts import adapter_script, two_functions
from .script_text import call_text, tensor_lines, value_text


class NotMade(Exception):
    """A call was written down, and not made."""


class Recording(Namespace):
    """The library's namespace; what is called is written down, with names for the arrays that are known. ``fatal``: what is called would end the
    process, so the first call is not made, and nothing comes after it."""

    def __init__(self, xp: Any, name: str, adapter: ArrayApi, known: list[tuple[Any, str]], lines: list[str], fatal: bool) -> None:
        super().__init__(xp, name, adapter)
        self._known = known
        self._lines = lines
        self._fatal = fatal

    def guarded(self, function: Any, name: str) -> Any:
        call = super().guarded(function, name)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            texts = [self._text(arg) for arg in args] + [f"{key}={self._text(value)}" for key, value in kwargs.items()]
            self._lines.append(f"r = {self._name}.{name}({', '.join(texts)})")
            if self._fatal:
                raise NotMade
            result = call(*args, **kwargs)
            self._known.append((result, "r"))
            return result

        return recorded

    def inner(self, found: Any, name: str) -> Namespace:
        return Recording(found, name, self._adapter, self._known, self._lines, self._fatal)

    def _text(self, value: Any) -> str:
        for known, name in reversed(self._known):
            if known is value:
                return name
        if isinstance(value, (tuple, list)):
            inner = ", ".join(self._text(item) for item in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if len(value) == 1 else f"({inner})"
        known = [(name, getattr(self._xp, name)) for name in STANDARD_DTYPES if hasattr(self._xp, name)]
        dtype = next((name for name, each in known if each is value or (hasattr(value, "itemsize") and each == value)), None)
        return repr(value) if dtype is None else f"{self._name}.{dtype}"


class Scribe:
    """A backend that runs one call and keeps its text; one that is ``fatal`` it only writes down."""

    def __init__(self, backend: ArrayApi, names: dict[int, str], fatal: bool) -> None:
        self.backend = backend
        self.names = names
        self.fatal = fatal
        self.lines: list[str] = []
        self.known: list[tuple[Any, str]] = []

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.backend, attribute)

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        tensor = self.backend.make_tensor(storage, spec)
        self.known.append((tensor, self.names[id(spec)]))
        return tensor

    def call(self, operation: str, form: str, args: Any, kwargs: dict[str, Any]) -> Any:
        if self.fatal and form not in ("function", "method"):  # Python's operators, which no namespace sees
            raise NotMade
        namespace = Recording(self.backend.xp, self.backend.module, self.backend, self.known, self.lines, self.fatal)
        return self.backend.call(operation, form, args, kwargs, namespace)


_ARRAYS = """
def arrays(r):
    return [r] if hasattr(r, "dtype") else [a for item in r for a in arrays(item)] if isinstance(r, (tuple, list)) else []
"""
_OWNER = """
def owner(a):
    while isinstance(a.base, numpy.ndarray):
        a = a.base
    return id(a)
"""


def _conversion(name: str, spec: TensorSpec | None, module: str) -> str:
    """A line that makes the library's array of one of torch's. An array without elements loses its strides on the way, which NumPy looks at when it
    lays out what it is joined to: there it is made anew."""
    if module == "numpy" and spec is not None and spec.numel == 0 and spec.strides != contiguous_strides(spec.shape):
        strides = tuple([stride * ITEMSIZE[spec.dtype] for stride in spec.strides])
        return f"{name} = numpy.ndarray({spec.shape}, {name}.numpy().dtype, bytearray({ITEMSIZE[spec.dtype]}), 0, {strides})"
    return f"{name} = {module}.asarray({name}.numpy())"


def array_api_script(backend: ArrayApi, case: Case, deviation: Deviation) -> str:
    """torch's half as for torch itself; then the same tensors as the library's arrays, and the call."""
    lines, names, _ = tensor_lines(case)
    scribe: Any = Scribe(backend, names, deviation.property == "crash")
    try:
        execute(scribe, case)  # NotMade is an outcome like other errors
    except Unsupported:  # the adapter calls nothing
        return adapter_script(case, backend.name, deviation)
    module = backend.module
    called = scribe.lines or ["r = " + call_text(case, names).replace("lib.", f"{module}.")]
    if case.form == "inplace" and case.operation in INPLACE:
        called = [f"r = operator.{INPLACE[case.operation].__name__}({', '.join(value_text(arg, names) for arg in case.args)})"]
    if case.operation == "__setitem__":
        called = [called[0].removeprefix("r = "), f"r = {names[id(case.args[0])]}"]
    named = {names[id(spec)]: spec for spec in case.tensors()}
    convert = [_conversion(name, named.get(name), module) for name in dict.fromkeys(names.values())]
    own = [*(line.replace("lib.", "torch.") for line in lines), *convert, *called]
    host = "" if module == "numpy" else "import numpy\n"
    shown = {
        "values": "[flat(numpy.asarray(a).tolist()) for a in arrays(r)] or plain(r)",
        "shape": "[tuple(a.shape) for a in arrays(r)]",
        "dtype": "[str(a.dtype) for a in arrays(r)]",
        "strides": "[tuple(step // a.itemsize for step in a.strides) for a in arrays(r)]",
        "aliasing": "aliasing(arguments, arrays(r), owner, lambda a: a.__array_interface__['data'][0] // a.itemsize)",
        "purity": "[flat(numpy.asarray(a).tolist()) for a in arguments]",
    }
    setup = "\n".join([f"{host}import {module}", *backend.setup])
    return two_functions(case, deviation, module, setup, own, shown, _ARRAYS, _OWNER)
