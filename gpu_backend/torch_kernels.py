"""The kernels on torch tensors: any device that torch computes on, the host included.

A storage's ``data`` is a flat ``torch.uint8`` tensor on the device. A :class:`~refimpl.backend.View` becomes a strided
tensor on that memory without a copy, and the result is written by torch into the strided tensor of ``out``: directly
(``out=``) where the function computes in the dtype of ``out``, else through one cast.
"""

from __future__ import annotations

import ctypes
import warnings
from math import inf, nan, prod
from typing import Any, Callable, Sequence

import torch

from refimpl.backend import Number, Storage, View
from refimpl.foundation import dtypes
from refimpl.foundation.dtypes import dtype

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
from .overrides import of_torch
from .torch_random import DISTRIBUTIONS
from .torch_tables import BOOLEAN, COMPOSED, FUSED, HOST_SCALARS, NATIVE, SINGLE, WIDE, WIDE_ON_GPU

Tensor = Any

TORCH_DTYPES = {d: getattr(torch, d.name) for d in (*dtypes.all_dtypes, *dtypes.float8, dtypes.complex32)}
with warnings.catch_warnings():  # torch says once that complex32 is experimental
    warnings.simplefilter("ignore")
    torch.empty(0, dtype=torch.complex32)
_EIGHT_BITS = frozenset(TORCH_DTYPES[d] for d in dtypes.float8)
# Where a sum may overflow that no mean needs to.
SUMMED_ON_CPU = {**dict.fromkeys((torch.float16, torch.bfloat16, torch.float32), torch.float64), torch.complex64: torch.complex128}


class TorchKernels:
    """The primitives of one torch device (``torch.device("cuda", 0)``; ``torch.device("cpu")`` to run them on the host)."""

    library = "torch"
    limited_dtypes = frozenset((*dtypes.float8, dtypes.complex32))

    def __init__(self, device_type: str, index: int, device: torch.device) -> None:
        self.device_type = device_type
        self.device_index: int | None = index
        self.device = device
        self.overrides = of_torch(self, store)

    def __repr__(self) -> str:
        return f"TorchKernels({self.device_type}:{self.device_index} on {self.device})"

    # -- storage ---------------------------------------------------------------------------------

    def allocate(self, nbytes: int) -> Storage:
        return Storage(self, nbytes, torch.empty(nbytes, dtype=torch.uint8, device=self.device))

    def from_bytes(self, data: bytes) -> Storage:
        storage = self.allocate(len(data))
        if data:
            storage.data.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
        return storage

    def to_bytes(self, view: View) -> bytes:
        if view.numel == 0:
            return b""
        host = self.tensor(view).contiguous().cpu()
        return ctypes.string_at(host.data_ptr(), view.numel * view.dtype.itemsize)

    def data_ptr(self, storage: Storage) -> int:
        return storage.data.data_ptr() if storage.nbytes else 0

    def resize(self, storage: Storage, nbytes: int) -> None:
        kept = min(nbytes, storage.nbytes)
        data = torch.zeros(nbytes, dtype=torch.uint8, device=self.device)
        data[:kept] = storage.data[:kept]
        storage.data, storage.nbytes = data, nbytes

    def tensor(self, view: View) -> Tensor:
        """The view as a torch tensor on the same memory."""
        data = view.storage.data
        kind = TORCH_DTYPES[view.dtype]
        if 0 in view.shape:
            # Beside a size of 0 another one may be negative: torch lets a tensor be expanded to that.
            return torch.empty([max(n, 0) for n in view.shape], dtype=kind, device=self.device)
        size = view.dtype.itemsize
        if size > 1 or kind is not torch.uint8:
            partial = data.numel() % size
            data = (data[:-partial] if partial else data).view(kind)
        return data.as_strided(view.shape, view.strides, view.offset)

    # -- data movement ---------------------------------------------------------------------------

    def fill(self, out: View, value: Number) -> None:
        if out.dtype.limited:  # of which torch refuses numbers that are none of them
            store(self.tensor(out), torch.full((), value, dtype=torch.complex128 if out.dtype.is_complex else torch.float64, device=self.device))
        else:
            self.tensor(out).fill_(value)

    def copy(self, out: View, source: View) -> None:
        if out.numel == 0:
            return
        values = self.tensor(source)
        if out.dtype is not source.dtype:
            values = cast(values, TORCH_DTYPES[out.dtype])
        elif out.storage is source.storage:
            values = values.clone()
        self.tensor(out).copy_(values)

    def tolist(self, view: View) -> list[Number]:
        return self.tensor(view).flatten().tolist()

    # -- computation -----------------------------------------------------------------------------

    def map(self, name: str, out: View, inputs: Sequence[View | Number], dtype: dtype) -> None:
        native = NATIVE.get(name)
        if native is None and name not in COMPOSED and on_the_host(self, name, out, inputs, dtype):
            return
        function = native or look_up(COMPOSED, name, "scalar function", self.device_type)
        if out.numel == 0:
            return
        kind = self._evaluation_dtype(name, inputs, dtype)
        operands = [self._operand(name, i, x, TORCH_DTYPES[dtype], kind) for i, x in enumerate(inputs)]
        target = self.tensor(out)
        if kind.is_complex and name in COMPLEX:
            store(target, COMPLEX[name](torch.complex, torch.where, *operands))
            return
        value_kind = torch.bool if name in BOOLEAN else kind
        if native is not None and target.dtype is value_kind:
            native(*operands, out=target)
        else:
            store(target, function(*operands))

    def _evaluation_dtype(self, name: str, inputs: Sequence[View | Number], d: dtype) -> torch.dtype:
        """``d``, or a wider dtype where evaluating in ``d`` would round more than once."""
        if d in (dtypes.complex32, dtypes.complex64) and name not in PARTWISE:
            return torch.complex128
        if d is dtypes.complex32:
            return torch.complex64
        if is_narrow_float(d):
            if name in FUSED or name in WIDE or any(not isinstance(x, View) and not fits_narrow_float(x, d) for x in inputs):
                return torch.float64
            if name in SINGLE or d in dtypes.float8:
                return torch.float32
        elif d is dtypes.float32 and (name in WIDE or name in (FUSED if self.device.type == "cpu" else WIDE_ON_GPU)):
            return torch.float64
        return TORCH_DTYPES[d]

    def _operand(self, name: str, position: int, x: View | Number, rounded: torch.dtype, kind: torch.dtype) -> Tensor:
        """An operand in the evaluation dtype ``kind``: cast to the compute dtype first, which rounds it."""
        if not isinstance(x, View):
            if name in HOST_SCALARS:
                return torch.tensor(x, dtype=kind)
            return torch.full((), x, dtype=kind, device=self.device)  # a kernel, where copying the number would wait for the GPU
        tensor = self.tensor(x)
        if tensor.dtype is kind is rounded or name == "where" and position == 0:
            return tensor
        return cast(tensor, rounded).to(kind)

    def reduce(self, name: str, out: View, input: View, dims: tuple[int, ...], **parameters: Any) -> None:
        function = look_up(REDUCTIONS, name, "reduction", self.device_type)
        if out.numel == 0:
            return
        target, x = self.tensor(out), self.tensor(input)
        if name not in ("any", "all"):
            kind = target.dtype
            if name in ("var", "std", "norm") and x.dtype.is_complex:
                kind = kind.to_complex()
            if name == "mean" and mean_in_float32(out.dtype, input.dtype):
                kind = torch.float32
            x = cast(x, kind)
            if name in ("mean", "var", "std") and self.device.type == "cpu":
                x = cast(x, SUMMED_ON_CPU.get(kind, kind))
        if not dims:
            # torch takes no dimensions to mean all of them: give it one of size 1.
            x, target, dims = x.unsqueeze(-1), target.unsqueeze(-1), (x.dim(),)
        store(target, function(x, dims, **parameters))

    def arg_reduce(self, name: str, out: View, input: View, dim: int) -> None:
        function = look_up({"argmax": torch.argmax, "argmin": torch.argmin}, name, "reduction", self.device_type)
        if out.numel == 0:
            return
        target, x = self.tensor(out), self.tensor(input)
        if x.dtype is torch.bool:
            x = x.view(torch.uint8)
        target.copy_(function(x, dim, keepdim=True) if x.dim() else function(x))

    def scan(self, name: str, out: View, input: View, dim: int) -> None:
        function = look_up({"cumsum": torch.cumsum, "cumprod": torch.cumprod}, name, "scan", self.device_type)
        if out.numel == 0:
            return
        target = self.tensor(out)
        kind = torch.float32 if is_narrow_float(out.dtype) else target.dtype
        if kind is torch.float32 and self.device.type == "cpu":
            kind = torch.float64  # the CPU adds one after the other
        store(target, function(cast(cast(self.tensor(input), target.dtype), kind), dim))

    def matmul(self, out: View, a: View, b: View) -> None:
        if out.numel == 0:
            return
        target, left, right = self.tensor(out), self.tensor(a), self.tensor(b)
        if target.dtype.is_floating_point or target.dtype.is_complex or self.device.type == "cpu":
            if target.dtype is torch.bool or target.dtype in _EIGHT_BITS:
                store(target, torch.matmul(left.float(), right.float()))
            elif target.dtype.is_complex:
                target.copy_(finite_parts(torch.complex, torch, torch.matmul(left, right), left, right))
            elif target.is_contiguous():
                torch.matmul(left, right, out=target)
            else:
                target.copy_(torch.matmul(left, right))
            return
        # A GPU has no integer matmul in torch: sum outer products, as many at a time as a bounded buffer holds.
        total = torch.zeros_like(target)
        step = max(1, 2**24 // target.numel())
        for k in range(0, left.shape[-1], step):
            products = left[..., :, k : k + step].unsqueeze(-1) * right[..., k : k + step, :].unsqueeze(-3)
            total += products.sum(-2, dtype=target.dtype)
        target.copy_(total)

    map_matrices = matrices_on_the_host

    def fft(self, out: View, input: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> None:
        if out.numel:
            store(self.tensor(out), transform(torch.fft, self.tensor(input), "dim", out, input, dims, inverse, divisor))

    # -- indexing --------------------------------------------------------------------------------

    def gather(self, out: View, input: View, dim: int, index: View) -> None:
        if out.numel == 0:
            return
        # A tensor without dimensions is indexed as one of a single element.
        x, places = _at_least_1d(self.tensor(input)), _at_least_1d(self.tensor(index))
        self._check_places(places, dim, x.shape[dim])
        store(_at_least_1d(self.tensor(out)), torch.gather(x, dim, places))

    def scatter(self, name: str, out: View, dim: int, index: View, source: View | Number) -> None:
        function = look_up({"set": torch.Tensor.scatter_, "add": torch.Tensor.scatter_add_}, name, "scatter", self.device_type)
        if index.numel == 0:
            return
        target, places = _at_least_1d(self.tensor(out)), _at_least_1d(self.tensor(index))
        self._check_places(places, dim, target.shape[dim])
        if isinstance(source, View):
            values = _at_least_1d(cast(self.tensor(source), target.dtype))[tuple(slice(n) for n in places.shape)]
        else:
            values = torch.full((), source, dtype=target.dtype, device=self.device).expand(places.shape)
        if name == "add" and is_narrow_float(out.dtype):
            total = target.float()
            target.copy_(function(total, dim, places, values.float()))
        else:
            function(target, dim, places, values)

    def _check_places(self, places: Tensor, dim: int, size: int) -> None:
        """Before a GPU sees them: there, an index out of bounds ends the process's use of the GPU."""
        bad = (places < 0) | (places >= size)
        if bool(bad.any()):
            raise out_of_bounds(RuntimeError, int(places[bad][0]), dim, size)

    def index(self, out: View, input: View, indices: Sequence[View | None]) -> None:
        check_indexed_sizes(input.shape, indices)
        if out.numel == 0:
            return
        x = self.tensor(input)
        places = self._indices(x, indices)
        store(self.tensor(out), torch.ops.aten.index(x, places) if any(i is not None for i in places) else x)

    def index_put(self, out: View, indices: Sequence[View | None], values: View, accumulate: bool) -> None:
        check_indexed_sizes(out.shape, indices)
        if out.numel == 0 or any(i is not None and i.numel == 0 for i in indices):
            return
        target = self.tensor(out)
        source = cast(self.tensor(values), target.dtype)
        places = self._indices(target, indices)
        if accumulate and is_narrow_float(out.dtype) and any(i is not None for i in places):
            target.copy_(torch.ops.aten.index_put(target.float(), places, source.float(), True))
        elif any(i is not None for i in places):
            torch.ops.aten.index_put_(target, places, source, accumulate)
        elif accumulate:
            target.add_(source)
        else:
            target.copy_(source)

    def _indices(self, x: Tensor, indices: Sequence[View | None]) -> list[Tensor | None]:
        """The index tensors, all in bounds; IndexError for the first element, in row-major order, that is not."""
        places = [None if view is None else self.tensor(view) for view in indices]
        indexed = [(place, x.shape[d]) for d, place in enumerate(places) if place is not None]
        wrong = [((place < -size) | (place >= size)).flatten() for place, size in indexed]
        if wrong and bool(torch.stack(wrong).any()):
            first = int(torch.stack(wrong).any(0).int().argmax())
            # torch counts the dimensions among the indexed ones.
            k = next(k for k, each in enumerate(wrong) if bool(each[first]))
            place, size = indexed[k]
            raise out_of_bounds(IndexError, int(place.flatten()[first]), k, size)
        return places

    def sort(self, values: View, indices: View, input: View, dim: int, descending: bool) -> None:
        if input.numel == 0:
            return
        x = self.tensor(input)
        order = torch.sort(x.view(torch.uint8) if x.dtype is torch.bool else x, dim=dim, descending=descending, stable=True)[1]
        self.tensor(values).copy_(torch.gather(x, dim, order))
        self.tensor(indices).copy_(order)

    def nonzero(self, input: View) -> View:
        places = torch.nonzero(self.tensor(input))
        data = places.t().contiguous().flatten().view(torch.uint8)
        # One dimension's indices after the other's, as torch lays them out.
        return View(Storage(self, data.numel(), data), 0, tuple(places.shape), (1, places.shape[0]), dtypes.int64)

    # -- random numbers --------------------------------------------------------------------------

    def random(self, name: str, out: View, generator: Any, *parameters: Any) -> None:
        function = look_up(DISTRIBUTIONS, name, "random distribution", self.device_type)
        if out.numel == 0:
            return
        source = torch.Generator(self.device).manual_seed(device_seed(generator) >> 1)
        function(self.tensor(out), source, *parameters)

    def synchronize(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


# -- casts -----------------------------------------------------------------------------------------


def store(target: Tensor, values: Tensor) -> None:
    """Write ``values`` into ``target``, which does not overlap them, with refimpl's casts."""
    target.copy_(values if values.dtype is target.dtype else cast(values, target.dtype))


def cast(x: Tensor, kind: torch.dtype) -> Tensor:
    """``x`` in dtype ``kind``: torch's cast where that rounds once, with the cases repaired where it rounds twice.

    A complex number loses its imaginary part, but is True if either part is not zero. A float becomes an integer by
    truncation; beyond int64 (for uint8 and int64, else beyond int32), and NaN, it is the least one; then modulo 2**bits.
    """
    if x.dtype is kind:
        return x
    if kind is torch.complex32:
        return torch.complex(cast(x.real, torch.float16), cast(x.imag if x.dtype.is_complex else torch.zeros_like(x), torch.float16))
    if kind is torch.bool:
        return x != 0
    if x.dtype.is_complex and not kind.is_complex:
        x = x.real
    if x.dtype in _EIGHT_BITS:  # whose numbers float32 has
        x = x.float()
    if kind.is_floating_point:
        if kind.itemsize <= 2 and x.dtype in (torch.float64, torch.int64, torch.int32):
            x = _odd_float32(_odd_float64(x) if x.dtype is torch.int64 else x.double())
    elif x.dtype.is_floating_point and not kind.is_complex:
        wide = kind in (torch.uint8, torch.int64)
        limit = 2.0**63 if wide else 2.0**31
        whole = torch.trunc(x)
        x = torch.where((whole >= -limit) & (whole < limit), whole, -limit).to(torch.int64 if wide else torch.int32)
    return x.to(kind)


def _odd_float64(x: Tensor) -> Tensor:
    """int64 as float64, rounded to odd: what rounds it again then rounds as if it saw the integer itself."""
    coarse = ((x >> 11) | ((x & 0x7FF) != 0)).double() * 2048.0
    return torch.where((x > 2**53) | (x < -(2**53)), coarse, x.double())


def _odd_float32(x: Tensor) -> Tensor:
    """float64 as float32, rounded to odd (the last bit is set wherever the value is not exact)."""
    single = x.float()
    bits = single.view(torch.int32)
    back = single.double()
    odd = (bits - (back.abs() > x.abs()).to(torch.int32)) | 1
    return torch.where((back != x) & ~torch.isnan(x), odd, bits).view(torch.float32)


def _at_least_1d(x: Tensor) -> Tensor:
    return x if x.dim() else x.unsqueeze(0)


# -- reductions ------------------------------------------------------------------------------------


def _prod(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    kind = torch.float32 if x.dtype in (torch.float16, torch.bfloat16) else x.dtype  # torch's CPU multiplies in 16 bits
    for d in dims:
        x = torch.prod(x, d, keepdim=True, dtype=kind)
    return x


def _any(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    return torch.any(x != 0, dims, keepdim=True)


def _all(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    return torch.all(x != 0, dims, keepdim=True)


def _mean(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """In double precision, which nothing wider holds, elements are divided first where their sum overflows."""
    found, count = torch.mean(x, dims, keepdim=True), prod([x.shape[d] for d in dims])
    if x.dtype not in (torch.float64, torch.complex128) or not count:
        return found
    return torch.where(torch.isfinite(found), found, torch.sum(x / count, dims, keepdim=True))


def _spread(function: Callable[..., Tensor], x: Tensor, dims: tuple[int, ...], correction: Number) -> Tensor:
    """``torch.var`` or ``torch.std``; without degrees of freedom, of which torch warns, infinite, or NaN where all are equal."""
    count = prod([x.shape[d] for d in dims])
    if count > correction:
        with_mean = torch.std_mean if function is torch.std else torch.var_mean  # whose sums do not overflow where all are large and equal
        found = with_mean(x, dims, correction=correction, keepdim=True)[0]
        if x.dtype not in (torch.float64, torch.complex128):
            return found
        # Nothing wider holds the running mean that torch keeps: distances from the mean itself are better, unless they overflow.
        distances = x - torch.mean(x, dims, keepdim=True)
        offset = torch.sum(distances, dims, keepdim=True).abs()
        squares = torch.sum(distances.abs() ** 2, dims, keepdim=True) - offset * offset / count
        better = squares.clamp(min=0) / (count - correction)
        better = better.sqrt() if function is torch.std else better
        return torch.where(torch.isfinite(better) & (better > 1e-150), better, found)
    squares = function(x, dims, correction=0, keepdim=True) if count else torch.sum(x, dims, keepdim=True).real
    return torch.where(squares > 0, inf, nan)


def _norm(x: Tensor, dims: Sequence[int], ord: float = 2.0) -> Tensor:
    """torch rounds the reciprocal of an order to the dtype of the evaluation: a root of large or small numbers is off by many units then."""
    x = x.abs() if x.is_complex() else x
    wide = None if ord in (0.0, 1.0, 2.0, inf, -inf) else torch.float64
    return torch.linalg.vector_norm(x, ord, dims, keepdim=True, dtype=wide)


REDUCTIONS: dict[str, Callable[..., Tensor]] = {
    "sum": lambda x, dims: torch.sum(x, dims, keepdim=True, dtype=x.dtype),
    "prod": _prod,
    "mean": _mean,
    "amax": lambda x, dims: torch.amax(x, dims, keepdim=True),
    "amin": lambda x, dims: torch.amin(x, dims, keepdim=True),
    "any": _any,
    "all": _all,
    "var": lambda x, dims, correction=1: _spread(torch.var, x, dims, correction),
    "std": lambda x, dims, correction=1: _spread(torch.std, x, dims, correction),
    "norm": _norm,
}
