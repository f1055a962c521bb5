"""The pen of large inputs: sizes at which real kernels have vector tails, tiles, blocks, threads and grids.

It draws with every row as it is. A row asks for shapes and lengths one after the other; one of these requests is answered with
a large one, the others stay small, so that ``(n, k) @ (k, m)`` is long in each of its three sizes in turn. What is drawn follows from a seed,
without hypothesis; the same seed with a lower ``cap`` is the same case with smaller sizes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Sequence

from ..cases.case import COMPLEX, EVERY_INTEGER, FLOATS, TensorSpec, contiguous_strides
from .made_data import FEW, Recipe, make
from .random_pen import RandomPen

BASES = (8, 16, 32, 64, 128, 256, 1024, 65536)
ROLES = ("line", "rows", "columns", "middle", "tile", "ranks")
LARGE = "large"
GRADIENTS = "large with gradients"
LONGEST = 131_074  # elements of one tensor
_SPECIAL = (float("nan"), -0.0, 1.5, float("inf"), 1e-45, -2.25, float("-inf"), 0.0, float("nan"), -1e-45, 0.5)  # 1e-45 is 0 in 16 bits
_TAILS = (3, 5, 13, 61, 100, 211, 1000)  # between the powers of two: a kernel's block may hold any number


@dataclass(frozen=True)
class Scale:
    """What is large about a case: the role of the long dimension, its size, at most how many elements, the kind of the numbers, and the layout
    (or "broadcast", or "scalar operand") that is forced, the last elements, whether it is a plain call without optional arguments, and whether a
    dimension that is an argument is the long one (``along``) or one across it; None leaves that open."""

    role: str
    size: int
    most: int
    kind: str
    layout: str = "contiguous"
    tail: tuple[float, ...] = ()
    plain: bool = False
    along: bool | None = None


class LargePen(RandomPen):
    """Draws one large case. ``focus`` is the number of the request that is answered with a large shape; ``requests`` counts them."""

    def __init__(self, seed: str, dtype: str, form: str, scale: Scale, focus: int, cap: int = LONGEST, grad: int = 0) -> None:
        self.scale = scale
        self.focus = focus
        self.cap = cap
        self.requests = 0
        self.long: tuple[int, ...] = ()  # the shape that is large
        super().__init__(seed, dtype, form, scale.layout, grad)

    # -- shapes ----------------------------------------------------------------------------------
    def shape(self, min_dims: int = 0, max_dims: int = 5, limit: int = 60, most: int | None = None) -> tuple[int, ...]:
        most = min(self.scale.most, most or (LONGEST if limit >= 60 else 32 * limit))
        large = self._asked()
        if self.scale.role == "tile":
            large = large or self.focus >= 0 and most >= 1000
        if not large or self.focus < 0:
            return self._small(min_dims, max_dims)
        shape = self._of_role(min_dims, max_dims, most)
        self._note(shape)
        return shape

    def length(self, options: Sequence[int], most: int | None = None) -> int:
        most = min(self.scale.most, most or LONGEST)
        if self._asked():
            size = self._capped(self.scale.size, most)
            self._note((size,))
            return size
        if self.scale.role == "tile" and self.focus >= 0:
            size = self._capped(self.choice((7, 8, 9, 15, 17, 31, 33)), most)
            return size
        longest = 5 if self.scale.size < 60_000 else 3
        return self.choice([size for size in options if 0 < size <= longest] or [1])

    def _asked(self) -> bool:
        self.requests += 1
        return self.requests - 1 == self.focus

    def _small(self, low: int, high: int) -> tuple[int, ...]:
        rank = self.choice([rank for rank in (2, 1, 1, 3, 2, 0) if low <= rank <= high] or [low])
        return tuple([self.integer(1, 4 if rank < 4 else 2) for _ in range(rank)])

    def _capped(self, size: int, most: int) -> int:
        """The size, or the nearest below that lies as it does beside a power of two."""
        limit = min(most, self.cap)
        base = min(BASES, key=lambda each: abs(each - size))
        beside = size - base if abs(size - base) <= 1 else None
        while size > limit and size > 1:
            size = size // 2 if beside is None else (base := base // 2) + beside
        return max(size, 1)

    def _of_role(self, low: int, high: int, most: int) -> tuple[int, ...]:
        role = self.scale.role
        if role == "ranks" and high >= 3 and high > low:
            return self._many_dimensions(most)
        if role == "tile" and high >= 2:
            rows = self._capped(self.scale.size, most)
            sizes = [rows, self._capped(self.choice((33, 65, 65, 31)), max(most // rows, 1))]
            return (*[self.integer(1, 2) for _ in range(max(low, 2) - 2)], *sizes)
        wanted = {"line": 1, "rows": 2, "columns": 2, "middle": 3}.get(role, 2)
        rank = min(max(wanted, low), high)
        size = self._capped(self.scale.size, most)
        others = [self._beside(size, most, rank) for _ in range(rank - 1)]
        place = {"rows": 0, "line": 0, "columns": rank - 1}.get(role, rank // 2 if rank > 1 else 0)
        return (*others[:place], size, *others[place:])

    def _beside(self, size: int, most: int, rank: int) -> int:
        share = most // size if rank == 2 else int((most / size) ** 0.5)
        return max(1, min(self.choice((2, 3, 5, 7, 2)), share, self.cap))

    def _many_dimensions(self, most: int) -> tuple[int, ...]:
        """Six to eight dimensions, in a plain call eight, one of them longer than a vector."""
        rank = 8 if self.scale.plain else self.integer(6, 8)
        sizes = [self.choice((2, 1, 3, 2)) for _ in range(rank)]
        sizes[self.integer(0, rank - 1)] = self._capped(self.choice((9, 17, 15, 5)), most)
        total = 1
        for d, size in enumerate(sizes):
            sizes[d] = max(1, min(size, min(most, 2000) // total))
            total *= sizes[d]
        return tuple(sizes)

    def dim(self, ndim: int) -> int:
        """In a plain call mostly the long dimension, in others mostly one across it, where nothing else is asked for."""
        if ndim != len(self.long) or ndim == 0:
            return super().dim(ndim)
        longest = self.long.index(max(self.long))
        if self.scale.along if self.scale.along is not None else self.chance(3) != self.scale.plain:
            return longest - ndim * self.integer(0, 1)
        if self.scale.along is None or ndim == 1:
            return super().dim(ndim)
        return (longest + self.integer(1, ndim - 1)) % ndim - ndim * self.integer(0, 1)

    def maybe(self, name: str, draw: Callable[[], Any], one_in: int = 2) -> dict[str, Any]:
        return {} if self.scale.plain else super().maybe(name, draw, one_in)

    def _note(self, shape: tuple[int, ...]) -> None:
        self.long = shape
        self.labels.add(LARGE)
        self.labels |= classes_of(shape)

    def broadcastable(self, count: int, shape: tuple[int, ...] | None = None) -> list[tuple[int, ...]]:
        shapes = super().broadcastable(count, shape)
        if "broadcast" in self.labels and any(LARGE in label for label in self.labels):
            self.labels.add("large broadcast")
        return shapes

    # -- tensors ---------------------------------------------------------------------------------
    def tensor(
        self,
        shape: tuple[int, ...] | None = None,
        dtype: str | None = None,
        values: Sequence[Any] | None = None,
        mode: str | None = None,
        layout: str | None = None,
        differentiable: bool = True,
        rotation: int | None = None,
    ) -> TensorSpec:
        shape = self.shape() if shape is None else shape
        dtype = self.dtype if dtype is None else dtype
        strides, offset, cells = self._layout(shape, layout)
        recipe = self._recipe(dtype, cells, values, rotation)
        self.buffers.append(make(recipe))
        self.labels.add(dtype)
        requires = bool(self.grad) and differentiable and (dtype in FLOATS or dtype in COMPLEX)
        return TensorSpec(len(self.buffers) - 1, dtype, shape, strides, offset, requires)

    def _recipe(self, dtype: str, cells: int, values: Sequence[Any] | None, rotation: int | None) -> Recipe:
        start = self.integer(1, 2**20)
        if rotation is not None:
            odd = rotation | 1  # so that every other element, too, has all of them
            return Recipe(dtype, cells, start, pool=range(odd), modulus=odd)
        if values is not None:
            pool = _consecutive(values)
            distinct = isinstance(pool, range) and cells <= len(pool)
            return Recipe(dtype, cells, start, pool=pool, modulus=len(pool)) if distinct else Recipe(dtype, cells, start, pool=pool)
        if dtype in EVERY_INTEGER:
            return Recipe(dtype, cells, start, "small" if self.scale.kind != "full" or self.chance(2) else "full")
        tail = () if dtype == "bool" or self.grad or cells < 2 else self.scale.tail
        if self.scale.kind == "special" and dtype != "bool":
            return Recipe(dtype, cells, start, pool=_SPECIAL, modulus=len(_SPECIAL))
        if self.scale.kind == "few bits":
            return Recipe(dtype, cells, start, "few bits", modulus=FEW)
        return Recipe(dtype, cells, start, self.scale.kind, tail=tail[:cells])

    def _layout(self, shape: tuple[int, ...], layout: str | None) -> tuple[tuple[int, ...], int, int]:
        kinds = ("contiguous", "permuted", "sliced", "expanded")
        layout = layout or (self.force if self.force in kinds else self.choice(("contiguous", "contiguous", "permuted", "sliced")))
        if layout == "expanded" and self.form == "inplace" and not self.buffers:
            layout = "permuted"
        if layout == "sliced" and shape:
            strides, offset, cells = _sliced(shape, self.integer(0, len(shape) - 1), self.integer(1, 3))
        elif layout == "expanded" or layout == "permuted" and len(shape) > 1:
            return super()._layout(shape, layout)
        else:
            return contiguous_strides(shape), 0, contiguous_cells(shape)
        self.labels.add("sliced")
        return strides, offset, cells

    # -- other arguments -------------------------------------------------------------------------
    def scalar(self, dtype: str | None = None, complex_too: bool = True) -> Any:
        """A moderate number: an infinity would make all elements equal."""
        self.labels.add("scalar operand")
        dtype = self.dtype if dtype is None else dtype
        if dtype in EVERY_INTEGER or dtype == "bool":
            return self.choice((3, 2, 5, 1, 7))
        if dtype in COMPLEX and complex_too and self.chance(3):
            return 1.25 + 0.5j
        return self.choice((1.5, 2, -0.75, 3, 0.3))

    def other_dtype(self, dtypes: Sequence[str] = ()) -> str:
        return self.dtype if not dtypes or self.chance(2) else super().other_dtype(dtypes)


def _sliced(shape: tuple[int, ...], d: int, offset: int) -> tuple[tuple[int, ...], int, int]:
    """Every other element along one dimension."""
    inner = contiguous_strides((*shape[:d], 2 * max(shape[d], 1), *shape[d + 1 :]))
    strides = (*inner[:d], 2 * inner[d], *inner[d + 1 :])
    last = sum((max(size, 1) - 1) * stride for size, stride in zip(shape, strides, strict=True))
    return strides, offset, offset + last + 2


def contiguous_cells(shape: tuple[int, ...]) -> int:
    cells = 1
    for size in shape:
        cells *= size
    return cells


def _consecutive(values: Sequence[Any]) -> tuple[Any, ...] | range:
    """Numbers that follow each other in any order as a range, which is short to write."""
    if isinstance(values, range):
        return values
    numbers = set(values) if len(values) > 2 and all(type(value) is int for value in (values[0], values[-1])) else set()
    if len(numbers) == len(values) and max(numbers) - min(numbers) + 1 == len(values):
        return range(min(numbers), max(numbers) + 1)
    return tuple(values)


def classes_of(shape: tuple[int, ...]) -> set[str]:
    """The classes of large shapes that a shape belongs to: beside which power of two its longest dimension lies, and which dimension that is."""
    longest = max(shape, default=0)
    found = {f"large size {base}" for base in BASES for size in shape if abs(size - base) <= 1}
    if len(shape) >= 6:
        return found | {"large ranks"}
    if longest >= 7:
        place = shape.index(longest)
        role = "line" if len(shape) == 1 else "rows" if place == 0 else "columns" if place == len(shape) - 1 else "middle"
        found.add(f"large {role}")
    if sum(size >= 15 for size in shape) >= 2:
        found.add("large tile")
    return found


CLASSES = (
    *[f"large size {base}" for base in BASES], *[f"large {role}" for role in ROLES], "large broadcast", "large strided",
)  # fmt: skip
