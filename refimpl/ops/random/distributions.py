"""Random numbers: writing them into a tensor that is there, each of its elements from the distribution that the method names.

The numbers of the stream go to the elements in the order in which these lie in memory. RuntimeError if elements share memory.
Gradients are zero: what was overwritten has no influence.
"""

from __future__ import annotations

from typing import Any

from ...foundation.c_names import spelled_c_name
from ...foundation.dtypes import bfloat16, float16, float32, float64, int64, range_of
from ...operations.output_kinds import DRAWN
from ...operations.registry import op
from ...operations.sharing import RUNNING, refuse_overlap
from ...tensor import Tensor
from ..shared.gradients import no_derivative
from ..shared.operands import everywhere
from ..views.axes import expandable
from .drawing import (
    WHOLE_BITS,
    draw,
    draw_each,
    draw_integers,
    drawn_in,
    integer_bounds,
    normal_parameters,
    uniform_bounds,
    warn_of_gaps,
)


def _zeros(grad: Tensor) -> Tensor:
    return grad.new_zeros(grad.shape)  # type: ignore[no-any-return]


# -- continuous ------------------------------------------------------------------------------------


@op("only method")
def uniform_(input, from_=0.0, to=1.0, *, generator=None):
    """Fill with uniform numbers in [from, to), and return the tensor: u * (to - from) + from, where u has 53 random bits for float64, else 24.

    Both parts of a complex number are drawn so. Equal bounds give that number.
    RuntimeError if from > to, if one of them or their distance is out of the range of the dtype (NaN is out of it), or if elements share memory;
    NotImplementedError for integer and bool tensors. The gradient is zero.

    >>> zeros(3).uniform_(2, 3).shape
    torch.Size([3])
    """
    return draw(input, "uniform", generator, float(from_), float(to))


@uniform_.constraints
def _(require, input, from_, to):
    uniform_bounds(require, from_, to, input._view.dtype, input._view.numel)


uniform_.derivative(input=_zeros)


@op("only method")
def normal_(input, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers of the given mean and standard deviation, and return the tensor. Both parts of a complex number have std / sqrt(2).

    RuntimeError for a negative or NaN ``std`` and if elements share memory; NotImplementedError for integer and bool tensors that have elements.
    The gradient is zero. Source: G. E. P. Box, M. E. Muller: A note on the generation of random normal deviates (1958).

    >>> zeros(3).normal_(5, 0)
    tensor([5., 5., 5.])
    """
    return draw(input, "normal", generator, float(mean), float(std))


@normal_.constraints
def _(require, input, std):
    normal_parameters(require, std, input._view.dtype, input._view.numel)


normal_.derivative(input=_zeros)


@op("only method")
def exponential_(input, lambd=1.0, *, generator=None):
    """Fill with exponentially distributed numbers of rate ``lambd``, and return the tensor: -log(1 - u) / lambd. An infinite rate gives 0.

    RuntimeError for a rate that is not positive, for tensors with elements of integer, bool and complex dtypes, and if elements share memory.
    The gradient is zero.

    >>> zeros(3).exponential_(inf)
    tensor([0., 0., 0.])
    """
    return draw(input, "exponential", generator, float(lambd))


@exponential_.constraints
def _(require, input, lambd):
    d = input._view.dtype
    require(float(lambd) > 0, RuntimeError, "exponential_ expects lambda > 0.0, but found lambda={:g}", float(lambd))
    require(d.is_floating_point or not input._view.numel, RuntimeError, "Exponential distribution is a continuous probability distribution. "
            "dtype must be a floating point but you specified {}", d.type_name)  # fmt: skip


exponential_.derivative(input=_zeros)


@op("only method")
def cauchy_(input, median=0.0, sigma=1.0, *, generator=None):
    """Fill with numbers of the Cauchy distribution, and return the tensor: median + sigma tan(pi (u - 1/2)).

    RuntimeError for a ``sigma`` that is not positive, for integer, bool and complex tensors, and if elements share memory. The gradient is zero.

    >>> zeros(3).cauchy_(5, 1e-30)
    tensor([5., 5., 5.])
    """
    return draw(input, "cauchy", generator, float(median), float(sigma))


@cauchy_.constraints
def _(require, input, sigma):
    d = input._view.dtype
    require(float(sigma) > 0, RuntimeError, "cauchy_ expects sigma > 0.0, but found sigma={:g}", float(sigma))
    require(d.is_floating_point, RuntimeError, "Cauchy distribution is a continuous probability distribution. "
            "dtype must be a floating point but you specified {}", spelled_c_name(d))  # fmt: skip


cauchy_.derivative(input=_zeros)


@op("only method")
def log_normal_(input, mean=1.0, std=2.0, *, generator=None):
    """Fill with exp of normal numbers of the given mean and standard deviation, and return the tensor. Too large ones are infinite.

    RuntimeError for a ``std`` that is not positive and if elements share memory; NotImplementedError for integer, bool and complex tensors that have
    elements. The gradient is zero.

    >>> zeros(3).log_normal_(0, 1e-30)
    tensor([1., 1., 1.])
    """
    return draw(input, "log_normal", generator, float(mean), float(std))


@log_normal_.constraints
def _(require, input, std):
    d = input._view.dtype
    require(float(std) > 0, RuntimeError, "log_normal_ expects std > 0.0, but found std={:g}", float(std))
    require(d.is_floating_point or not input._view.numel, NotImplementedError, "\"log_normal_\" not implemented for '{}'", d.type_name)


log_normal_.derivative(input=_zeros)


# -- discrete --------------------------------------------------------------------------------------


def _random_node(bound: dict[str, Any]) -> str:
    return f"RandomBackward{0 if bound['from_'] is not None else 1 if bound['to'] is not None else 2}"


@op("only method", node=_random_node, dtypes="ordinary unsigned")
def random_(input, from_=None, to=None, *, generator=None):
    """Fill with integers in [from, to), and return the tensor: ``random_(to)`` or ``random_(from, to)``, each a draw modulo the range.

    Without a ``to`` (or with None) they go as far as the dtype's numbers: to its largest one, of floating point dtypes as far as they have every
    integer. Without both they start at 0; -2**63 with None takes the draws of 64 bits as they are.

    RuntimeError if from >= to, if a bound is out of the range of the dtype, for complex tensors, and if elements share memory;
    NotImplementedError for complex tensors with elements and no bounds, and for bool, complex and float16 from -2**63 on. The gradient is zero.

    >>> zeros(3).random_(1)
    tensor([0., 0., 0.])
    """
    if from_ is None and to is None:
        return draw(input, "random", generator)
    first = 0 if from_ is None else from_
    if to is not None:
        return draw_integers(input, first, to, generator)
    if first == -(1 << 63):
        return draw(input, "randint", generator, first, 1 << 63)
    warn_of_gaps("from", first, input._view.dtype)
    return draw(input, "randint", generator, first, _most(input._view.dtype) + 1)


def _most(d: Any) -> int:
    """How far the integers go that a dtype has without a gap."""
    return 1 << WHOLE_BITS[d] if d.is_floating_point else range_of(d)[1]


@random_.constraints
def _(require, input, from_, to):
    d = input._view.dtype
    if from_ is None and to is None:
        require(not d.is_complex or not input._view.numel, NotImplementedError, "\"random_\" not implemented for '{}'", d.type_name)
    elif to is not None:
        integer_bounds(require, 0 if from_ is None else from_, to, d)
    elif from_ == -(1 << 63):
        has_kernel = d.category in (1, 2) and d is not float16
        require(has_kernel or not input._view.numel, NotImplementedError, "\"random_\" not implemented for '{}'", d.type_name)
        require(not has_kernel or not input._view.numel or d in (int64, float64, float32, bfloat16), RuntimeError,
                "random_full_64_bits_range_kernel_cpu handles only int64, double, float and bfloat16")  # fmt: skip
    else:
        require(not d.is_complex, RuntimeError, "random_from_to_impl handles only integral, floating-point and boolean types")
        least, most = range_of(d)
        require(from_ > most or from_ <= _most(d), RuntimeError, "random_ expects 'from' casted to dtype to be less than or equal to 'to_inc' casted "
                "to dtype, but got from={} > to_inc={}", from_, _most(d))  # fmt: skip
        require(least <= from_ <= most, RuntimeError, "from is out of bounds for {}", spelled_c_name(d))


random_.derivative(input=_zeros)


@op("only method", node=lambda bound: "BernoulliBackward1" if isinstance(bound["p"], Tensor) else "BernoulliBackward2")
def bernoulli_(input, p=0.5, *, generator=None):
    """Fill with 1 with probability ``p``, else 0, and return the tensor. ``p`` is a number, or a floating point tensor expanded to the shape.

    RuntimeError for a probability outside of [0, 1] or NaN, for a tensor that cannot be expanded, and if elements share memory;
    NotImplementedError for complex tensors and for probabilities that are integers or bools, where there are elements. The gradient is zero.

    >>> zeros(3).bernoulli_(1.0)
    tensor([1., 1., 1.])
    """
    if not isinstance(p, Tensor):
        return draw(input, "bernoulli", generator, float(p))
    refuse_overlap(input, (p,))
    return draw_each(input, "bernoulli_tensor", p.detach().expand(input.shape), generator, p.dtype) if input._view.numel else input


@bernoulli_.constraints
def _(require, input, p):
    drawn = bool(input._view.numel)
    require(not input._view.dtype.is_complex or not drawn, NotImplementedError, "\"bernoulli_\" not implemented for '{}'", input.dtype.type_name)
    if not isinstance(p, Tensor):
        require(0 <= float(p) <= 1, RuntimeError, "bernoulli_ expects p to be in [0, 1], but got p={:g}", float(p))
    elif drawn:
        expandable(require, p, input._view.shape)
        _probabilities(require, p)


def _probabilities(require: Any, p: Tensor) -> None:
    require(p.dtype.is_floating_point, NotImplementedError, "\"bernoulli_\" not implemented for '{}'", p.dtype.type_name)
    limits = p.detach()
    require(everywhere((limits >= 0) & (limits <= 1)), RuntimeError,
            "Expected p_in >= 0 && p_in <= 1 to be true, but got false.  (Could this error message be improved?  If so, "
            "please report an enhancement request to PyTorch.)")  # fmt: skip


bernoulli_.derivative(input=_zeros, p=_zeros)


@op("method out", out=DRAWN, sharing=RUNNING, node=lambda bound: "BernoulliBackward0" if bound["p"] is None else "NotImplemented")
def bernoulli(input, p=None, *, generator=None, out=None):
    """1 with the probability that the input's element says (or ``p``, a number), else 0; contiguous, of the input's shape and dtype.

    RuntimeError for a probability outside of [0, 1] or NaN; NotImplementedError for complex tensors, and for probabilities that are
    integers or bools, where there are elements. The gradient is zero; with ``p`` there is none.

    >>> bernoulli(tensor([0., 1.]))
    tensor([0., 1.])
    """
    target = drawn_in(out, input._view.shape, input._view.dtype, input.device)
    if p is not None:
        return draw(target, "bernoulli", generator, float(p))
    refuse_overlap(target)
    return draw_each(target, "bernoulli_tensor", input.detach(), generator, input.dtype) if input._view.numel else target


@bernoulli.constraints
def _(require, input, p, out):
    d = (input if out is None else out)._view.dtype
    drawn = bool(input._view.numel)
    require(not d.is_complex or not drawn, NotImplementedError, "\"bernoulli\" not implemented for '{}'", d.type_name)
    require(not d.is_complex or not input.requires_grad or p is not None, RuntimeError,
            "bernoulli does not support automatic differentiation for outputs with complex dtype.")  # fmt: skip
    if p is not None:
        require(0 <= float(p) <= 1, RuntimeError, "bernoulli_ expects p to be in [0, 1], but got p={:g}", float(p))
    elif drawn:
        _probabilities(require, input)


bernoulli.derivative(input=lambda grad, p: _zeros(grad) if p is None else no_derivative("aten::bernoulli")(grad))


@op("only method")
def geometric_(input, p, *, generator=None):
    """Fill with the numbers of trials up to the first success, each trial succeeding with probability ``p``, and return the tensor.

    They are ceil(log(u) / log(1 - p)). RuntimeError if ``p`` does not lie between 0 and 1, both excluded, and if elements share memory;
    NotImplementedError for bool and complex tensors that have elements. The gradient is zero.

    >>> zeros(3).geometric_(0.999999)
    tensor([1., 1., 1.])
    """
    return draw(input, "geometric", generator, float(p))


@geometric_.constraints
def _(require, input, p):
    d = input._view.dtype
    require(0 < float(p) < 1, RuntimeError, "geometric_ expects p to be in (0, 1), but got p={:g}", float(p))
    require(d.category in (1, 2) or not input._view.numel, NotImplementedError, "\"geometric_\" not implemented for '{}'", d.type_name)


geometric_.derivative(input=_zeros)


@op("function", dtypes="floating")
def poisson(input, generator=None):
    """Numbers of the Poisson distribution whose rates are the input's elements, of its shape and dtype; contiguous.

    A rate of 0 gives 0. RuntimeError for a negative or NaN rate, NotImplementedError for integer, bool and complex rates. The gradient is
    zero. Sources: D. E. Knuth: The Art of Computer Programming, volume 2, section 3.4.1 (rates below 10); W. Hoermann: The transformed
    rejection method for generating Poisson random variables (1993).

    >>> poisson(tensor([0., 0.]))
    tensor([0., 0.])
    """
    return draw_each(drawn_in(None, input._view.shape, input._view.dtype, input.device), "poisson", input.detach(), generator)


@poisson.constraints
def _(require, input):
    require(everywhere(input.detach() >= 0), RuntimeError, "invalid Poisson rate, expected rate to be non-negative")


poisson.derivative(input=_zeros)
