"""Copies of tensors by Python's ``copy`` and ``pickle``.

What is copied at once by ``deepcopy`` shares storages as before; ``copy.copy`` shares the storage itself; ``pickle`` keeps no sharing.
"""

from __future__ import annotations

from typing import Any

from ..autograd.modes import modes
from ..foundation import dtypes
from ..foundation.devices import kernels_for
from ..foundation.dtypes import dtype
from ..foundation.kernels import Kernels, Storage, View, as_lazy, noted
from ..foundation.lazy_views import materialised
from ..tensor import Tensor


def _content(storage: Storage) -> bytes | int:
    """The bytes; of a storage of the device ``meta``, which has none, how many there would be."""
    if storage.kernels.device_type == "meta":
        return storage.nbytes
    return storage.kernels.to_bytes(View(storage, 0, (storage.nbytes,), (1,), dtypes.uint8))


def _storage(kernels: Kernels, content: bytes | int) -> Storage:
    return kernels.allocate(content) if isinstance(content, int) else kernels.from_bytes(content)


def _attributes(input: Tensor) -> dict[str, Any]:
    """What a program has put on the tensor."""
    return dict(input.__dict__)


def _fill(made: Tensor, view: View, requires_grad: bool) -> None:
    """Make a new object the tensor with this view: that counts as a write to it, and in inference mode it is an inference tensor."""
    made._view = view
    made._requires_grad = requires_grad
    made._counter = None if modes.inference else [1]
    made._inference = modes.inference


def deepcopy(input: Tensor, memo: dict[Any, Any]) -> Tensor:
    """A leaf with a storage of its own; tensors that shared a storage share one again. RuntimeError for tensors that are no leaves."""
    from copy import deepcopy as copied

    if id(input) in memo:
        return memo[id(input)]  # type: ignore[no-any-return]
    if not input.is_leaf:
        raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment.  If you were "
                           "attempting to deepcopy a module, this may be because of a torch.nn.utils.weight_norm usage, see "
                           "https://github.com/pytorch/pytorch/pull/103001")
    view = input._view
    key = "storage", id(view.storage)
    if key not in memo:
        memo[key] = _storage(view.storage.kernels, _content(view.storage)), view.storage  # kept, so that its id stays its own
    made = object.__new__(Tensor) if type(input) is Tensor else input.new_empty([])  # type: ignore[attr-defined]
    if type(made) is not type(input):
        raise RuntimeError("The default implementation of __deepcopy__() for non-wrapper subclasses only works for subclass types that implement "
                           "new_empty() and for which that function returns another instance of the same subclass. You should either properly "
                           "implement new_empty() for your subclass or override __deepcopy__() if it is intended behavior for new_empty() to return "
                           "an instance of a different type.")
    memo[id(input)] = made
    copy = View(memo[key][0], view.offset, view.shape, view.strides, view.dtype)
    _fill(made, materialised(as_lazy(copy, view.conjugated, view.negated)), input.requires_grad)
    if (view.conjugated or view.negated) and made._counter is not None:
        made._counter = [0]  # it has been computed, and not written
    if input._grad is not None:
        made._grad = copied(input._grad, memo)
    made.__dict__.update(copied(_attributes(input), memo))
    return made


class _Pickled:
    """A storage as pickle sees it: its bytes and its device. Each tensor brings one of its own, so that a pickle keeps no sharing."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def __getstate__(self) -> Any:
        kernels = self.storage.kernels
        return kernels.device_type, kernels.device_index, _content(self.storage)

    def __setstate__(self, state: Any) -> None:
        device_type, index, data = state
        self.storage = _storage(kernels_for(device_type if index is None else f"{device_type}:{index}"), data)


def reduce(input: Tensor) -> tuple[Any, ...]:
    """How ``pickle`` and ``copy.copy`` make the tensor anew: a leaf with the same storage, geometry, ``requires_grad`` and attributes."""
    view = input._view
    geometry = view.offset, view.shape, view.strides, view.dtype, view.conjugated, view.negated
    return rebuild, (type(input), _Pickled(view.storage), *geometry, input.requires_grad, _attributes(input))


def rebuild(cls: Any, storage: _Pickled, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], d: dtype,
            conjugated: bool, negated: bool, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    """A tensor from the parts that :func:`reduce` gives."""
    made: Tensor = object.__new__(cls)
    _fill(made, as_lazy(View(storage.storage, offset, shape, strides, noted(d, storage.storage.kernels)), conjugated, negated), requires_grad)
    made.__dict__.update(attributes)
    return made
