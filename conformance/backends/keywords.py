"""torch's arguments in a library's words: ``renamed("sum", library.sum, dim="axis", keepdim="keepdims")`` is called as ``torch.sum`` is.

Positions, keywords and NumPy's names for them (``axis``) come from torch's own signatures (``refimpl/signatures/torch.txt``), so an adapter says
for each operation only what its library calls otherwise, and which arguments it does not have.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from typing import Any, Callable, NamedTuple, Sequence

from refimpl.signatures.overloads import PythonSignature, function_overloads, overloads
from refimpl.signatures.schema import Parameter

from .base import Unsupported

_NUMBERS = (bool, int, float, complex)
_OF_PYTHON = (*_NUMBERS, str, list, tuple)
_SEVERAL = ("tensors", "matrices")  # what torch calls any number of tensors
FITS_NONE = "a call that fits none of torch's signatures"


def renamed(operation: str, function: Callable[..., Any], /, **names: str | None) -> Renamed:
    """``function`` with torch's signature of ``operation`` (``sum``, ``linalg.norm``).

    ``names``: for a parameter of torch's, the keyword by which the library takes it; None: the library has no such argument, and a call that gives it
    another value than torch's default is :class:`~conformance.backends.base.Unsupported`. Parameters that are not named are handed over in
    their places, and by torch's names where one before them is not.

    What the function's own signature shows it to lack needs no name: an argument that would be handed over by a keyword that it does not have is
    as one that is None.

    A call that fits none of torch's signatures is Unsupported, too: the library is not asked, so nothing can be said of it."""
    return Renamed(operation, function, names)


def fits(operation: str, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a call fits one of torch's signatures of ``operation``, the function's or the method's, as far as numbers are told from everything
    else."""
    for method in (False, True):
        try:
            _of(operation, method).places(args, kwargs)
            return True
        except Unsupported:
            continue
        except ValueError:  # torch has no such function, or no such method
            continue
    return False


@cache
def _of(operation: str, method: bool) -> Renamed:
    return Renamed(operation, lambda: None, {}, method)


class Place(NamedTuple):
    """An argument, and the parameter that it is."""

    name: str
    value: Any
    default: str | None
    keyword_only: bool


class Renamed:
    """What :func:`renamed` returns."""

    def __init__(self, operation: str, function: Callable[..., Any], names: dict[str, str | None], method: bool = False) -> None:
        self.operation, self.function, self.names = operation, function, names
        name = operation.removeprefix("nn.functional.").replace(".", "_")
        found = () if method else function_overloads(name)
        self.keywords = _keywords(function)
        self.method = not found  # torch has no such function: the tensor stands before the method's arguments
        self.signatures = found or overloads("Tensor", name)
        if isinstance(self.signatures, PythonSignature):
            known = set(inspect.signature(self.signatures.bind).parameters)
        else:
            known = {parameter.name for signature in self.signatures for parameter in signature.parameters}
        if not known:
            raise ValueError(f"renamed({operation!r}): torch has no operation of this name")
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"renamed({operation!r}): torch's {operation} has no parameter {', '.join(unknown)}; it has {', '.join(sorted(known))}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given, by_keyword = self.arguments(args, kwargs)
        return self.function(*given, **by_keyword)

    def arguments(self, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
        """A call's arguments in the library's words."""
        given = list(args[:1]) if self.method else []
        by_keyword: dict[str, Any] = {}
        in_order = True
        for place in self.places(args, kwargs):
            name = self.names.get(place.name, place.name)
            if place.value is None and place.default == "None":
                in_order = False  # nothing is given
            elif name is None or (place.keyword_only or not in_order) and self._lacks(place.name):
                if not _is_default(place):
                    raise Unsupported(f"the argument {place.name}")
                in_order = False
            elif place.name in self.names or place.keyword_only or not in_order:
                by_keyword[name], in_order = place.value, False
            else:
                given.append(place.value)
        return given, by_keyword

    def _lacks(self, name: str) -> bool:
        """Whether the function has no keyword of torch's name, and nothing was said of it. (One that was named wrongly is the adapter's fault.)"""
        return self.keywords is not None and name not in self.names and name not in self.keywords

    def places(self, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Place]:
        """Which parameter each argument is (a method's without the tensor), by the first of torch's signatures that fits."""
        if self.method:
            args = args[1:]
        if isinstance(self.signatures, PythonSignature):
            return _bound(self.signatures, args, kwargs)
        for signature in self.signatures:
            if len(args) > signature.most_positional and not signature.takes_one_by_one(args):
                continue
            places = list(signature.places(args, kwargs))
            taken = {parameter.name for parameter, _ in places}
            later = {parameter.name for parameter in signature.parameters[min(len(args), signature.most_positional) :]}  # sizes may come one by one
            complete = all(parameter.optional or parameter.name in taken for parameter in signature.parameters)
            if complete and signature.own_names(kwargs).keys() <= later and all(_may_be(parameter, value) for parameter, value in places):
                return [Place(parameter.name, value, parameter.default, parameter.keyword_only) for parameter, value in places]
        raise Unsupported(FITS_NONE)


def _bound(signature: PythonSignature, args: Sequence[Any], kwargs: dict[str, Any]) -> list[Place]:
    """The same for a function that torch writes in Python."""
    parameters = inspect.signature(signature.bind)
    try:
        bound = parameters.bind(*args, **kwargs)
    except TypeError as error:
        raise Unsupported(FITS_NONE) from error
    found = []
    for name, value in bound.arguments.items():
        parameter = parameters.parameters[name]
        several = name in _SEVERAL and parameter.kind is parameter.VAR_POSITIONAL
        if several and not all(map(_may_be_tensor, value[0] if _is_sequence(value) else value)):
            raise Unsupported(FITS_NONE)
        default = None if parameter.default is parameter.empty else repr(parameter.default)
        found.append(Place(name, value, default, parameter.kind is parameter.KEYWORD_ONLY))
    return found


def _is_sequence(values: Sequence[Any]) -> bool:
    """Whether several arguments came as one sequence."""
    return len(values) == 1 and isinstance(values[0], (list, tuple))


def _may_be_tensor(value: Any) -> bool:
    return value is not None and type(value) not in _OF_PYTHON


def _may_be(parameter: Parameter, value: Any) -> bool:
    """Whether torch's parser takes a value for a parameter, as far as the value is of Python's own types: what is none of these may be a tensor."""
    if value is None:
        return parameter.allows_none
    if _may_be_tensor(value):
        return parameter.type not in ("TensorList", "bool", "c10::string_view")
    if not isinstance(value, (list, tuple)):
        return parameter.fits(value)
    if parameter.type == "TensorList":
        return all(map(_may_be_tensor, value))
    own = [item for item in value if type(item) in (*_NUMBERS, str)]  # an int among sizes may be a tensor
    return parameter.fits(own) and not (own and "Tensor" in parameter.type)


def _keywords(function: Callable[..., Any]) -> frozenset[str] | None:
    """The keywords that a function takes; None where it takes any, or does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (ValueError, TypeError):  # a function that is bound from C
        return None
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return None
    return frozenset(parameter.name for parameter in parameters if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY))


def _is_default(place: Place) -> bool:
    """Whether a value is what torch takes where nothing is given. (True is not 1: torch asks for the type of ``alpha``.)"""
    try:
        default = ast.literal_eval(str(place.default))
    except (ValueError, SyntaxError):
        return False
    return type(place.value) in (*_NUMBERS, str) and place.value == default and isinstance(place.value, bool) == isinstance(default, bool)
