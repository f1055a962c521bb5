"""The members of Tensor as classes with ``__torch_function__`` and modes see them: each asks them first.

Operations do so themselves. The other members, properties and operators are put in place when the first such class or mode is met.
"""

from __future__ import annotations

from functools import wraps
from inspect import getattr_static
from typing import Any, Callable

from ..operations.operation import operations
from ..signatures.overloads import PythonSignature, overloads
from ..signatures.overriding import UNANSWERED, answer, note_unwrapped, overriding, spelled_out, when_first_used
from ..tensor import Tensor
from ..tensor.attributes import ReadOnly

# Members that make, name or copy the object as Python has it.
_OWN = frozenset("""
    as_subclass __new__ __init__ __init_subclass__ __subclasshook__ __torch_function__ __class__ __hash__ __dir__ __getattribute__ __setattr__
    __delattr__ __dict__ __getstate__ __reduce__ __reduce_ex__ __sizeof__ __str__ __iter__""".split())
# Operators that torch has no method of another name for.
_NAMED_BY_SYMBOL = frozenset(("floordiv", "invert", "eq", "and", "or", "xor", "lshift", "rshift"))


def install() -> None:
    """Put the members in place."""
    operators = _operators()
    for name in dir(Tensor):
        member = getattr_static(Tensor, name)
        if name in _OWN or name.startswith("_") and not name.endswith("__"):
            continue
        if isinstance(member, property):
            setattr(Tensor, name, _property(name, member))
        elif hasattr(member, "__code__") and not hasattr(member, "operation"):
            setattr(Tensor, name, _method(name, member, operators))


def _method(name: str, member: Callable[..., Any], operators: dict[str, str | None]) -> Callable[..., Any]:
    """A method that asks first. An operator is known as the method that stands for it, and leaves a TypeError to the other operand."""
    named = operators.get(name)
    signature = overloads("Tensor", name)
    spelled = spelled_out(signature.bind) if isinstance(signature, PythonSignature) else None

    @wraps(member)
    def method(*args: Any, **kwargs: Any) -> Any:
        if not overriding.users:  # those that there were have gone
            return member(*args, **kwargs)
        try:
            answered = answer(method if named is None else getattr(Tensor, named), args, kwargs, None, spelled)
        except TypeError:
            if name not in operators:
                raise
            return NotImplemented
        return member(*args, **kwargs) if answered is UNANSWERED else answered

    method.__name__ = name
    return method


def _property(name: str, member: property) -> property:
    get, put = member.fget, member.fset

    def read(self: Tensor) -> Any:
        if not overriding.users:
            return get(self)  # type: ignore[misc]
        answered = answer(made.__get__, (self,), {})
        return get(self) if answered is UNANSWERED else answered  # type: ignore[misc]

    def assign(self: Tensor, value: Any) -> None:
        if answer(made.__set__, (self, value), {}) is UNANSWERED:
            put(self, value)  # type: ignore[misc]

    read.operation = getattr(get, "operation", None)  # type: ignore[attr-defined]
    made = property(read, None if put is None else assign, member.fdel, member.__doc__)
    if isinstance(member, ReadOnly):
        made = ReadOnly(made, name)
    return made


def _operators() -> dict[str, str | None]:
    """The method that stands for each operator; None for one that stands for itself."""
    found: dict[str, str | None] = {}
    for operation in operations.values():
        symbol = operation.operator
        if symbol is not None:
            own = symbol in _NAMED_BY_SYMBOL
            found[f"__{symbol}__"] = None if own else operation.name
            found[f"__i{symbol}__"] = None if own else operation.name + "_"
            both = getattr_static(Tensor, f"__r{symbol}__", None) is getattr_static(Tensor, f"__{symbol}__")
            found[f"__r{symbol}__"] = operation.name if both and not own else None
    return found


when_first_used(install)
note_unwrapped(lambda: getattr_static(Tensor, "grad").__get__)  # torch gives the gradient as it is stored
