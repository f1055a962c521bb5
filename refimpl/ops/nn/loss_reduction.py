"""What losses do with the losses of single elements: sum, mean, or nothing; and the words and numbers by which that is asked for.

Losses are evaluated in binary64 and rounded once. The mean of no elements is NaN.
"""

from __future__ import annotations

from typing import Any, Sequence
from warnings import warn

from ...autograd.modes import no_grad
from ...foundation.dtypes import bfloat16, complex64, complex128, float16, float32, float64
from ...tensor import Tensor

NONE, MEAN, SUM = 0, 1, 2
_WIDER = {float16: float64, bfloat16: float64, float32: float64, complex64: complex128}
_UNKNOWN = "{} is not a valid value for reduction"
_NUMBERS = {"none": NONE, "mean": MEAN, "sum": SUM, "elementwise_mean": MEAN}


def get_enum(reduction: str) -> int:
    """0 for "none", 1 for "mean", 2 for "sum"."""
    if reduction == "elementwise_mean":
        warn("reduction='elementwise_mean' is deprecated. Please use reduction='mean' instead.", stacklevel=3)
    if reduction not in tuple(_NUMBERS):
        raise ValueError(f"{reduction} is not a valid value for reduction")
    return _NUMBERS[reduction]


def legacy_get_string(size_average: bool | None, reduce: bool | None, emit_warning: bool = True) -> str:
    """The reduction that the two deprecated arguments mean; either left out counts as True."""
    averaged, summed = (flag is None or bool(flag) for flag in (size_average, reduce))
    reduction = "none" if not summed else "mean" if averaged else "sum"
    if emit_warning:
        warn(f"size_average and reduce args will be deprecated, please use reduction='{reduction}' instead.", stacklevel=3)
    return reduction


def asked_reduction(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The word, whichever of the arguments was used."""
    return reduction if size_average is None and reduce is None else legacy_get_string(size_average, reduce)


def known_reduction(require: Any, size_average: Any, reduce: Any, reduction: str, words: Sequence[str] = tuple(_NUMBERS),
                    refusal: str = _UNKNOWN) -> None:  # fmt: skip
    """The constraints of the losses' arguments ``size_average`` and ``reduce``, which are truth values, and ``reduction``, one of the ``words``."""
    counts = [flag.numel() for flag in (size_average, reduce) if isinstance(flag, Tensor) and flag.numel() != 1]
    require(not counts, RuntimeError, "Boolean value of Tensor with {} is ambiguous", "no values" if counts[:1] == [0] else "more than one value")
    known_word(require, reduction if size_average is None and reduce is None else words[0], words, refusal)


def known_word(require: Any, reduction: str, words: Sequence[str] = tuple(_NUMBERS), refusal: str = _UNKNOWN) -> None:
    """The constraint that ``reduction`` is one of the ``words``; a list, which has no hash, is none either."""
    require(reduction in words, ValueError, refusal, reduction)


def reduced(values: Any, reduction: int) -> Any:
    """The elements' losses, their mean, or their sum."""
    if reduction == NONE:
        return values
    return values.mean() if reduction == MEAN else values.sum()


def round_once(result: Any, evaluate: Any, *operands: Any) -> Any:
    """``result``, whose steps were each rounded on the way to the graph, with the value of the evaluation in float64, or complex128."""
    if result.dtype in _WIDER:
        with no_grad():
            exact = evaluate(*(x.to(_WIDER[x.dtype]) if isinstance(x, Tensor) and x.dtype in _WIDER else x for x in operands))
            # through .data: the graph neither sees this nor saved the value
            result.data.copy_(exact)
    return result
