"""Activation functions; what they compute is said in :mod:`refimpl.nn.functional`."""

from __future__ import annotations

from typing import Any
from warnings import warn

from ....ops.creation.filled import empty
from ... import functional as F
from ... import init
from ..._names import OwnInit
from ...parameter import Parameter
from ..module import Module
from ..of_a_function import OfAFunction

__all__ = [
    "CELU", "ELU", "GELU", "GLU", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "LeakyReLU", "LogSigmoid", "Mish", "PReLU", "RReLU", "ReLU6",
    "SELU", "SiLU", "Softmax2d", "Softmin", "Softplus", "Softshrink", "Softsign", "Tanhshrink", "Threshold",
]  # fmt: skip


class ELU(OfAFunction):
    """``x`` where x > 0, ``alpha * (exp(x) - 1)`` elsewhere."""

    name, shown = "elu", ("alpha",)
    __constants__ = ["alpha", "inplace"]

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class CELU(OfAFunction):
    """``max(0, x) + min(0, alpha * (exp(x / alpha) - 1))``."""

    name, shown = "celu", ("alpha",)
    __constants__ = ["alpha", "inplace"]

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(alpha=alpha, inplace=inplace)


class SELU(OfAFunction):
    """``scale * elu(x, alpha)`` with the two numbers that keep mean and variance."""

    name = "selu"
    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class GELU(OfAFunction):
    """``x`` times the probability that a standard normal number is less than x, or its approximation by "tanh"."""

    name, shown = "gelu", ("approximate",)
    __constants__ = ["approximate"]

    def __init__(self, approximate: str = "none") -> None:
        super().__init__(approximate=approximate)


class SiLU(OfAFunction):
    """``x * sigmoid(x)``."""

    name = "silu"
    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Mish(OfAFunction):
    """``x * tanh(softplus(x))``."""

    name = "mish"
    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)


class Hardswish(OfAFunction):
    """``x * relu6(x + 3) / 6``."""

    name = "hardswish"
    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def extra_repr(self) -> str:
        return ""


class Hardsigmoid(OfAFunction):
    """``relu6(x + 3) / 6``."""

    name = "hardsigmoid"
    __constants__ = ["inplace"]

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(inplace=inplace)

    def extra_repr(self) -> str:
        return ""


class Hardtanh(OfAFunction):
    """``x`` between two bounds, and the bounds beyond them; AssertionError unless the first is less."""

    name = "hardtanh"
    shown: tuple[str, ...] = ("min_val", "max_val")
    __constants__ = ["min_val", "max_val", "inplace"]

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False, min_value: float | None = None,
                 max_value: float | None = None) -> None:
        if min_value is not None:
            warn("keyword argument `min_value` is deprecated and rename to `min_val`", FutureWarning, stacklevel=2)
            min_val = min_value
        if max_value is not None:
            warn("keyword argument `max_value` is deprecated and rename to `max_val`", FutureWarning, stacklevel=2)
            max_val = max_value
        if min_val >= max_val:
            raise AssertionError(f"max_val ({max_val}) must be greater than min_val ({min_val})")
        super().__init__(min_val=min_val, max_val=max_val, inplace=inplace)


class ReLU6(Hardtanh):
    """``min(max(x, 0), 6)``."""

    name = "relu6"
    shown: tuple[str, ...] = ()

    def __init__(self, inplace: bool = False) -> None:
        super().__init__(0.0, 6.0, inplace)
        self._options = ("inplace",)


class LeakyReLU(OfAFunction):
    """``x`` where x > 0, ``negative_slope * x`` elsewhere."""

    name, shown = "leaky_relu", ("negative_slope",)
    __constants__ = ["inplace", "negative_slope"]

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__(negative_slope=negative_slope, inplace=inplace)


class RReLU(OfAFunction):
    """:class:`LeakyReLU` with a random slope for each element while training, the middle of the bounds otherwise."""

    name, shown = "rrelu", ("lower", "upper")
    __constants__ = ["lower", "upper", "inplace"]

    def __init__(self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False) -> None:
        super().__init__(lower=lower, upper=upper, inplace=inplace)

    def forward(self, input: Any) -> Any:
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)


class PReLU(Module):
    """:class:`LeakyReLU` whose slope is a parameter, one for all or one for each channel."""

    __constants__ = ["num_parameters"]

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.num_parameters = num_parameters
        self.init = init
        self.weight = Parameter(empty(num_parameters, device=device, dtype=dtype))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Set all slopes to ``init``."""
        init.constant_(self.weight, self.init)

    def forward(self, input: Any) -> Any:
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={self.num_parameters}"


class Threshold(OfAFunction):
    """``x`` where x > threshold, ``value`` elsewhere."""

    name, shown = "threshold", ("threshold", "value")
    __constants__ = ["threshold", "value", "inplace"]

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__(threshold=threshold, value=value, inplace=inplace)


class GLU(OfAFunction):
    """The first half along ``dim`` times the sigmoid of the second."""

    name, shown = "glu", ("dim",)
    __constants__ = ["dim"]

    def __init__(self, dim: int = -1) -> None:
        super().__init__(dim=dim)


class Softplus(OfAFunction):
    """``log(1 + exp(beta * x)) / beta``, x itself where ``beta * x > threshold``."""

    name, shown = "softplus", ("beta", "threshold")
    __constants__ = ["beta", "threshold"]

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__(beta=beta, threshold=threshold)


class _Shrinking(OfAFunction, OwnInit):
    __constants__ = ["lambd"]

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__(lambd=lambd)

    def extra_repr(self) -> str:
        return str(self.lambd)


class Hardshrink(_Shrinking):
    """``x`` beyond -lambd and lambd, 0 between them."""

    name = "hardshrink"


class Softshrink(_Shrinking):
    """``x`` nearer to 0 by lambd, 0 where it would change its sign."""

    name = "softshrink"


class LogSigmoid(OfAFunction):
    """``log(sigmoid(x))``."""

    name = "logsigmoid"

    def __init__(self) -> None:
        super().__init__()


class Softsign(OfAFunction):
    """``x / (1 + |x|)``."""

    name = "softsign"

    def __init__(self) -> None:
        super().__init__()


class Tanhshrink(OfAFunction):
    """``x - tanh(x)``."""

    name = "tanhshrink"

    def __init__(self) -> None:
        super().__init__()


class Softmin(Module):
    """:class:`Softmax` of ``-x`` along ``dim``."""

    __constants__ = ["dim"]

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Any) -> Any:
        return F.softmin(input, self.dim, _stacklevel=5)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Softmax2d(Module):
    """:class:`Softmax` over the channels of images, (N, C, H, W) or (C, H, W); ValueError for another number of dimensions."""

    def forward(self, input: Any) -> Any:
        if input.dim() not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.dim()}D instead")
        return F.softmax(input, -3, _stacklevel=5)
