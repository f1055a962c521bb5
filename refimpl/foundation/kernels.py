"""What a device must provide: storage, and the kernels that read and write views of it.

A :class:`View` says where elements lie: a storage, an offset, a shape, strides, a dtype. Everything that
torch calls semantics (promotion, broadcasting, the layout of results, errors, gradients) is decided above
this line, in :mod:`refimpl.ops`; below it, a device only computes. To plug in a device, implement
:class:`Kernels` and call :func:`register_device`; nothing else changes.
"""

from __future__ import annotations

from math import prod
from typing import Any, Callable, Protocol, Sequence

from .dtypes import Limited, dtype

Number = bool | int | float | complex


class Storage:
    """A block of ``nbytes`` raw bytes on a device, shared by all views of it.

    ``data`` belongs to the device's kernels: nothing else reads it. It may be None until the first
    kernel writes to it, so that a kernel which computes the whole block can simply put its own buffer there.
    """

    __slots__ = ("kernels", "nbytes", "data", "__weakref__")

    def __init__(self, kernels: Kernels, nbytes: int, data: Any = None) -> None:
        self.kernels = kernels
        self.nbytes = nbytes
        self.data = data


class View:
    """Elements in a storage: element ``(i, j, ...)`` lies ``offset + i*strides[0] + j*strides[1] + ...`` elements in.

    ``offset`` and ``strides`` count elements of ``dtype``, not bytes. Strides are never negative; a stride of 0
    repeats one element (an expanded dimension).
    """

    __slots__ = ("storage", "offset", "shape", "strides", "dtype")

    conjugated = False  # see LazyView
    negated = False

    def __init__(self, storage: Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], dtype: dtype) -> None:
        self.storage = storage
        self.offset = offset
        self.shape = shape
        self.strides = strides
        self.dtype = dtype

    @property
    def numel(self) -> int:
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"View({self.dtype.name}, shape={self.shape}, strides={self.strides}, offset={self.offset})"


def limited_dtypes_of(kernels: Any) -> frozenset[dtype]:
    """The dtypes of limited support that a device has."""
    found = getattr(kernels, "limited_dtypes", None)
    return found if isinstance(found, frozenset) else frozenset()  # a device may answer to every name with a kernel


def noted(d: dtype, kernels: Any) -> dtype:
    """The dtype itself, of which a tensor is about to be made out of something that is no tensor of it. NotImplementedError if the device does
    not have it."""
    if d.limited:
        if d not in limited_dtypes_of(kernels):
            raise NotImplementedError(f"{d!r} is not implemented for the device '{kernels.device_type}'")
        Limited.met = True
    return d


class LazyView(View):
    """Elements that count as their conjugates (``conjugated``), as their negatives (``negated``), or as both, wherever they are read or written.

    ``x.conj()`` is such a view of ``x``, and the imaginary part of that one of real numbers. No kernel ever receives one: the call of an
    operation resolves them first, unless the operation is declared to be ``lazy``.
    """

    __slots__ = ("conjugated", "negated")

    made = False  # whether there has been any, so that calls in a program without them need not look

    def __init__(self, view: View, conjugated: bool, negated: bool) -> None:
        super().__init__(view.storage, view.offset, view.shape, view.strides, view.dtype)
        self.conjugated = conjugated
        self.negated = negated
        LazyView.made = True


def as_lazy(view: View, conjugated: bool, negated: bool) -> View:
    """The view with these marks; without marks a plain one. Only complex numbers are conjugated."""
    if conjugated and view.dtype.is_complex or negated:
        return LazyView(view, conjugated and view.dtype.is_complex, negated)
    return view if view.__class__ is View else View(view.storage, view.offset, view.shape, view.strides, view.dtype)


class Kernels(Protocol):
    """The primitives of one device. All views that a call receives lie on that device.

    Rules that hold for every primitive:

    - ``out`` is written completely and nothing else is; inputs are never changed. ``out`` never overlaps an
      input except in :meth:`copy`, and never overlaps itself. Inputs may: expanded (stride 0) and overlapping
      views must be read right.
    - Views may have any strides, any rank, and zero elements.
    - A float result is the exact value rounded once to ``out.dtype`` (to nearest, ties to even) as far as the
      operation's accuracy contract demands; an integer result is taken modulo 2**bits.
    - Shapes have been checked, dimensions are in ``range(ndim)``.
    """

    device_type: str
    device_index: int | None  # None for a type with one device only
    overrides: dict[str, Callable[..., bool]]
    """What the device evaluates as a whole, by the name under which a page asks for it (``softmax``): a function of the result's view and the page's
    arguments, tensors as views. It answers True, having written the result as the page's composition of primitives does, within the operation's
    contract; or False, having written nothing: then the composition is evaluated."""
    # ``limited_dtypes: frozenset[dtype]``, optional: the dtypes of limited support that the device has, none unless it says so.

    # -- storage ---------------------------------------------------------------------------------
    def allocate(self, nbytes: int) -> Storage:
        """A new storage with unspecified content."""
        ...

    def from_bytes(self, data: bytes) -> Storage:
        """A new storage that holds ``data`` (host byte order: little-endian)."""
        ...

    def to_bytes(self, view: View) -> bytes:
        """The elements of ``view`` in row-major order as raw bytes."""
        ...

    def data_ptr(self, storage: Storage) -> int:
        """The address of the storage's first byte; 0 for an empty storage."""
        ...

    def resize(self, storage: Storage, nbytes: int) -> None:
        """Grow or shrink the storage in place, keeping the bytes that fit."""
        ...

    # -- data movement ---------------------------------------------------------------------------
    def fill(self, out: View, value: Number) -> None:
        """Set every element to ``value``, which lies in the range of ``out.dtype`` already."""
        ...

    def copy(self, out: View, source: View) -> None:
        """``out[i] = cast(source[i])``, same shape. The two may overlap: the source is read as it was before."""
        ...

    def tolist(self, view: View) -> list[Number]:
        """The elements in row-major order as a flat list of Python numbers (bool, int, float or complex)."""
        ...

    # -- computation -----------------------------------------------------------------------------
    def map(self, name: str, out: View, inputs: Sequence[View | Number], dtype: dtype) -> None:
        """``out[i] = f(inputs[0][i], inputs[1][i], ...)`` with the scalar function ``name`` (see scalars.py).

        View inputs have the shape of ``out`` (broadcast by stride 0). Each is cast to ``dtype`` first, the function is
        evaluated there, and its value is cast to ``out.dtype``.
        """
        ...

    def reduce(self, name: str, out: View, input: View, dims: tuple[int, ...], **parameters: Any) -> None:
        """Reduce over ``dims``. ``out`` has size 1 in the reduced dimensions. The input is cast to the compute dtype first.

        ``sum prod mean amax amin any all``; ``var std`` (``correction``: number); ``norm`` (``ord``: float).
        """
        ...

    def arg_reduce(self, name: str, out: View, input: View, dim: int) -> None:
        """``argmax``/``argmin`` along ``dim`` (size 1 in ``out``): the first index of the extreme value; NaN wins."""
        ...

    def scan(self, name: str, out: View, input: View, dim: int) -> None:
        """Running ``cumsum``/``cumprod`` along ``dim``; each cumsum element is the exact sum of its prefix, rounded once."""
        ...

    def matmul(self, out: View, a: View, b: View) -> None:
        """``out[..., m, n] = sum_k a[..., m, k] * b[..., k, n]``; equal dtypes, equal batch dimensions (stride 0 if broadcast)."""
        ...

    def map_matrices(self, name: str, outs: Sequence[View], inputs: Sequence[View], batch: int, **parameters: Any) -> None:
        """``outs[0][b], outs[1][b], ... = f(inputs[0][b], inputs[1][b], ...)`` with the matrix function ``name`` (see matrix_functions.py).

        All views have the same ``batch`` leading dimensions, and two, one or no dimensions behind them: a matrix, a vector, a number. A device
        that has no kernel of the name evaluates it on the host.
        """
        ...

    def gather(self, out: View, input: View, dim: int, index: View) -> None:
        """``out[i, j, k] = input[i, index[i, j, k], k]`` for dim 1, and so on. Raises RuntimeError for an index out of range."""
        ...

    def scatter(self, name: str, out: View, dim: int, index: View, source: View | Number) -> None:
        """``out[i, index[i, j, k], k] = source[i, j, k]`` (name ``set``) or ``+=`` (``add``), other elements unchanged."""
        ...

    def index(self, out: View, input: View, indices: Sequence[View | None]) -> None:
        """Advanced indexing. ``indices[d]`` is None (the whole dimension ``d``) or an int64 view; all have one shape.

        The index dimensions stand in ``out`` where the indexed dimensions stood if those are adjacent, else first.
        Negative indices count from the end. Raises IndexError for an index out of range.
        """
        ...

    def index_put(self, out: View, indices: Sequence[View | None], values: View, accumulate: bool) -> None:
        """``out[indices] = values`` (``+=`` with ``accumulate``), ``values`` broadcast to the indexed shape."""
        ...

    def sort(self, values: View, indices: View, input: View, dim: int, descending: bool) -> None:
        """Stable sort along ``dim``: NaN counts as the greatest value; ``indices`` (int64) are the elements' old places."""
        ...

    def nonzero(self, input: View) -> View:
        """The indices of the elements that are not zero, an int64 view of shape (count, ndim), in row-major order."""
        ...

    def fft(self, out: View, input: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> None:
        """The discrete Fourier transform along ``dims``: ``out[k] = sum_j input[j] * exp(-2 pi i j k / n) / divisor``, +2 pi i if ``inverse``.

        Both views are complex, of one dtype, or one of them is real (of the parts' dtype), and the last of ``dims`` is then special. A real ``input``
        (never ``inverse``): ``out`` has n // 2 + 1 elements there, the first half of its Hermitian spectrum, or all n of them. A real ``out`` (always
        ``inverse``): ``input`` has n // 2 + 1 elements there, half of a spectrum whose other half is its mirror image once the other dimensions are
        transformed; the imaginary part of an element that is its own mirror image does not count. A device may lack this primitive: the
        operations then evaluate it on the host.
        """
        ...

    def random(self, name: str, out: View, generator: Any, *parameters: Number) -> None:
        """Fill ``out`` from ``generator``: ``uniform(from, to)``, ``normal(mean, std)``, ``randint(low, high)``,
        ``randperm()``, ``bernoulli(p)``."""
        ...

    def synchronize(self) -> None:
        """Wait until everything that was started on the device has been done."""
        ...


class Elsewhere:
    """Whether any device but the host has been asked for, so that calls in a program without one need not look."""

    met = False


class _Devices:
    """The device registry: one of the four pieces of global state."""

    kernels: dict[tuple[str, int | None], Kernels] = {}
    counts: dict[str, int] = {}


def register_device(kernels: Kernels) -> None:
    """Make a device live. ``kernels.device_type`` is its name ("cuda", "host_numpy", ...), ``kernels.device_index`` its number."""
    _Devices.kernels[kernels.device_type, kernels.device_index] = kernels
    _Devices.counts[kernels.device_type] = _Devices.counts.get(kernels.device_type, 0) + 1


def device_count(device_type: str) -> int:
    """How many devices of this type are live."""
    return _Devices.counts.get(device_type, 0)


def find_kernels(device_type: str, index: int | None) -> Kernels | None:
    """The kernels of a device; with no index, of the first of its type; of a type with one device only, of that one. None if there is none."""
    if device_type != "cpu":
        Elsewhere.met = True
    alone = _Devices.kernels.get((device_type, None))
    return alone if alone is not None else _Devices.kernels.get((device_type, index or 0))
