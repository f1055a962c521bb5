"""The members of Tensor that have to do with gradients: its place in the graph, its gradient, its hooks."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from typing import Any

from ..autograd.engine import backward
from ..autograd.modes import modes
from ..autograd.nodes import add_hook, allowed_dtype, existing_accumulator
from ..autograd.views import current_node
from ..foundation.c_names import spelled_c_name
from ..foundation.dtypes import dtype
from ..signatures.matching import parsed
from ..tensor import Tensor, wrap

_USE_DETACH = (" If you want to use a computed variable in a subgraph that doesn't require differentiation use "
               "var_no_grad = var.detach().")


class Gradients:
    """What :mod:`refimpl.methods` puts on the Tensor."""

    _hooks: dict[int, Any] | None
    _post_hooks: dict[int, Any] | None

    @property
    def requires_grad(self: Any) -> bool:
        return self._requires_grad or self._base is not None and self._base._requires_grad

    @requires_grad.setter
    def requires_grad(self: Any, value: bool) -> None:
        if value is not True and value is not False:
            raise RuntimeError("requires_grad must be a bool")
        if self._grad_fn is not None:
            raise RuntimeError("you can only change requires_grad flags of leaf variables." + _USE_DETACH * (not value))
        if value and self._view.dtype.category < 2:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        self.requires_grad_(value)

    @parsed(method=True)
    def requires_grad_(self: Any, requires_grad: bool = True) -> Tensor:
        """Record operations on this leaf tensor from now on (or no more)."""
        if self._grad_fn is not None:
            if not requires_grad:
                raise RuntimeError("you can only change requires_grad flags of leaf variables." + _USE_DETACH)
            return self
        if requires_grad and self._view.dtype.category < 2:
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if requires_grad and self._inference and not modes.inference:
            raise RuntimeError("Setting requires_grad=True on inference tensor outside InferenceMode is not allowed.")
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def grad_fn(self: Any) -> Any:
        return self._grad_fn if self._base is None else current_node(self)

    @property
    def is_leaf(self: Any) -> bool:
        return self.grad_fn is None

    def _is_view(self: Any) -> bool:
        """Whether autograd knows the tensor as a view of another."""
        return self._base is not None

    @property
    def output_nr(self: Any) -> int:
        return self._output_nr

    @property
    def _version(self: Any) -> int:
        if self._inference and self._counter is None:
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._counter is None else self._counter[0]

    @property
    def retains_grad(self: Any) -> bool:
        return self._retains_grad

    @property
    def grad(self: Any) -> Tensor | None:
        if self._grad is None and not self._retains_grad and self._grad_fn is not None:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its .grad attribute won't be populated "
                "during autograd.backward(). If you indeed want the .grad field to be populated for a non-leaf Tensor, use "
                ".retain_grad() on the non-leaf Tensor.",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self: Any, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Tensor):
                raise TypeError(f"assigned grad expected to be a Tensor or None but got grad of type {type(value).__name__}")
            if value is self:
                raise RuntimeError("can't assign Variable as its own grad")
            allowed = allowed_dtype(self)
            if value._view.dtype is not allowed is not None:
                raise RuntimeError(
                    f"attempting to assign a gradient with dtype '{spelled_c_name(value.dtype)}' to a tensor with grad_dtype "
                    f"'{allowed.type_name}'. The gradient must match the tensor's grad_dtype (defaults to the tensor's dtype). "
                    "You can set the tensor's grad_dtype attribute with a specific dtype, or None to allow any dtype. Set grad_dtype "
                    "with caution. Diverging the dtypes of a tensor and its gradient may break downstream systems that assume they match."
                )
            if value._view.storage.kernels is not self._view.storage.kernels:
                raise RuntimeError(
                    f"attempting to assign a gradient located on device with type '{value.device.type}' to a tensor of device type "
                    f"'{self.device.type}'. Please ensure that the gradient and the tensor are on the same device"
                )
            if value._view.shape != self._view.shape:
                raise RuntimeError(
                    f"attempting to assign a gradient of size '{list(value.shape)}' to a tensor of size '{list(self.shape)}'. "
                    "Please ensure that the gradient and the tensor are the same size"
                )
        self._grad = value

    @grad.deleter
    def grad(self: Any) -> None:
        self._grad = None

    @property
    def grad_dtype(self: Any) -> dtype | None:
        """The dtype that the gradient of a leaf is cast to, at first the leaf's own; None for whatever arrives.

        RuntimeError for a tensor that is no leaf, and if there is a gradient of another dtype already.
        """
        if not self.is_leaf:
            raise RuntimeError("grad_dtype can only be accessed on leaf tensors.")
        return allowed_dtype(self)  # type: ignore[no-any-return]

    @grad_dtype.setter
    def grad_dtype(self: Any, value: dtype | None) -> None:
        if not self.is_leaf:
            raise RuntimeError("grad_dtype can only be set on leaf tensors.")
        if value is not None and not isinstance(value, dtype):
            raise RuntimeError(f"grad_dtype must be a torch.dtype or None, but got {type(value).__name__}")
        if value is not None and self._grad is not None and self._grad.dtype is not value:
            raise RuntimeError(
                f"Cannot set grad_dtype to '{value.type_name}' because there is already a gradient with dtype '{spelled_c_name(self._grad.dtype)}'. "
                "Please clear the gradient (.grad = None) before changing grad_dtype, or ensure the new grad_dtype matches the existing gradient's "
                "dtype."
            )
        self._grad_dtype = value
        node = existing_accumulator(self)
        if node is not None:
            node.describe()

    @property
    def data(self: Any) -> Tensor:
        """The same elements, outside of the graph and with a version counter of their own."""
        made = wrap(self._view)
        if self._inference:
            made._inference, made._counter = True, None if modes.inference else [0]
        return made

    @data.setter
    def data(self: Any, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self.requires_grad and value._view.dtype.category < 2:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        if value._view.dtype is not self._view.dtype or value._view.storage.kernels is not self._view.storage.kernels:
            self._accumulator = None
        self._view = value._view
        self._inference = value._inference

    def backward(self: Any, gradient: Tensor | None = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None) -> None:
        """Add the gradient of this tensor with respect to the graph's leaves to their ``grad``.

        ``gradient`` is the cotangent; without it the tensor must have one element, and the cotangent is 1.
        """
        backward(self, gradient, retain_graph, create_graph, inputs=inputs)

    def retain_grad(self: Any) -> None:
        """Keep the gradient of this non-leaf tensor in ``grad``."""
        if not self.requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if not self.is_leaf and not self._retains_grad:
            self._retains_grad = True
            self._grad_fn.retain(self)

    def detach_(self: Any) -> Tensor:
        """Take this tensor itself out of the graph: it becomes a leaf that does not require grad.

        Nothing happens in inference mode, nor to an inference tensor.
        """
        if modes.inference or self._inference:
            return self  # type: ignore[no-any-return]
        if self._base is not None:
            raise RuntimeError(
                "Can't detach views in-place. Use detach() instead. If you are using DistributedDataParallel (DDP) for training, and "
                "gradient_as_bucket_view is set as True, gradients are views of DDP buckets, and hence detach_() cannot be called on these "
                "gradients. To fix this error, please refer to the Optimizer.zero_grad() function in torch/optim/optimizer.py as the solution.")
        self._requires_grad = False
        self._grad_fn = None
        self._output_nr = 0
        return self

    def register_hook(self: Any, hook: Any) -> Any:
        """Call ``hook(grad)`` whenever the gradient of this tensor is computed; what it returns, if not None, replaces the gradient."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        node = self.grad_fn
        if self._hooks is None:
            self._hooks = OrderedDict()
            if node is not None:
                node.add_tensor_hooks(self._output_nr, self._hooks)
        return add_hook(self._hooks, hook)

    def register_post_accumulate_grad_hook(self: Any, hook: Any) -> Any:
        """Call ``hook(tensor)`` after a gradient was added to this leaf's ``grad``."""
        if not self.requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if not self.is_leaf:
            raise RuntimeError("post accumulate grad hooks cannot be registered on non-leaf tensors")
        if self._post_hooks is None:
            self._post_hooks = OrderedDict()
        return add_hook(self._post_hooks, hook)
