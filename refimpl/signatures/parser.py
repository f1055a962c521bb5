"""torch's words for arguments that fit none of a function's forms.

A body checks its arguments in its own way and raises TypeError; the registry then asks here what torch says. That is decided by
the forms of the function, written as torch's messages print them: each is tried in turn, as torch's parser does it. This module is
imported by the first such error.

>>> str(mismatch("eye", ("a",), {}))
"eye(): argument 'n' (position 1) must be int, not str"
"""

from __future__ import annotations

import warnings
from typing import Any, Callable, Sequence

from ..foundation.devices import device
from ..foundation.dtypes import dtype
from ..foundation.promotion import number_dtype
from ..operations.binding import is_numpy_scalar
from ..operations.operation import numpy_names
from ..tensor import Tensor, layout, memory_format
from .forms import FUNCTION_FORMS, HIDDEN, METHOD_FORMS

_PLACE = "torch.dtype dtype = None, torch.layout layout = None, torch.device device = None"
_FRESH = f"{_PLACE}, bool pin_memory = False, bool requires_grad = False"
_OUT = "Tensor out = None"
_LIKE = f"torch.memory_format memory_format = None, {_FRESH}"
_ARRAY = "torch.dtype dtype = None, torch.device device = None"

# Every form of a function that makes tensors or draws numbers, in the order in which they are tried.
FORMS: dict[str, tuple[str, ...]] = {
    "tensor": (f"object data, *, {_ARRAY}, bool pin_memory = False, bool requires_grad = False",),
    "as_tensor": (f"object data, *, {_ARRAY}",),
    "asarray": (f"object obj, *, {_ARRAY}, bool copy = None, bool requires_grad = None",),
    "frombuffer": ("object buffer, *, torch.dtype dtype, int count = -1, int offset = 0, bool requires_grad = False",),
    "scalar_tensor": (f"Number s, *, {_FRESH}",),
    "zeros": (f"tuple of ints size, *, {_OUT}, {_FRESH}",),
    "ones": (f"tuple of ints size, *, {_OUT}, {_FRESH}",),
    "empty": (f"tuple of ints size, *, torch.memory_format memory_format = None, {_OUT}, {_FRESH}",),
    "full": (f"tuple of ints size, Number fill_value, *, {_OUT}, {_FRESH}",),
    "empty_strided": (f"tuple of ints size, tuple of ints stride, *, {_FRESH}",),
    "zeros_like": (f"Tensor input, *, {_LIKE}",),
    "ones_like": (f"Tensor input, *, {_LIKE}",),
    "empty_like": (f"Tensor input, *, {_LIKE}",),
    "full_like": (f"Tensor input, Number fill_value, *, {_LIKE}",),
    "rand_like": (f"Tensor input, *, torch.Generator? generator, {_LIKE}", f"Tensor input, *, {_LIKE}"),
    "randn_like": (f"Tensor input, *, torch.Generator? generator, {_LIKE}", f"Tensor input, *, {_LIKE}"),
    "new_tensor": (f"object data, *, {_ARRAY}, bool requires_grad = False",),
    "new_zeros": (f"tuple of ints size, *, {_FRESH}",),
    "new_ones": (f"tuple of ints size, *, {_FRESH}",),
    "new_empty": (f"tuple of ints size, *, {_FRESH}",),
    "new_full": (f"tuple of ints size, Number fill_value, *, {_FRESH}",),
    "new_empty_strided": (f"tuple of ints size, tuple of ints stride, *, {_FRESH}",),
    "device": ("torch.device device", "str type, int index = -1"),
    "promote_types": ("torch.dtype type1, torch.dtype type2",),
    "can_cast": ("torch.dtype from_, torch.dtype to",),
    "result_type": ("Tensor tensor, Tensor other", "Number scalar, Tensor tensor", "Tensor tensor, Number other", "Number scalar1, Number scalar2"),
    "finfo": ("torch.dtype type", ""),
    "iinfo": ("torch.dtype type",),
    "eye": (f"int n, *, {_OUT}, {_FRESH}", f"int n, int m, *, {_OUT}, {_FRESH}"),
    "rand": (
        f"tuple of ints size, *, torch.Generator? generator, {_OUT}, {_FRESH}",
        f"tuple of ints size, *, {_OUT}, {_FRESH}",
    ),
    "randn": (
        f"tuple of ints size, *, torch.Generator? generator, {_OUT}, {_FRESH}",
        f"tuple of ints size, *, {_OUT}, {_FRESH}",
    ),
    "randint": tuple(
        f"{bounds}, tuple of ints size, *, {source}{_OUT}, {_FRESH}"
        for bounds in ("int high", "int low, int high")
        for source in ("torch.Generator? generator, ", "")
    ),
    "randperm": (f"int n, *, torch.Generator? generator, {_OUT}, {_FRESH}", f"int n, *, {_OUT}, {_FRESH}"),
    "randint_like": tuple(
        f"Tensor input, {bounds}, *, {source}{_LIKE}"
        for bounds in ("int low, int high", "Tensor high", "int high")
        for source in ("torch.Generator? generator, ", "")
    ),
    "normal": (
        f"Tensor mean, Tensor std, *, torch.Generator generator = None, {_OUT}",
        f"Tensor mean, float std = 1, *, torch.Generator generator = None, {_OUT}",
        f"float mean, Tensor std, *, torch.Generator generator = None, {_OUT}",
        f"float mean, float std, tuple of ints size, *, torch.Generator generator = None, {_OUT}, {_FRESH}",
    ),
    "bernoulli": (f"Tensor input, *, torch.Generator generator = None, {_OUT}", "Tensor input, float p, *, torch.Generator generator = None"),
    "multinomial": (f"Tensor input, int num_samples, bool replacement = False, *, torch.Generator generator = None, {_OUT}",),
    "poisson": ("Tensor input, torch.Generator generator = None",),
    "uniform_": ("float from = 0, float to = 1, *, torch.Generator generator = None",),
    "normal_": ("float mean = 0, float std = 1, *, torch.Generator generator = None",),
    "random_": (
        "*, torch.Generator generator = None",
        "int from, int? to, *, torch.Generator generator = None",
        "int to, *, torch.Generator generator = None",
    ),
    "bernoulli_": ("Tensor p, *, torch.Generator generator = None", "float p = 0.5, *, torch.Generator generator = None"),
    "exponential_": ("float lambd = 1, *, torch.Generator generator = None",),
    "geometric_": ("float p, *, torch.Generator generator = None",),
    "cauchy_": ("float median = 0, float sigma = 1, *, torch.Generator generator = None",),
    "log_normal_": ("float mean = 1, float std = 2, *, torch.Generator generator = None",),
    "arange": (
        f"Number end, *, {_OUT}, {_FRESH}",
        f"Number start, Number end, *, {_FRESH}",
        f"Number start, Number end, Number step = 1, *, {_OUT}, {_FRESH}",
    ),
    "range": (f"Number start, Number end, Number step = 1, *, {_OUT}, {_PLACE}, bool requires_grad = False",),
    "linspace": tuple(
        f"{a} start, {b} end, int steps, *, {_OUT}, {_FRESH}"
        for a, b in (("Tensor", "Tensor"), ("Number", "Tensor"), ("Tensor", "Number"), ("Number", "Number"))
    ),
    "logspace": tuple(
        f"{a} start, {b} end, int steps, float base = 10.0, *, {_OUT}, {_FRESH}"
        for a, b in (("Tensor", "Tensor"), ("Number", "Tensor"), ("Tensor", "Number"), ("Number", "Number"))
    ),
    "tril_indices": (f"int row, int col, int offset = 0, *, {_FRESH}",),
    "triu_indices": (f"int row, int col, int offset = 0, *, {_FRESH}",),
}
_STRICT = frozenset(("tensor", "new_tensor", "range"))  # where None is no flag
_METHODS = frozenset(("new_tensor", "new_zeros", "new_ones", "new_empty", "new_full", "new_empty_strided"))


class Parameter:
    """One parameter of a form, read from ``type name = default``; of a type with a question mark it may be None."""

    def __init__(self, text: str, keyword_only: bool) -> None:
        declared, _, default = text.partition(" = ")
        kind, _, self.name = declared.rpartition(" ")
        self.type = kind.rstrip("?")
        self.optional = bool(default)
        self.allows_none = default == "None" or kind[-1:] == "?" or self.name in ("requires_grad", "pin_memory")
        self.keyword_only = keyword_only
        self.fits = _CHECKS[self.type]


class Form:
    """One way to call a function."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("?", "")  # which messages do not print
        self.hidden = text.startswith(HIDDEN)
        text = text.removeprefix(HIDDEN)
        before, _, after = text.partition("*, ")
        named = text.startswith("*, ")
        first = [] if named else [part for part in before.removesuffix(", ").split(", ") if part]
        self.parameters = [Parameter(part, False) for part in first] + [Parameter(part, True) for part in after.split(", ") if part]
        self.most_positional = len(first)
        self.fewest = sum(not p.optional for p in self.parameters)
        self.most = len(self.parameters)

    def mismatch(self, function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str | None:
        """Why the arguments do not fit, or None if they do."""
        kwargs = self._own_names(kwargs)
        count, position, left = len(args), 0, len(kwargs)
        varargs = self.most_positional == 1 and self.parameters[0].type == "tuple of ints"  # zeros(2, 3) is zeros((2, 3))
        if count > self.most_positional and not (varargs and _is_integer(args[0])):
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
                return self._missing(function, i, kwargs)
            if value is None and p.allows_none or p.fits(value):
                pass
            elif varargs and position == 0 and not given_by_name and _is_integer(value):
                position = count
                continue
            else:
                where = "" if given_by_name else f" (position {position + 1})"
                what = f"{function}(): argument '{p.name}'{where} must be {p.type}"
                if p.type == "tuple of ints" and isinstance(value, (tuple, list)):
                    return f"{what}, but found element of type {type_name(value[0])} at pos 0"
                return f"{what}, not {type_name(value)}"
            if given_by_name:
                left -= 1
            else:
                position += 1
        return self._unexpected(function, count, kwargs) if left else None

    def _own_names(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The keywords with NumPy's names for parameters translated."""
        if not kwargs.keys() & numpy_names.keys():
            return kwargs
        own = {p.name for p in self.parameters}
        return {numpy_names[key] if key not in own and numpy_names.get(key) in own else key: value for key, value in kwargs.items()}

    def _too_many(self, function: str, count: int) -> str:
        most, fewest = self.most_positional, self.fewest  # torch counts what goes by keyword only among the latter
        if fewest != most:
            return f"{function}() takes from {fewest} to {most} positional arguments but {count} were given"
        return f"{function}() takes {most} positional argument{'s' * (most != 1)} but {count} {'was' if count == 1 else 'were'} given"

    def _missing(self, function: str, first: int, kwargs: dict[str, Any]) -> str:
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

    def bad_value(self, function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Exception | None:
        """What is wrong with arguments of the right types: integers of more than 64 bits, and elements of a size after the first.

        They are looked at when the form is chosen already.
        """
        for i, p in enumerate(self.parameters):
            value = args[i] if i < len(args) and not p.keyword_only else kwargs.get(p.name)
            if value is None:
                continue
            if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
                if p.type == "int" or p.type == "tuple of ints" and self.most_positional > 1:
                    return ValueError("Overflow when unpacking long long")
                if p.type in ("Number", "Tensor"):
                    try:
                        number_dtype(value)
                    except OverflowError as error:
                        return error
            if p.type != "tuple of ints" or not isinstance(value, (tuple, list)) and self.most_positional > 1:  # one int where several may stand
                continue
            for j, element in enumerate(value if isinstance(value, (tuple, list)) else args if i < len(args) else ()):
                what = f"{function}(): argument '{p.name}' failed to unpack the object at pos {j + 1} with error "
                if not (_is_integer(element) or isinstance(element, bool)):
                    return TypeError(f'{what}"type must be tuple of ints,but got {type_name(element)}"')
                if isinstance(element, int) and not -(2**63) <= element < 2**63:
                    return TypeError(f'{what}"Overflow when unpacking long long"')
        return None


def without_tensor(form: str) -> str:
    """A function's form as one of the method or the in-place method: without the tensor itself, and without ``out``."""
    parts = form.removeprefix(HIDDEN).split(", ")
    kept = [part for part in parts if part != "Tensor input" and not part.endswith(" out = None")]
    return HIDDEN * form.startswith(HIDDEN) + ", ".join(kept[:-1] if kept and kept[-1] == "*" else kept)


_parsed: dict[tuple[str, bool], list[Form]] = {}

# Functions whose tensor arguments may be numbers.
_NUMBERS_AS_TENSORS = frozenset("add sub mul div subtract multiply divide true_divide floor_divide copy_".split())


def _forms(function: str, of_method: bool) -> list[Form]:
    """The forms of a function or method, none if they are not listed."""
    key = function, of_method
    if key not in _parsed:
        forms = _parsed[key] = [Form(text) for text in form_texts(function, of_method)]
        for p in (p for form in forms for p in form.parameters):
            if p.type == "Tensor" and (function in _NUMBERS_AS_TENSORS or function.removesuffix("_") in _NUMBERS_AS_TENSORS):
                p.fits = _is_tensor_or_number
            elif p.type == "tuple of ints" and (p.name in ("dim", "shifts") or function == "roll"):
                p.fits = _is_size_or_int
        if function in _STRICT:
            for p in forms[0].parameters:
                p.allows_none = p.allows_none and p.type != "bool"
    return _parsed[key]


def form_texts(function: str, of_method: bool) -> Sequence[str]:
    """The forms of a function or method as they are listed, or as they follow from those of the function."""
    listed = FORMS.get(function) or FUNCTION_FORMS.get(function) or ()
    if not of_method and function[-1] == "_" and not listed:
        return [f"Tensor input, {form}".removesuffix(", ") for form in form_texts(function, True) if not form.startswith(HIDDEN)]
    if not of_method or function in _METHODS or function in FORMS and function[-1] == "_":
        return listed
    if function in METHOD_FORMS:
        return METHOD_FORMS[function]
    functions = listed or FUNCTION_FORMS.get(function.removesuffix("_"), ())
    return [without_tensor(form) for form in functions if form.startswith((HIDDEN, "Tensor input"))]


def mismatch(function: str, args: Sequence[Any], kwargs: dict[str, Any], method: bool = False) -> Exception | None:
    """The error that torch raises for a call with these arguments; None if they fit, or the function's forms are not listed here.

    A method's ``args`` begin with its tensor, which torch does not count. A name that ends in ``_`` is a method's.
    """
    method = method or function in _METHODS or function[-1] == "_"
    forms = _forms(function, method)
    if method:
        args = args[1:]
        kwargs = {key.rstrip("_"): value for key, value in kwargs.items()}  # ``from_`` stands for a word of Python's
    return _misfit(function, forms, args, kwargs)


def mismatch_of_function(function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Exception | None:
    """As :func:`mismatch`, of a function whose name ends in ``_``: it counts its tensor."""
    return _misfit(function, _forms(function, False), args, kwargs)


def _misfit(function: str, forms: Sequence[Form], args: Sequence[Any], kwargs: dict[str, Any]) -> Exception | None:
    if not forms:
        return None
    answers = []
    for form in forms:
        answer = form.mismatch(function, args, kwargs)
        if answer is None:
            return form.bad_value(function, args, kwargs)
        answers.append(answer)
    if len(forms) == 1:
        return TypeError(answers[0])
    count = len(args) + len(kwargs)
    plausible = [answer for form, answer in zip(forms, answers) if not form.hidden and form.fewest <= count <= form.most]
    if len(plausible) == 1:
        return TypeError(plausible[0])
    return TypeError(combination(function, args, kwargs, [form.text for form in forms if not form.hidden]))


def rearranged(function: str, args: Sequence[Any], kwargs: dict[str, Any], most: int,
               method: bool) -> tuple[tuple[Any, ...], dict[str, Any]] | None:
    """The arguments by name (but a method's tensor) of a call in a form that an operation of at most ``most`` positional parameters
    does not have itself: one of torch's hidden forms, of which it warns once, or one that takes by position what others take by keyword.
    None of another call, nor of one with ``async``, which is a word of Python's.
    """
    forms = _forms(function, method)
    given = args[1:] if method else args
    form = next((form for form in forms if form.mismatch(function, given, kwargs) is None), None)
    if form is None or "async" in kwargs or not form.hidden and len(args) <= most:
        return None
    if form.hidden and not _warned:
        _warned.append(function)
        warnings.warn(f"This overload of {function} is deprecated:\n\t{function}({form.text.removeprefix(HIDDEN)})\n"
                      f"Consider using one of the following signatures instead:\n\t{function}({forms[0].text})", stacklevel=4)
    if len(given) > len(form.parameters):  # the numbers of a tuple, one by one
        given = [tuple(given)]
    return tuple(args[: int(method)]), {**{p.name: value for p, value in zip(form.parameters, given)}, **kwargs}


_warned: list[str] = []  # torch warns of one hidden form, once


def combination(function: str, args: Sequence[Any], kwargs: dict[str, Any], forms: Sequence[str]) -> str:
    """The message for arguments that could have been meant for several forms."""
    got = ", ".join([type_name(a) for a in args] + [f"{key}={type_name(value)}" for key, value in kwargs.items()])
    if kwargs and not args:
        got += ", "
    if len(forms) == 1:
        return f"{function}() received an invalid combination of arguments - got ({got}), but expected ({forms[0]})"
    listed = "".join(f" * ({form})\n{_why_not(form, args, kwargs)}" for form in forms)
    return f"{function}() received an invalid combination of arguments - got ({got}), but expected one of:\n{listed}"


def _why_not(form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> str:
    """What torch adds below a form if the number of arguments is right (it counts the star, and ``out`` only if it is given)."""
    parts = form.split(", ") if form else []
    if len(parts) - ("Tensor out = None" in parts and "out" not in kwargs) != len(args) + len(kwargs):
        return ""
    parameters = [None if part == "*" else Parameter(part, False) for part in parts]
    by_name = {p.name: p for p in parameters if p is not None}
    unknown = [key for key in kwargs if key not in by_name]
    if unknown:
        return f"      didn't match because some of the keywords were incorrect: {', '.join(unknown)}\n"
    pairs = [*zip(parameters, args), *((by_name[key], value) for key, value in kwargs.items())]
    marked = [_detailed(value) if p is not None and p.fits(value) else f"!{_detailed(value)}!" for p, value in pairs]
    return f"      didn't match because some of the arguments have invalid types: ({', '.join(marked)})\n" if marked else ""


def _detailed(value: Any) -> str:
    """The type of a value, of a list or tuple those of its elements, too."""
    if isinstance(value, (list, tuple)):
        inside = ", ".join(map(type_name, value))
        return f"list of [{inside}]" if isinstance(value, list) else f"tuple of ({inside})"
    return type_name(value)


def type_name(value: Any) -> str:
    """The name by which messages call the type of a value: types that are written in C go by their full name.

    Classes are on the heap and can be changed (bits 9 and 8 of the flags: not immutable); types of C's lack one or the other.
    """
    kind = type(value)
    if kind.__module__.partition(".")[0] == "refimpl":
        return f"torch.{kind.__name__}" if kind in (dtype, device, layout, memory_format) or kind.__name__ == "Size" else kind.__name__
    written_in_python = kind.__flags__ >> 8 & 3 == 2
    return kind.__name__ if written_in_python or kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"


def without_numpy_scalars(function: str, args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]] | None:
    """The arguments with Python's numbers in the place of NumPy's scalars; None if there are none, or the function takes any object."""
    if FORMS.get(function, ("",))[0].startswith("object") or not any(map(is_numpy_scalar, (*args, *kwargs.values()))):
        return None
    return [_plain(a) for a in args], {key: _plain(value) for key, value in kwargs.items()}


def _plain(value: Any) -> Any:
    if not is_numpy_scalar(value):
        return value
    return float(value) if value.dtype.kind == "b" else value.item()  # torch takes NumPy's truth values for floats


# -- what fits a parameter's type ------------------------------------------------------------------


def _is_integer(value: Any) -> bool:
    """What can be an int: not a bool, but an integer tensor of one element, and NumPy's integers."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return True
    if isinstance(value, Tensor):
        return value.numel() == 1 and value.dtype.category == 1
    return hasattr(value, "__index__") and not _is_numpy_bool(value)


def _is_numpy_bool(value: Any) -> bool:
    return is_numpy_scalar(value) and value.dtype.kind == "b"


def _is_int(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.dim() == 0 and value.dtype.category == 1 and not value.requires_grad
    return _is_integer(value)


def _is_number(value: Any) -> bool:
    if isinstance(value, Tensor):
        return value.dim() == 0 and not value.requires_grad
    return isinstance(value, (int, float, complex)) or is_numpy_scalar(value)


def _is_real_number(value: Any) -> bool:
    return _is_number(value) and not isinstance(value, complex)


def _is_size(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and (not value or _is_integer(value[0]))


def _is_size_or_int(value: Any) -> bool:
    return _is_size(value) or _is_integer(value)


def _is_tensor_or_number(value: Any) -> bool:
    return isinstance(value, Tensor) or _is_number(value)


def _is_generator(value: Any) -> bool:
    from ..random.generator import Generator

    return isinstance(value, Generator)


def _of(*types: Any) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "object": lambda value: True,
    "Tensor": _of(Tensor),
    "tuple of Tensors": _of(tuple, list),
    "Number": _is_number,
    "float": _is_real_number,
    "int": _is_int,
    "bool": _of(bool),
    "tuple of ints": _is_size,
    "torch.dtype": lambda value: isinstance(value, dtype) or value in (bool, int, float, complex),
    "torch.layout": _of(layout),
    "torch.device": lambda value: isinstance(value, (device, str)) or _is_integer(value),
    "torch.memory_format": _of(memory_format),
    "torch.Storage": lambda value: False,
    "str": _of(str),
    "torch.Generator": _is_generator,
}
