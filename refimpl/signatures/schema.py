"""Signatures, read from the text that torch's own parser is built from: ``clamp_min(Tensor input, Scalar min, *, Tensor out=None)``.

A question mark: the argument may be None. A number in brackets: a single value may stand for a tuple of so many. ``|deprecated``: torch
accepts a call of this form, but no message lists it.

>>> Signature("eye(int64_t n, *, Tensor out=None)").text
'int n, *, Tensor out = None'
"""

from __future__ import annotations

import re
from typing import Any, Callable, Iterator, Sequence

from .types import TYPES, depends_on_value, is_number, is_symbolic_int, is_tensor, type_name

# NumPy's names for parameters, which torch accepts.
NUMPY_NAMES = {"axis": "dim", "keepdims": "keepdim", "x": "input", "a": "input", "x1": "input", "x2": "other"}
_PARAMETER = re.compile(r"(?P<type>.+?)(?:\[(?P<size>\d+)\])?(?P<optional>\?)? (?P<name>\w+)(?:=(?P<default>.+))?")
_DEFAULTS = {"contiguous_format": "torch.contiguous_format"}


class Parameter:
    """One parameter of a signature."""

    __slots__ = ("type", "name", "size", "default", "allows_none", "keyword_only", "shown", "fits", "place", "takes_numbers")

    def __init__(self, text: str, keyword_only: bool, numbers_as_tensors: bool, place: int) -> None:
        match = _PARAMETER.fullmatch(text)
        assert match is not None, text
        self.type, self.name, self.default = match["type"], match["name"], match["default"]
        self.size = int(match["size"] or 0)
        self.allows_none = match["optional"] is not None or self.default == "None"
        self.keyword_only = keyword_only
        self.place = place
        self.shown, fits = TYPES[self.type]
        self.takes_numbers = self.type == "Tensor" and numbers_as_tensors
        self.fits: Callable[[Any], bool] = fits
        if self.takes_numbers:
            self.fits = lambda value: fits(value) or is_number(value)
        elif self.size and "IntArrayRef" in self.type:
            self.fits = lambda value: fits(value) or is_symbolic_int(value)

    def tensors(self, value: Any) -> Any:
        """The tuple or list of tensors; TypeError for another element. What the package itself puts together is not looked at."""
        if type(value) in (tuple, list):
            for i, element in enumerate(value):
                if not is_tensor(element):
                    raise TypeError(f"expected Tensor as element {i} in argument {self.place}, but got {type_name(element)}")
        return value

    @property
    def optional(self) -> bool:
        return self.default is not None

    @property
    def text(self) -> str:
        """As messages print it."""
        default = self.default
        if default is None:
            return f"{self.shown} {self.name}"
        if default[:1] == "{":
            default = f"[{default[1:-1]}]"
        return f"{self.shown} {self.name} = {_DEFAULTS.get(default, default)}"


class Signature:
    """One way to call a function: an overload."""

    __slots__ = ("function", "deprecated", "parameters", "most_positional", "fewest", "most", "text", "varargs", "result")

    def __init__(self, text: str, numbers_as_tensors: bool = False) -> None:
        text, _, self.result = text.partition(" -> ")
        self.function = text.partition("(")[0]
        self.deprecated = text.endswith("|deprecated")
        inside = text.removesuffix("|deprecated").partition("(")[2].removesuffix(")")
        self.parameters: list[Parameter] = []
        parts, keyword_only = [part for part in inside.split(", ") if part], False
        for part in parts:
            if part == "*":
                keyword_only = True
            else:
                self.parameters.append(Parameter(part, keyword_only, numbers_as_tensors, len(self.parameters)))
        self.most_positional = sum(not p.keyword_only for p in self.parameters)
        self.fewest = sum(not p.optional for p in self.parameters)
        self.most = len(self.parameters)
        shown = [p.text for p in self.parameters]
        if keyword_only:
            shown.insert(self.most_positional, "*")
        self.text = ", ".join(shown)
        first = self.parameters[0] if self.parameters else None  # zeros(2, 3) is zeros((2, 3))
        self.varargs = self.most_positional == 1 and first is not None and first.shown == "tuple of ints" and not first.allows_none

    def takes_one_by_one(self, args: Sequence[Any]) -> bool:
        """Whether the positional arguments are the ints of a size, one by one."""
        return self.varargs and bool(args) and is_symbolic_int(args[0]) and (len(args) > 1 or not self.parameters[0].size)

    def own_names(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The keywords with NumPy's names for parameters translated."""
        if not kwargs or not kwargs.keys() & NUMPY_NAMES.keys():
            return kwargs
        own = {p.name for p in self.parameters}
        return {NUMPY_NAMES[key] if key not in own and NUMPY_NAMES.get(key) in own else key: value for key, value in kwargs.items()}

    def places(self, args: Sequence[Any], kwargs: dict[str, Any]) -> Iterator[tuple[Parameter, Any]]:
        """Which argument each parameter gets: of a call that fits, but for the types maybe. The ints of a size come as a tuple."""
        kwargs = self.own_names(kwargs)
        if self.takes_one_by_one(args):
            yield self.parameters[0], tuple(args)
            args = args[:1]
        else:
            yield from zip(self.parameters, args)
        for p in self.parameters[len(args) :]:
            if p.name in kwargs:
                yield p, kwargs[p.name]

    def may_fit(self, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
        """Whether other arguments of the same types might fit."""
        if len(args) > self.most_positional and not self.varargs:
            return False
        kwargs = self.own_names(kwargs)
        given = list(self.places(args, kwargs))
        names = [p.name for p, _ in given]
        by_name = set(names if self.varargs else names[len(args) :])
        if any(not p.optional and p.name not in names for p in self.parameters) or not kwargs.keys() <= by_name:
            return False
        return all(value is None and p.allows_none or p.fits(value) or depends_on_value(p.type, type(value)) for p, value in given)

    def mismatch(self, function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str | None:
        """Why the arguments do not fit, or None if they do."""
        kwargs = self.own_names(kwargs)
        count, position, left = len(args), 0, len(kwargs)
        one_by_one = self.takes_one_by_one(args)
        if count > self.most_positional and not one_by_one:
            return self._too_many(function, count)
        for i, p in enumerate(self.parameters):
            given_by_name = position >= count
            if not given_by_name:
                if p.keyword_only:
                    return self._too_many(function, count)
                value = args[position]
            elif p.name in kwargs:
                value = kwargs[p.name]
            elif p.optional:
                continue
            else:
                return self._missing(function, i)
            if value is None and p.allows_none or p.fits(value):
                if p.type == "TensorList":
                    p.tensors(value)  # torch goes on to no other signature
            elif one_by_one and position == 0 and not given_by_name:
                position = count
                continue
            else:
                where = "" if given_by_name else f" (position {position + 1})"
                what = f"{function}(): argument '{p.name}'{where} must be {p.shown}"
                if p.shown == "tuple of ints" and isinstance(value, (tuple, list)):
                    return f"{what}, but found element of type {type_name(value[0])} at pos 0"
                return f"{what}, not {type_name(value)}"
            if given_by_name:
                left -= 1
            elif one_by_one and position == 0:
                position = count
            else:
                position += 1
        return self._unexpected(function, count, kwargs) if left else None

    def _too_many(self, function: str, count: int) -> str:
        most, fewest = self.most_positional, self.fewest  # torch counts what goes by keyword only among the latter
        if fewest != most:
            return f"{function}() takes from {fewest} to {most} positional arguments but {count} were given"
        return f"{function}() takes {most} positional argument{'s' * (most != 1)} but {count} {'was' if count == 1 else 'were'} given"

    def _missing(self, function: str, first: int) -> str:
        names = [p.name for p in self.parameters[first:] if not p.optional]
        quoted = ", ".join(f'"{name}"' for name in names)
        return f"{function}() missing {len(names)} required positional argument{'s' * (len(names) == 1)}: {quoted}"

    def _unexpected(self, function: str, count: int, kwargs: dict[str, Any]) -> str:
        names = [p.name for p in self.parameters]
        for key in kwargs:
            if key not in names:
                return f"{function}() got an unexpected keyword argument '{key}'"
            if names.index(key) < count:
                return f"{function}() got multiple values for argument '{key}'"
        return "invalid keyword arguments"
