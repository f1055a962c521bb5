"""Parametrizations: a parameter of a module that is computed, whenever it is read, from other tensors that are trained in its place."""

from __future__ import annotations

import copyreg
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from ...autograd.modes import no_grad
from ...tensor import Tensor
from ..modules.container import ModuleDict, ModuleList
from ..modules.module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations", "transfer_parametrizations_and_params",
    "type_before_parametrizations",
]  # fmt: skip

_caching = 0
_cache: dict[tuple[int, str], Any] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Inside of this block a parametrized tensor is computed once, however often it is read; blocks may be nested."""
    global _caching
    _caching += 1
    try:
        yield
    finally:
        _caching -= 1
        if not _caching:
            _cache.clear()


def _register(module: Module, name: str, value: Any) -> None:
    register = module.register_parameter if isinstance(value, Parameter) else module.register_buffer
    register(name, value)


def _require(condition: bool, text: str, *values: Any) -> None:
    if not condition:
        raise ValueError(text.format(*values))


_NO_TENSORS = "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got {}"


class ParametrizationList(ModuleList):
    """The parametrizations of one tensor, one applied after the other, and the tensor that they start from: ``original``, or ``original0``,
    ``original1``, ... if the first parametrization takes several.

    Registering computes these by the ``right_inverse`` of each parametrization, from the last one back. ValueError if the result would be no tensor,
    or one of another shape or dtype (unless ``unsafe``).
    """

    original: Any
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Any, unsafe: bool = False) -> None:
        _require(len(modules) > 0, "ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        with no_grad():
            new = original
            for each in reversed(list(self)):
                new = _inverse_or_same(each, new)
        _require(isinstance(new, (Tensor, Sequence)), _NO_TENSORS, type(new).__name__)
        self.is_tensor = isinstance(new, Tensor)
        self.ntensors = 1 if self.is_tensor else len(new)
        if self.is_tensor:
            for name in ("dtype", "device"):
                before, after = getattr(original, name), getattr(new, name)
                _require(before == after, "When `right_inverse` outputs one tensor, it may not change the {0}.\noriginal.{0}: {1}\n"
                         "right_inverse(original).{0}: {2}", name, before, after)  # fmt: skip
            with no_grad():
                original.set_(new)
            _register(self, "original", original)
        else:
            for i, value in enumerate(new):
                _require(isinstance(value, Tensor), _NO_TENSORS, f"element {i} of the sequence with type {type(value).__name__}.")
                value = Parameter(value, original.requires_grad) if isinstance(original, Parameter) else value
                _register(self, f"original{i}", value.requires_grad_(original.requires_grad))
        if not unsafe:
            value = self()
            _require(isinstance(value, Tensor), "A parametrization must return a tensor. Got {}.", type(value).__name__)
            for name, before, after in (("dtype", dtype, value.dtype), ("shape", shape, value.shape)):
                _require(before == after, "Registering a parametrization may not change the {0} of the tensor, unless `unsafe` flag is enabled.\n"
                         "unparametrized {0}: {1}\nparametrized {0}: {2}", name, before, after)  # fmt: skip

    @property
    def originals(self) -> list[Any]:
        """What is trained."""
        return [self.original] if self.is_tensor else [getattr(self, f"original{i}") for i in range(self.ntensors)]

    def right_inverse(self, value: Any) -> None:
        """Set the originals so that the parametrized tensor becomes ``value``: what assigning to it does."""
        with no_grad():
            for each in reversed(list(self)):
                if not hasattr(each, "right_inverse"):
                    raise RuntimeError(f"parametrization {type(each).__name__} does not implement right_inverse.")
                value = each.right_inverse(value)
            if self.is_tensor:
                _require(isinstance(value, Tensor), "`right_inverse` should return a tensor. Got {}", type(value).__name__)
                _require(value.dtype == self.original.dtype, "The tensor returned by `right_inverse` has dtype {} while `original` has dtype {}",
                         value.dtype, self.original.dtype)  # fmt: skip
                self.original.set_(value)
                return
            _require(isinstance(value, Sequence), "'right_inverse' must return a sequence of tensors. Got {}.", type(value).__name__)
            _require(len(value) == self.ntensors, "'right_inverse' must return a sequence of tensors of length {}. Got a sequence of length {}.",
                     self.ntensors, len(value))  # fmt: skip
            for i, (original, each) in enumerate(zip(self.originals, value)):
                _require(isinstance(each, Tensor), "'right_inverse' must return a sequence of tensors or reference-type opaques. Got element {} of "
                         "type {}.", i, type(each).__name__)  # fmt: skip
                _require(each.dtype == original.dtype, "Tensor {0} returned by `right_inverse` has dtype {1} while `original{0}` has dtype {2}", i,
                         each.dtype, original.dtype)  # fmt: skip
                original.set_(each)

    def forward(self) -> Any:
        first, *others = self
        value = first(*self.originals)
        for each in others:
            value = each(value)
        return value


def _inverse_or_same(parametrization: Module, value: Any) -> Any:
    """A value before a parametrization; the value itself where there is no way back."""
    if hasattr(parametrization, "right_inverse"):
        try:
            return parametrization.right_inverse(value)
        except NotImplementedError:
            pass
    return value


# -- modules ---------------------------------------------------------------------------------------


def _deepcopy(self: Any, memo: dict[int, Any]) -> Any:
    if id(self) in memo:
        return memo[id(self)]
    replica = memo[id(self)] = self.__new__(type(self))
    replica.__dict__ = deepcopy(self.__dict__, memo)
    for slot in copyreg._slotnames(type(self)):  # type: ignore[attr-defined]
        if hasattr(self, slot):
            setattr(replica, slot, deepcopy(getattr(self, slot), memo))
    return replica


def _refuse_state(self: Any) -> Any:
    raise RuntimeError(
        "Serialization of parametrized modules is only supported through state_dict(). See:\n"
        "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
        "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
    )


def _give_a_class_of_its_own(module: Any) -> None:
    """Properties stand in classes, so a parametrized module gets one, derived from its own."""
    kind = type(module)
    members: dict[str, Any] = {"__getstate__": _refuse_state}
    if not hasattr(kind, "__deepcopy__"):
        members["__deepcopy__"] = _deepcopy
    module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), members)


def _add_property(module: Any, name: str) -> None:
    def read(self: Any) -> Any:
        if not _caching:
            return self.parametrizations[name]()
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = self.parametrizations[name]()
        return _cache[key]

    def write(self: Any, value: Any) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def is_parametrized(module: Any, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, of one tensor or of any."""
    parametrizations = getattr(module, "parametrizations", None)
    if not isinstance(parametrizations, ModuleDict):
        return False
    return len(parametrizations) > 0 if tensor_name is None else tensor_name in parametrizations


def register_parametrization(module: Any, tensor_name: str, parametrization: Any, *, unsafe: bool = False) -> Any:
    """Let a parameter or buffer be ``parametrization(original)`` from now on; of one that is parametrized already, apply this one last.

    ``module.parametrizations.NAME`` is the list of its parametrizations, which has the originals. Assigning to the tensor uses their
    ``right_inverse``. ValueError if there is no such tensor, or if the shape or the dtype would change, unless that is meant (``unsafe``).
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_the_next(module, tensor_name, parametrization)
        parametrizations = module.parametrizations[tensor_name]
        parametrizations.append(parametrization)
        parametrizations.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        parametrizations = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)  # only now, when nothing can go wrong any more
        if not is_parametrized(module):
            _give_a_class_of_its_own(module)
            module.parametrizations = ModuleDict()
        _add_property(module, tensor_name)
        module.parametrizations[tensor_name] = parametrizations
    else:
        raise ValueError(f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'")
    return module


def _check_the_next(module: Any, name: str, parametrization: Any) -> None:
    """Whether one more parametrization keeps the shape and the dtype, forth and back."""
    before = getattr(module, name)
    after = parametrization(before)
    _require(isinstance(after, Tensor), "A parametrization must return a tensor. Got {}.", type(after).__name__)
    for what in ("dtype", "shape"):
        old, new = getattr(before, what), getattr(after, what)
        _require(old == new, "Registering a parametrization may not change the {0} of the tensor, unless the `unsafe` flag is enabled.\n"
                 "module.{1}.{0}: {2}\nparametrization(module.{1}).{0}: {3}", what, name, old, new)  # fmt: skip
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    _require(isinstance(back, Tensor), "parametrization.right_inverse must return a tensor. Got: {}", type(back).__name__)
    for what in ("dtype", "shape"):
        old, new = getattr(before, what), getattr(back, what)
        _require(old == new, "The tensor returned by parametrization.right_inverse must have the same {0} as module.{1}, unless the `unsafe` flag is "
                 "enabled.\nmodule.{1}.{0}: {2}\nreturned {0}: {3}", what, name, old, new)  # fmt: skip


def remove_parametrizations(module: Any, tensor_name: str, leave_parametrized: bool = True) -> Any:
    """Make a parametrized tensor an ordinary one again, with its present value, or with that of its original unless ``leave_parametrized``.

    ValueError if it is not parametrized, or if it is to have the value of one of several originals.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    parametrizations = module.parametrizations[tensor_name]
    if parametrizations.is_tensor:
        original = parametrizations.original
        if leave_parametrized:
            with no_grad():
                original.set_(getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError("Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of tensors.")
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        del module.parametrizations
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Any) -> type:
    """The class of a module, that which it had before if it is parametrized."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(from_module: Any, to_module: Any, tensor_name: str | None = None) -> Any:
    """Give another module the parametrizations of this one, of one tensor or of all, with their originals."""
    if is_parametrized(from_module):
        for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
            if not hasattr(to_module, name):
                setattr(to_module, name, Parameter(getattr(from_module, name)))
            source = from_module.parametrizations[name]
            for parametrization in source:
                register_parametrization(to_module, name, parametrization)
            target = to_module.parametrizations[name]
            for each in ["original"] if source.is_tensor else [f"original{i}" for i in range(source.ntensors)]:
                setattr(target, each, getattr(source, each))
    return to_module
