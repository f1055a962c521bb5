"""Module's conversions: the same parameters and buffers in another dtype or on another device."""

from __future__ import annotations

from typing import Any, Callable
from warnings import warn

from ...autograd.modes import no_grad
from ...foundation.devices import device as device_class
from ...foundation.dtypes import dtype as dtype_class
from ...foundation.meta import NO_DATA
from ...ops.creation.like_another import empty_like
from ...tensor import Tensor

_TO_FORMS = """
 * (torch.device device = None, torch.dtype dtype = None, bool non_blocking = False, bool copy = False, \
*, torch.memory_format memory_format = None)
 * (torch.dtype dtype, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)
 * (Tensor tensor, bool non_blocking = False, bool copy = False, *, torch.memory_format memory_format = None)
"""


class ConversionMethods:
    """They change the module in place and return it: a Parameter stays the same object, with new data and a new gradient."""

    def _apply(self, fn: Callable[[Any], Any], recurse: bool = True) -> Any:
        """Replace every parameter, gradient and buffer by ``fn`` of it, children first.

        A parameter that gets elements, or loses them, is another object afterwards, in each module that has it.
        """
        module: Any = self
        if recurse:
            for child in module.children():
                child._apply(fn)
        for key, param in module._parameters.items():
            if param is None:
                continue
            grad = param.grad
            with no_grad():
                converted = fn(param)
                converted_grad = None if grad is None else fn(grad)
            if converted.is_meta != param.is_meta:
                param = module._parameters[key] = type(param)(converted, param.requires_grad)
                param.grad = converted_grad
                continue
            param.data = converted
            if grad is not None:
                grad.data = converted_grad
        for key, buffer in module._buffers.items():
            if buffer is not None:
                module._buffers[key] = fn(buffer)
        return self

    def cuda(self, device: Any = None) -> Any:
        """Move to the current (or the given) CUDA device."""
        return self._apply(lambda t: t.cuda(device))

    def xpu(self, device: Any = None) -> Any:
        """Move to the current (or the given) XPU device."""
        return self._apply(lambda t: t.to("xpu" if device is None else device))

    def cpu(self) -> Any:
        """Move to the CPU."""
        return self._apply(lambda t: t.cpu())

    def type(self, dst_type: Any) -> Any:
        """Cast everything, integers included, to this dtype."""
        return self._apply(lambda t: t.type(dst_type))

    def float(self) -> Any:
        """Cast what is floating point to float32."""
        return self._apply(lambda t: t.float() if t.is_floating_point() else t)

    def double(self) -> Any:
        """Cast what is floating point to float64."""
        return self._apply(lambda t: t.double() if t.is_floating_point() else t)

    def half(self) -> Any:
        """Cast what is floating point to float16."""
        return self._apply(lambda t: t.half() if t.is_floating_point() else t)

    def bfloat16(self) -> Any:
        """Cast what is floating point to bfloat16."""
        return self._apply(lambda t: t.bfloat16() if t.is_floating_point() else t)

    def to_empty(self, *, device: Any, recurse: bool = True) -> Any:
        """Move without copying: the content is unspecified afterwards."""
        return self._apply(lambda t: empty_like(t, device=device), recurse=recurse)

    def to(self, *args: Any, **kwargs: Any) -> Any:
        """Move and cast: ``to(device)``, ``to(dtype)``, ``to(device, dtype)``, ``to(tensor)``.

        The dtype, which must be floating point or complex, applies to what is floating point or complex.
        """
        device, dtype, non_blocking, memory_format = _parse_to(*args, **kwargs)
        if dtype is not None:
            if not (dtype.is_floating_point or dtype.is_complex):
                raise TypeError(
                    f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
                )
            if dtype.is_complex:
                warn(
                    "Complex modules are a new feature under active development whose design may change, "
                    "and some modules might not work as expected when using complex tensors as parameters or buffers. "
                    "Please file an issue at https://github.com/pytorch/pytorch/issues/new?template=bug-report.yml "
                    "if a complex module does not work as expected.",
                    stacklevel=2,
                )

        def convert(t: Any) -> Any:
            target = dtype if t.is_floating_point() or t.is_complex() else t.dtype
            if t.is_meta and device is not None and device.type != "meta":
                raise NotImplementedError(f"{NO_DATA} Please use torch.nn.Module.to_empty() instead of torch.nn.Module.to() when moving module "
                                          "from meta to a different device.")
            if memory_format is not None and t.dim() in (4, 5):
                return t.to(device=device, dtype=target, non_blocking=non_blocking, memory_format=memory_format)
            return t.to(device=device, dtype=target, non_blocking=non_blocking)

        return self._apply(convert)

    def share_memory(self) -> Any:
        """Move the storages to shared memory (see ``Tensor.share_memory_``)."""
        return self._apply(lambda t: t.share_memory_())


def _parse_to(*args: Any, **kwargs: Any) -> tuple[Any, Any, bool, Any]:
    """Read the arguments of ``to`` in any of its three forms."""

    def invalid() -> TypeError:
        shown = [type_shown(value) for value in args] + [f"{key}={type_shown(value)}" for key, value in kwargs.items()]
        got = ", ".join(shown) + (", " if kwargs else "")
        return TypeError(f"to() received an invalid combination of arguments - got ({got}), but expected one of:{_TO_FORMS}")

    first: Any = args[0] if args else kwargs.get("tensor", kwargs.get("dtype") if "device" not in kwargs else None)
    if isinstance(first, Tensor):
        names = ["tensor", "non_blocking", "copy"]
    elif isinstance(first, dtype_class):
        names = ["dtype", "non_blocking", "copy"]
    else:
        names = ["device", "dtype", "non_blocking", "copy"]
    values = dict(zip(names, args))
    if len(args) > len(names) or any(key in values or key not in (*names, "memory_format") for key in kwargs):
        raise invalid()
    values.update(kwargs)
    device, dtype = values.get("device"), values.get("dtype")
    if dtype is not None and not isinstance(dtype, dtype_class):
        raise invalid()
    if not isinstance(values.get("non_blocking", False), bool):
        raise invalid()
    if values.get("copy"):
        raise RuntimeError(".to() does not accept copy argument")
    if "tensor" in values:
        device, dtype = first.device, first.dtype
    if device is not None:
        device = device_class(device)
    return device, dtype, values.get("non_blocking", False), values.get("memory_format")


def type_shown(value: Any) -> str:
    """How torch's messages name an argument's type."""
    if isinstance(value, Tensor):
        return "Tensor"
    if isinstance(value, (dtype_class, device_class)):
        return "torch." + type(value).__name__
    return type(value).__name__
