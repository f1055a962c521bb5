"""A transform for each piece of a tensor along a dimension."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...ops.joining.joining import cat, stack
from .. import constraints
from ..utils import lazy_property, sum_rightmost
from .base import Transform

__all__ = ["CatTransform", "StackTransform"]


class _Joined(Transform):
    """Transforms of the pieces along ``dim``."""

    transforms: list[Any]
    dim: int

    def _take(self, tseq: Sequence[Any], dim: int, cache_size: int) -> None:
        if not all(isinstance(each, Transform) for each in tseq):
            raise AssertionError("All elements of tseq must be Transform instances")
        Transform.__init__(self, cache_size=cache_size)
        self.transforms = [each.with_cache(cache_size) for each in tseq] if cache_size else list(tseq)
        self.dim = dim

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        return all(each.bijective for each in self.transforms)

    def _require_size(self, size: int, told: str, **values: Any) -> None:
        """AssertionError for a tensor that has not ``size`` elements along the dimension; ``told``: what the size is."""
        for name, value in values.items():
            if not -value.dim() <= self.dim < value.dim():
                raise AssertionError(f"dim {self.dim} out of range for {name if len(values) > 1 else 'tensor'} with {value.dim()} dimensions")
            if value.size(self.dim) != size:
                raise AssertionError(f"{name}.size({self.dim}) = {value.size(self.dim)} must equal {told} {size}")


class CatTransform(_Joined):
    """Transforms of pieces of the given ``lengths`` along ``dim``, put together again as :func:`cat` does."""

    def __init__(self, tseq: Sequence[Any], dim: int = 0, lengths: Sequence[int] | None = None, cache_size: int = 0) -> None:
        self._take(tseq, dim, cache_size)
        self.lengths = [1] * len(self.transforms) if lengths is None else list(lengths)
        if len(self.lengths) != len(self.transforms):
            raise AssertionError(f"lengths ({len(self.lengths)}) must match transforms ({len(self.transforms)})")

    _arguments = ("transforms", "dim", "lengths")

    @lazy_property
    def event_dim(self) -> Any:  # type: ignore[override]
        return max(each.event_dim for each in self.transforms)

    @lazy_property
    def length(self) -> int:
        """The size of the dimension."""
        return sum(self.lengths)

    def _pieces(self, **values: Any) -> Any:
        self._require_size(self.length, "length", **values)
        starts = [sum(self.lengths[:i]) for i in range(len(self.lengths))]
        for transform, start, length in zip(self.transforms, starts, self.lengths):
            yield transform, *[value.narrow(self.dim, start, length) for value in values.values()]

    def _call(self, x: Any) -> Any:
        return cat([transform(piece) for transform, piece in self._pieces(x=x)], dim=self.dim)

    def _inverse(self, y: Any) -> Any:
        return cat([transform.inv(piece) for transform, piece in self._pieces(y=y)], dim=self.dim)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        terms = [sum_rightmost(transform.log_abs_det_jacobian(before, after), self.event_dim - transform.event_dim)
                 for transform, before, after in self._pieces(x=x, y=y)]  # fmt: skip
        dim = (self.dim - x.dim() if self.dim >= 0 else self.dim) + self.event_dim
        return cat(terms, dim=dim) if dim < 0 else sum(terms)  # from there on the pieces belong to one value

    @constraints.dependent_property
    def domain(self) -> Any:  # type: ignore[override]
        return constraints.cat([each.domain for each in self.transforms], self.dim, self.lengths)

    @constraints.dependent_property
    def codomain(self) -> Any:  # type: ignore[override]
        return constraints.cat([each.codomain for each in self.transforms], self.dim, self.lengths)


class StackTransform(_Joined):
    """Transforms of the slices along ``dim``, put together again as :func:`stack` does."""

    def __init__(self, tseq: Sequence[Any], dim: int = 0, cache_size: int = 0) -> None:
        self._take(tseq, dim, cache_size)

    _arguments = ("transforms", "dim")

    def _stacked(self, function: Callable[..., Any], **values: Any) -> Any:
        self._require_size(len(self.transforms), "len(transforms)", **values)
        slices = [value.unbind(self.dim) for value in values.values()]
        return stack([function(transform, *each) for transform, *each in zip(self.transforms, *slices)], dim=self.dim)

    def _call(self, x: Any) -> Any:
        return self._stacked(lambda transform, each: transform(each), x=x)

    def _inverse(self, y: Any) -> Any:
        return self._stacked(lambda transform, each: transform.inv(each), y=y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self._stacked(lambda transform, before, after: transform.log_abs_det_jacobian(before, after), x=x, y=y)

    @constraints.dependent_property
    def domain(self) -> Any:  # type: ignore[override]
        return constraints.stack([each.domain for each in self.transforms], self.dim)

    @constraints.dependent_property
    def codomain(self) -> Any:  # type: ignore[override]
        return constraints.stack([each.codomain for each in self.transforms], self.dim)
