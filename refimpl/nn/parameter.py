"""Parameter and Buffer: tensors that a module takes as its own when they are assigned to an attribute."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ..autograd.modes import modes
from ..autograd.saving import version_counter
from ..ops.creation.filled import empty
from ..signatures.overriding import disabled, use
from ..tensor import Size, Tensor, preserve_format

__all__ = ["Buffer", "Parameter", "UninitializedBuffer", "UninitializedParameter", "UninitializedTensorMixin", "is_lazy"]


class _ParameterType(type(Tensor)):  # type: ignore[misc]
    """A tensor of a user's own subclass counts as a Parameter once it is marked as one."""

    def __instancecheck__(self, instance: Any) -> bool:
        if type.__instancecheck__(self, instance):
            return True
        return self is Parameter and isinstance(instance, Tensor) and getattr(instance, "_is_param", False)


class Parameter(Tensor, metaclass=_ParameterType):
    """A leaf tensor that requires a gradient by default, and that a module lists in ``parameters()``.

    ``Parameter(data)`` shares its storage with ``data``. Operations on a parameter give plain tensors.
    Without ``data`` it is an empty float tensor.
    """

    __torch_function__ = staticmethod(disabled)  # type: ignore[assignment]

    def __new__(cls, data: Any = None, requires_grad: bool = True) -> Any:
        if data is None:
            data = empty(0)
        if type(data) is Tensor or type(data) is Parameter:
            parameter = object.__new__(cls)
            parameter._view = data._view
            # an in-place write of one is seen by a graph that saved the other
            parameter._counter = version_counter(data) if not data._inference else None if modes.inference else [0]
            parameter._inference = data._inference
            if requires_grad:
                if data.dtype.category < 2:
                    raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
                parameter.requires_grad_()
            return parameter
        marked = data.detach().requires_grad_(requires_grad)
        if type(marked) is not type(data):
            raise RuntimeError(
                f"Creating a Parameter from an instance of type {type(data).__name__} "
                "requires that detach() returns an instance of the same type, but return "
                f"type {type(marked).__name__} was found instead. To use the type as a "
                "Parameter, please correct the detach() semantics defined by "
                "its __torch_dispatch__() implementation."
            )
        marked._is_param = True
        return marked

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            data: Any = self.data
            memo[id(self)] = type(self)(data.clone(memory_format=preserve_format), self.requires_grad)
        return memo[id(self)]

    def __repr__(self) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        return _rebuild_parameter, (self.data, self.requires_grad, OrderedDict()), dict(self.__dict__) or None


def _rebuild_parameter(data: Tensor, requires_grad: bool, backward_hooks: Any) -> Parameter:
    """Unpickle a parameter; hooks are not pickled, the argument is torch's."""
    return Parameter(data, requires_grad)


class _BufferType(type(Tensor)):  # type: ignore[misc]
    """What ``isinstance(x, Buffer)`` asks is the mark: a buffer is a plain tensor in every other respect."""

    def __instancecheck__(self, instance: Any) -> bool:
        if type.__instancecheck__(self, instance):
            return True
        return self is Buffer and isinstance(instance, Tensor) and getattr(instance, "_is_buffer", False)


class Buffer(Tensor, metaclass=_BufferType):
    """A tensor that is part of a module's state but is not trained; ``persistent`` says whether state_dict() has it."""

    __torch_function__ = staticmethod(disabled)  # type: ignore[assignment]
    persistent: bool

    def __new__(cls, data: Any = None, *, persistent: bool = True) -> Any:
        if data is None:
            data = empty(0)
        marked = data.detach().requires_grad_(data.requires_grad)
        marked.persistent = persistent
        marked._is_buffer = True
        return marked


class UninitializedTensorMixin:
    """A tensor whose shape is not known yet; ValueError for what needs one."""

    __torch_function__ = staticmethod(disabled)
    cls_to_become: Any

    def materialize(self, shape: Any, device: Any = None, dtype: Any = None) -> None:
        """Become an ordinary one of this shape, with elements that are not defined."""
        own: Any = self
        device = own.device if device is None else device
        dtype = own.dtype if dtype is None else dtype
        own.__class__ = self.cls_to_become
        use(-1)
        own.data = empty(shape, device=device, dtype=dtype)

    @property
    def shape(self) -> Size:
        raise RuntimeError("Can't access the shape of an uninitialized parameter or buffer. This error usually happens in `load_state_dict` when "
                           "trying to load an uninitialized parameter into an initialized one. Call `forward` to initialize the parameters before "
                           "accessing their attributes.")

    def share_memory_(self) -> Any:
        raise RuntimeError("Can't share memory on an uninitialized parameter or buffer. Call `forward` to initialize the parameters before calling "
                           "`module.share_memory()`.")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


_ALLOWED = frozenset("__hash__ size copy_ is_complex is_floating_point half float double char short int long cuda cpu to get_device".split())


def _refuse(cls: Any, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
    """Answer calls with a tensor that has no shape yet: what a module asks to be moved is done, properties are read, the rest is a ValueError."""
    if type(func).__name__ == "method-wrapper" or getattr(func, "__name__", None) in _ALLOWED and func is getattr(Tensor, func.__name__):
        moved = disabled(func, types, args, kwargs)
        if isinstance(moved, Tensor) and not isinstance(moved, cls) and not issubclass(cls, Parameter):
            moved.__class__ = cls  # a buffer without a shape, wherever it is now; what is made of a parameter is none
            _take_part()
        return moved
    raise ValueError(
        f"Attempted to use an uninitialized parameter in {func}. This error happens when you are using a `LazyModule` or explicitly manipulating "
        f"`torch.nn.parameter.{cls.__name__}` objects. When using LazyModules Call `forward` with a dummy batch to initialize the parameters before "
        "calling torch functions"
    )


def _take_part() -> None:
    """Their class takes part in calls while there are tensors without a shape: a program without one pays nothing for it."""
    UninitializedTensorMixin.__torch_function__ = classmethod(_refuse)  # type: ignore[assignment]
    use(1)


class UninitializedParameter(UninitializedTensorMixin, Parameter):  # type: ignore[misc]
    """A :class:`Parameter` without a shape."""

    cls_to_become = Parameter

    def __new__(cls, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> Any:
        _take_part()
        made = Parameter.__new__(Parameter, empty(0, device=device, dtype=dtype), requires_grad)
        made.__class__ = cls
        return made

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            own: Any = self
            memo[id(self)] = type(self)(own.requires_grad, own.device, own.dtype)
        return memo[id(self)]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass


class UninitializedBuffer(UninitializedTensorMixin, Tensor):  # type: ignore[misc]
    """A :class:`Buffer` without a shape."""

    cls_to_become = Tensor

    def __new__(cls, requires_grad: bool = False, device: Any = None, dtype: Any = None, persistent: bool = True) -> Any:
        _take_part()
        made = Buffer.__new__(Buffer, empty(0, device=device, dtype=dtype, requires_grad=requires_grad), persistent=persistent)
        made.__class__ = cls
        return made

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass


def is_lazy(param: Any) -> bool:
    """Whether a tensor has no shape yet."""
    return isinstance(param, UninitializedTensorMixin)
