"""A reader of pickles that runs no code.

It knows the opcodes that torch's files need and the names that stand in :data:`ALLOWED`, and refuses the rest: it never imports anything, calls only
the functions listed here with arguments that they check, and writes attributes of nothing but the containers that it makes.
"""

from __future__ import annotations

import io
import pickletools
import warnings
from _compat_pickle import IMPORT_MAPPING, NAME_MAPPING
from collections import Counter, OrderedDict
from collections.abc import Iterator
from pickle import UnpicklingError
from typing import Any, Callable

from ..foundation.devices import device
from ..nn.parameter import Parameter
from ..tensor import Size, Tensor
from ..tensor.attributes import STATE
from .names import DTYPE_NAMES, STORAGES, TENSOR_NAMES
from .rebuilding import REBUILDING

__all__ = ["ALLOWED", "SAFE", "BlockedError", "NotAllowedError", "read"]

_MARK = object()
_NOT_CALLED_TYPES = (type(DTYPE_NAMES["torch.float32"]),)
_BLOCKED_BY_NAME = ("sys", "os", "posix", "nt")  # refused even before it is asked what has been declared safe
_BLOCKED = (*_BLOCKED_BY_NAME, "subprocess", "builtins", "importlib", "socket", "shutil", "ctypes")


class NotAllowedError(UnpicklingError):
    """A name in a file that is not on the list, but could be declared safe."""


class BlockedError(UnpicklingError):
    """A name in a file whose module is never read."""


def _encode(text: Any, encoding: Any = "utf-8") -> bytes:
    if type(text) is not str or encoding not in ("latin1", "utf-8"):
        raise UnpicklingError(f"bytes cannot be made of {type(text).__name__} by {encoding!r}")
    return text.encode(encoding)


def _empty_set(values: Any = ()) -> set[Any]:
    return set(map(_key, _listed(values)))


def _key(value: Any, depth: int = 3) -> Any:
    """A value that may be a key: plain, or a tuple of a few levels, so that its hash costs no more than its text."""
    plain = type(value) in (str, int, float, bool, bytes, type(None), complex) or isinstance(value, (device, *_NOT_CALLED_TYPES))
    if not plain and not (type(value) is tuple and depth and all(_key(each, depth - 1) is each for each in value)):
        raise UnpicklingError(f"a key cannot be of type {type(value).__name__}")
    return value


def _pairs(items: Any) -> list[tuple[Any, Any]]:
    pairs = list(items.items()) if isinstance(items, dict) else [tuple(_listed(pair)) for pair in _listed(items)]
    return [(_key(key), value) for key, value in pairs]


def _listed(values: Any) -> list[Any]:
    if not isinstance(values, (list, tuple)):
        raise UnpicklingError(f"a container cannot be made of {type(values).__name__}")
    return list(values)


def _bytes_of(values: Any = b"") -> bytearray:
    if not isinstance(values, (bytes, bytearray)):
        raise UnpicklingError(f"a bytearray cannot be made of {type(values).__name__}")
    return bytearray(values)


# What may be called, and how.
ALLOWED: dict[str, Any] = {
    **REBUILDING, **STORAGES, **DTYPE_NAMES, **TENSOR_NAMES,
    "collections.OrderedDict": lambda items=(): OrderedDict(_pairs(items)), "collections.Counter": lambda items=(): Counter(dict(_pairs(items))),
    "torch.Size": lambda sizes=(): Size(_listed(sizes)), "torch.device": lambda *args: device(*args), "torch.Tensor": Tensor,
    "torch.nn.parameter.Parameter": Parameter, "_codecs.encode": _encode, "builtins.set": _empty_set, "__builtin__.set": _empty_set,
    "builtins.bytearray": _bytes_of, "__builtin__.bytearray": _bytes_of,
    "builtins.complex": lambda real, imag: complex(float(real), float(imag)),
    "__builtin__.complex": lambda real, imag: complex(float(real), float(imag)),
}  # fmt: skip
_NOT_CALLED: tuple[Any, ...] = (*STORAGES.values(), *DTYPE_NAMES.values(), Tensor, Parameter)


class SAFE:
    """What a program has said is safe to call: by name, and the names that it gave."""

    names: dict[str, Any] = {}


def read(data: bytes, load: Callable[[Any], Any]) -> tuple[Any, int]:
    """The object that a pickle describes, and how many bytes it took. ``load`` gives the storage of a persistent id.

    UnpicklingError for anything that is not allowed, or broken.
    """
    reader = _Reader(load)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what the parser says of escapes in names
            opcodes = list(_opcodes(data))
        for name, argument, position in opcodes:
            if name == "STOP":
                return reader.finished(), position + 1
            reader.step(name, argument)
    except (UnpicklingError, NoStorageError):
        raise
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError, AssertionError, UnicodeError, RuntimeError) as error:
        raise UnpicklingError(f"the file is broken: {error}") from None
    raise UnpicklingError("the file is broken: it ends too early")


def _opcodes(data: bytes) -> Iterator[tuple[str, Any, int]]:
    for opcode, argument, position in pickletools.genops(io.BytesIO(data)):
        yield opcode.name, argument, position or 0


class NoStorageError(RuntimeError):
    """A storage would go to a device that is not there, or the archive lacks it: nothing is wrong with the pickle."""


class _Reader:
    """The machine that a pickle is a program of."""

    def __init__(self, load: Callable[[Any], Any]) -> None:
        self.load = load
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def step(self, name: str, argument: Any) -> None:
        run = _STEPS.get(name)
        if run is not None:
            run(self, argument)
        elif name in _CONSTANTS:
            self.stack.append(argument if _CONSTANTS[name] is _MARK else _CONSTANTS[name])
        else:
            raise UnpicklingError(f"Unsupported operand {name}")

    def finished(self) -> Any:
        if len(self.stack) != 1 or self.stack[0] is _MARK:
            raise UnpicklingError("the file is broken: it leaves no single object")
        return self.stack[0]

    def pop(self) -> Any:
        value = self.stack.pop()
        if value is _MARK:
            raise UnpicklingError("the file is broken: a mark where an object was expected")
        return value

    def to_mark(self) -> list[Any]:
        values = []
        while (value := self.stack.pop()) is not _MARK:
            values.append(value)
        return values[::-1]

    # -- opcodes ---------------------------------------------------------------------------------
    def find(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.find_named(module, name)

    def find_named(self, module: str, name: str) -> None:
        full = f"{module}.{name}"
        if module in _BLOCKED_BY_NAME:
            raise BlockedError(f"Trying to load unsupported GLOBAL {full} whose module {module} is blocked.")
        if full in SAFE.names and module.partition(".")[0] not in _BLOCKED:
            self.stack.append(SAFE.names[full])
        elif full in ALLOWED:
            self.stack.append(ALLOWED[full])
        else:
            shown = ".".join(NAME_MAPPING.get((module, name), (IMPORT_MAPPING.get(module, module), name)))  # from the names of Python 2
            shown = shown.removeprefix("builtins.")
            raise NotAllowedError(
                f"Unsupported global: GLOBAL {shown} was not an allowed global by default. Please use "
                f"`torch.serialization.add_safe_globals([{shown}])` or the `torch.serialization.safe_globals([{shown}])` context manager "
                "to allowlist this global if you trust this class/function."
            )

    def call(self, function: Any, arguments: Any) -> Any:
        if not isinstance(arguments, tuple):
            raise UnpicklingError("the file is broken: arguments that are no tuple")
        known = any(function is each for each in (*ALLOWED.values(), *SAFE.names.values()))
        if not known or any(function is each for each in _NOT_CALLED):
            raise UnpicklingError(f"Trying to call reduce for unrecognized function {function!r}")
        return function(*arguments)

    def reduce(self, _: Any) -> None:
        arguments, function = self.pop(), self.pop()
        self.stack.append(self.call(function, arguments))

    def new_object(self, _: Any) -> None:
        arguments, kind = self.pop(), self.pop()
        if any(kind is each for each in SAFE.names.values()) and isinstance(kind, type):
            self.stack.append(kind.__new__(kind, *arguments))
        elif any(kind is each for each in (ALLOWED["collections.OrderedDict"], ALLOWED["builtins.set"], ALLOWED["torch.Size"])):
            self.stack.append(self.call(kind, arguments))
        else:
            raise UnpicklingError(f"Trying to call new object for unrecognized class {kind!r}")

    def build(self, _: Any) -> None:
        state, target = self.pop(), self.stack[-1]
        if type(target) is OrderedDict or isinstance(target, Tensor):
            hidden = STATE if isinstance(target, Tensor) else ()
            if not isinstance(state, dict) or any(type(key) is not str or key.startswith("__") or key in hidden for key in state):
                raise UnpicklingError("attributes that are not those of a program")
            target.__dict__.update(state)
        elif any(type(target) is each for each in SAFE.names.values()):
            if hasattr(target, "__setstate__"):
                target.__setstate__(state)
            else:
                target.__dict__.update(state)
        else:
            raise UnpicklingError("Can only build Tensor, Parameter, OrderedDict or types allowlisted via `add_safe_globals`, but got "
                                  f"{type(target)}")

    def append(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not list:
            raise UnpicklingError(f"Can only append to lists, but got {type(target)}")
        target.extend(values)

    def add(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not set:
            raise UnpicklingError(f"Can only add to sets, but got {type(target)}")
        target.update(map(_key, values))

    def set_items(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter):
            raise UnpicklingError(f"Can only set items of dictionaries, but got {type(target)}")
        if len(values) % 2:
            raise UnpicklingError("the file is broken: a key without a value")
        for key, value in zip(values[::2], values[1::2]):
            target[_key(key)] = value

    def put(self, number: int) -> None:
        if self.stack[-1] is _MARK:
            raise UnpicklingError("the file is broken: a mark cannot be remembered")
        self.memo[number] = self.stack[-1]

    def tuple_of(self, count: int) -> None:
        self.stack.append(tuple([self.pop() for _ in range(count)][::-1]))

    def persistent(self, _: Any) -> None:
        self.stack.append(self.load(self.pop()))

    def stack_global(self, _: Any) -> None:
        name, module = self.pop(), self.pop()
        self.find_named(str(module), str(name))


# Opcodes that push their argument, or a constant.
_CONSTANTS: dict[str, Any] = {
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "SHORT_BINBYTES", "BINBYTES"), _MARK),
    "NONE": None, "NEWTRUE": True, "NEWFALSE": False,
}  # fmt: skip
_STEPS: dict[str, Callable[[_Reader, Any], Any]] = {
    "PROTO": lambda r, a: None, "FRAME": lambda r, a: None, "MARK": lambda r, a: r.stack.append(_MARK),
    "SHORT_BINSTRING": lambda r, a: r.stack.append(a if isinstance(a, str) else a.decode("latin1")),
    "EMPTY_TUPLE": lambda r, a: r.stack.append(()), "EMPTY_LIST": lambda r, a: r.stack.append([]), "EMPTY_DICT": lambda r, a: r.stack.append({}),
    "EMPTY_SET": lambda r, a: r.stack.append(set()), "TUPLE": lambda r, a: r.stack.append(tuple(r.to_mark())), "TUPLE1": lambda r, a: r.tuple_of(1),
    "TUPLE2": lambda r, a: r.tuple_of(2), "TUPLE3": lambda r, a: r.tuple_of(3), "APPEND": lambda r, a: r.append([r.pop()]),
    "APPENDS": lambda r, a: r.append(r.to_mark()), "ADDITEMS": lambda r, a: r.add(r.to_mark()),
    "SETITEM": lambda r, a: r.set_items([r.pop(), r.pop()][::-1]), "SETITEMS": lambda r, a: r.set_items(r.to_mark()),
    "BINGET": lambda r, a: r.stack.append(r.memo[a]), "LONG_BINGET": lambda r, a: r.stack.append(r.memo[a]),
    "BINPUT": lambda r, a: r.put(a), "LONG_BINPUT": lambda r, a: r.put(a), "MEMOIZE": lambda r, a: r.put(len(r.memo)),
    "GLOBAL": lambda r, a: r.find(a), "STACK_GLOBAL": lambda r, a: r.stack_global(a), "REDUCE": lambda r, a: r.reduce(a),
    "NEWOBJ": lambda r, a: r.new_object(a), "BUILD": lambda r, a: r.build(a), "BINPERSID": lambda r, a: r.persistent(a),
}  # fmt: skip
