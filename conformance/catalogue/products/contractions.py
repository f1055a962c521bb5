"""Sums of products along dimensions of two or more tensors, chains of matrices, and products of vectors along a dimension."""

from __future__ import annotations

from math import prod
from typing import Any

from ...accuracy.contracts import conditioned
from ...cases.case import COMPLEX, FLOATS, Case, TensorSpec
from ...drawing.pen import Pen
from ..rows import Arguments, define
from .matrix_products import FAMILY, OPTIONS, inner_terms


def _second(pen: Pen) -> str:
    return pen.dtype if not pen.misbehave(3) else pen.other_dtype()


def inner(pen: Pen) -> Arguments:
    """Tensors with the same last dimension; now and then one without dimensions, of any dtype."""
    if pen.chance(5):
        shapes = [pen.shape(0, 2, 12), ()]
        if pen.chance(2):
            shapes.reverse()
        return (pen.tensor(shapes[0]), pen.tensor(shapes[1], pen.other_dtype())), {}
    k = pen.length((3, 2, 1, 4, 0, 17))
    other = (*pen.shape(0, 2, 5), k + pen.integer(1, 2) if pen.misbehave(2) else k)
    return (pen.tensor((*pen.shape(0, 2, 5), k)), pen.tensor(other, _second(pen))), {}


def unpaired_dims(pen: Pen) -> Arguments:
    """Dimensions, one side of which is no sequence, or has a number that 64 bits do not hold."""
    lists = [[0], pen.choice((0, 1.5, None, "", [2**63], [-(2**63) - 1]))]
    if pen.chance(2):
        lists.reverse()
    return (pen.tensor((2, 3)), pen.tensor((2, 3)), tuple(lists)), {}


def tensordot(pen: Pen) -> Arguments:
    """Dimensions by number, or as two lists of them in any order and of either sign; sizes of 1 meet others."""
    shared, a, b = pen.shape(0, 2, 6), pen.shape(0, 1, 4), pen.shape(0, 1, 4)
    if pen.chance(2):
        first, second = a + shared, (*[size + 1 if pen.misbehave(3) else size for size in shared], *b)
        count = pen.choice((-1, len(first) + 1, "1", 1.5)) if pen.misbehave(4) else len(shared)
        return (pen.tensor(first), pen.tensor(second, _second(pen)), *(() if count == 2 and pen.chance(2) else (count,))), {}
    sizes = [[1 if pen.chance(8) else size for size in shared] for _ in range(2)]
    places = [[(i, size) for i, size in enumerate(own)] + [(-1, size) for size in free] for own, free in zip(sizes, (a, b), strict=True)]
    shapes: list[tuple[int, ...]] = []
    lists: list[Any] = []
    for own in places:
        order = [own.pop(pen.integer(0, len(own) - 1)) for _ in range(len(own))]
        shapes.append(tuple([size for _, size in order]))
        dims = [[name for name, _ in order].index(i) for i in range(len(shared))]
        lists.append([d - len(order) if pen.chance(3) else d for d in dims])
    if pen.misbehave(2):
        wrong = pen.integer(0, 4)
        lists[wrong % 2] = [[*lists[0], 0], [0, 0], [7], "ab", [0.5]][wrong]
    return (pen.tensor(shapes[0]), pen.tensor(shapes[1], _second(pen)), tuple(lists) if pen.chance(2) else lists), {}


# -- einsum ----------------------------------------------------------------------------------------

_WRONG = ("ij->", "i.j", "i....j", "......", "i1", "ij->i-", "ij->ii", "ij->k", "ij,jk", "->", "ij->ij->", "ij,jk,kl", "ijkl", "")
_WRONG_RESULTS = (".", "i.", "..i", "......", "i....", "...i...", "1", "i-", "i$j", "j_")


def einsum(pen: Pen) -> Arguments:
    """One to three operands whose dimensions have names, some twice, and an ellipsis; by an equation, or by lists of numbers."""
    sizes = [pen.length((2, 3, 1, 4, 2, 0) if i == 0 else (2, 3, 1, 4), most=300 if i == 0 else 8) for i in range(4)]
    wide = pen.shape(0, 2, 4, most=16)
    names: list[list[int]] = []
    shapes: list[tuple[int, ...]] = []
    for _ in range(pen.integer(1, 3)):
        chosen = [pen.integer(0, 3) for _ in range(pen.integer(0, 3))]
        shape = [1 if chosen.count(i) == 1 and pen.chance(10) else sizes[i] for i in chosen]
        if pen.misbehave(3) and shape:
            shape[0] += 1
        if wide and pen.chance(3):
            place, covered = pen.integer(0, len(chosen)), wide[pen.integer(0, len(wide)) if pen.chance(3) else 0 :]
            covered = tuple([1 if pen.chance(6) else size + 2 if pen.misbehave(4) else size for size in covered])
            chosen, shape = [*chosen[:place], -1, *chosen[place:]], [*shape[:place], *covered, *shape[place:]]
        names.append(chosen)
        shapes.append(tuple(shape))
    present = sorted({i for chosen in names for i in chosen})
    result = None if pen.chance(4) else [present.pop(pen.integer(0, len(present) - 1)) for _ in range(pen.integer(0, len(present)))]
    tensors = [pen.tensor(shape, _second(pen)) for shape in shapes]
    if not any(-1 in chosen for chosen in (*names, result or ())) and pen.chance(4):
        lists = [[i + 60 if pen.misbehave(6) else 3 * i for i in chosen] for chosen in (*names, *([] if result is None else [result]))]
        paired = [each for pair in zip(tensors, lists, strict=False) for each in pair]
        return (*paired, *lists[len(tensors) :]), {}
    space = " " if pen.chance(6) else ""
    words = [space.join("..." if i < 0 else "jKbz"[i] for i in chosen) for chosen in [*names, result or []]]
    equation = f"{space},{space}".join(words[:-1]) + ("" if result is None else f"{space}->{space}{words[-1]}")
    if pen.misbehave(2):
        equation = pen.choice(_WRONG)
    return ((equation, tensors) if pen.chance(6) else (equation, *tensors)), {}


def wrong_operand(pen: Pen) -> Arguments:
    """A list of numbers where an operand is due, beside lists of numbers for the names of dimensions."""
    return (pen.tensor((2,)), [0], pen.choice(([6, 3], [], [1])), [1], *pen.choice(((), ([0],)))), {}


def wrong_equation(pen: Pen) -> Arguments:
    """A matrix and an equation that names its dimensions, but with a wrong result, a wrong name or a wrong ellipsis; or what is no equation."""
    wrong = pen.choice(("....", "i....", "...ij...", "ij.", "i.j", "i1", "1ij"))
    equation = pen.choice(("ij->" + pen.choice(_WRONG_RESULTS), wrong, 2, None, 1.5, ["ij"]))
    return (equation, pen.tensor((2, 3))), {}


def einsum_terms(case: Case) -> int:
    """As many as there are products of all operands, in all: each is a term of one result; and one rounding for each operand."""
    sizes: dict[Any, int] = {}
    specs = case.tensors()
    given = [arg for arg in case.args if isinstance(arg, (list, tuple)) and not any(isinstance(each, TensorSpec) for each in arg)]
    words = case.args[0].partition("->")[0].replace(" ", "").split(",") if isinstance(case.args[0], str) else given
    for spec, named in zip(specs, words):
        names = list(named.replace("...", ".")) if isinstance(named, str) else list(named)
        count = len(spec.shape) - len([name for name in names if name != "."])
        names = [each for name in names for each in ([f".{count - i}" for i in range(count)] if name == "." else [name])]
        for name, size in zip(names, spec.shape):
            sizes[name] = max(size, sizes.get(name, 1))
    return prod(sizes.values()) + len(specs)


# -- chains ----------------------------------------------------------------------------------------


def _chain(pen: Pen, least: int, vectors: bool) -> list[TensorSpec]:
    sizes = [pen.length((2, 3, 1, 4, 5, 0) if i else (2, 3, 1)) for i in range(pen.integer(least, 4) + 1)]
    shapes = [(n + 1 if pen.misbehave(5) else n, k) for n, k in zip(sizes, sizes[1:], strict=False)]
    ranks: list[tuple[int, ...]] = [(*shape, 1) if pen.misbehave(8) else shape for shape in shapes]
    if vectors and pen.chance(3):
        ranks[0] = ranks[0][1:]
    if vectors and pen.chance(3):
        ranks[-1] = ranks[-1][:1]
    return [pen.tensor(shape, pen.dtype if not pen.misbehave(6) else pen.other_dtype()) for shape in ranks]


def multi_dot(pen: Pen) -> Arguments:
    return (_chain(pen, 1 if pen.misbehave(4) else 2, True),), {}


def chain_matmul(pen: Pen) -> Arguments:
    return tuple(_chain(pen, 1, False)), {}


def chain_of_others(pen: Pen) -> Arguments:
    """Matrices, and something else among them."""
    chain: list[Any] = [pen.tensor((2, 2)) for _ in range(pen.integer(1, 3))]
    chain.insert(pen.integer(0, len(chain)), pen.choice((None, 2, 1.5, "x", True)))
    return tuple(chain), {}


def no_matrices(pen: Pen) -> Arguments:
    return (), {}


def chain_terms(case: Case) -> int:
    """The lengths of all products together."""
    return sum(sum(spec.shape) for spec in case.tensors()) + 1


# -- vectors ---------------------------------------------------------------------------------------


def _vectors(pen: Pen, ranks: bool) -> tuple[list[TensorSpec], int]:
    """Two tensors of vectors that broadcast, and the dimension of the vectors."""
    shapes = pen.broadcastable(2, pen.shape(0, 2, 8, most=1100))
    if ranks:
        count = max(map(len, shapes))
        shapes = [(1,) * (count - len(shape)) + shape for shape in shapes]
    place = pen.integer(0, min(map(len, shapes)))
    length = 3 if ranks else pen.length((3, 2, 1, 5, 0))
    lengths = [length + 1 if pen.misbehave(4) else length for _ in shapes]
    full = [(*shape[: len(shape) - place], n, *shape[len(shape) - place :]) for shape, n in zip(shapes, lengths, strict=True)]
    if pen.misbehave(4):
        full[1] = full[1][1:]
    return [pen.tensor(full[0]), pen.tensor(full[1], _second(pen))], -1 - place


def linalg_cross(pen: Pen) -> Arguments:
    tensors, dim = _vectors(pen, True)
    ndim = len(tensors[0].shape)
    dim = pen.choice((ndim, -ndim - 1)) if pen.misbehave(4) else dim + ndim if pen.chance(2) and dim + ndim >= 0 else dim
    return tuple(tensors), {} if dim == -1 and pen.chance(2) else {"dim": dim}


def cross(pen: Pen) -> Arguments:
    args, kwargs = linalg_cross(pen)
    return args, kwargs if pen.chance(2) else {}


def vecdot(pen: Pen) -> Arguments:
    tensors, dim = _vectors(pen, False)
    if pen.chance(10):
        tensors[pen.integer(0, 1)] = pen.tensor(())
    return tuple(tensors), {} if dim == -1 and pen.chance(2) else {"dim": pen.choice((7, -9)) if pen.misbehave(4) else dim}


define("inner", FAMILY, inner, **OPTIONS)
define("tensordot", FAMILY, tensordot, forms="function out", violating=(unpaired_dims,),
       **OPTIONS | {"terms": lambda case: prod(max(case.tensors()[0].shape, (1,), key=prod))})  # fmt: skip
define("einsum", FAMILY, einsum, forms="function", weight=2.0, violating=(wrong_equation, wrong_operand), **OPTIONS | {"terms": einsum_terms})
define("linalg.multi_dot", FAMILY, multi_dot, **OPTIONS | {"terms": chain_terms})
define("chain_matmul", FAMILY, chain_matmul, forms="function out", violating=(chain_of_others, no_matrices), **OPTIONS | {"terms": chain_terms})
define("cross", FAMILY, cross, differentiable=True, contract=conditioned(4))
define("linalg.cross", FAMILY, linalg_cross, differentiable=True, contract=conditioned(4))
define("linalg.vecdot", FAMILY, vecdot, dtypes=(*FLOATS, *COMPLEX), **OPTIONS | {"terms": inner_terms})
