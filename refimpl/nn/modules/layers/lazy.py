"""Layers that learn the size of their input from the first call."""

from __future__ import annotations

from typing import Any

from ....foundation.dtypes import int64
from ....ops.creation.filled import ones, zeros
from ....ops.creation.from_data import tensor
from ..._names import OwnInit
from ...parameter import UninitializedBuffer, UninitializedParameter, is_lazy
from ..linear import Linear
from . import convolutions as conv
from . import normalization as norm

__all__ = [
    "LazyBatchNorm1d", "LazyBatchNorm2d", "LazyBatchNorm3d", "LazyConv1d", "LazyConv2d", "LazyConv3d", "LazyConvTranspose1d", "LazyConvTranspose2d",
    "LazyConvTranspose3d", "LazyInstanceNorm1d", "LazyInstanceNorm2d", "LazyInstanceNorm3d", "LazyLinear", "LazyModuleMixin",
]  # fmt: skip


class LazyModuleMixin:
    """Calls ``initialize_parameters(*inputs)`` before the first forward, and becomes the class ``cls_to_become``, if it has one, then."""

    cls_to_become: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own: Any = self
        self._initialize_hook = own.register_forward_pre_hook(self._infer_parameters, with_kwargs=True)

    def initialize_parameters(self, *args: Any, **kwargs: Any) -> None:
        """Give the parameters the shapes that these inputs need."""
        raise NotImplementedError(f"initialize_parameters is not implemented for {type(self).__name__}")

    def has_uninitialized_params(self) -> bool:
        """Whether there are parameters or buffers without a shape."""
        own: Any = self
        return any(is_lazy(value) for value in (*own._parameters.values(), *own._buffers.values()))

    def _infer_parameters(self, module: Any, args: Any, kwargs: Any = None) -> None:
        own: Any = module
        own.initialize_parameters(*args, **(kwargs or {}))
        if own.has_uninitialized_params():
            raise RuntimeError(f"module {own._get_name()} has not been fully initialized")
        own._initialize_hook.remove()
        del own._initialize_hook
        if own.cls_to_become is not None:
            own.__class__ = own.cls_to_become


class _Lazy(LazyModuleMixin):
    """What the layers here have in common: parameters are drawn when they have a shape."""

    def reset_parameters(self) -> None:
        """Draw the parameters again; nothing before they have a shape."""
        own: Any = super()
        if not self.has_uninitialized_params() and self._sized():
            own.reset_parameters()

    def _sized(self) -> bool:
        return True


class LazyLinear(_Lazy, Linear):
    """:class:`Linear` whose ``in_features`` is the size of the last dimension of its first input."""

    cls_to_become = Linear

    def __init__(self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, 0, False)
        self.weight = UninitializedParameter(device=device, dtype=dtype)
        self.out_features = out_features
        if bias:
            self.bias = UninitializedParameter(device=device, dtype=dtype)

    def _sized(self) -> bool:
        return self.in_features != 0

    def initialize_parameters(self, input: Any) -> None:  # type: ignore[override]
        """Give the parameters the shapes that the input needs."""
        if self.has_uninitialized_params():
            self.in_features = input.shape[-1]
            self.weight.materialize((self.out_features, self.in_features))
            if self.bias is not None:
                self.bias.materialize((self.out_features,))
            self.reset_parameters()
        if self.in_features == 0:
            self.in_features = input.shape[-1]


class _LazyConvXdMixin(_Lazy):
    """Convolutions whose ``in_channels`` is that of their first input."""

    _dimensions: int

    def _begin(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any, padding: Any, dilation: Any, output_padding: Any,
               groups: int, bias: bool, padding_mode: str, device: Any, dtype: Any) -> None:
        """As of the class itself, but that there are no weights yet, nor numbers of channels to check."""
        own: Any = super()
        own._begin(0, 0, kernel_size, stride, padding, dilation, output_padding, groups, False, padding_mode, None, None)
        own = self
        own.out_channels = out_channels
        own.weight = UninitializedParameter(device=device, dtype=dtype)
        if bias:
            own.bias = UninitializedParameter(device=device, dtype=dtype)

    def _sized(self) -> bool:
        return bool(getattr(self, "in_channels", 0) != 0)

    def initialize_parameters(self, input: Any, *args: Any, **kwargs: Any) -> None:
        """Give the parameters the shapes that the input needs."""
        own: Any = self
        if not self.has_uninitialized_params():
            return
        n = own._dimensions
        if input.dim() not in (n + 1, n + 2):
            raise RuntimeError(f"Expected {n + 1}D (unbatched) or {n + 2}D (batched) input to {type(self).__name__}, but got input of size: "
                               f"{tuple(input.shape)}")
        own.in_channels = input.shape[1] if input.dim() == n + 2 else input.shape[0]
        if own.in_channels % own.groups != 0:
            raise ValueError("in_channels must be divisible by groups")
        first, second = (own.in_channels, own.out_channels) if own.transposed else (own.out_channels, own.in_channels)
        own.weight.materialize((first, second // own.groups, *own.kernel_size))
        if own.bias is not None:
            own.bias.materialize((own.out_channels,))
        self.reset_parameters()


class _LazyConvolution(_LazyConvXdMixin, OwnInit):
    def __init__(self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
                 padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, out_channels, kernel_size, stride, padding, dilation, groups, bias, padding_mode, device, dtype)


class _LazyTransposed(_LazyConvXdMixin, OwnInit):
    def __init__(self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1,
                 bias: bool = True, dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None) -> None:
        super().__init__(0, out_channels, kernel_size, stride, padding, output_padding, groups, bias, dilation, padding_mode, device, dtype)


class LazyConv1d(_LazyConvolution, conv.Conv1d):
    """:class:`Conv1d` whose number of channels follows from its first input."""

    cls_to_become = conv.Conv1d


class LazyConv2d(_LazyConvolution, conv.Conv2d):
    """:class:`Conv2d` whose number of channels follows from its first input."""

    cls_to_become = conv.Conv2d


class LazyConv3d(_LazyConvolution, conv.Conv3d):
    """:class:`Conv3d` whose number of channels follows from its first input."""

    cls_to_become = conv.Conv3d


class LazyConvTranspose1d(_LazyTransposed, conv.ConvTranspose1d):
    """:class:`ConvTranspose1d` whose number of channels follows from its first input."""

    cls_to_become = conv.ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposed, conv.ConvTranspose2d):
    """:class:`ConvTranspose2d` whose number of channels follows from its first input."""

    cls_to_become = conv.ConvTranspose2d


class LazyConvTranspose3d(_LazyTransposed, conv.ConvTranspose3d):
    """:class:`ConvTranspose3d` whose number of channels follows from its first input."""

    cls_to_become = conv.ConvTranspose3d


class _LazyNormBase(_Lazy):
    """Normalisations whose number of channels is that of their first input."""

    def __init__(self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True, track_running_stats: bool = True, device: Any = None,
                 dtype: Any = None, *, bias: bool = True) -> None:
        super().__init__(0, eps, momentum, False, False, device, dtype)
        own: Any = self
        own.affine = affine
        own.track_running_stats = track_running_stats
        if affine:
            own.weight = UninitializedParameter(device=device, dtype=dtype)
            if bias:
                own.bias = UninitializedParameter(device=device, dtype=dtype)
        if track_running_stats:
            own.running_mean = UninitializedBuffer(device=device, dtype=dtype)
            own.running_var = UninitializedBuffer(device=device, dtype=dtype)
            own.num_batches_tracked = tensor(0, dtype=int64, device=device)

    def _sized(self) -> bool:
        return bool(getattr(self, "num_features", 0) != 0)

    def initialize_parameters(self, input: Any) -> None:  # type: ignore[override]
        """Give the parameters and buffers the shapes that the input needs."""
        own: Any = self
        if not self.has_uninitialized_params():
            return
        own.num_features = input.shape[self._channels(input)]
        for name in ("weight", "bias"):
            if is_lazy(own._parameters.get(name)):
                own._parameters[name].materialize((own.num_features,))
        for name, make in (("running_mean", zeros), ("running_var", ones)):
            if is_lazy(own._buffers.get(name)):
                own._buffers[name].materialize((own.num_features,))
                own._buffers[name].copy_(make(own.num_features))
        self.reset_parameters()

    def _channels(self, input: Any) -> int:
        return 1


class LazyBatchNorm1d(_LazyNormBase, norm._BatchNorm):
    """:class:`BatchNorm1d` whose number of channels follows from its first input."""

    cls_to_become = norm.BatchNorm1d
    _check_input_dim = norm.BatchNorm1d._check_input_dim


class LazyBatchNorm2d(_LazyNormBase, norm._BatchNorm):
    """:class:`BatchNorm2d` whose number of channels follows from its first input."""

    cls_to_become = norm.BatchNorm2d
    _check_input_dim = norm.BatchNorm2d._check_input_dim


class LazyBatchNorm3d(_LazyNormBase, norm._BatchNorm):
    """:class:`BatchNorm3d` whose number of channels follows from its first input."""

    cls_to_become = norm.BatchNorm3d
    _check_input_dim = norm.BatchNorm3d._check_input_dim


class _LazyInstanceNorm(_LazyNormBase):
    def _channels(self, input: Any) -> int:
        own: Any = self
        return 0 if input.dim() == own._dimensions + 1 else 1


class LazyInstanceNorm1d(_LazyInstanceNorm, norm._InstanceNorm):
    """:class:`InstanceNorm1d` whose number of channels follows from its first input."""

    cls_to_become = norm.InstanceNorm1d
    _dimensions = 1


class LazyInstanceNorm2d(_LazyInstanceNorm, norm._InstanceNorm):
    """:class:`InstanceNorm2d` whose number of channels follows from its first input."""

    cls_to_become = norm.InstanceNorm2d
    _dimensions = 2


class LazyInstanceNorm3d(_LazyInstanceNorm, norm._InstanceNorm):
    """:class:`InstanceNorm3d` whose number of channels follows from its first input."""

    cls_to_become = norm.InstanceNorm3d
    _dimensions = 3


