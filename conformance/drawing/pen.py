"""The pen that a family's strategies draw with: shapes, layouts, tensors, scalars, dimensions, valid and invalid.

A :class:`Pen` draws from a seed or from hypothesis (:mod:`.choices`). Every choice is one small integer and every tensor's values are one blob of
bytes, so that an example costs little and shrinks to zeros: the first alternative of each choice is the simplest.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Callable, Sequence, TypeVar

from ..accuracy.number_formats import encode
from ..cases.case import (
    COMPLEX,
    FLOATS,
    INTEGERS,
    NUMBERS,
    DType,
    TensorSpec,
    contiguous_strides,
    element_offsets,
)  # fmt: skip
from . import arrangements, lone_values
from .arrangements import (
    CHANNELS_LAST,
    CLOSE,
    DOUBLE,
    DOUBLE_NUMBERS,
    EQUAL,
    FAR,
    LONG,
    NEGATIVE_DIMS,
    NEIGHBOURS,
    SIZE_ONE,
    SQUARE,
    SQUARE_PERMUTED,
    TIES,
    TWO_DTYPES,
    UNCHANGED,
    WITH_GRADIENTS,
    ZERO_DIM,
    ZEROS,
)  # fmt: skip
from .choices import Choices
from .values import INTEGER_LIMITS, VALUE_CLASSES, example_of, poison, table, value_labels

if TYPE_CHECKING:
    from .options import Option

T = TypeVar("T")
# Beside which numbers of another operand a forced value shows in the result: in what stays subnormal, in a zero that is an extreme.
_COMPANIONS = {"subnormal": (0.75, 0.0), "negative zero": (0.75, -0.75)}
_SCALARS = {"nan": float("nan"), "inf": float("inf"), "negative zero": -0.0, "extreme": 1e39, "subnormal": 1e-45}
INVALID = "invalid arguments"
WIDER = "wider 0-d operand"
PLAIN = "plain values"  # moderate numbers with all of their bits, in several elements: what rounding shows in
UNMET = "what a dtype has not met"  # a number of dimensions, and a layout, of the first operand: those that its other examples have not
IN_PLACE = "in place"  # of plain values, in a target that is not contiguous
ALL = ("float32", "int64", "bool", "complex64", "float64", "float16", "bfloat16", "uint8", "int32", "int8", "int16", "complex128")


class Pen:
    """Draws the parts of one case. ``dtype`` is the dtype under test, ``force`` an input class that must occur if it can.

    ``invalid`` is true in about one case of eight (never with gradients): the helpers then misbehave now and then.
    """

    def __init__(self, choices: Choices, dtype: str, form: str, force: str | None = None, grad: int = 0) -> None:
        self._choices = choices
        self.dtype = dtype
        self.form = form
        self.force = force
        self.grad = grad
        self.buffers: list[bytes] = []
        self.labels: set[str] = set()
        self.drawn: list[tuple[str, bytes]] = []  # of each tensor so far the mode of its values, and which of them
        self.invalid = False
        self.lengthened = 0  # how many of the sizes that were asked for as lengths were given for many elements
        self.free = 0  # how many tensors of the dtype under test had elements that no row gave
        self.first: tuple[str, tuple[int, ...], dict[tuple[int, ...], int]] | None = None  # dtype, shape and elements of the first moderate operand
        self.forced = False  # whether the value to be forced is among the elements already; in two operands it may cancel
        if grad == 0 and force in (None, INVALID):
            self.invalid = force == INVALID or self.integer(0, 7) == 7
        self.salt = self.integer(0, 7)
        self.option: Option | None = None  # what is to be taken where the row chooses
        self.given_flags: dict[str, bool] = {}  # what the keyword arguments that are flags are to be
        self.lone = lone_values.class_of(force)
        self.arranged = self.lone is not None or arrangements.is_arranged(force)
        self.moderate = self.arranged or force in (PLAIN, IN_PLACE)  # the elements are moderate, with all of their bits
        self.moderately = "ordinary"  # the mode of their values

    # -- primitive choices -----------------------------------------------------------------------
    def integer(self, low: int, high: int) -> int:
        return self._choices.integer(low, high)

    def _bytes(self, count: int) -> bytes:
        return self._choices.blob(count)

    def choice(self, options: Sequence[T]) -> T:
        if self.option is not None and self.option.chosen(options):
            return self.option.value  # type: ignore[no-any-return]
        return options[self.integer(0, len(options) - 1)] if len(options) > 1 else options[0]

    def chance(self, one_in: int) -> bool:
        """True in one case of ``one_in``; shrinks to False."""
        return self.integer(0, one_in - 1) == one_in - 1

    def misbehave(self, one_in: int = 3) -> bool:
        """Whether to hand over something invalid here."""
        if self.invalid and self.chance(one_in):
            self.labels.add("invalid")
            return True
        return False

    @property
    def second_operand(self) -> str:
        """What a second operand has to be where it may be a tensor or a number, for the class that is forced: "tensor", "number", or ""."""
        if self.force in (DOUBLE, NUMBERS):
            return "number"
        return "tensor" if self.arranged else ""

    def note(self, name: str) -> None:
        """An input class of arrangements has come up."""
        self.labels.add(name + WITH_GRADIENTS if self.grad else name)

    # -- dtypes ----------------------------------------------------------------------------------
    def other_dtype(self, dtypes: Sequence[str] = ALL) -> str:
        """The dtype of a second operand: mostly the same, else any."""
        if self.grad:
            return self.dtype
        wanted = arrangements.dtype_beside(self.force)
        if wanted in dtypes:
            self.note(TWO_DTYPES)
            return str(wanted)
        if self.arranged and self.dtype in dtypes:
            return self.dtype
        if self.integer(0, 9) < 6 and self.dtype in dtypes:
            return self.dtype
        return self.choice(dtypes)

    @property
    def wants_zero_dim(self) -> bool:
        """Whether the second operand is to be 0-d."""
        return self.force == WIDER or arrangements.zero_dim_dtype(self.force) is not None

    def zero_dim(self) -> TensorSpec:
        """A 0-d operand: often of the widest dtype of the same category, which a 0-d operand must not impose."""
        forced = arrangements.zero_dim_dtype(self.force)
        if forced is not None:
            self.note(TWO_DTYPES)
            return self.tensor((), forced)
        widest = {**dict.fromkeys(FLOATS, "float64"), **dict.fromkeys(INTEGERS, "int64"), **dict.fromkeys(COMPLEX, "complex128")}
        wide = widest.get(self.dtype, "int64")
        if self.force != WIDER and not self.chance(2):
            wide = self.choice(ALL)
        if wide == widest.get(self.dtype) and wide != self.dtype:
            self.labels.add(WIDER)
        return self.tensor((), wide)

    def float_dtype(self) -> str:
        """The dtype under test if it is a float or complex dtype, else float32."""
        return self.dtype if self.dtype in FLOATS or self.dtype in COMPLEX else "float32"

    def dtype_argument(self, dtypes: Sequence[str] = ALL) -> DType:
        return DType(self.choice(dtypes))

    # -- shapes ----------------------------------------------------------------------------------
    def length(self, options: Sequence[int], most: int | None = None) -> int:
        """The size of a dimension, or a number of things: one of these; a pen for large inputs draws more, at most ``most``."""
        if self.force in (SQUARE, SQUARE_PERMUTED) and 3 in options:
            return 3
        sizes = (17, 9, 5) if self.force == LONG else (6, 6) if self.lone is not None and self.dtype == "float32" else ()
        if self.lengthened < len(sizes) and max(options) > 1:
            self.lengthened += 1
            return min(sizes[self.lengthened - 1], most or 17)
        return self.choice(options)

    def shape(self, min_dims: int = 0, max_dims: int = 5, limit: int = 60, most: int | None = None) -> tuple[int, ...]:
        """A shape of few elements: 0-d, with zero sizes, long, or of up to five dimensions. ``most`` is the limit of a pen for large inputs."""
        ndim = self._rank(min_dims, max_dims)
        if ndim == 0:
            self.labels.add("0-d")
            if self.force == ZERO_DIM:
                self.note(ZERO_DIM)
            return ()
        arranged = arrangements.sizes(LONG if self.lone else self.force, ndim, limit)
        if arranged is not None:
            if self.force in SIZE_ONE:
                self.note(str(self.force))
            return arranged
        kind = self.integer(0, 11)
        empty = kind == 11 and not self.moderate or self.force == "empty"
        if kind == 10 and ndim <= 2 and not self.grad and self.force not in NEGATIVE_DIMS:
            long = (self.integer(17, 70),)
            return long if ndim == 1 else (self.integer(1, 2), *long)
        top = (12, 5, 4, 3, 2)[ndim - 1] if ndim <= 5 else 2
        sizes = []
        total = 1
        for _ in range(ndim):
            least = 2 if (self.moderate or self.force in ("overlapping", "permuted", "expanded", *_COMPANIONS)) and top >= 2 else 1
            size = min(self.integer(least, top), max(1, limit // total))
            total *= size
            sizes.append(size)
        if self.force == IN_PLACE and ndim == 2:
            sizes = [min(sizes)] * 2
        if empty:
            sizes[self.integer(0, ndim - 1)] = 0
        if 0 in sizes:
            self.labels.add("empty")
        return tuple(sizes)

    def _rank(self, low: int, high: int) -> int:
        if self.force == "0-d" and low == 0:
            return 0
        arranged = arrangements.rank(self.force, low, high, bool(self.grad))
        if arranged is not None:
            return arranged
        if self.force in ("overlapping", "permuted", IN_PLACE) and high >= 2:
            low = max(low, 2)
        elif arrangements.is_of_one_shape(self.force):
            low = min(max(low, 1), high)
        ranks = [rank for rank in (1, 2, 2, 3, 1, 0, 3, 2, 4, 5) if low <= rank <= high]
        return self.choice(ranks) if ranks else self.integer(low, high)

    def broadcastable(self, count: int, shape: tuple[int, ...] | None = None) -> list[tuple[int, ...]]:
        """Shapes that broadcast together, sometimes (when invalid) not."""
        arranged = arrangements.broadcast(self.force, count, shape, bool(self.grad) and self.dtype in ("float16", "bfloat16"))
        if arranged is not None:
            self.note(str(self.force))
            self.labels.add("broadcast")
            return arranged
        common = self.shape() if shape is None else shape
        if arrangements.is_of_one_shape(self.force):
            return [common] * count
        shapes = [common]
        for _ in range(count - 1):
            other = list(common)
            if self.force == "broadcast" or self.integer(0, 2) == 2:
                for d in range(len(other)):
                    if other[d] != 1 and self.chance(2):
                        other[d] = 1
                other = other[self.integer(0, len(other)) if self.chance(2) else 0 :]
            if self.misbehave() and other:
                d = self.integer(0, len(other) - 1)
                other[d] += self.integer(1, 2)
            shapes.append(tuple(other))
        if self.integer(0, 1) and count > 1:
            k = self.integer(1, count - 1)
            shapes = shapes[k:] + shapes[:k]
        if len(set(shapes)) > 1:
            self.labels.add("broadcast")
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
        """A tensor argument over a buffer of its own. ``values``: draw from these numbers instead of the dtype's table;
        ``rotation``: the elements are 0, 1, ... ``rotation`` - 1 in turn, from a drawn start."""
        shape = self.shape() if shape is None else shape
        dtype = self.dtype if dtype is None else dtype
        strides, offset, storage = self._layout(shape, layout)
        places = element_offsets(shape, strides, offset)
        used = sorted(set(places))
        mode = mode or self._mode(dtype)
        blob = self._bytes(len(used)) if used else b""
        if self.force is None and mode != "special" or self.grad and not self.arranged:
            mode, blob = self._ties(mode, blob)
        self.drawn.append((mode, blob))
        pool: Sequence[bytes] = table(dtype, mode, self.salt) if values is None else [encode([value], dtype) for value in values]
        if self.moderate:  # the first sixteen entries of a table have few bits, and all zeros is what is drawn first
            blob = bytes([16 + (byte + 7 * i + 31 * len(self.buffers)) % 240 for i, byte in enumerate(blob)])
            if values is None and self.lone is None and not self.grad:
                blob = self._meeting(blob, dtype, shape, places, used)
        chosen = [pool[byte % len(pool)] for byte in blob]
        if rotation is not None and blob:
            chosen = [encode([(blob[0] + i) % rotation], dtype) for i in range(len(blob))]
        arranged = arrangements.numbers(self.force, dtype, len(chosen), (blob or b"\0")[0], len(self.buffers))
        if arranged is not None and values is None and rotation is None:
            chosen = [encode([value], dtype) for value in arranged]
            if self.force in (FAR, EQUAL, TIES, ZEROS, NEIGHBOURS, CLOSE, *UNCHANGED):
                self.note(str(self.force))
        if self.force in VALUE_CLASSES and values is None and rotation is None and chosen:
            forced = self._forced_values(dtype)[: len(chosen)]
            chosen[: len(forced)] = forced
        if values is None and rotation is None and dtype == self.dtype:
            chosen = self._lone_values(dtype, chosen)
        gap = table(dtype, "ordinary", 0)[1] if self.grad else poison(dtype)
        cells = [gap] * storage
        for place, element in zip(used, chosen, strict=True):
            cells[place] = element
        self.buffers.append(b"".join(cells))
        if not self.grad:
            self.labels |= value_labels(chosen, dtype)
        self.labels.add(dtype)
        for name in arrangements.labels_of(shape, strides):
            self.note(name)
        requires = bool(self.grad) and differentiable and (dtype in FLOATS or dtype in COMPLEX)
        return TensorSpec(len(self.buffers) - 1, dtype, shape, strides, offset, requires)

    def _ties(self, mode: str, blob: bytes) -> tuple[str, bytes]:
        """Now and then the same few elements again and again, those of an earlier tensor, or one element twice, so that elements are equal."""
        kind = self.integer(0, 9)
        if kind == 9 and len(blob) > 3:
            return mode, (blob[:3] * (len(blob) // 3 + 1))[: len(blob)]
        if kind >= 7 and self.drawn and self.drawn[-1][1]:
            mode, earlier = self.drawn[-1]
            return mode, (earlier * (len(blob) // len(earlier) + 1))[: len(blob)]
        if kind >= 6 and len(blob) > 3:  # a matrix keeps its rank
            return mode, blob[:-1] + blob[:1]
        return mode, blob

    def _meeting(self, blob: bytes, dtype: str, shape: tuple[int, ...], places: Sequence[int], used: Sequence[int]) -> bytes:
        """The bytes of an operand's elements in the order of its memory: a third of them are those of the first operand at the same place, so that
        comparisons have both results."""
        if self.first is None:
            self.first = dtype, shape, dict(zip(product(*map(range, shape)), map(dict(zip(used, blob)).__getitem__, places)))
            return blob
        first_dtype, first_shape, bytes_at = self.first
        if dtype != first_dtype or not bytes_at:
            return blob
        made, at = bytearray(blob), {place: i for i, place in enumerate(used)}
        for number, (place, index) in enumerate(zip(places, product(*map(range, shape)))):
            if number % 3 == 1:
                aligned = (0,) * (len(first_shape) - len(index)) + index[max(len(index) - len(first_shape), 0) :]
                made[at[place]] = bytes_at[tuple([min(i, size - 1) for i, size in zip(aligned, first_shape)])]
        return bytes(made)

    def _lone_values(self, dtype: str, chosen: list[bytes]) -> list[bytes]:
        """The elements, with the special values that are forced among them if this is the operand that has them."""
        self.free += 1
        if self.lone is None or self.free - 1 != self.lone[1]:
            return chosen
        found = lone_values.placed(self.lone[0], dtype, chosen)
        if found is None:
            return chosen
        self.note(self.lone[0])
        return found

    def _forced_values(self, dtype: str) -> list[bytes]:
        """The first elements: the value that must occur, in a second operand mostly those beside which it shows."""
        example = example_of(self.force, dtype)
        if self.forced and not self.chance(3):
            return [encode([value], dtype) for value in _COMPANIONS.get(str(self.force), ())] if dtype in FLOATS else []
        self.forced = self.forced or example is not None
        return [] if example is None else [example] * (2 if self.force in _COMPANIONS else 1)

    def _mode(self, dtype: str) -> str:
        if self.arranged or self.moderate and not self.grad:
            return self.moderately
        if self.grad:
            return "ties" if self.integer(0, 3) == 3 else "ordinary"
        if self.force in VALUE_CLASSES:
            return "ordinary" if self.forced else "special"  # beside ordinary numbers the value shows in the result
        return ("ordinary", "special", "ties", "special", "ordinary")[self.integer(0, 4)]

    def _layout(self, shape: tuple[int, ...], layout: str | None) -> tuple[tuple[int, ...], int, int]:
        """Strides, offset, and the number of elements of the storage."""
        asked = layout is None  # for any layout
        if layout is None:
            kinds = ("contiguous", "contiguous", "permuted", "sliced", "sliced", "expanded", "permuted", "overlapping")
            if self.form == "inplace" and not self.buffers:  # the target: expanded ones are refused, overlapping ones laid out anew
                kinds = ("contiguous", "permuted", "permuted", "sliced", "sliced", "expanded", "sliced", "overlapping")
            square = {SQUARE: "contiguous", SQUARE_PERMUTED: "permuted", TIES: "contiguous", CLOSE: "contiguous"}.get(str(self.force))
            layout = square or (self.lone and lone_values.layout_of(self.force)) or (self.force if self.force in kinds else kinds[self.integer(0, 7)])
            if self.force == IN_PLACE and not self.buffers:
                layout = "permuted" if len(shape) > 1 else "sliced"
        numel = prod(shape)
        channels_last = arrangements.channels_last(self.force, shape) if asked else None
        if channels_last is not None:
            if self.force == CHANNELS_LAST and channels_last != contiguous_strides(shape):
                self.note(CHANNELS_LAST)
            self.labels.add("permuted")
            return channels_last, 0, numel
        if layout == "contiguous" or not shape:
            strides, offset, storage = contiguous_strides(shape), 0, numel
            if layout == "sliced":
                offset, storage = 2, 4
            return strides, offset, storage
        if layout in ("permuted", "sliced"):
            return self._permuted(shape, layout == "sliced")
        if layout == "expanded":
            strides = list(contiguous_strides(shape))  # type: ignore[assignment]
            wide = [d for d, size in enumerate(shape) if size > 1]
            if wide:
                for d in {self.choice(wide), self.choice(wide)}:
                    strides[d] = 0  # type: ignore[index]
                self.labels.add("expanded")
                self.note("expanded")
        else:
            strides = tuple([self.integer(1, 2) for _ in shape])
            if self._overlaps(shape, strides):
                self.labels.add("overlapping")
        offset = self.integer(0, 2)
        last = sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) if numel else -1
        return tuple(strides), offset, offset + last + 1 + self.integer(0, 1)

    def _permuted(self, shape: tuple[int, ...], gaps: bool) -> tuple[tuple[int, ...], int, int]:
        order = list(range(len(shape)))
        if len(shape) > 1 and (not gaps or self.chance(2)):
            for i in range(len(order) - 1):
                j = self.integer(i, len(order) - 1)
                order[i], order[j] = order[j], order[i]
            if not gaps and order == sorted(order):
                order.reverse()
        strides = [0] * len(shape)
        step = 1
        for d in reversed(order):
            factor = self.integer(1, 3) if gaps else 1
            strides[d] = step * factor
            step *= max(shape[d], 1) * factor
        offset = self.integer(0, 3) if gaps else 0
        if tuple(strides) != contiguous_strides(shape):
            sorted_strides = all(a >= b for a, b in zip(strides, strides[1:], strict=False))
            self.labels.add("sliced" if gaps else "permuted")
            if gaps and not sorted_strides:
                self.labels.add("permuted")
        elif gaps and offset:
            self.labels.add("sliced")
        last = sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) if prod(shape) else -1
        return tuple(strides), offset, offset + last + 1 + (1 if gaps else 0)

    @staticmethod
    def _overlaps(shape: tuple[int, ...], strides: tuple[int, ...]) -> bool:
        offsets = element_offsets(shape, strides, 0)
        return len(set(offsets)) < len(offsets)

    # -- scalars and plain arguments -------------------------------------------------------------
    def scalar(self, dtype: str | None = None, complex_too: bool = True) -> Any:
        """A Python number as an operand; its category may exceed that of the tensor."""
        dtype = self.dtype if dtype is None else dtype
        self.labels.add("scalar operand")
        if self.misbehave(4):
            return self.choice((None, "1", [1.0], 2**70))
        if self.force == DOUBLE:
            self.note(DOUBLE)
            return self.choice(DOUBLE_NUMBERS)
        if self.force == NUMBERS:
            return self.choice((2, 1.5, 3, 0.5, 1, 0.0))
        if self.force in _SCALARS and complex_too:
            return _SCALARS[self.force]
        kind = self.integer(0, 7)
        integers = (2, 1, 0, -1, 3, 5, -2, 7, 100, 200, 300, -129, 2**31, -(2**63), 40000)
        floats = (0.5, 2.0, 1.5, -1.0, 0.1, -0.0, 3.0, -2.5, 1e-3, 1e10, float("inf"), float("nan"), float("-inf"), 70000.0, 1e39, 1e-45)
        top = 8 if self.grad else len(integers)
        if kind <= 2:
            return integers[self.integer(0, top - 1)]
        if kind <= 5:
            return floats[self.integer(0, 9 if self.grad else len(floats) - 1)]
        if kind == 6 or not complex_too or dtype in ("float16", "bfloat16"):
            return bool(self.integer(0, 1))
        return self.choice((1 + 2j, 2j, -0.5 + 0j, complex(1, -1)))

    def dim(self, ndim: int) -> int:
        """A dimension, negative or not; out of range when invalid. A 0-d tensor takes 0 and -1."""
        if self.misbehave():
            return self.choice((ndim, -ndim - 1, ndim + 2)) if ndim else self.choice((1, -2))
        size = max(ndim, 1)
        if self.force in NEGATIVE_DIMS:
            return self._negative(-self.integer(1, max(size - 1, 1)), ndim)
        d = self.integer(0, 2 * size - 1)
        return d if d < size else self._negative(d - 2 * size, ndim)

    def _negative(self, dim: int, ndim: int) -> int:
        name = next((name for name, rank in NEGATIVE_DIMS.items() if rank == ndim), None)
        if name is not None:
            self.note(name)
        return dim

    def dims(self, ndim: int, allow_empty: bool = True) -> tuple[int, ...]:
        """Several different dimensions; repeated when invalid."""
        size = max(ndim, 1)
        chosen = [d for d in range(size) if self.chance(2)]
        if not chosen and not allow_empty:
            chosen = [0]
        if self.force in NEGATIVE_DIMS:
            chosen = [self._negative(d - size, ndim) for d in chosen or [size - 1]]
        else:
            chosen = [d - size if self.chance(3) else d for d in chosen]
        if self.misbehave(2):
            chosen.append(self.choice((chosen[0] if chosen else 0, ndim, -ndim - 1)))
        return tuple(chosen)

    def maybe(self, name: str, draw: Callable[[], Any], one_in: int = 2) -> dict[str, Any]:
        """A keyword argument that is given in one case of ``one_in``."""
        given = self.given_flags if self.option is None else {self.option.name: self.option.value}
        if name in given:
            return {name: given[name]}
        return {name: draw()} if self.chance(one_in) else {}

    def limits(self, dtype: str) -> tuple[int, int]:
        return INTEGER_LIMITS[dtype]
