"""Rounding errors on purpose: refimpl on kernels that are off by one rounding at every step.

How far may a composite of many rounded steps (a gradient) be off? That depends on the formula and on the input, and no count
of ulps fits. So it is tried: the formula is evaluated in float64 with every elementary result, and every term of every sum,
moved by a relative ``u`` (and at least half the smallest subnormal number) up or down at random, where ``u`` is the unit roundoff
of the dtype that is judged. The distance from the undisturbed evaluation is what rounding errors of that size can do (Monte Carlo
arithmetic: D. S. Parker, 1997; J. Vignes, CESTAC, 1974). Results of exact operations (copies, comparisons, maxima, signs) stay as
they are, so that no tie is broken and no kink crossed by the disturbance itself.

Not all errors are of random sign. Numbers of a format are multiples of one step, and where one number is added to all of them they are all off by
the same: what it has beyond a multiple. In one evaluation of three, therefore, a sum or difference of two tensors is moved in one direction; and so
are the partial sums of equal or similar terms that are added up one after the other (N. J. Higham, Accuracy and Stability of Numerical Algorithms,
2nd edition, section 4.2): the term at place k of n stands in n - k of them.
"""

from __future__ import annotations

import random
from cmath import isfinite, isinf
from math import log2, prod
from typing import Any, NamedTuple, Sequence

from refimpl.cpu import CPU, CpuKernels
from refimpl.cpu.buffers import read, write
from refimpl.cpu.encode import encode
from refimpl.foundation.kernels import Number, View, register_device
from refimpl.foundation.layout import contiguous_strides

from ..backends.refimpl_backend import Refimpl

DEVICE = "noise"  # a device of refimpl's, but nothing to be judged

# Operations on single elements that round nothing.
EXACT = frozenset(
    "abs bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor ceil clamp clamp_max clamp_min complex conj "
    "copysign eq floor fmax fmin fmod frac gcd ge gt heaviside isfinite isinf isnan isneginf isposinf isreal lcm ldexp le logical_and logical_not "
    "logical_or logical_xor lt maximum minimum nan_to_num ne neg relu remainder round sgn sign signbit trunc where".split()
)
_SIGNS = {"0": -1.0, "1": 1.0}
_ALIKE = frozenset("add sub add_scaled sub_scaled".split())  # of many numbers and one, rounded in one direction
_ROUNDED_REDUCTIONS = frozenset(("sum", "mean", "prod", "var", "std", "norm"))


def _partial_sums(shape: Sequence[int], dims: Sequence[int]) -> list[int]:
    """For each element, in row-major order, in how many partial sums it stands that are rounded, where those along ``dims`` are added up in their
    order: the first one is a term itself."""
    counts, behind = [0], 1
    for d in reversed(range(len(shape))):
        steps = range((shape[d] - 1) * behind, -1, -behind) if d in dims else [0] * shape[d]
        counts = [step + count for step in steps for count in counts]
        behind *= shape[d] if d in dims else 1
    return counts


class Noise(NamedTuple):
    """Rounding errors: of a relative ``u``, and at least ``least``; of a relative ``terms`` in what is added up, the roundoff of the accumulator."""

    u: float = 0.0
    least: float = 0.0
    terms: float = 0.0

    def times(self, factor: float) -> Noise:
        return Noise(*[size * factor for size in self])


class NoisyKernels(CpuKernels):
    """The CPU's kernels, each result of a rounded operation moved by a relative ``u``."""

    device_type = DEVICE
    overrides = {}  # what is to be disturbed are the steps of the compositions
    device_index: int | None = 0

    def __init__(self) -> None:
        self.generator = random.Random(0)
        self.noise = Noise()
        self.alike = False  # whether sums of two tensors are moved in one direction

    def _moved(self, values: Sequence[Any], u: float, least: float, alike: bool = False) -> list[Any]:
        """Each value moved by a relative ``u``, and at least by ``least`` unless it is 0; of a complex one each part by ``u`` times its modulus,
        and by so much at least. ``alike``: all up, or all down."""
        if alike and values:
            up, across = self._signs(2)
            step = complex(up, across) if isinstance(values[0], complex) else up
            return [value + step * max(u * abs(value), least) if value and isfinite(value) else value for value in values]
        if values and isinstance(values[0], complex):
            sizes = [abs(value) for value in values]
            steps = [max(u * size, least) if size else 0.0 for size in sizes]
            return [
                value + complex(a * step, b * step) if isfinite(size) else value
                for value, size, step, a, b in zip(values, sizes, steps, self._signs(len(values)), self._signs(len(values)), strict=True)
            ]
        bound = least / u if u else 0.0
        return [
            value * (1.0 + sign * u) if not 0.0 < abs(value) < bound else value + sign * least
            for value, sign in zip(values, self._signs(len(values)), strict=True)
        ]

    def _signs(self, count: int) -> Sequence[float]:
        """So many numbers 1 and -1, at random."""
        return [_SIGNS[bit] for bit in f"{self.generator.getrandbits(count):0{count}b}"] if count else ()

    def _disturb(self, out: View, alike: bool = False) -> None:
        if out.dtype.is_floating_point or out.dtype.is_complex:
            write(out, encode(out.dtype, self._moved(read(out), self.noise.u, self.noise.least, alike)))

    def _disturbed(self, view: View, steps: float = 1.0, dims: Sequence[int] = ()) -> View:
        """The terms of a sum: a copy with noise, in the same layout of dimensions; that of several ``steps`` of an evaluation, and of the partial
        sums along ``dims``."""
        if not (view.dtype.is_floating_point or view.dtype.is_complex):
            return view
        copy = View(self.allocate(view.numel * view.dtype.itemsize), 0, view.shape, contiguous_strides(view.shape), view.dtype)
        values = self._moved(read(view), steps * self.noise.terms, 0.0)
        if self.alike and dims and self.noise.terms:
            step = self._signs(1)[0] * self.noise.terms
            values = [value * (1.0 + step * count) for value, count in zip(values, _partial_sums(view.shape, dims), strict=True)]
        write(copy, encode(view.dtype, values))
        return copy

    def map(self, name: str, out: View, inputs: Sequence[View | Number], dtype: Any) -> None:  # type: ignore[override]
        CPU.map(name, out, inputs, dtype)
        if name not in EXACT:
            self._disturb(out, self.alike and name in _ALIKE)

    def reduce(self, name: str, out: View, input: View, dims: tuple[int, ...], **parameters: Any) -> None:  # type: ignore[override]
        if name in _ROUNDED_REDUCTIONS and not isinf(parameters.get("ord", 2.0)):  # a norm of order infinity selects
            CPU.reduce(name, out, self._disturbed(input, dims=dims), dims, **parameters)
            self._disturb(out)
        else:
            CPU.reduce(name, out, input, dims, **parameters)

    def scan(self, name: str, out: View, input: View, dim: int) -> None:  # type: ignore[override]
        CPU.scan(name, out, self._disturbed(input), dim)

    def matmul(self, out: View, a: View, b: View) -> None:  # type: ignore[override]
        CPU.matmul(out, self._disturbed(a, dims=(len(a.shape) - 1,)), self._disturbed(b))
        self._disturb(out)

    def map_matrices(self, name: str, outs: Sequence[View], inputs: Sequence[View], batch: int, **parameters: Any) -> None:  # type: ignore[override]
        """A backward stable algorithm: it computes what matrices become that are off by a rounding of their largest elements."""
        CPU.map_matrices(name, outs, [self._disturbed_in_norm(view, batch) for view in inputs], batch, **parameters)
        for out in outs:
            self._disturb(out)

    def _disturbed_in_norm(self, view: View, batch: int) -> View:
        if not (view.dtype.is_floating_point or view.dtype.is_complex):
            return view
        copy = View(self.allocate(view.numel * view.dtype.itemsize), 0, view.shape, contiguous_strides(view.shape), view.dtype)
        values, size = list(read(view)), max(prod(view.shape[batch:]), 1)
        signs = self._signs(len(values))
        for start in range(0, len(values), size):
            step = self.noise.u * max([abs(value) for value in values[start : start + size]])
            for i in range(start, start + size):
                values[i] += step * signs[i] * (values[i] != 0)
        write(copy, encode(view.dtype, values))
        return copy

    def fft(self, out: View, input: View, dims: tuple[int, ...], inverse: bool, divisor: float) -> None:  # type: ignore[override]
        steps = sum(log2(max(input.shape[d], out.shape[d], 2)) for d in dims)
        CPU.fft(out, self._disturbed(input, steps), dims, inverse, divisor)
        self._disturb(out)


class Noisy(Refimpl):
    """refimpl on these kernels, as a backend. :meth:`disturb` sets the noise of the calls that follow."""

    def __init__(self) -> None:
        self.noisy = NoisyKernels()
        register_device(self.noisy)
        super().__init__(DEVICE)

    def disturb(self, seed: int, noise: Noise) -> None:
        self.noisy.generator = random.Random(seed)
        self.noisy.noise = noise
        self.noisy.alike = seed % 3 == 2
