"""Constraints: what an operation asks of its arguments, numbered, on its page.

A page states them below the operation, one line each, in the order in which a reader wants them::

    @index_select.constraints
    def _(require, input, dim, index):
        require.dimension(dim, input)
        require(index.dim() <= 1, IndexError, "index_select(): Index is supposed to be a vector")
        require(index.dtype in (int32, int64), RuntimeError, "index_select(): Expected dtype int32 or int64 for index")

The function names the parameters that it looks at. Its calls of ``require``, in the order of the lines, are the constraints C1, C2, ...
A call of the operation raises the first that is violated; which of several that is, is not part of the specification. Whoever judges an
error asks for all that a call violates: :meth:`Constraints.violated`. A message is a template of :meth:`str.format`, filled only when it is
needed. Constraints that several operations share stand in functions that take ``require`` first; their lines count at the place of the call.
"""

from __future__ import annotations

import ast
import inspect
import sys
from textwrap import dedent
from types import CodeType, FunctionType
from typing import Any, Callable, Iterable, Iterator, NamedTuple, Sequence

from ..foundation.c_names import c_name
from ..foundation.dtypes import dtype, range_of, without_infinities


class Constraint(NamedTuple):
    """One numbered constraint as its page states it."""

    number: int
    condition: str  # what must hold, as the source says it
    error: str  # the name of the exception's class
    words: str  # the message's template


class Violation(NamedTuple):
    """A constraint that a call violates. ``number`` is 0 for the dtypes that a page declares, None for what the body itself refuses (shapes that
    do not broadcast, say)."""

    number: int | None
    error: type[Exception]
    words: str


class Require:
    """What a constraints function is called with: ``require(condition, error, message, *details)`` and the named constraints below.

    This one raises the first violation.
    """

    __slots__ = ()

    def __call__(self, condition: Any, error: type[Exception], message: str, *details: Any,
                 also: Sequence[tuple[type[Exception], str]] = ()) -> None:  # fmt: skip
        """``also``: what torch says for the same constraint where another of its loops finds it violated."""
        if not condition:
            raise error(message.format(*details) if details else message)

    def elements(self, hold: Callable[[], bool], error: type[Exception], message: str) -> None:
        """A constraint of elements that the rule of one element enforces while it computes: ``hold()``, which reads them all, is only asked for
        when everything that a call violates is wanted."""

    def each_element(self, wrong: Callable[[], Iterable[tuple[Any, ...]]], error: type[Exception], message: str) -> None:
        """A constraint of elements as :meth:`elements`, whose message names one: of several that violate it any may be named. ``wrong()`` gives
        the details of each."""

    def dimension(self, dim: int, tensor: Any, zero_dim: bool = True, also: Sequence[tuple[type[Exception], str]] = ()) -> None:
        """IndexError: Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})

        ``also``: the same for a 0-d tensor, in other words.
        """
        ndim = len(tensor._view.shape)
        if not zero_dim:
            self(ndim, IndexError, "Dimension specified as {} but tensor has no dimensions", dim)
        count = ndim or 1
        also = () if ndim else ((IndexError, "Dimension specified as {2} but tensor has no dimensions"), *also)
        self(-count <= dim < count, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got {})", -count, count - 1, dim,
             also=also)  # fmt: skip

    def dimensions(self, dims: int | Sequence[int] | None, tensor: Any) -> None:
        """IndexError: Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})

        RuntimeError: dim {dim} appears multiple times in the list of dims
        """
        if dims is None:
            return
        count = len(tensor._view.shape) or 1
        if isinstance(dims, int) and -count <= dims < count:  # as nearly always
            return
        seen: set[int] = set()
        for dim in (dims,) if isinstance(dims, int) else dims:
            self(-count <= dim < count, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got {})",
                 -count, count - 1, dim)  # fmt: skip
            self(dim % count not in seen, RuntimeError, "dim {} appears multiple times in the list of dims", dim % count)
            seen.add(dim % count)

    def indices(self, index: Any, size: int, dim: int) -> None:
        """IndexError: index out of range in self"""
        wrong = None if index.is_meta else next((i for i in index.reshape(-1).tolist() if not 0 <= i < size), None)
        self(wrong is None, IndexError, "index out of range in self", wrong, dim, size, also=(
            (RuntimeError, "index {} is out of bounds for dimension {} with size {}"),
            (RuntimeError, "INDICES element is out of DATA bounds, id={0} axis_dim={2}"),
            (RuntimeError, "index_select(): self indexing axis dim should be positive"),
        ))  # fmt: skip

    def broadcast(self, first: Any, second: Any) -> None:
        """RuntimeError: The size of tensor a ({size}) must match the size of tensor b ({size}) at non-singleton dimension {dim}"""
        ours, theirs = first._view.shape, second._view.shape
        ndim = max(len(ours), len(theirs))
        for i, (m, n) in enumerate(zip(reversed(ours), reversed(theirs)), 1):
            self(m == n or m == 1 or n == 1, RuntimeError,
                 "The size of tensor a ({}) must match the size of tensor b ({}) at non-singleton dimension {}", m, n, ndim - i, also=(
                 (RuntimeError, "The size of tensor a ({1}) must match the size of tensor b ({0}) at non-singleton dimension {2}"),))  # fmt: skip

    def new_dimension(self, dim: int, tensor: Any) -> None:
        """IndexError: Dimension out of range (expected to be in range of [{low}, {high}], but got {dim})"""
        count = len(tensor._view.shape) + 1
        self(-count <= dim < count, IndexError, "Dimension out of range (expected to be in range of [{}, {}], but got {})", -count, count - 1, dim)

    def tensors(self, values: Sequence[Any]) -> None:
        """TypeError: expected Tensor as element {position} in argument 0, but got {type}"""
        for position, value in enumerate(values):
            self(hasattr(value, "_view"), TypeError, "expected Tensor as element {} in argument 0, but got {}", position, type(value).__name__)

    def fits(self, value: Any, d: dtype) -> None:
        """RuntimeError: value cannot be converted to type {dtype} without overflow"""
        also = ((RuntimeError, "value cannot be converted to type double without overflow"),) if isinstance(value, complex) else ()
        self(fits(value, d), RuntimeError, "value cannot be converted to type {} without overflow", c_name(d), also=also)


class _Collector(Require):
    """Notes every violation and goes on."""

    __slots__ = ("found", "code")

    def __init__(self, code: CodeType) -> None:
        self.found: list[tuple[tuple[tuple[str, int], ...], type[Exception], str]] = []
        self.code = code

    def __call__(self, condition: Any, error: type[Exception], message: str, *details: Any,
                 also: Sequence[tuple[type[Exception], str]] = ()) -> None:  # fmt: skip
        if not condition:
            path = self._path()
            for kind, words in ((error, message), *also):
                self.found.append((path, kind, words.format(*details) if details else words))

    def elements(self, hold: Callable[[], bool], error: type[Exception], message: str) -> None:
        self(hold(), error, message)

    def each_element(self, wrong: Callable[[], Iterable[tuple[Any, ...]]], error: type[Exception], message: str) -> None:
        for details in dict.fromkeys(wrong()):
            self(False, error, message, *details)

    def _path(self) -> tuple[tuple[str, int], ...]:
        """Where the constraint stands: the lines of the calls that lead to it, from the page's function on; those of this module do not count."""
        path: list[tuple[str, int]] = []
        frame = sys._getframe(2)
        while frame.f_code.co_filename == __file__:  # a named constraint
            frame = frame.f_back  # type: ignore[assignment]
        while True:
            path.insert(0, (frame.f_code.co_name, frame.f_lineno))
            if frame.f_code is self.code or frame.f_back is None:
                return tuple(path)
            frame = frame.f_back


class Constraints:
    """The constraints of one operation."""

    def __init__(self, function: Callable[..., None], parameters: Sequence[str]) -> None:
        code = function.__code__
        self.function = function
        self.needs = code.co_varnames[1 : code.co_argcount]
        unknown = set(self.needs) - set(parameters)
        if unknown:
            raise ValueError(f"constraints name parameters that the operation does not have: {', '.join(sorted(unknown))}")
        self._places: list[tuple[tuple[tuple[str, int, int], ...], Constraint]] | None = None

    def check(self, bound: dict[str, Any]) -> None:
        """Raise the first violation, if any."""
        self.function(raising, *[bound[name] for name in self.needs])

    def violated(self, bound: dict[str, Any]) -> list[Violation]:
        """All that these arguments violate. A condition that cannot be told because an earlier one does not hold ends the list."""
        collector = _Collector(self.function.__code__)
        try:
            self.function(collector, *[bound[name] for name in self.needs])
        except Exception as error:  # noqa: BLE001  (it may be what is asked for)
            if not collector.found:
                return [Violation(None, type(error), str(error))]
        return [Violation(self._number(path), error, words) for path, error, words in collector.found]

    def __iter__(self) -> Iterator[Constraint]:
        return (constraint for _, constraint in self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def _listed(self) -> list[tuple[tuple[tuple[str, int, int], ...], Constraint]]:
        if self._places is None:
            self._places = [(path, Constraint(number, *said)) for number, (path, said) in enumerate(_stated(self.function), 1)]
        return self._places

    def _number(self, path: tuple[tuple[str, int], ...]) -> int | None:
        for places, constraint in self._listed():
            if len(places) == len(path) and all(
                name == function and first <= line <= last for (function, first, last), (name, line) in zip(places, path)
            ):
                return constraint.number
        return None


raising = Require()


def _stated(function: Callable[..., Any]) -> Iterator[tuple[tuple[tuple[str, int, int], ...], tuple[str, str, str]]]:
    """The constraints in a function's source: where each stands, and what it says."""
    tree = ast.parse(dedent(inspect.getsource(function)))
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)  # constraints are written with def
    first = function.__code__.co_firstlineno - 1
    name = definition.args.args[0].arg
    for call in _calls(definition):
        place = (function.__code__.co_name, first + call.lineno, first + (call.end_lineno or call.lineno))
        target = call.func
        of_elements = isinstance(target, ast.Attribute) and target.attr in ("elements", "each_element")
        if isinstance(target, ast.Name) and target.id == name or of_elements:
            condition, error, *rest = map(ast.unparse, call.args)
            words = call.args[2]
            yield (place,), (condition, error, str(words.value) if isinstance(words, ast.Constant) else rest[0])
        elif isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == name:
            said = (inspect.getdoc(getattr(Require, target.attr)) or "").split("\n")[0]
            error, _, message = said.partition(": ")
            yield (place,), (f"{target.attr}({', '.join(map(ast.unparse, call.args))})", error, message)
        elif call.args and isinstance(call.args[0], ast.Name) and call.args[0].id == name and isinstance(target, ast.Name):
            shared = function.__globals__[target.id]
            if isinstance(shared, FunctionType):
                for path, constraint in _stated(shared):
                    yield (place, *path), constraint


def _calls(definition: ast.FunctionDef) -> list[ast.Call]:
    calls = [node for node in ast.walk(definition) if isinstance(node, ast.Call)]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def fits(value: Any, d: dtype) -> bool:
    """Whether ``d`` can hold a Python number without overflow.

    Negative integers (but not floats) fit unsigned dtypes if their absolute value does: they wrap around. A fraction is cut off.
    Infinities and NaN fit floating point dtypes only, infinities those that have them; everything fits bool.
    """
    if d.category == 0:
        return True
    low, high = range_of(d)
    if d.category == 1:
        real = value.real
        if isinstance(value, complex) and value.imag or real - real != 0:
            return False
        return (low or -high) <= real <= high if isinstance(value, int) else low <= real <= float(high)
    parts = (value.real, value.imag) if isinstance(value, complex) else (value,)
    return not (d.category == 2 and isinstance(value, complex) and value.imag) and all(
        part != part or part - part != 0 and d not in without_infinities or -high <= part <= high for part in parts)
