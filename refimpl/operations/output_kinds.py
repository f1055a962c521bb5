"""What a tensor given as ``out=`` must be: a handful of named kinds, of which a page declares one (``@op(out=...)``).

==============  =====================================================================================================================
CASTABLE        any dtype that the result's can be cast to: no lower category (the usual kind)
EXACT           exactly the dtype of the result; :func:`exact` is the same in an operation's own words
EVALUATED       the operation is evaluated in the output's dtype; a ``dtype`` that is given must be that one
FILLED          evaluated in the output's dtype, on its device; the output takes the result's shape without a warning
RANGED          as FILLED, but an output that has as many elements as the result keeps its shape
DRAWN           as FILLED, but the operation writes into the output itself, which it gets as ``out``: how the output lies in memory decides which
                number goes where
SHAPED          as FILLED, but the output takes the result's shape and no elements
BOOLEAN         bool or uint8, whichever of the two the result has
==============  =====================================================================================================================

An operation whose forms differ declares a function from its arguments (by name) to a kind. ``layout`` says how an output is laid out that has
to take the result's shape: ``"result"``, with the result's strides, ``"contiguous"``, or one or the other: ``"result if
empty"``, ``"result if all are empty"``. Operations that fill a list of tensors declare a :class:`Listed`.
"""

from __future__ import annotations

from typing import Any, Callable, NamedTuple, Sequence

from ..foundation.c_names import spelled_c_name
from ..foundation.dtypes import bool_, dtype, get_default_dtype, uint8
from ..foundation.promotion import can_cast

RESIZED = ("An output with one or more elements was resized since it had shape {had}, which does not match the required output shape {shape}. "
           "This behavior is deprecated, and in a future PyTorch release outputs will not be resized unless they have zero elements. You can "
           "explicitly reuse an out tensor t by resizing it, inplace, to zero elements with t.resize_(0).")  # fmt: skip


class OutputKind(NamedTuple):
    """One kind. ``words``: the message for an output of another dtype than the result's, None where any will do that can hold it.

    ``cast_words``: the message for one that cannot hold it, in place too.
    ``result``: the dtype of all results, where it does not depend on the arguments. ``resized``: the warning about an output with elements that has
    to take another shape, None where there is none.
    ``least_category``: of the dtypes in which an operation can be evaluated (2: no integers). ``dtypes``: those that the output may have, whatever
    the result's is. ``also``: other words in which torch refuses the same, by what it happens to look at.
    """

    name: str
    words: str | None = None
    error: type[Exception] = RuntimeError
    evaluated: bool = False
    filled: bool = False
    layout: str = "result"
    cast_words: str = "result type {result} can't be cast to the desired output type {out}"
    result: dtype | None = None
    keeps_shape: bool = False
    drawn: bool = False
    resized: str | None = RESIZED
    cast_error: type[Exception] = RuntimeError
    also: tuple[str, ...] = ()
    least_category: int = 0
    dtypes: tuple[dtype, ...] | None = None
    by_resize: bool = False  # the output takes the result's shape by ``resize_``, which refuses a tensor that requires grad
    unwritten: bool = False  # the output takes the result's shape, and that is all
    operand_of: str | None = None  # the output is looked at as the first operand of that operation, before the arguments
    complex_words: str | None = None  # a real result is not written into a complex output: NotImplementedError
    copied: str | None = None  # the operand into a copy of which an operation works if it cannot work in an output that lies as that does
    by_parts: bool = False  # inputs are cast to the output's dtype as they are, not by way of their common dtype

    def refusal(self, operation: str, result: dtype, out: dtype) -> Exception | None:
        """The error of an output of dtype ``out`` for a result of dtype ``result``; None if it fits."""
        if self.complex_words is not None and out.is_complex and not result.is_complex:
            return NotImplementedError(self.complex_words.format(out=out.type_name))
        if result is out or self.words is None and can_cast(result, out) or self.dtypes is not None and out in self.dtypes:
            return None
        return self._error(operation, result, out, self.words is None)

    def evaluation_refusal(self, operation: str, out: dtype) -> Exception | None:
        """The error of an operation that cannot be evaluated in the output's dtype because its category is too low; None if it can."""
        return None if out.category >= self.least_category else self._error(operation, get_default_dtype(), out, True)

    def cast_refusal(self, operation: str, result: dtype, out: dtype) -> Exception:
        """The error of a tensor that is written in place and cannot hold the result."""
        return self._error(operation, result, out, True)

    def _error(self, operation: str, result: dtype, out: dtype, of_cast: bool) -> Exception:
        words, error = (self.cast_words, self.cast_error) if of_cast else (self.words or "", self.error)
        return error(words.format(name=operation, result=result.type_name, out=out.type_name, result_in_c=spelled_c_name(result),
                                  out_in_c=spelled_c_name(out)))  # fmt: skip

    def all_refusals(self, operation: str, result: dtype, out: dtype) -> list[Exception]:
        """Every error that an output of dtype ``out`` may meet for a result of dtype ``result``."""
        refusals = (self.evaluation_refusal(operation, out), self.refusal(operation, result, out))
        found = [error for error in refusals if error is not None]
        return found + [self._replace(words=words)._error(operation, result, out, False) for words in self.also] if found else []

    def in_place(self, cast_words: str) -> OutputKind:
        """This kind, of an operation whose in-place form says in other words that the result cannot be cast."""
        return self._replace(cast_words=cast_words)

    def in_columns(self, copied: str) -> OutputKind:
        """This kind, of an operation that works in an output whose matrices lie row by row or column by column without gaps. In any other layout the
        output may have any dtype: the operation works in a copy of the operand ``copied``, which then has to have the result's, and copies that."""
        return self._replace(copied=copied)

    def resizing(self) -> OutputKind:
        """This kind, of an operation that gives the output its shape by ``resize_``, whether it has it already or not."""
        return self._replace(by_resize=True)

    def in_parts(self) -> OutputKind:
        """This kind, of an operation that puts its inputs into the output one by one: each is cast to the output's dtype as it is."""
        return self._replace(by_parts=True)

    def laid_out_if_empty(self, all_together: bool = False) -> OutputKind:
        """This kind, of an operation that works in an output without elements, and so lays it out as its result; one that it has to resize otherwise
        becomes contiguous. ``all_together``: it works in all of its outputs or in none."""
        return self._replace(layout="result if all are empty" if all_together else "result if empty")

    def contiguous(self) -> OutputKind:
        """This kind, of an operation that makes an output contiguous which has to take the result's shape."""
        return self._replace(layout="contiguous")


class Listed(NamedTuple):
    """The kind of an operation whose results, copies of views, are copied into the tensors of a list, one each; the call returns None.

    ``views``: a function from the arguments to the views. ``words``: the message for a list of another length, a template of that asked for and
    that given. ``assigned``: each is copied as ``copy_`` does it, broadcast and cast; otherwise the tensors have the dtype, and take the shape.
    """

    views: Callable[..., Sequence[Any]]
    words: str
    assigned: bool = False


CASTABLE = OutputKind("castable")
EXACT_OUTPUT = OutputKind("exact", "Expected out tensor to have dtype {result_in_c}, but got {out_in_c} instead")
EVALUATED = EXACT_OUTPUT._replace(name="evaluated", evaluated=True)
FILLED = OutputKind("filled", "dtype {result} does not match dtype of out parameter ({out})", evaluated=True, filled=True, resized=None)
RANGED = FILLED._replace(name="ranged", keeps_shape=True)
DRAWN = FILLED._replace(name="drawn", drawn=True)
SHAPED = FILLED._replace(name="shaped", by_resize=True, unwritten=True)
BOOLEAN = OutputKind("boolean", "{name} only supports bool tensor for result, got: {out}", dtypes=(bool_, uint8))


def exact(words: str, error: type[Exception] = RuntimeError) -> OutputKind:
    """EXACT_OUTPUT in other words: a template of ``name``, ``result``, ``out``, and of the last two in C++: ``result_in_c``, ``out_in_c``."""
    return OutputKind("exact", words, error)


def castable(words: str, error: type[Exception] = RuntimeError) -> OutputKind:
    """CASTABLE in other words, which hold for the in-place form, too."""
    return OutputKind("castable", cast_error=error, cast_words=words)


FOUND_DTYPE = exact("Found dtype {out} but expected {result}")


def output_kind(operation: Any, bound: dict[str, Any]) -> OutputKind:
    """The kind that an operation declares, for a call with these arguments."""
    declared = operation.out
    if declared is None:
        return CASTABLE
    return declared if isinstance(declared, OutputKind) else declared(bound)  # type: ignore[no-any-return]
