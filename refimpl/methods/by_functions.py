"""Members of Tensor that apply a Python function to each element, ask for the order of the dimensions, or stand in for what only other devices and
layouts have."""

from __future__ import annotations

import warnings
from itertools import product
from typing import Any, Callable, Iterator

from ..autograd.in_place import count_write
from ..foundation.dtypes import dtype
from ..foundation.kernels import View
from ..foundation.layout import iteration_order
from ..operations.constraints import fits
from ..ops.views.shapes import alias_of
from ..signatures.matching import parsed
from ..signatures.overriding import call_undisturbed
from ..tensor import Tensor, channels_last, memory_format


def _places(view: View) -> Iterator[int]:
    """Where the elements lie in the storage, in row-major order."""
    for index in product(*map(range, view.shape)):
        yield view.offset + sum(i * stride for i, stride in zip(index, view.strides))


def _element(value: Any, d: dtype) -> Any:
    """What a Python function returned, as an element: a TypeError of what is no number, a RuntimeError of what the dtype cannot hold."""
    if d.category == 0:
        return bool(value)
    if d.is_complex:
        return complex(value)
    if isinstance(value, str) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        kind = type(value).__name__
        raise TypeError(f"must be real number, not {kind}" if d.category == 2 else f"'{kind}' object cannot be interpreted as an integer")
    if d.category == 2:
        return float(value)
    number = value if isinstance(value, (int, float)) else float(value)
    if not fits(number, d):
        raise RuntimeError(f"value cannot be converted to type {d!r} without overflow".replace("torch.", ""))
    return int(number)


def _apply(name: str, self: Tensor, others: tuple[Tensor, ...], function: Callable[..., Any]) -> Tensor:
    """Replace each element by the function's value there, one after the other."""
    if any(t.requires_grad for t in (self, *others)):
        raise RuntimeError(f"Can't call {name}() on Variable that requires grad. Use var.detach().{name}() instead.")
    view, d = self._view, self.dtype

    def at(source: View, place: int) -> View:
        return View(source.storage, place, (), (), source.dtype)

    expanded = [other.expand(self.shape)._view for other in others]
    for places in zip(_places(view), *map(_places, expanded)):
        targets = [at(source, place) for source, place in zip((view, *expanded), places)]
        value = function(*[target.storage.kernels.tolist(target)[0] for target in targets])
        view.storage.kernels.fill(targets[0], _element(value, d))
    count_write(self)
    return self


def _type_of(tensor: Tensor) -> str:
    return f"torch.{tensor.dtype.type_name}Tensor"


def _in_class(tensor: Any, cls: Any) -> Any:
    """A tensor that has just been made, as one of a subclass."""
    if not (isinstance(cls, type) and issubclass(cls, Tensor)):
        raise TypeError("Creating a Tensor subclass from a class that does not inherit from Tensor is not possible. Make sure your class inherits "
                        "from Tensor.")
    if cls is not Tensor:
        tensor.__class__ = cls
    return tensor


class ByFunctions:
    """What :mod:`refimpl.methods` puts on the Tensor."""

    def apply_(self: Any, callable: Callable[[Any], Any]) -> Tensor:
        """Replace each element by the value of a Python function of it, in row-major order. RuntimeError for a tensor that requires grad.

        >>> tensor([1., 2.]).apply_(lambda x: x * 10)
        tensor([10., 20.])
        """
        return _apply("apply_", self, (), callable)

    @parsed(method=True)
    def map_(self: Any, other: Any, callable: Any) -> Tensor:
        """Replace each element by the value of a Python function of it and of the one of ``other``, which has the same dtype and is expanded.

        TypeError for another dtype, RuntimeError for tensors that require grad.

        >>> tensor([1., 2.]).map_(tensor([3.]), lambda x, y: x + y)
        tensor([4., 5.])
        """
        if other.dtype is not self.dtype and not other.requires_grad and not self.requires_grad:
            raise TypeError(f"map_: expected {_type_of(self)} for 'other' (got {_type_of(other)})")
        return _apply("map_", self, (other,), callable)

    @parsed(method=True)
    def map2_(self: Any, x: Any, y: Any, callable: Any) -> Tensor:
        """:meth:`map_` of a function of three elements: the tensor's, and those of ``x`` and ``y``.

        >>> tensor([1., 2.]).map2_(tensor([3.]), tensor([5., 7.]), lambda a, b, c: a + b * c)
        tensor([16., 23.])
        """
        for name, other in (("x", x), ("y", y)):
            if other.dtype is not self.dtype and not any(t.requires_grad for t in (self, x, y)):
                raise TypeError(f"map2_: expected {_type_of(self)} for argument '{name}' (got {_type_of(other)})")
        return _apply("map2_", self, (x, y), callable)

    def dim_order(self: Any, *, ambiguity_check: Any = False) -> tuple[int, ...]:
        """The dimensions from the outermost in memory to the innermost.

        With ``ambiguity_check`` a RuntimeError if several orders are possible: a dimension of size 1, or two equal strides; given a list of memory
        formats, unless the tensor has exactly one of these and the order is certain. TypeError for anything else.

        >>> zeros(2, 3, 4).permute(2, 0, 1).dim_order()
        (1, 2, 0)
        """
        listed = isinstance(ambiguity_check, list) and all(isinstance(each, memory_format) for each in ambiguity_check)
        if not isinstance(ambiguity_check, bool) and not listed:
            raise TypeError("The ambiguity_check argument must be a bool or a list of memory formats.")
        view = self._view
        several = 1 in view.shape or any(a == b for a, b in zip(view.strides, view.strides[1:]))
        if (listed or ambiguity_check) and several:
            formats = ambiguity_check if listed else []
            if sum(self.is_contiguous(memory_format=each) for each in formats) != 1:
                raise RuntimeError("The tensor does not have unique dim order, or cannot map to exact one of the given memory formats.")
        rows = self.is_contiguous()
        if rows is not self.is_contiguous(memory_format=channels_last):  # in one of the two orders, and not in the other
            return tuple(range(self.dim())) if rows else (0, 2, 3, 1)
        order = iteration_order(view.shape, [view.strides])
        steps = [view.strides[d] for d in order]
        if ambiguity_check and any(not a or not b or a >= b for a, b in zip(steps, steps[1:])):
            raise RuntimeError("The tensor does not have unique dim order.")
        return tuple(reversed(order))

    @parsed(method=True)
    def to_dense(self: Any, dtype: Any = None, *, masked_grad: Any = None) -> Tensor:
        """The tensor itself, or its elements in another dtype: every tensor of refimpl is dense.

        >>> tensor([1]).to_dense(float32)
        tensor([1.])
        """
        return self if dtype is None or dtype is self.dtype else self.to(dtype)

    def share_memory_(self: Any) -> Tensor:
        """The tensor itself: refimpl moves no memory between processes."""
        return self  # type: ignore[no-any-return]

    @parsed(method=True)
    def pin_memory(self: Any, device: Any = None) -> Tensor:
        """RuntimeError: no memory of the host can be pinned where there is no accelerator."""
        raise RuntimeError("Cannot access accelerator device when none is available.")

    def const_data_ptr(self: Any) -> int:
        """:meth:`data_ptr`, of memory that is only to be read."""
        return self.data_ptr()  # type: ignore[no-any-return]

    @parsed(method=True)
    def is_distributed(self: Any) -> bool:
        """False: no tensor is spread over several processes."""
        return False

    def module_load(self: Any, other: Any, assign: bool = False) -> Tensor:
        """What a module puts in place of this tensor when it loads ``other``: this tensor with the elements of ``other``, or ``other`` itself if
        ``assign``, out of the graph."""
        return other.detach() if assign else self.copy_(other).detach()  # type: ignore[no-any-return]

    def as_subclass(self: Any, cls: Any) -> Any:
        """The same tensor as one of a subclass of Tensor: a view of it, in the graph. TypeError for other classes."""
        return _in_class(call_undisturbed(alias_of, (self,)), cls)

    @staticmethod
    def _make_subclass(cls: Any, data: Tensor, require_grad: bool = False) -> Any:
        """The same elements as a leaf of a subclass of Tensor, which requires grad if asked to."""
        return _in_class(data.data, cls).requires_grad_(require_grad)

    @property
    def volatile(self: Any) -> bool:
        """False. What it once was, :class:`no_grad` is; a warning says so."""
        warnings.warn("volatile was removed (Variable.volatile is always False)", stacklevel=2)
        return False

    @volatile.setter
    def volatile(self: Any, value: Any) -> None:
        warnings.warn("volatile was removed and now has no effect. Use `with torch.no_grad():` instead.", stacklevel=2)

    def __rmatmul__(self: Any, other: Any) -> Any:
        return other.matmul(self) if isinstance(other, Tensor) else NotImplemented

    def __delitem__(self: Any, index: Any) -> None:
        raise TypeError("Tensor does not support deleting items")
