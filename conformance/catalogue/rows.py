"""The table of operations: for each, how its arguments are drawn.

A family's file calls :func:`define`. What the registry of refimpl knows (forms, contract, whether it is differentiable)
is taken from there; what stands here is the fallback for operations that it does not have, and what only a suite
needs: which dtypes to draw, which input classes apply, how many terms an accumulated result has.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any, Callable, Iterable, Sequence

from ..accuracy.contracts import EXACT, Contract
from ..cases.case import Case
from ..drawing.pen import ALL, Pen

Arguments = tuple[tuple[Any, ...], dict[str, Any]]
Draw = Callable[[Pen], Arguments]


def _all_elements(case: Case) -> int:
    """n for an operation that may sum all of its elements."""
    return max([spec.numel for spec in case.tensors()] or [1])


def everywhere(case: Case) -> bool:
    """Torch's gradient is the derivative."""
    return True


def never(case: Case) -> bool:
    """No call's indices are open."""
    return False


@dataclass(frozen=True)
class Operation:
    """One row. ``draw`` returns positional and keyword arguments; the first is the tensor of methods and in-place forms.

    ``values``: False where the result's elements are unspecified (``empty``). ``layout_independent``: False where the
    result may depend on the strides of the input by definition (``view``, ``as_strided``). ``draws_tensors``: False
    where no tensor of the dtype under test is an argument. ``complex_arithmetic``: complex results multiply or divide,
    and an exact contract holds for real dtypes only. ``multiplies``: what is accumulated is a product.
    ``reduces``: ``terms`` are shared out among the results. ``partial``: of a result (by its number) the function of its absolute value and its
    count of terms that gives the largest sum on the way to it, where that may be larger.
    ``fixed``: the parameters whose elements are no rounded numbers, or of which there is no derivative: they have no part in a result's condition.
    ``intermediate``: of a conditioned contract, calls whose results add up to the size of what is rounded on the way to the result and, unlike
    ``inner``, has no bound of its own: distances whose difference is taken; NaN says that something overflows: so may a result.
    ``recomputed``: of a gradient that evaluates exponential functions again, with a logarithm that has been rounded, the size of their exponents.
    ``subtracted``: the parameters without whose sign the terms of an accumulated result would cancel. ``narrowed``: numbers by keyword that become
    elements of the operands' dtype, also of one that is narrower than float32. ``out_layouts``, ``out_dtypes``: what
    ``out=`` may be, where torch does not survive anything else. ``exercises``: operations of refimpl's registry that torch has under no name of
    their own, and operators with exchanged operands, that this one's examples reach; ``shares``: such operations that another row exercises, and this
    one reaches as well: their constraints are violated here, too, as far as a short search finds how. ``derivative``: for which cases torch's
    gradient is the derivative, where it is not always (:mod:`conformance.catalogue.derivatives`). ``critical``: the kinds of critical points that it
    needs beside those of its category, of all operands or of each in turn (:mod:`conformance.drawing.critical_points`); ``critical_given``: keyword
    arguments of such a call, each with the values that it is given in turn. ``open_indices``: for which cases of equal elements any may be taken;
    their indices are judged by what they point at. ``equations``: results are judged by these, which leave signs or choices open
    (:mod:`conformance.judging.linear_algebra.equations`). ``classes``: input classes of its own, which ``draw`` draws when they are forced.
    ``classes_of_each_dtype``: such classes that are forced in every dtype, and not in one in turn.
    ``along``: the dimensions of the result along which a Fourier transform, of the length ``terms``, mixes everything.
    ``magnitude``: of an accumulated or transformed contract the call whose results are M, made from the one on absolute values, where that is
    another one.
    ``cancelling``: of an accumulated result that is divided by a sum, how many times as large the sum of that one's absolute terms is.
    ``moves``: for which calls elements are only moved, so that the contract is exact.
    ``needs``: what not every machine and backend has, of HOST_MEMORY and NUMPY (:mod:`conformance.backends.base`), and a dtype of limited support
    that results have.
    ``fatal``: calls that torch does not survive. ``violating``: further draws of calls that violate constraints which :attr:`draw`, with one
    argument changed at random, hardly ever violates alone. ``never_alone``: a part of the condition or words of a constraint that no call violates
    alone, and why; a reason that begins with "torch" says why torch does not report it. ``updates``: the parameters that a call brings up to date.
    ``limited``: the dtypes of limited support that are drawn beside ``dtypes`` (:mod:`conformance.catalogue.limited_support`).
    """

    name: str
    family: str
    draw: Draw
    forms: tuple[str, ...] = ("function", "method")
    dtypes: tuple[str, ...] = ALL
    contract: Contract = EXACT
    differentiable: bool = False
    values: bool = True
    layout_independent: bool = True
    random: bool = False
    fixed: tuple[str, ...] = ()
    draws_tensors: bool = True
    terms: Callable[[Case], int] = _all_elements
    complex_arithmetic: bool = False
    multiplies: bool = False
    reduces: bool = False
    partial: Callable[[Case, int], Callable[[float, int], float] | None] | None = None
    intermediate: Callable[[Case], Sequence[Case]] | None = None
    recomputed: Callable[[Case], float] | None = None
    subtracted: tuple[str, ...] = ()
    narrowed: tuple[str, ...] = ()
    gradient_draw: Draw | None = None
    weight: float = 1.0
    out_layouts: tuple[str, ...] = ("contiguous", "permuted", "sliced")
    out_dtypes: tuple[str, ...] = ALL
    exercises: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()
    derivative: Callable[[Case], bool] = everywhere
    open_indices: Callable[[Case], bool] = never
    equations: Callable[[Any], Iterable[Any]] | None = None
    classes: tuple[str, ...] = ()
    classes_of_each_dtype: tuple[str, ...] = ()
    along: Callable[[Case], tuple[int, ...]] | None = None
    magnitude: Callable[[Case], Case] | None = None
    cancelling: Callable[[Case], float] | None = None
    moves: Callable[[Case], bool] = never
    needs: tuple[str, ...] = ()
    critical: str | tuple[str, ...] | None = None
    critical_given: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    fatal: Callable[[Case], bool] | None = None
    violating: tuple[Draw, ...] = ()
    never_alone: tuple[tuple[str, str], ...] = ()
    updates: tuple[str, ...] = ()
    limited: tuple[str, ...] = ()

    def terms_of_each(self, case: Case, results: int) -> int:
        """How many terms may go into one of so many results."""
        terms = self.terms(case)
        return max(terms // results, 1) if self.reduces and results else terms

    def summed(self, case: Case, results: int) -> int:
        """How many terms are summed up in one of so many results, of an operation that declares it."""
        return 1 if self.terms is _all_elements else self.terms_of_each(case, results)


TABLE: dict[str, Operation] = {}


def define(names: str, family: str, draw: Draw, **options: Any) -> None:
    """Enter one or several operations (names separated by blanks) that draw their arguments in the same way."""
    for option in ("forms", "dtypes", "exercises", "shares", "fixed", "updates"):
        if isinstance(options.get(option), str):
            options[option] = tuple(options[option].split())
    options["critical_given"] = tuple(options.get("critical_given", {}).items())
    if "never_alone" in options:
        options["never_alone"] = tuple(options["never_alone"].items())
    for name in names.split():
        if name in TABLE:
            raise ValueError(f"define: {name} is in the table already")
        TABLE[name] = Operation(name, family, draw, **options)


def product(sizes: Any) -> int:
    return prod(sizes)
