"""Lawful variants: backends that are torch's CPU in everything but the last bits, and right. None of them may fail.

A suite that catches every defect is worth nothing if it also fails what is right and merely different. torch's CPU held against
itself shows little of that: its results are equal to the bit. These variants change how torch computes, below autograd, so that
values (of operations whose contract is not exact) and gradients differ where an honest implementation may differ, and everything else
(layout, errors, the graph) stays torch's.

    python -m conformance run --backend conformance.selftest.lawful_variants:InFloat64    # or :Reversed, or :Decomposed
"""

from __future__ import annotations

from math import isfinite
from typing import Any, Callable, Sequence

import torch
from torch._decomp import decomposition_table
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from ..backends.torch_backend import Torch
from ..catalogue import TABLE
from ..catalogue.entries import entry

_WIDE = {torch.float16: torch.float64, torch.bfloat16: torch.float64, torch.float32: torch.float64, torch.complex64: torch.complex128}
# While any mode is active torch takes another way to the gradient of these, and loses the second derivative of some, or
# the check whether there is one.
_OTHER_GRADIENT = frozenset(("prod", "cumprod", "linalg.eig", "linalg.eigh"))
# While any mode is active torch accepts what it refuses otherwise: these are called without, first.
_OTHER_CHECKS = frozenset(("linear", "quantile", "nanquantile", "linalg.eigvals", "scaled_dot_product_attention"))
# While any mode is active torch gives the node another name, or the result another layout, and takes a complex matrix for its conjugate.
_OTHER_WAYS = frozenset("ctc_loss nn.functional.ctc_loss lp_pool1d linalg.tensorinv linalg.pinv pinverse linalg.lstsq".split())
# By definition something is rounded to a narrow dtype on the way, so that the exact result is another one: the power of two, the bound 1 - eps,
# the scaled source.
_ROUNDED_WITHIN = frozenset(("ldexp", "logit", "index_add"))
# In which torch itself multiplies (prod) and adds up (index_add) numbers of 16 bits: what is lost on the way depends on the order.
_SIXTEEN_BITS = (torch.float16, torch.bfloat16)
Again = Callable[[Any, Sequence[Any], dict[str, Any]], Any]


class _Otherwise(TorchDispatchMode):
    """Calls each operation as it is, for its layout and its errors, and then overwrites its results with those of another evaluation."""

    def __init__(self, again: Again) -> None:
        super().__init__()
        self.again = again

    def __torch_dispatch__(self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: dict[str, Any] | None = None) -> Any:
        kwargs = kwargs or {}
        result = func(*args, **kwargs)
        if not _makes_new_numbers(func, result):
            return result
        arguments = _resolved(args, kwargs)
        if _shares_memory(result, args, kwargs):
            return result
        try:
            if not _held(arguments, result):
                return result
            other = self.again(func, *arguments)
        except (RuntimeError, TypeError, ValueError, IndexError, ArithmeticError, NotImplementedError):
            return result  # the other evaluation cannot do this case
        for old, new in _pairs(result, other):
            if old.shape == new.shape and (old.is_floating_point() or old.is_complex()):
                old.copy_(new)
        return result


def _makes_new_numbers(func: Any, result: Any) -> bool:
    """Whether the results are memory of their own and the same at every call."""
    schema = func._schema
    if schema.is_mutable or torch.Tag.nondeterministic_seeded in func.tags or any(out.alias_info is not None for out in schema.returns):
        return False
    return bool(_tensors(result))


def _shares_memory(result: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether a result is a view of an argument, of which not every schema tells (``broadcast_tensors``)."""
    places = {tensor.untyped_storage()._cdata for tensor in _all_tensors(args, kwargs)}
    return any(tensor.untyped_storage()._cdata in places for tensor in _tensors(result))


def _held(arguments: tuple[list[Any], dict[str, Any]], result: Any) -> bool:
    """Whether the dtype of the result holds the operands of other dtypes, which are rounded to it before anything else: integers and
    tensors without dimensions exactly, Python numbers without becoming zero or infinite."""
    kinds = {tensor.dtype.to_real() for tensor in _tensors(result) if tensor.is_floating_point() or tensor.is_complex()}
    tensors = [x for x in _all_tensors(*arguments) if not x.is_complex() and not (x.is_floating_point() and x.dim())]
    if any(tensor.is_meta for tensor in tensors):
        return False  # torch asks for shapes only
    if not all(torch.equal(tensor.to(kind).to(tensor.dtype), tensor) for tensor in tensors for kind in kinds):
        return False
    given = [x for x in [*arguments[0], *arguments[1].values()] if isinstance(x, torch.dtype)]
    floats = [x for x in _all_tensors(*arguments) if x.is_floating_point()]
    if given and not all(torch.equal(x.to(kind).to(x.dtype).nan_to_num(), x.nan_to_num()) for x in floats for kind in kinds):
        return False  # operands are converted first
    numbers = [x for x in [*arguments[0], *arguments[1].values()] if isinstance(x, float) and x and isfinite(x)]
    if any(kind in _SIXTEEN_BITS and float(torch.tensor(x, dtype=kind)) != x for x in numbers for kind in kinds):
        return False  # some operations round a number to 16 bits, others do not
    return all(torch.finfo(kind).tiny <= abs(x) <= torch.finfo(kind).max for x in numbers for kind in kinds)


def _resolved(args: Sequence[Any], kwargs: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments with conjugates computed, which are lazy until here."""

    def plain(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return value.resolve_conj().resolve_neg()
        return type(value)([plain(item) for item in value]) if type(value) in (tuple, list) else value

    return [plain(value) for value in args], {key: plain(value) for key, value in kwargs.items()}


def _tensors(value: Any) -> list[Any]:
    if isinstance(value, torch.Tensor):
        return [value]
    return [item for part in value for item in _tensors(part)] if isinstance(value, (tuple, list)) else []


class _Variant(Torch):
    """torch's CPU under one of these modes."""

    def __init__(self, name: str, again: Again) -> None:
        super().__init__("cpu")
        self.name = f"conformance.selftest.lawful_variants:{name}"
        self.again = again
        self.operation = ""

    def call(self, operation: str, form: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        self.operation = operation
        fixed = operation not in TABLE or operation in _ROUNDED_WITHIN | _OTHER_WAYS or entry(operation).contract.kind == "exact"
        if form == "operator" or fixed or torch.is_inference_mode_enabled():
            return super().call(operation, form, args, kwargs)  # there is no other right result, or conjugates get lost
        if operation in _OTHER_CHECKS:
            if form == "out":
                return super().call(operation, form, args, kwargs)  # twice would write twice
            with torch.random.fork_rng(devices=()):
                super().call(operation, form, args, kwargs)
        with _Otherwise(self.again):
            return super().call(operation, form, args, kwargs)

    def gradients(
        self, outputs: Sequence[Any], inputs: Sequence[Any], cotangents: Sequence[Any], create_graph: bool
    ) -> Sequence[Any]:
        if self.operation in _OTHER_GRADIENT:
            return super().gradients(outputs, inputs, cotangents, create_graph)
        with _Otherwise(self.again):
            return super().gradients(outputs, inputs, cotangents, create_graph)


# -- evaluated in float64 and rounded ----------------------------------------------------------------


def InFloat64() -> _Variant:
    """Every operation, of the gradient too, evaluated in float64 (complex128) and rounded once."""
    return _Variant("InFloat64", _in_float64)


def _in_float64(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    floats = [tensor for tensor in _all_tensors(args, kwargs) if tensor.is_floating_point() or tensor.is_complex()]
    if not floats or not all(tensor.dtype in _WIDE for tensor in floats) or func._schema.name in _COMPARING:
        return None

    def wide(value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return _same_layout(value, _WIDE.get(value.dtype, value.dtype))
        if isinstance(value, torch.dtype):
            return _WIDE.get(value, value)
        return type(value)([wide(item) for item in value]) if type(value) in (tuple, list) else value

    return func(*[wide(value) for value in args], **{key: wide(value) for key, value in kwargs.items()})


# They look for the element that is equal to a result, which has been rounded.
_COMPARING = frozenset(("aten::_cdist_backward",))


def _same_layout(tensor: Any, dtype: Any) -> Any:
    """A copy in another dtype with the same strides, by which some operations choose what they compute."""
    if 0 in tensor.stride() or tensor.dim() < 2 or dtype == tensor.dtype:
        return tensor.to(dtype)
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=dtype).copy_(tensor)


def _pairs(result: Any, other: Any) -> list[tuple[Any, Any]]:
    """The tensors at the same places of two results; either may have None where nobody asked for the other's."""
    if isinstance(result, torch.Tensor) and isinstance(other, torch.Tensor):
        return [(result, other)]
    both = isinstance(result, (tuple, list)) and isinstance(other, (tuple, list))
    return [pair for old, new in zip(result, other) for pair in _pairs(old, new)] if both else []


def _all_tensors(args: Sequence[Any], kwargs: dict[str, Any]) -> list[Any]:
    return _tensors([*args, *kwargs.values()])


# -- sums from the other end -------------------------------------------------------------------------


def Reversed() -> _Variant:
    """Sums, products, variances and matrix products over the same terms in the reverse order."""
    return _Variant("Reversed", _reversed)


_REDUCTIONS = frozenset(("sum", "nansum", "mean", "prod", "var", "std", "var_mean", "std_mean", "linalg_vector_norm", "logsumexp", "norm"))


def _reversed(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    name = func._schema.name.removeprefix("aten::")
    if name == "prod" and args[0].dtype in _SIXTEEN_BITS:
        return None
    if name in _REDUCTIONS:
        return func(args[0].flip(tuple(range(args[0].dim()))), *args[1:], **kwargs) if _reduces_all(func, args, kwargs) else None
    if name in ("mm", "bmm"):
        return func(args[0].flip(-1), args[1].flip(-2))
    if name in ("addmm", "baddbmm"):
        return func(args[0], args[1].flip(-1), args[2].flip(-2), **kwargs)
    if name == "mv":
        return func(args[0].flip(-1), args[1].flip(-1))
    if name in ("dot", "vdot"):
        return func(args[0].flip(0), args[1].flip(0))
    return None


def _reduces_all(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> bool:
    """Whether every dimension is reduced: flipping one that is kept would move results."""
    named = dict(zip([argument.name for argument in func._schema.arguments], args)) | kwargs
    dims = named.get("dim")
    if dims is None:
        return True
    dims = [dims] if isinstance(dims, int) else dims
    return not dims or len(dims) == args[0].dim()


# -- by torch's own decompositions -------------------------------------------------------------------

_LONG = 4096
_OVERFLOWING = frozenset(f"aten::{name}" for name in ("var", "var_mean", "std", "std_mean"))  # a mean or a square where the result does not


def Decomposed() -> _Variant:
    """Every operation, of the gradient too, by the composition of simpler ones that torch's compilers use for it."""
    return _Variant("Decomposed", _decomposed)


# What lies outside is multiplied by 0, which leaves a negative zero, and NaN of an infinity.
_MASKED = frozenset(("aten::grid_sampler_2d",))
# In which 1 is subtracted from what is nearly 1; in which NaN counts, which the operation takes for no violation; in which 1e-12 is another number
# than the one in float32; in which what is hidden is multiplied by 0; in which scales are rounded otherwise.
_OTHER_NUMBERS = frozenset(f"aten::{name}" for name in (
    "soft_margin_loss_backward", "multi_margin_loss", "multilabel_margin_loss_forward", "binary_cross_entropy_backward", "special_xlog1py",
    "upsample_nearest2d", "upsample_trilinear3d", "upsample_linear1d", "elu"))


def _decomposed(func: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    composition = None if func._schema.name in _MASKED | _OTHER_NUMBERS else decomposition_table.get(func)
    if len({tensor.dtype for tensor in _all_tensors(args, kwargs) if tensor.is_floating_point()}) > 1:
        return None  # what is kept in float32 beside 16-bit numbers is rounded to these
    if any(not 0 < tensor.numel() <= _LONG for tensor in _all_tensors(args, kwargs)):
        return None  # of no elements a kernel returns what it begins with; the composition of cumsum takes the square of the length
    if func._schema.name == "aten::index_add" and args[0].dtype in _SIXTEEN_BITS:
        return None
    if composition is None or func._schema.name in _OVERFLOWING or any(tensor.is_complex() for tensor in _all_tensors(args, kwargs)):
        return None  # of complex numbers, too, these compositions overflow where the operation does not
    copies = pytree.tree_map_only(torch.Tensor, lambda tensor: tensor.detach().clone(), (args, kwargs))  # some write what they update, too
    return composition(*copies[0], **copies[1])
