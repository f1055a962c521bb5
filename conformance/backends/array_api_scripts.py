"""A failure of a library of the array API standard as a script: torch's call, and the same call in the library's own words."""

from __future__ import annotations

from typing import Any

from ..cases import Case, TensorSpec
from ..outcomes import execute
from .array_api import STANDARD_DTYPES, ArrayApi, Namespace
from .base import Unsupported


class Recording(Namespace):
    """The library's namespace; what is called is written down, with names for the arrays that are known."""

    def __init__(self, xp: Any, name: str, known: list[tuple[Any, str]], lines: list[str]) -> None:
        super().__init__(xp, name)
        self._known = known
        self._lines = lines

    def guarded(self, function: Any, name: str) -> Any:
        call = super().guarded(function, name)

        def recorded(*args: Any, **kwargs: Any) -> Any:
            texts = [self._text(arg) for arg in args] + [f"{key}={self._text(value)}" for key, value in kwargs.items()]
            self._lines.append(f"r = {self._name}.{name}({', '.join(texts)})")
            result = call(*args, **kwargs)
            self._known.append((result, "r"))
            return result

        return recorded

    def inner(self, found: Any, name: str) -> Namespace:
        return Recording(found, name, self._known, self._lines)

    def _text(self, value: Any) -> str:
        for known, name in reversed(self._known):
            if known is value:
                return name
        if isinstance(value, (tuple, list)):
            inner = ", ".join(self._text(item) for item in value)
            return f"[{inner}]" if isinstance(value, list) else f"({inner},)" if len(value) == 1 else f"({inner})"
        dtype = next((name for name in STANDARD_DTYPES if getattr(self._xp, name, None) is value), None)
        return repr(value) if dtype is None else f"{self._name}.{dtype}"


class Scribe:
    """A backend that runs one call and keeps its text."""

    def __init__(self, backend: ArrayApi, names: dict[int, str]) -> None:
        self.backend = backend
        self.names = names
        self.lines: list[str] = []
        self.known: list[tuple[Any, str]] = []

    def __getattr__(self, attribute: str) -> Any:
        return getattr(self.backend, attribute)

    def make_tensor(self, storage: Any, spec: TensorSpec) -> Any:
        tensor = self.backend.make_tensor(storage, spec)
        self.known.append((tensor, self.names[id(spec)]))
        return tensor

    def call(self, operation: str, form: str, args: Any, kwargs: dict[str, Any]) -> Any:
        namespace = Recording(self.backend.xp, self.backend.module, self.known, self.lines)
        return self.backend.call(operation, form, args, kwargs, namespace)


def array_api_script(backend: ArrayApi, case: Case, property: str) -> str:
    """torch's half as for torch itself; then the same tensors as the library's arrays, and the call."""
    from ..scripts import call_text, script, tensor_lines

    lines, names = tensor_lines(case, None)
    scribe: Any = Scribe(backend, names)
    try:
        execute(scribe, case)
    except Unsupported:
        scribe.lines.clear()
    called = scribe.lines or ["r = " + call_text(case, names).replace("lib.", f"{backend.module}.")]
    if case.operation == "__setitem__":
        called = [called[0].removeprefix("r = "), f"r = {names[id(case.args[0])]}"]
    arrays = list(dict.fromkeys(names.values()))
    convert = [f"{name} = {backend.module}.asarray({name}.numpy())" for name in arrays]
    shown = [f"print('{backend.module}', r, getattr(r, 'dtype', ''), getattr(r, 'shape', ''), getattr(r, 'strides', ''))"]
    body = [*lines, *convert, *called, *shown]
    if property == "errors":
        body = ["try:", *["    " + line for line in body], "except Exception as error:"]
        body.append(f"    print('{backend.module}', type(error).__name__, error)")
    setup = [f"import {backend.module}", *backend.setup]
    return script(case, "torch:cpu", property) + "\n" + "\n".join([*setup, *body]) + "\n"
