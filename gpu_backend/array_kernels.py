"""The kernels on CuPy arrays, and on NumPy arrays in their place.

A storage's ``data`` is a flat uint8 array on the device. A :class:`~refimpl.backend.View` becomes a strided array on that
memory without a copy; a universal function that computes in the dtype of ``out`` writes straight into the array of
``out``. bfloat16 and the floats of 8 bits, which neither library has, are read from and rounded to their bits
(:mod:`gpu_backend.array_casts`).
"""

from __future__ import annotations

from typing import Any, Sequence

from refimpl.backend import Number, Storage, View
from refimpl.foundation import dtypes
from refimpl.foundation.dtypes import complex32, dtype, float8, float32, float64

from .array_casts import LOADED, STORED, convert, load
from .array_random import DISTRIBUTIONS
from .array_reductions import REDUCTIONS, SCANS
from .array_tables import COMPOSED, PREDICATES, UFUNCS, WIDE
from .common import (
    PARTWISE,
    check_indexed_sizes,
    device_seed,
    fits_narrow_float,
    is_narrow_float,
    look_up,
    matrices_on_the_host,
    mean_in_float32,
    on_the_host,
    out_of_bounds,
)  # fmt: skip
from .complex_rules import COMPLEX, finite_parts
from .fourier import transform
from .overrides import of_arrays

Array = Any


class ArrayKernels:
    """The primitives of one device of CuPy's, or of the host with NumPy; ``library`` is from :mod:`gpu_backend.libraries`."""

    limited_dtypes = frozenset((*float8, complex32))

    def __init__(self, device_type: str, index: int, library: Any) -> None:
        self.device_type = device_type
        self.device_index: int | None = index
        self.lib = library
        self.library = library.name
        self.xp = library.xp
        self.overrides = of_arrays(self)

    def __repr__(self) -> str:
        return f"ArrayKernels({self.device_type}:{self.device_index} with {self.library})"

    # -- storage ---------------------------------------------------------------------------------

    def allocate(self, nbytes: int) -> Storage:
        with self.lib.context():
            return Storage(self, nbytes, self.xp.empty(nbytes, "uint8"))

    def from_bytes(self, data: bytes) -> Storage:
        import numpy

        with self.lib.context():
            return Storage(self, len(data), self.lib.from_host(numpy.frombuffer(data, "uint8")))

    def to_bytes(self, view: View) -> bytes:
        with self.lib.context():
            return self.lib.to_host(self.array(view)).tobytes()

    def data_ptr(self, storage: Storage) -> int:
        return self.lib.address(storage.data) if storage.nbytes else 0

    def resize(self, storage: Storage, nbytes: int) -> None:
        kept = min(nbytes, storage.nbytes)
        with self.lib.context():
            data = self.xp.zeros(nbytes, "uint8")
            data[:kept] = storage.data[:kept]
        storage.data, storage.nbytes = data, nbytes

    def array(self, view: View) -> Array:
        """The view as an array on the same memory (bfloat16 and floats of 8 bits: their bits)."""
        kind = STORED[view.dtype]
        shape = view.shape
        if 0 in shape:
            # Beside a size of 0 another one may be negative: torch lets a tensor be expanded to that.
            return self.xp.empty([max(n, 0) for n in shape], kind)
        size = view.dtype.itemsize
        return self.lib.strided(view.storage.data, kind, view.offset * size, shape, [step * size for step in view.strides])

    def read(self, view: View) -> Array:
        """The elements as numbers of the device: the array itself, but for bfloat16 and floats of 8 bits."""
        return load(self.xp, self.array(view), view.dtype)

    def write(self, out: View, values: Array) -> None:
        """Store ``values`` (of the shape of ``out``, or broadcast to it) with refimpl's casts."""
        self.array(out)[...] = convert(self.xp, values, out.dtype)

    def read_as(self, view: View, d: dtype) -> Array:
        """The elements cast to dtype ``d``, as numbers of the device."""
        values = self.read(view)
        return values if view.dtype is d else load(self.xp, convert(self.xp, values, d), d)

    # -- data movement ---------------------------------------------------------------------------

    def fill(self, out: View, value: Number) -> None:
        with self.lib.context():
            kind = "float64" if is_narrow_float(out.dtype) else "complex128" if out.dtype is complex32 else LOADED[out.dtype]
            self.write(out, self.xp.asarray(value, kind))

    def copy(self, out: View, source: View) -> None:
        if out.numel == 0:
            return
        with self.lib.context():
            if out.dtype is source.dtype:
                values = self.array(source)
                self.array(out)[...] = values.copy() if out.storage is source.storage else values
            else:
                self.write(out, self.read(source))

    def tolist(self, view: View) -> list[Number]:
        with self.lib.context():
            return self.lib.to_host(self.read(view)).ravel().tolist()

    # -- computation -----------------------------------------------------------------------------

    def map(self, name: str, out: View, inputs: Sequence[View | Number], dtype: dtype) -> None:
        ufunc = UFUNCS.get(name)
        predicate = PREDICATES.get(name)
        if not (ufunc or predicate):
            if name not in COMPOSED and on_the_host(self, name, out, inputs, dtype):
                return
            look_up(COMPOSED, name, "scalar function", self.device_type)
        if out.numel == 0:
            return
        kind = evaluation_kind(name, dtype)
        if kind == "float32" and is_narrow_float(dtype) and any(not isinstance(x, View) and not fits_narrow_float(x, dtype) for x in inputs):
            kind = "float64"  # a float32 result of such a number, rounded again, could be off
        with self.lib.context():
            operands = [self._operand(name, i, x, dtype, kind) for i, x in enumerate(inputs)]
            if name in COMPLEX and dtype.is_complex:
                values = COMPLEX[name](self._complex, self.xp.where, *operands)
            elif ufunc:
                function = getattr(self.xp, ufunc)
                if out.dtype is dtype and LOADED[dtype] == STORED[dtype]:
                    function(*operands, out=self.array(out), dtype=kind)
                    return
                values = function(*operands)
            elif predicate:
                function = getattr(self.xp, predicate)
                # NumPy 2.4's isnan and isinf leave places of an ``out`` unwritten that is not contiguous.
                if out.dtype is dtypes.bool_ and len(operands) > 1:
                    function(*operands, out=self.array(out))
                    return
                values = function(*operands)
            else:
                values = COMPOSED[name](self.lib, *operands)
            if out.dtype is not dtype and out.dtype.category < 2:
                # The value is rounded to the compute dtype before it becomes an integer or bool.
                if values.dtype.kind != "b":
                    values = load(self.xp, convert(self.xp, values, dtype), dtype)
            self.write(out, values)

    def _complex(self, real: Array, imag: Array) -> Array:
        return COMPOSED["complex"](self.lib, real, imag)

    def _operand(self, name: str, position: int, x: View | Number, d: dtype, kind: str) -> Array:
        """An operand in the evaluation dtype ``kind``: cast to ``d`` first, which rounds it."""
        if not isinstance(x, View):
            # A universal function takes a number as an argument of its kernel: nothing needs to be sent to the device first.
            direct = (name in UFUNCS or name in PREDICATES) and d.category != 3
            return self.xp.dtype(kind).type(x) if direct else self.xp.asarray(x, kind)
        if name == "where" and position == 0:
            return self.read(x)
        values = self.read_as(x, d)
        return values.astype(kind, copy=False)

    def reduce(self, name: str, out: View, input: View, dims: tuple[int, ...], **parameters: Any) -> None:
        function = look_up(REDUCTIONS, name, "reduction", self.device_type)
        if out.numel == 0:
            return
        d = float32 if name == "mean" and mean_in_float32(out.dtype, input.dtype) else out.dtype
        with self.lib.context():
            if name in ("any", "all"):
                x = self.read(input)
            else:
                x = self.read_as(input, d.to_complex() if name in ("var", "std", "norm") and input.dtype.is_complex else d)
                if name == "norm":
                    parameters["scaled"] = d is float64
                if name not in ("amax", "amin"):
                    x = x.astype(_ACCUMULATED.get(x.dtype.name, x.dtype.name), copy=False)
            if not dims:
                # Neither library takes no dimensions to mean none alike: give it one of size 1.
                x, dims = x[..., None], (x.ndim,)
            self.write(out, function(self.xp, x, dims, **parameters).reshape(out.shape))

    def arg_reduce(self, name: str, out: View, input: View, dim: int) -> None:
        look_up({"argmax": 1, "argmin": 1}, name, "reduction", self.device_type)  # type: ignore[dict-item]
        if out.numel == 0:
            return
        with self.lib.context():
            xp, x = self.xp, self.read(input)
            if x.ndim == 0:
                self.write(out, xp.zeros((), "int64"))
                return
            if x.dtype.itemsize < 4:  # CuPy knows these reductions for the wider types
                x = x.astype("float32" if x.dtype.kind == "f" else "int32")
            places = getattr(xp, name)(x, axis=dim)
            if x.dtype.kind == "f":
                nan = xp.isnan(x)
                places = xp.where(nan.any(axis=dim), xp.argmax(nan.astype("int32"), axis=dim), places)
            self.write(out, xp.expand_dims(places, dim))

    def scan(self, name: str, out: View, input: View, dim: int) -> None:
        function = look_up(SCANS, name, "scan", self.device_type)
        if out.numel == 0:
            return
        with self.lib.context():
            x = self.read_as(input, out.dtype)
            if x.ndim == 0:
                self.write(out, x)
                return
            kind = _ACCUMULATED.get(x.dtype.name, x.dtype.name)
            self.write(out, function(self.xp, x.astype(kind, copy=False), dim))

    def matmul(self, out: View, a: View, b: View) -> None:
        if out.numel == 0:
            return
        with self.lib.context():
            left, right = self.read(a), self.read(b)
            if is_narrow_float(out.dtype):
                left, right = left.astype("float32"), right.astype("float32")
            if left.shape[-1] == 0:
                self.fill(out, 0)
            elif out.dtype.is_complex:
                self.write(out, finite_parts(self._complex, self.xp, self.xp.matmul(left, right), left, right))
            else:
                self.write(out, self.xp.matmul(left, right))

    map_matrices = matrices_on_the_host

    def fft(self, out: View, input: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> None:
        if out.numel:
            with self.lib.context():
                self.write(out, transform(self.xp.fft, self.array(input), "axes", out, input, dims, inverse, divisor))

    # -- indexing --------------------------------------------------------------------------------

    def gather(self, out: View, input: View, dim: int, index: View) -> None:
        if out.numel == 0:
            return
        with self.lib.context():
            # An array without dimensions is indexed as one of a single element.
            x, places = _at_least_1d(self.array(input)), _at_least_1d(self.array(index))
            self._check_places(places, dim, x.shape[dim])
            _at_least_1d(self.array(out))[...] = x[self._grid(places, dim)]

    def scatter(self, name: str, out: View, dim: int, index: View, source: View | Number) -> None:
        look_up({"set": 1, "add": 1}, name, "scatter", self.device_type)  # type: ignore[dict-item]
        if index.numel == 0:
            return
        with self.lib.context():
            target, places = _at_least_1d(self.array(out)), _at_least_1d(self.array(index))
            self._check_places(places, dim, target.shape[dim])
            if isinstance(source, View):
                values = _at_least_1d(self.read_as(source, out.dtype))[tuple([slice(n) for n in places.shape])]
            else:
                values = self.xp.full(places.shape, source, LOADED[out.dtype])
            self._put(out.dtype, target, self._grid(places, dim), values, name == "add")

    def _grid(self, places: Array, dim: int) -> tuple[Array, ...]:
        """One index array a dimension: ``places`` for ``dim``, each element's own place for the others."""
        ranges = []
        for d, size in enumerate(places.shape):
            shape = [1] * places.ndim
            shape[d] = size
            ranges.append(places if d == dim else self.xp.arange(size).reshape(shape))
        return tuple(ranges)

    def _put(self, d: dtype, target: Array, places: Any, values: Array, accumulate: bool) -> None:
        """``target[places] = values`` (or ``+=``, each of repeated places counted), ``target`` as stored, ``values`` as numbers."""
        xp = self.xp
        if not accumulate:
            target[places] = convert(xp, values, d)
        elif d.category == 0:
            counts = target.astype("int32")
            self.lib.add_at(counts, places, values.astype("int32"))
            target[...] = counts != 0
        elif is_narrow_float(d):
            sums = load(xp, target, d).astype("float32")
            self.lib.add_at(sums, places, values.astype("float32"))
            touched = xp.zeros(target.shape, "bool")
            touched[places] = True
            target[...] = xp.where(touched, convert(xp, sums, d), target)
        else:
            self.lib.add_at(target, places, values)

    def _check_places(self, places: Array, dim: int, size: int) -> None:
        bad = (places < 0) | (places >= size)
        if bool(bad.any()):
            raise out_of_bounds(RuntimeError, int(places[bad][0]), dim, size)

    def index(self, out: View, input: View, indices: Sequence[View | None]) -> None:
        check_indexed_sizes(input.shape, indices)
        if out.numel == 0:
            return
        with self.lib.context():
            x = self.array(input)
            self.array(out)[...] = x[self._indices(x, indices)].reshape(out.shape)

    def index_put(self, out: View, indices: Sequence[View | None], values: View, accumulate: bool) -> None:
        check_indexed_sizes(out.shape, indices)
        if out.numel == 0 or any(i is not None and i.numel == 0 for i in indices):
            return
        with self.lib.context():
            target = self.array(out)
            self._put(out.dtype, target, self._indices(target, indices), self.read_as(values, out.dtype), accumulate)

    def _indices(self, x: Array, indices: Sequence[View | None]) -> tuple[Any, ...]:
        """The index expression, all in bounds; IndexError for the first element, in row-major order, that is not.

        0-dimensional indices become integers, which both libraries treat alike.
        """
        arrays = [(d, self.array(view)) for d, view in enumerate(indices) if view is not None]
        wrong = [((place < -x.shape[d]) | (place >= x.shape[d])).ravel() for d, place in arrays]
        if wrong and bool(self.xp.stack(wrong).any()):
            first = int(self.xp.stack(wrong).any(axis=0).argmax())
            # torch counts the dimensions among the indexed ones.
            k = next(k for k, each in enumerate(wrong) if bool(each[first]))
            d, place = arrays[k]
            raise out_of_bounds(IndexError, int(place.ravel()[first]), k, x.shape[d])
        places: list[Any] = [slice(None)] * len(indices)
        for d, place in arrays:
            places[d] = place if place.ndim else int(place)
        return tuple(places) if arrays else (Ellipsis,)

    def sort(self, values: View, indices: View, input: View, dim: int, descending: bool) -> None:
        if input.numel == 0:
            return
        with self.lib.context():
            xp, stored, keys = self.xp, self.array(input), self.read(input)
            if keys.ndim == 0:
                self.array(values)[...] = stored
                self.array(indices)[...] = 0
                return
            if keys.dtype.kind == "f":
                keys = keys.astype("float32" if keys.dtype.itemsize == 2 else keys.dtype) + 0.0  # -0.0 and 0.0 are equal
            elif keys.dtype.kind == "b":
                keys = keys.astype("uint8")
            if descending:
                # Turned round before and after: equal elements keep their order.
                backwards = self.lib.stable_order(xp.flip(keys, dim), dim)
                order = keys.shape[dim] - 1 - xp.flip(backwards, dim)
            else:
                order = self.lib.stable_order(keys, dim)
            self.array(values)[...] = xp.take_along_axis(stored, order, dim)
            self.array(indices)[...] = order

    def nonzero(self, input: View) -> View:
        with self.lib.context():
            xp, x = self.xp, self.read(input)
            if x.ndim:
                places = xp.stack(xp.nonzero(x)).astype("int64", copy=False)
            else:
                places = xp.empty((0, int(x != 0)), "int64")
            data = places.ravel().view("uint8")
        # One dimension's indices after the other's, as torch lays them out.
        dimensions, count = places.shape
        return View(Storage(self, data.size, data), 0, (count, dimensions), (1, count), dtypes.int64)

    # -- random numbers --------------------------------------------------------------------------

    def random(self, name: str, out: View, generator: Any, *parameters: Any) -> None:
        function = look_up(DISTRIBUTIONS, name, "random distribution", self.device_type)
        if out.numel == 0:
            return
        with self.lib.context():
            source = self.xp.random.Generator(self.lib.bit_generator(device_seed(generator)))
            self.write(out, function(self.xp, source, out, *parameters))

    def synchronize(self) -> None:
        self.lib.synchronize()


def _at_least_1d(x: Array) -> Array:
    return x if x.ndim else x.reshape(1)


# Sums and products of the narrower floats are carried in float64, which costs a GPU no memory traffic.
_ACCUMULATED = {"float16": "float64", "float32": "float64", "complex64": "complex128"}


def evaluation_kind(name: str, d: dtype) -> str:
    """The array dtype in which the function is evaluated for compute dtype ``d``."""
    if d.category == 2:
        if name in WIDE:
            return "float64"
        return "float32" if d is not float64 else "float64"
    if d.category == 3 and name not in PARTWISE:
        return "complex128"
    return LOADED[d]
