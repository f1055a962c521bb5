"""Dropout of several kinds: in training, elements or channels become 0 at random."""

from __future__ import annotations

from typing import Any

from ... import functional as F
from ..._names import OwnForward
from ..module import Module

__all__ = ["AlphaDropout", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "FeatureAlphaDropout"]


class _DropoutNd(OwnForward, Module):
    """``p`` is the probability of becoming 0; ValueError outside [0, 1]."""

    __constants__ = ["p", "inplace"]
    _function_name: str

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        super().__init__()
        if p < 0 or p > 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self.p = p
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        return getattr(F, self._function_name)(input, self.p, self.training, self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_DropoutNd):
    """Single elements; the others are multiplied by ``1 / (1 - p)``."""

    _function_name = "dropout"


class Dropout1d(_DropoutNd):
    """Channels of sequences."""

    _function_name = "dropout1d"


class Dropout2d(_DropoutNd):
    """Channels of images."""

    _function_name = "dropout2d"


class Dropout3d(_DropoutNd):
    """Channels of volumes."""

    _function_name = "dropout3d"


class AlphaDropout(_DropoutNd):
    """Single elements take the value that SELU has far below 0, so that mean and variance stay."""

    _function_name = "alpha_dropout"

    def forward(self, input: Any) -> Any:
        return F.alpha_dropout(input, self.p, self.training)


class FeatureAlphaDropout(_DropoutNd):
    """:class:`AlphaDropout` of whole channels."""

    _function_name = "feature_alpha_dropout"

    def forward(self, input: Any) -> Any:
        return F.feature_alpha_dropout(input, self.p, self.training)
