"""Pruning: parts of a module's tensors are held at 0 by masks.

A tensor ``NAME`` that is pruned is kept as the parameter ``NAME_orig``, its mask as the buffer ``NAME_mask``; ``NAME`` is their product, computed
before each forward by a hook, the pruning method. Which parts a method takes away is decided once, from the tensor or the ``importance_scores`` that
are given in its place; another method takes from what is left. ``amount`` is a number of parts, or, as a float, a share of them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from numbers import Integral, Real
from typing import Any

from ...ops.creation.like_another import zeros_like
from ...ops.random.random_tensors import rand, rand_like
from ...tensor import contiguous_format
from .gradients import parameters_to_vector

__all__ = [
    "BasePruningMethod", "CustomFromMask", "Identity", "L1Unstructured", "LnStructured", "PruningContainer", "RandomStructured",
    "RandomUnstructured", "custom_from_mask", "global_unstructured", "identity", "is_pruned", "l1_unstructured", "ln_structured",
    "random_structured", "random_unstructured", "remove",
]  # fmt: skip


class BasePruningMethod(ABC):
    """A hook that prunes one tensor of a module. A subclass has a ``PRUNING_TYPE``, "unstructured" (elements), "structured" (slices along ``dim``)
    or "global", and says by ``compute_mask`` which elements stay."""

    _tensor_name: str
    PRUNING_TYPE: str

    @abstractmethod
    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask for a tensor, or for its importance scores: 0 where ``default_mask`` is 0, and where this method takes away."""

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self._tensor_name, self.apply_mask(module))

    def apply_mask(self, module: Any) -> Any:
        """The pruned tensor of the module. AssertionError before :meth:`apply`."""
        if self._tensor_name is None:
            raise AssertionError(f"Module {module} has to be pruned")
        orig = getattr(module, f"{self._tensor_name}_orig")
        return getattr(module, f"{self._tensor_name}_mask").to(dtype=orig.dtype) * orig

    @classmethod
    def apply(cls, module: Any, name: str, *args: Any, importance_scores: Any = None, **kwargs: Any) -> Any:
        """Prune the tensor of a module, with a method made of the arguments; the method, or the container that it is in with those of before.

        AssertionError for scores of another shape. After an error in ``compute_mask`` the module is what it was.
        """
        method = _after_those_of_before(cls(*args, **kwargs), module, name)
        orig = getattr(module, name)
        if importance_scores is not None and importance_scores.shape != orig.shape:
            raise AssertionError(f"importance_scores should have the same shape as parameter {name} of {module}, got {importance_scores.shape} vs "
                                 f"{orig.shape}")
        again = isinstance(method, PruningContainer)
        if again:
            default_mask = getattr(module, f"{name}_mask").detach().clone(memory_format=contiguous_format)
        else:
            module.register_parameter(f"{name}_orig", orig)
            del module._parameters[name]
            default_mask = orig.new_ones(orig.shape)
        try:
            scores = orig if importance_scores is None else importance_scores
            module.register_buffer(f"{name}_mask", method.compute_mask(scores, default_mask=default_mask))
            setattr(module, name, method.apply_mask(module))
            module.register_forward_pre_hook(method)
        except Exception:
            if not again:
                module.register_parameter(name, getattr(module, f"{name}_orig"))
                del module._parameters[f"{name}_orig"]
            raise
        return method

    def prune(self, t: Any, default_mask: Any = None, importance_scores: Any = None) -> Any:
        """A pruned copy of a tensor. AssertionError for scores of another shape."""
        if importance_scores is not None and importance_scores.shape != t.shape:
            raise AssertionError(f"importance_scores should have the same shape as tensor t, got {importance_scores.shape} vs {t.shape}")
        mask = t.new_ones(t.shape) if default_mask is None else default_mask
        return t * self.compute_mask(t if importance_scores is None else importance_scores, default_mask=mask)

    def remove(self, module: Any) -> None:
        """Let the module's tensor be the pruned one for good; the hook itself is not taken away. AssertionError before :meth:`apply`."""
        name = self._tensor_name
        if name is None:
            raise AssertionError(f"Module {module} has to be pruned before pruning can be removed")
        pruned = self.apply_mask(module)
        if hasattr(module, name):
            delattr(module, name)
        orig = module._parameters.pop(f"{name}_orig")
        orig.data = pruned.data
        del module._buffers[f"{name}_mask"]
        setattr(module, name, orig)


def _hooks(module: Any, name: str) -> list[int]:
    """The keys of the pruning methods of one tensor of a module."""
    return [key for key, hook in module._forward_pre_hooks.items() if isinstance(hook, BasePruningMethod) and hook._tensor_name == name]


def _after_those_of_before(method: BasePruningMethod, module: Any, name: str) -> BasePruningMethod:
    """The method, or a container of it and of those that prune the tensor already, whose hook is taken away."""
    keys = _hooks(module, name)
    if len(keys) > 1:
        raise AssertionError(f"Avoid adding multiple pruning hooks to the same tensor {name} of module {module}. Use a PruningContainer.")
    method._tensor_name = name
    if not keys:
        return method
    before = module._forward_pre_hooks.pop(keys[0])
    container = before if isinstance(before, PruningContainer) else PruningContainer(before)
    container.add_pruning_method(method)
    return container


class PruningContainer(BasePruningMethod):
    """Pruning methods of one tensor, one after the other. Its mask is that of the last one, of what the mask of before has left."""

    def __init__(self, *args: Any) -> None:
        self._pruning_methods: tuple[Any, ...] = ()
        if len(args) == 1:
            self._tensor_name = args[0]._tensor_name
        for method in args:
            self.add_pruning_method(method)

    def add_pruning_method(self, method: Any) -> None:
        """Add one. TypeError for anything else, ValueError for one of another tensor."""
        if method is not None and not isinstance(method, BasePruningMethod):
            raise TypeError(f"{type(method)} is not a BasePruningMethod subclass")
        if method is not None and self._tensor_name != method._tensor_name:
            raise ValueError(f"Can only add pruning methods acting on the parameter named '{self._tensor_name}' to PruningContainer {self}. Found "
                             f"'{method._tensor_name}'")
        self._pruning_methods += (method,)

    def __len__(self) -> int:
        return len(self._pruning_methods)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._pruning_methods)

    def __getitem__(self, idx: Any) -> Any:
        return self._pruning_methods[idx]

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        """The mask of the last method on what ``default_mask`` has left: on the elements where it is 1, or the slices where it is not all 0.

        AttributeError for a structured method without ``dim``, IndexError for a dimension that there is not, ValueError for another kind.
        """
        method = self._pruning_methods[-1]
        left: Any = (slice(None),) * t.dim()
        if method.PRUNING_TYPE == "unstructured":
            left = default_mask == 1
        elif method.PRUNING_TYPE == "structured":
            if not hasattr(method, "dim"):
                raise AttributeError('Pruning methods of PRUNING_TYPE "structured" need to have the attribute `dim` defined.')
            dim = method.dim + t.dim() if method.dim < 0 else method.dim
            if dim < 0:
                raise IndexError(f"Index is out of bounds for tensor with dimensions {t.dim()}")
            left = (*left[:dim], default_mask.sum(dim=[d for d in range(t.dim()) if d != dim]) != 0, *left[dim + 1 :])
        elif method.PRUNING_TYPE != "global":
            raise ValueError(f"Unrecognized PRUNING_TYPE {method.PRUNING_TYPE}")
        mask = default_mask.to(dtype=t.dtype)
        mask[left] = method.compute_mask(t[left], default_mask=default_mask[left]).to(dtype=mask.dtype)
        return mask


# -- how much --------------------------------------------------------------------------------------


def _validate_pruning_amount_init(amount: Any) -> None:
    if not isinstance(amount, Real):
        raise TypeError(f"Invalid type for amount: {amount}. Must be int or float.")
    if not (amount >= 0 if isinstance(amount, Integral) else 0.0 <= float(amount) <= 1.0):
        raise ValueError(f"amount={amount} should either be a float in the range [0, 1] or a non-negative integer")


def _count(amount: Any, size: int) -> int:
    """How many of ``size`` parts are taken away; ValueError for more than there are."""
    count = amount if isinstance(amount, Integral) else round(amount * size)
    if count > size:  # type: ignore[operator]
        raise ValueError(f"amount={count} should be smaller than the number of parameters to prune={size}")
    return count  # type: ignore[return-value]


class _OfAmount(BasePruningMethod):
    """A method that takes an amount. TypeError for one that is no number, ValueError for one below 0 or a share above 1."""

    def __init__(self, amount: Any) -> None:
        _validate_pruning_amount_init(amount)
        self.amount = amount


# -- elements --------------------------------------------------------------------------------------


class Identity(BasePruningMethod):
    """Takes nothing away: the tensor is kept as one that is pruned."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        return default_mask

    @classmethod
    def apply(cls, module: Any, name: str) -> Any:  # type: ignore[override]
        return super().apply(module, name)


class RandomUnstructured(_OfAmount):
    """Takes random elements away."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        count = _count(self.amount, t.numel())
        mask = default_mask.clone(memory_format=contiguous_format)
        if count:
            mask.view(-1)[rand_like(t).view(-1).topk(count).indices] = 0
        return mask

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount)


class L1Unstructured(_OfAmount):
    """Takes the elements nearest to 0 away."""

    PRUNING_TYPE = "unstructured"

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        count = _count(self.amount, t.numel())
        mask = default_mask.clone(memory_format=contiguous_format)
        if count:
            mask.view(-1)[t.abs().view(-1).topk(count, largest=False).indices] = 0
        return mask

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount, importance_scores=importance_scores)


# -- slices ----------------------------------------------------------------------------------------


class _Structured(_OfAmount):
    """Takes slices along ``dim`` away. ValueError for tensors of fewer than two dimensions, IndexError for a dimension that there is not."""

    PRUNING_TYPE = "structured"

    def __init__(self, amount: Any, dim: int = -1) -> None:
        super().__init__(amount)
        self.dim = dim

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if t.dim() <= 1:
            raise ValueError(f"Structured pruning can only be applied to multidimensional tensors. Found tensor of shape {t.shape} with {t.dim()} "
                             "dims")
        if self.dim >= t.dim():
            raise IndexError(f"Invalid index {self.dim} for tensor of size {t.shape}")
        size = t.shape[self.dim]
        count = _count(self.amount, size)
        kept = self._kept(t, size, count)
        if not count:
            return default_mask
        mask: Any = zeros_like(t)
        places: list[Any] = [slice(None)] * t.dim()
        places[self.dim] = kept
        mask[tuple(places)] = 1
        return mask.mul_(default_mask.to(dtype=mask.dtype))

    @abstractmethod
    def _kept(self, t: Any, size: int, count: int) -> Any:
        """The slices that stay, ``size - count`` of them, as indices or as a mask."""


class RandomStructured(_Structured):
    """Takes random slices along ``dim`` away."""

    def _kept(self, t: Any, size: int, count: int) -> Any:
        if not count:
            return None
        numbers: Any = rand(size)
        return numbers > numbers.kthvalue(count).values

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, dim: int = -1) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount, dim=dim)


class LnStructured(_Structured):
    """Takes the slices along ``dim`` away that have the smallest ``n``-norm."""

    def __init__(self, amount: Any, n: Any, dim: int = -1) -> None:
        super().__init__(amount, dim)
        self.n = n

    def _kept(self, t: Any, size: int, count: int) -> Any:
        dims = list(range(t.dim()))
        del dims[self.dim]
        return t.norm(p=self.n, dim=dims).topk(size - count).indices

    @classmethod
    def apply(cls, module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None) -> Any:  # type: ignore[override]
        return super().apply(module, name, amount=amount, n=n, dim=dim, importance_scores=importance_scores)


class CustomFromMask(BasePruningMethod):
    """Takes away where a given mask is 0. AssertionError for a mask of another shape."""

    PRUNING_TYPE = "global"

    def __init__(self, mask: Any) -> None:
        self.mask = mask

    def compute_mask(self, t: Any, default_mask: Any) -> Any:
        if default_mask.shape != self.mask.shape:
            raise AssertionError(f"default_mask shape {default_mask.shape} must match self.mask shape {self.mask.shape}")
        return default_mask * self.mask.to(dtype=default_mask.dtype)

    @classmethod
    def apply(cls, module: Any, name: str, mask: Any) -> Any:  # type: ignore[override]
        return super().apply(module, name, mask=mask)


# -- as functions ----------------------------------------------------------------------------------


def identity(module: Any, name: str) -> Any:
    """:class:`Identity`; the module."""
    Identity.apply(module, name)
    return module


def random_unstructured(module: Any, name: str, amount: Any) -> Any:
    """:class:`RandomUnstructured`; the module."""
    RandomUnstructured.apply(module, name, amount)
    return module


def l1_unstructured(module: Any, name: str, amount: Any, importance_scores: Any = None) -> Any:
    """:class:`L1Unstructured`; the module."""
    L1Unstructured.apply(module, name, amount=amount, importance_scores=importance_scores)
    return module


def random_structured(module: Any, name: str, amount: Any, dim: int) -> Any:
    """:class:`RandomStructured`; the module."""
    RandomStructured.apply(module, name, amount, dim)
    return module


def ln_structured(module: Any, name: str, amount: Any, n: Any, dim: int, importance_scores: Any = None) -> Any:
    """:class:`LnStructured`; the module."""
    LnStructured.apply(module, name, amount, n, dim, importance_scores=importance_scores)
    return module


def custom_from_mask(module: Any, name: str, mask: Any) -> Any:
    """:class:`CustomFromMask`; the module."""
    CustomFromMask.apply(module, name, mask)
    return module


def global_unstructured(parameters: Any, pruning_method: Any, importance_scores: Any = None, **kwargs: Any) -> None:
    """Prune several tensors, pairs of a module and a name, as one: those elements are taken away that ``pruning_method(**kwargs)`` takes from all.

    ``importance_scores`` has scores by the pair. TypeError for other arguments, and for methods that are not unstructured.
    """
    if not isinstance(parameters, Iterable):
        raise TypeError("global_unstructured(): parameters is not an Iterable")
    scores = {} if importance_scores is None else importance_scores
    if not isinstance(scores, dict):
        raise TypeError("global_unstructured(): importance_scores must be of type dict")
    pairs = list(parameters)
    tensors = [getattr(module, name) for module, name in pairs]
    flat = parameters_to_vector([scores.get(pair, tensor) for pair, tensor in zip(pairs, tensors)])
    masks = parameters_to_vector([getattr(module, f"{name}_mask", t.new_ones(t.shape)) for (module, name), t in zip(pairs, tensors)])
    method = pruning_method(**kwargs)
    if method.PRUNING_TYPE != "unstructured":
        raise TypeError(f'Only "unstructured" PRUNING_TYPE supported for the `pruning_method`. Found method {pruning_method} of type '
                        f"{method.PRUNING_TYPE}")
    method._tensor_name = "temp"
    mask = PruningContainer(method).compute_mask(flat, masks)
    for (module, name), tensor, part in zip(pairs, tensors, mask.split([tensor.numel() for tensor in tensors])):
        custom_from_mask(module, name, mask=part.view_as(tensor))


def remove(module: Any, name: str) -> Any:
    """Let a tensor be the pruned one for good, as an ordinary parameter; the module. ValueError for one that is not pruned."""
    keys = _hooks(module, name)
    if not keys:
        raise ValueError(f"Parameter '{name}' of module {module} has to be pruned before pruning can be removed")
    module._forward_pre_hooks.pop(keys[0]).remove(module)
    return module


def is_pruned(module: Any) -> bool:
    """Whether a tensor of the module, or of one in it, is pruned."""
    return any(isinstance(hook, BasePruningMethod) for each in module.modules() for hook in each._forward_pre_hooks.values())
