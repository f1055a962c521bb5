"""What ``vmap`` refuses: it calls a function slice by slice, and torch computes all slices at once, so that no one number decides anything."""

from __future__ import annotations

from typing import Any, Iterable

from ..autograd.modes import modes
from ..operations.device_support import tensors_in
from ..operations.slices import ITEM
from ..signatures.overriding import seen_by, state, use
from ..signatures.types import readers

__all__ = ["Slices"]

_CONTROL = ("vmap: It looks like you're attempting to use a Tensor in some data-dependent control flow. We don't support that yet, please file "
            "an issue at https://github.com/pytorch/pytorch/issues .")
_BACKWARD = ("backward() called inside a functorch transform. This is not supported, please use functorch.grad or functorch.vjp instead or call "
             "backward() outside of functorch transforms.")
_STORAGE = "Cannot access data pointer of Tensor that doesn't have storage"
_READS = {  # what a tensor hands to Python, or does to others
    "item": ITEM, "__int__": ITEM, "__float__": ITEM, "__complex__": ITEM, "__index__": ITEM, "backward": _BACKWARD, "__bool__": _CONTROL,
    "is_nonzero": _CONTROL,
    "tolist": _STORAGE, "numpy": _STORAGE, "__array__": _STORAGE, "data_ptr": _STORAGE, "__dlpack__": _STORAGE,
}  # fmt: skip
_SHOWN = ("__repr__", "__str__")
_WRITTEN = ("vmap: inplace arithmetic(self, *extra_args) is not possible because there exists a Tensor `other` in extra_args that has more elements "
            "than `self`. This happened due to `other` being vmapped over but `self` not being vmapped over in a vmap. Please try to use "
            "out-of-place operators instead of inplace arithmetic. If said operator is being called inside the PyTorch framework, please file a bug "
            "report instead.")


class Slices:
    """A block in which one slice goes through a function: a mode that follows the slice through the calls, to what is made of it."""

    def __init__(self, given: Iterable[Any]) -> None:
        self._made = {id(each): each for each in given}  # the slice, and what is made of it; held, so that no other object gets the number

    def __enter__(self) -> Slices:
        self._task = modes.task
        use(1)
        state.modes.insert(0, self)  # below the modes of programs
        readers.append(self._read)
        return self

    def __exit__(self, *exc: object) -> None:
        readers.remove(self._read)
        state.modes.remove(self)
        use(-1)

    def __contains__(self, value: Any) -> bool:
        return id(value) in self._made

    def __torch_function__(self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        name = getattr(func, "__name__", "")
        operation = getattr(func, "operation", None)
        followed = any(each in self for each in tensors_in((*args, *kwargs.values())))
        if followed and modes.task is self._task:  # formulas of gradients look at elements where torch's do not
            self._refuse(operation, name, args, kwargs)
        if operation is None and name not in _SHOWN and hasattr(func, "__wrapped__"):
            with seen_by(self):  # for the operations that the function calls
                return func.__wrapped__(*args, **kwargs)
        result = func(*args, **kwargs)
        if followed:
            self._made.update((id(each), each) for each in tensors_in((result,)))
        return result

    def _refuse(self, operation: Any, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """RuntimeError for a call that torch has no rule for, since it depends on the elements of one slice."""
        if operation is None:
            if name in _READS and args[0] in self:
                raise RuntimeError(_READS[name])
            return
        if operation.slices is not None:
            decides, words = operation.slices(operation.bind(args, kwargs))
            if any(each in self for each in tensors_in((decides,))):
                raise RuntimeError(words)
        if (name == "__setitem__" or name.endswith("_") and not name.endswith("__")) and args and args[0] not in self:
            raise RuntimeError(_WRITTEN)

    def _read(self, tensor: Any) -> None:
        if tensor in self and modes.task is self._task:
            raise RuntimeError(ITEM)
