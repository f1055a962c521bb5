"""Known differences in discrete Fourier transforms."""

from __future__ import annotations

from ...cases.case import Case
from ...cases.deviation import Deviation
from ..entry import KnownDifference


def _along_one_dimension(case: Case, deviation: Deviation) -> bool:
    named = dict(zip(("input", "s", "dim"), case.args)) | case.kwargs
    dim, s = named.get("dim"), named.get("s")
    given = dim if dim is not None else (-2, -1) if case.operation.endswith("2") else s if s is not None else named["input"].shape
    return case.form == "out" and (isinstance(given, int) or len(given) == 1)


def _of_nothing(case: Case, deviation: Deviation) -> bool:
    return _refused_by_mkl(deviation) and any(0 in spec.shape for spec in case.tensors())


def _of_many_dimensions(case: Case, deviation: Deviation) -> bool:
    return _refused_by_mkl(deviation) and any(len(spec.shape) > 7 for spec in case.tensors())


def _refused_by_mkl(deviation: Deviation) -> bool:
    """Refused in the call, or in the transform that is its gradient: MKL takes complex numbers to real ones in several steps, and not back."""
    return "MKL FFT error" in deviation.expected and (deviation.got in ("a result", "None") or "output tensor" in deviation.got)


def _into_strides(case: Case, deviation: Deviation) -> bool:
    return case.form == "out" and case.kwargs["out"].strides != (1,)


def _half_window(case: Case, deviation: Deviation) -> bool:
    return "window overlap add min" in deviation.got and any(spec.dtype == "float16" for spec in case.tensors())


_TRANSFORMS = tuple(f"fft.{name}" for name in (
    "fft ifft rfft irfft hfft ihfft fft2 ifft2 rfft2 irfft2 hfft2 ihfft2 fftn ifftn rfftn irfftn hfftn ihfftn".split()))  # fmt: skip

ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "align-to-window-looked-at-first", ("stft",), ("errors",), "center=True and an align_to_window that is no bool",
        "torch looks at whether align_to_window is given before it looks at its type; which of two errors comes first is not specified, but a call "
        "of a wrong type has no other in refimpl",
        "import torch\n\ntry:\n    torch.stft(torch.ones(4), 2, return_complex=True, align_to_window=0)\nexcept RuntimeError as error:\n"
        "    assert 'align_to_window should only be set' in str(error)  # and not a TypeError\n",
        lambda case, deviation: "align_to_window should only be set" in deviation.expected and "TypeError" in deviation.got,
    ),
    KnownDifference(
        "transform-that-leaves-its-output", ("fft.ihfftn", "fft.ihfft2"), ("values", "shape", "strides", "purity", "gradients", "errors"),
        "out=, along one dimension",
        "torch writes the result into a tensor of its own, and leaves the output as it is, shape and all; it refuses one of another complex dtype",
        "import torch\n\nout = torch.zeros(0, dtype=torch.complex64)\ntorch.fft.ihfftn(torch.ones(4), out=out)\nassert out.shape == (0,)\n",
        _along_one_dimension,
    ),
    KnownDifference(
        "transforms-of-nothing", _TRANSFORMS, ("errors", "gradients"), "no transforms: a dimension of size 0 beside those that are transformed",
        "MKL refuses it with an internal error, where other libraries give a result without elements, as every other operation does",
        "import torch\n\ntry:\n    torch.fft.fft(torch.ones(0, 3))\nexcept RuntimeError as error:\n    assert 'MKL' in str(error)\n",
        _of_nothing,
    ),
    KnownDifference(
        "transforms-along-many-dimensions", _TRANSFORMS, ("errors", "gradients"), "more than seven dimensions that are transformed",
        "MKL has no transform of so high a rank, and torch hands it over as it is, also to find the gradient of one that it makes in several steps",
        "import torch\n\ntry:\n    torch.fft.fftn(torch.ones([2] * 8))\nexcept RuntimeError as error:\n    assert 'MKL' in str(error)\n"
        "x = torch.ones([2] * 8, dtype=torch.complex64, requires_grad=True)\nresult = torch.fft.irfftn(x)\n"
        "try:\n    result.sum().backward()\nexcept RuntimeError as error:\n    assert 'MKL' in str(error)\nelse:\n    raise AssertionError\n",
        _of_many_dimensions,
    ),
    KnownDifference(
        "frequencies-into-strides", ("fft.fftfreq",), ("values", "purity"), "out= of another stride than 1",
        "torch finds the second half of the output, whose frequencies are negative, as if its elements lay one behind the other",
        "import torch\n\nout = torch.empty(10)[::2]\ntorch.fft.fftfreq(5, out=out)\nassert (out >= -0.4).all() and out[4] > 0.7\n",
        _into_strides,
    ),
    KnownDifference(
        "windows-that-reach-nowhere-in-float16", ("istft",), ("errors",), "a float16 window that reaches no frame at some place",
        "torch compares the sum of squares with 1e-11 in the window's dtype, in which that is 0, and divides by it; it refuses the call in others",
        "import torch\n\nx = torch.ones(3, 2, dtype=torch.complex64)\n"
        "assert torch.istft(x, 4, window=torch.zeros(4, dtype=torch.float16), center=False).isnan().all()\n"
        "try:\n    torch.istft(x, 4, window=torch.zeros(4), center=False)\nexcept RuntimeError as error:\n    assert 'overlap' in str(error)\n",
        _half_window,
    ),
]  # fmt: skip
