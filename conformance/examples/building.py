"""From a row of the table to a whole case."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Sequence

from ..backends import find_backend
from ..cases.case import (
    ITEMSIZE,
    LEAF,
    NUMBERS,
    SEQUENCE,
    SURROUNDINGS,
    Case,
    TensorSpec,
    contiguous_strides,
    element_offsets,
    elements,
    iterate_tensors,
    lies_apart,
)  # fmt: skip
from ..catalogue.entries import Entry, flag_position, forms_of, parameters, single_or_several, updated_places
from ..catalogue.rows import Operation
from ..drawing.arrangements import CHANNELS_LAST, DEFAULT_DTYPE, FEWEST, LEAF_TARGET, TIES, WITH_GRADIENTS, is_returned
from ..drawing.choices import Choices, RandomChoices
from ..drawing.options import split
from ..drawing.pen import ALL, IN_PLACE, INVALID, PLAIN, UNMET, Pen
from ..drawing.random_pen import RandomPen
from ..drawing.values import MOVED
from ..execution.outcomes import execute
from . import critical
from .meetings import pairs
from .meetings.replaced import DIMENSIONS
from .relations import LATER_STRIDED, RELATIONS


def build(
    choices: Choices,
    operation: Operation,
    dtype: str,
    forms: tuple[str, ...],
    names: tuple[str, ...],
    grad: int,
    force: str | None,
) -> Case:
    """Draw one case."""
    if force is not None and critical.is_forced(force):
        seed = Pen(choices, dtype, forms[0], force, grad).integer(0, 2**30)
        return _finished(operation, names, *critical.draw(seed, operation, dtype, forms, grad, force))
    if force is not None and pairs.is_pair(force):
        seed = Pen(choices, dtype, forms[0], force, grad).integer(0, 2**30)
        return _finished(operation, names, *pairs.draw(seed, operation, dtype, grad, force))
    if force == UNMET:
        forms = tuple([form for form in forms if form != "out"]) or forms
        force = _LAYOUTS[Pen(choices, dtype, forms[0], PLAIN, grad).integer(0, len(_LAYOUTS) - 1)]
    force, option = split(force)
    if force == TIES and option is not None:
        seed = Pen(choices, dtype, forms[0], PLAIN, grad).integer(0, 2**30)
        return _finished(operation, names, *_with_flags(seed, operation, dtype, forms, force, option))
    if option is not None:
        seed = Pen(choices, dtype, forms[0], force, grad).integer(0, 2**30)
        pen, args, kwargs = _with_option(seed, operation, dtype, forms, force or "", option)
        case = _finished(operation, names, pen, args, kwargs)
        set_flag = (force or "").endswith(FEWEST) and critical.options(operation)[option].value is True
        return (RELATIONS[LATER_STRIDED].holds(pen, case, operation) if set_flag else None) or case
    if force is not None and (force.endswith(FEWEST) or force == CHANNELS_LAST):
        seed = Pen(choices, dtype, forms[0], PLAIN, grad).integer(0, 2**30)
        return _finished(operation, names, *_best_of_few(seed, operation, dtype, forms, grad, force))
    relation = RELATIONS.get(force or "")
    if relation is None:
        return _case(Pen(choices, dtype, forms[0], force, grad), operation, forms, names)
    return relation.draw(lambda possible: _drawn(Pen(choices, dtype, possible[0], PLAIN, grad), operation, possible, names), forms, operation)


_LAYOUTS = (None, "expanded", "sliced", "permuted")
_ATTEMPTS = 40  # at a call that has the option
_FEW_OF = 8  # calls, of which one is taken
_MANY = 99  # dimensions
_Call = tuple[Pen, tuple[Any, ...], dict[str, Any]]  # with the pen that drew its arguments


def _with_option(seed: int, operation: Operation, dtype: str, forms: tuple[str, ...], force: str, option: int) -> _Call:
    """The pen with all that was drawn, positional and keyword arguments, one of which is the option of this number; in a call of few arguments, if
    that is the class."""
    wanted = critical.options(operation)[option]
    few = force.endswith(FEWEST)
    found: list[_Call] = []
    for attempt in range(_ATTEMPTS):
        pen = RandomPen(f"{seed} {attempt}", dtype, forms[0], force.removesuffix(FEWEST))
        pen.form = pen.choice(_returning(forms) if few or pen.lone is not None else forms)
        pen.option = wanted
        args, kwargs = arguments(pen, operation)
        if wanted.taken(args, kwargs):
            found.append((pen, args, kwargs))
        if len(found) == (_FEW_OF if few else 1):
            break
    return _of_fewest_arguments(found or [(pen, args, kwargs)])


def _with_flags(seed: int, operation: Operation, dtype: str, forms: tuple[str, ...], force: str, combination: int) -> _Call:
    """The pen with all that was drawn, where the flags are the bits of a number."""
    pen = RandomPen(str(seed), dtype, forms[0], force)
    pen.form = pen.choice(_returning(forms))
    pen.given_flags = {name: bool(combination >> place & 1) for place, name in enumerate(critical.flags(operation))}
    return pen, *arguments(pen, operation)


def _returning(forms: tuple[str, ...]) -> tuple[str, ...]:
    """The forms of a call that returns its result, if there are such."""
    return tuple([form for form in forms if form not in ("inplace", "out")]) or forms


def _of_fewest_arguments(drawn: Sequence[_Call]) -> _Call:
    """Of several calls the first of those with the fewest arguments."""
    return min(drawn, key=lambda each: _size(each)[0])


def _size(call: _Call) -> tuple[int, int]:
    """How many arguments a call has, and how many dimensions the first operand, of which one is the fewest."""
    spec = next(iterate_tensors(call[1:]), None)
    return len(call[1]) + len(call[2]), 0 if spec is None else len(spec.shape) or _MANY


def _best_of_few(seed: int, operation: Operation, dtype: str, forms: tuple[str, ...], grad: int, force: str) -> _Call:
    """The pen with all that was drawn, positional and keyword arguments: of several calls the first in which an arrangement of memory came up, or of
    those with the fewest arguments."""
    drawn: list[_Call] = []
    for attempt in range(_FEW_OF * (3 if force in (CHANNELS_LAST, PLAIN + FEWEST) else 1)):
        pen = RandomPen(f"{seed} {attempt}", dtype, forms[0], force.removesuffix(FEWEST), grad)
        pen.form = pen.choice(_returning(forms) if force.endswith(FEWEST) else forms)
        drawn.append((pen, *arguments(pen, operation)))
        if force == PLAIN + FEWEST and _size(drawn[-1]) <= (1, 1):
            return drawn[-1]
    if force == CHANNELS_LAST:
        found = [each for each in drawn if each[0].labels & {CHANNELS_LAST, CHANNELS_LAST + WITH_GRADIENTS}] or drawn[:1]
        return min(found, key=lambda each: len(next(iterate_tensors(each[1:])).shape))  # of four dimensions, if there is one
    return min(drawn, key=_size) if force == PLAIN + FEWEST else _of_fewest_arguments(drawn)


def plain_case(entry: Entry, dtype: str, forms: tuple[str, ...], grad: int, seed: str) -> tuple[Pen, Case]:
    """A case of plain values, drawn from a seed, and the pen that drew it."""
    return _drawn(Pen(RandomChoices(seed), dtype, forms[0], PLAIN, grad), entry.operation, forms, entry.names)


def _drawn(pen: Pen, operation: Operation, forms: tuple[str, ...], names: tuple[str, ...]) -> tuple[Pen, Case]:
    return pen, _case(pen, operation, forms, names)


def _case(pen: Pen, operation: Operation, forms: tuple[str, ...], names: tuple[str, ...]) -> Case:
    if is_returned(pen.force):
        forms = _returning(forms)
    pen.form = "inplace" if pen.force in (IN_PLACE, LEAF_TARGET) else pen.choice(forms)
    return build_with(pen, operation, names)


def build_with(pen: Pen, operation: Operation, names: tuple[str, ...]) -> Case:
    """Draw one case with this pen, in its form."""
    return _finished(operation, names, pen, *arguments(pen, operation))


def arguments(pen: Pen, operation: Operation) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a row draws with this pen. What only moves elements is given numbers of its dtype's whole range, also in plain calls."""
    if not pen.grad and not operation.random and operation.values and critical.only_moves(operation):
        pen.moderately = MOVED
    return (operation.gradient_draw if pen.grad and operation.gradient_draw is not None else operation.draw)(pen)


def _finished(operation: Operation, names: tuple[str, ...], pen: Pen, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Case:
    """What all cases have in common: the name that is called, the output, the seed, the labels."""
    form, grad = pen.form, pen.grad
    if pen.invalid and "invalid" not in pen.labels:
        args, kwargs = spoil(pen, args, kwargs)
    names = (names[0], *(alias for alias in names[1:] if form in ("operator", "attribute") or form in forms_of(alias)))
    name = names[pen.integer(0, len(names) - 1)] if len(names) > 1 and pen.chance(4) else names[0]
    if not pen.invalid and form not in ("operator", "attribute"):
        args, kwargs = _rearranged(pen, operation, args, kwargs)
    flag = flag_position(operation.name)
    if flag is not None and len(args) > flag and args[flag] is not False:  # by name, which tells that the call writes
        args, kwargs = (*args[:flag], *args[flag + 1 :]), {"inplace": args[flag], **kwargs}
    case = Case(name, form, tuple(pen.buffers), args, kwargs, grad=grad, updates=updated_places(operation.name))
    aliases = operation.family in ("pointwise", "indexing") and not critical.is_forced(pen.force)
    if form == "inplace" and aliases and args and isinstance(args[0], TensorSpec):
        case = _sometimes_alias(pen, case)
    if form == "out":
        case = _with_out(pen, case, operation)
    if case.kwargs.get("requires_grad") is True:
        case = replace(case, grad=1)  # whether the result requires grad is looked at only where gradients are asked for
    if operation.random:
        case = replace(case, seed=pen.choice((0, 1, 42, 2**31, 1234567)))
    case = _untangle(replace(case, buffers=tuple(pen.buffers)))
    labels = set(pen.labels)
    if "invalid" in labels:
        labels.add(INVALID)
    again = pen.integer(0, 10)
    if pen.force == DEFAULT_DTYPE:
        case = replace(case, surroundings=SURROUNDINGS[0])
        labels.add(case.surroundings)
    elif pen.force == LEAF_TARGET and case.target is not None and case.target.requires_grad:
        case = replace(case, surroundings=LEAF, chain=())
        pen.note(LEAF_TARGET)
        labels |= {LEAF, *pen.labels}
    elif pen.force in SURROUNDINGS:
        case = replace(case, surroundings=str(pen.force))
        labels.add(case.surroundings)
    elif pen.force in ("0-d", NUMBERS):  # of one element, which a backend may keep like a number
        labels |= {SEQUENCE, NUMBERS} if pen.force == NUMBERS else {SEQUENCE}
    elif again >= 9:
        labels.add("again")
    elif again >= 6:
        labels.add("relayout")
    elif again == 5:
        labels.add(SEQUENCE)
    elif again == 4:
        case = _surrounded(pen, case)
        labels |= {case.surroundings} - {""}
    if grad:
        kinds = ("dense", "strided", "dense", "repeated", "strided", "expanded")  # in equal cotangents no order is seen
        case = replace(case, cotangents=pen.choice(("dense", "strided") if pen.arranged else kinds))
    return replace(case, labels=frozenset(labels))


def _surrounded(pen: Pen, case: Case) -> Case:
    """The call in another global state, in which it may have another result; or on a leaf that requires a gradient."""
    leaf = case.target is not None and case.target.requires_grad
    float64, no_grad, inference, deterministic = SURROUNDINGS
    choices = [no_grad, inference, *[LEAF] * leaf] if case.grad else [float64, inference, float64, deterministic]
    chosen = pen.choice(choices)
    return replace(case, surroundings=chosen, chain=() if chosen == LEAF else case.chain)


def _rearranged(pen: Pen, operation: Operation, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The same call, now and then with the last arguments handed over by their names, or with those by position that come next in the signature.
    The names are those that refimpl's registry knows. Numbers with a fraction stay where they are (the bound of an accumulated result looks for
    them there), but those of random numbers."""
    names = parameters(operation.name, pen.form == "method")
    kind = pen.integer(0, 5)
    if kind == 3:
        return respelt(operation.name, args, kwargs)
    if kind == 4 and names:
        args, kwargs = list(args), dict(kwargs)  # type: ignore[assignment]
        while len(args) < len(names) and names[len(args)] in kwargs:
            args.append(kwargs.pop(names[len(args)]))  # type: ignore[attr-defined]
        return tuple(args), kwargs
    if kind == 5 and 1 < len(args) <= len(names):
        first = len(args) if pen.chance(2) else 2
        while len(args) > 1 and len(args) >= first and (operation.random or not isinstance(args[-1], (float, complex))):
            name = names[len(args) - 1]
            if name in kwargs or name.endswith("_"):
                break
            args, kwargs = args[:-1], {name: args[-1], **kwargs}
    return args, kwargs


def _untangle(case: Case) -> Case:
    """Where elements of an in-place target overlap without a stride of 0, torch writes them in an order that it does not
    specify: such a target is laid out contiguously. (With a stride of 0 torch raises, and that is kept.)"""
    target = case.target
    if target is None or lies_apart(target) or any(stride == 0 and size > 1 for size, stride in zip(target.shape, target.strides, strict=True)):
        return case
    offsets = element_offsets(target.shape, target.strides, target.offset)
    if len(set(offsets)) == len(offsets):
        return case
    fresh = replace(target, buffer=len(case.buffers), strides=contiguous_strides(target.shape), offset=0)
    args = tuple([fresh if arg is target else arg for arg in case.args])
    return replace(case, args=args, buffers=(*case.buffers, b"".join(elements(case, target))))



def respelt(operation: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments with every dimension counted from the other end, and a single number where a tuple of one stood, or the other way round."""
    first = next(iter(iterate_tensors((args, kwargs))), None)
    names, singles = parameters(operation), single_or_several(operation)

    def written(name: str, value: Any) -> Any:
        if name in DIMENSIONS and first is not None:
            value = _from_the_other_end(value, len(first.shape))
        if name in singles:
            if type(value) is int:
                return (value,)
            return value[0] if type(value) is tuple and len(value) == 1 and type(value[0]) is int else value
        return value

    named = [written(names[i], arg) if i < len(names) else arg for i, arg in enumerate(args)]
    return tuple(named), {name: written(name, value) for name, value in kwargs.items()}


def _from_the_other_end(value: Any, ndim: int) -> Any:
    if type(value) is tuple:
        return tuple([_from_the_other_end(each, ndim) for each in value])
    if type(value) is not int or not -ndim <= value < ndim:
        return value
    return value - ndim if value >= 0 else value + ndim


_WRONG: tuple[Any, ...] = (None, "x", 2**70, (1, "a"), 1.5, [])


def spoil(pen: Pen, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Make a valid call invalid in a way that fits any operation: an argument of another type, one missing, one unknown."""
    movable = [i for i, arg in enumerate(args) if isinstance(arg, TensorSpec) and i > 0]
    kinds = ["unknown"]
    kinds += ["missing", "more"] if len(args) > 1 else ["more"]
    kinds += ["wrong", "other dtype"] if movable else []
    kinds += ["other shape", "valid"] if pen.force is None else []
    kind = pen.choice(kinds)
    if kind == "valid":
        return args, kwargs
    pen.labels.add("invalid")
    if kind == "missing":
        return args[:-1], kwargs
    if kind == "more":
        return (*args, pen.choice(_WRONG)), kwargs
    if kind == "wrong":
        i = pen.choice(movable)
        return (*args[:i], pen.choice(_WRONG), *args[i + 1 :]), kwargs
    if kind == "other dtype":
        i = pen.choice(movable)
        return (*args[:i], pen.tensor(dtype=pen.choice(ALL)), *args[i + 1 :]), kwargs
    if kind == "other shape" and args and isinstance(args[0], TensorSpec):
        return (pen.tensor(dtype=pen.dtype), *args[1:]), kwargs
    return args, {**kwargs, "unknown": 1}


def _sometimes_alias(pen: Pen, case: Case) -> Case:
    """Now and then another operand of an in-place call is the target itself, or another view of its storage.

    Only where torch looks for overlaps; what ``x.addmv_(a, x)`` writes it does not say.
    """
    if pen.grad or not pen.chance(8):
        return case
    others = [i for i, arg in enumerate(case.args) if i > 0 and isinstance(arg, TensorSpec) and arg.dtype == case.args[0].dtype]
    if not others:
        return case
    target = case.args[0]
    view = target
    if len(target.shape) == 2 and target.shape[0] == target.shape[1] and pen.chance(2):
        view = replace(target, strides=target.strides[::-1])
    return replace(case, args=tuple([view if i == others[0] else arg for i, arg in enumerate(case.args)]))


def _with_out(pen: Pen, case: Case, operation: Operation) -> Case:
    """Draw ``out=``: mostly of the right shape and dtype in some layout, now and then of another shape or dtype."""
    plain = replace(case, form="function", buffers=tuple(pen.buffers))
    outcome = execute(find_backend("torch:cpu"), plain)
    outputs = outcome.outputs[: len(outcome.outputs) - len(case.updated())]
    labels = set(pen.labels)  # input classes are about inputs: what ``out`` held before counts for none
    if outcome.error is not None or not outputs or any(output.reading.dtype not in ITEMSIZE for output in outputs):
        out = pen.tensor((), "float32", layout="contiguous")
        pen.labels = labels
        return replace(case, kwargs={**case.kwargs, "out": out})
    outs: list[Any] = []
    for output in outputs:
        dtype, shape = output.reading.dtype, output.reading.shape
        kind = pen.integer(0, 9)
        if kind == 7:
            shape = (0,)
        elif kind == 8:
            other = pen.choice(ALL)
            dtype = other if other in operation.out_dtypes else dtype
        elif kind == 9 and shape:
            shape = (*shape[:-1], shape[-1] + 1)
        layout = pen.choice(operation.out_layouts)
        outs.append(pen.tensor(shape, dtype, layout=layout, mode="ordinary", differentiable=False))
    pen.labels = labels
    single = isinstance(outcome.structure, str)
    return replace(case, kwargs={**case.kwargs, "out": outs[0] if single else tuple(outs)})
