"""Which input classes cannot occur for which operations.

Every other class applies to an operation, and the suite fails if it was never drawn (see :mod:`conformance.examples.input_classes`). A unary
function has no second operand to broadcast with and no scalar operand; a matrix is never 0-d; sequences have no input
tensor at all. ``tests/conformance/test_strategies.py`` holds that the classes listed here are really impossible
to draw, so that this list cannot hide a hole.
"""

from __future__ import annotations

NOT_APPLICABLE: dict[str, frozenset[str]] = {}


def _no(classes: str, operations: str) -> None:
    for operation in operations.split():
        NOT_APPLICABLE[operation] = frozenset(classes.split(", "))


_no(
    "broadcast, scalar operand",
    """
    neg sign positive abs sgn square reciprocal sqrt rsqrt exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos
    atan sinh cosh tanh asinh acosh atanh sigmoid erf erfc erfinv lgamma digamma sinc i0 deg2rad rad2deg ceil floor
    trunc frac round isnan isinf isfinite isposinf isneginf isreal signbit logical_not bitwise_not conj_physical
    angle relu nan_to_num logit __neg__ __pos__ __abs__ __invert__ view reshape squeeze unsqueeze transpose swapaxes
    t T mT H mH permute movedim broadcast_to view_as reshape_as flatten ravel unfold view_as_real real imag conj
    contiguous clone detach atleast_1d atleast_2d atleast_3d __getitem__ index_put index_put_ index_select gather
    scatter_add take nonzero argwhere zeros_like ones_like empty_like new_zeros new_ones new_empty new_empty_strided
    new_tensor rand_like randn_like randint_like bernoulli uniform_ normal_ exponential_ random_ bernoulli_ sum mean
    nansum nanmean prod var std var_mean std_mean amax amin aminmax argmax argmin any all norm linalg.vector_norm
    cumsum cumprod cummax cummin logsumexp logcumsumexp count_nonzero median nanmedian stack hstack vstack dstack
    column_stack flip roll repeat tile repeat_interleave sort argsort msort linear inner tensordot softmax
    log_softmax softmin silu mish softsign tanhshrink logsigmoid relu6 hardswish hardsigmoid selu leaky_relu elu
    celu softshrink hardshrink threshold gelu softplus hardtanh to type_as type bool byte char short int long half
    bfloat16 float double cfloat cdouble cpu zero_ set_ detach_ tolist size stride dim numel element_size
    storage_offset is_contiguous is_complex is_floating_point is_signed __len__ __iter__ __repr__
    """,
)
_no(
    "scalar operand",
    """
    atan2 hypot maximum minimum fmax fmin nextafter heaviside gcd lcm logaddexp logaddexp2 ldexp bitwise_left_shift
    bitwise_right_shift logical_and logical_or logical_xor isclose lerp addcmul addcdiv __lshift__ __rshift__
    expand_as copy_ masked_select masked_scatter complex polar normal max min equal allclose dist broadcast_tensors
    matmul __matmul__ mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy_with_logits
    """,
)
_no(
    "0-d, broadcast, scalar operand",
    """
    as_strided adjoint unflatten narrow select diagonal unbind split split_with_sizes chunk tensor_split hsplit
    select_scatter slice_scatter diagonal_scatter diag tril triu index_add index_copy take_along_dim cat fliplr
    flipud rot90 mm bmm mv
    """,
)
_no(
    "0-d, empty, broadcast, permuted, sliced, expanded, overlapping, nan, inf, negative zero, subnormal, extreme, scalar operand",
    """
    arange range linspace logspace eye tril_indices triu_indices randperm can_cast promote_types
    """,
)
_no(
    "broadcast",
    """
    __setitem__ scatter full_like new_full fill_ fill result_type __contains__
    """,
)
_no(
    "0-d, empty, broadcast, permuted, expanded, overlapping, scalar operand",
    """
    item is_nonzero __bool__ __int__ __float__ __complex__ __index__
    """,
)
_no(
    "broadcast, permuted, sliced, expanded, overlapping, nan, inf, negative zero, subnormal, extreme, scalar operand",
    """
    empty empty_strided rand randn randint zeros ones
    """,
)
_no(
    "broadcast, scalar operand",
    """
    tensor as_tensor asarray
    """,
)
_no(
    "0-d, broadcast, permuted, overlapping, scalar operand",
    """
    dot vdot
    """,
)
_no(
    "0-d, empty, broadcast, scalar operand",
    """
    nll_loss cross_entropy
    """,
)
_no(
    "broadcast, overlapping, scalar operand",
    """
    expand
    """,
)
_no(
    "broadcast, permuted, sliced, expanded, overlapping, scalar operand",
    """
    view_as_complex
    """,
)
_no(
    "0-d, broadcast",
    """
    index_fill
    """,
)
_no(
    "0-d, empty, broadcast, permuted, sliced, expanded, overlapping, nan, inf, negative zero, subnormal, extreme",
    """
    scalar_tensor
    """,
)
_no(
    "0-d, empty, broadcast, permuted, overlapping, scalar operand",
    """
    meshgrid
    """,
)
_no(
    "0-d, broadcast, permuted, overlapping, scalar operand",
    """
    outer
    """,
)
_no(
    "broadcast, nan, inf, negative zero, subnormal, extreme, scalar operand",
    """
    binary_cross_entropy
    """,
)
_no(
    "0-d, broadcast, permuted, sliced, expanded, overlapping, scalar operand",
    """
    resize_
    """,
)
_no(
    "0-d, scalar operand",
    """
    addmm addmv addr baddbmm addbmm
    """,
)
_no("broadcast, scalar operand", "diagflat polygamma cuda")
_no("0-d, broadcast, scalar operand", "diagonal_copy narrow_copy diag_embed vsplit dsplit")
_no(
    "0-d, empty, broadcast, permuted, expanded, overlapping, nan, inf, negative zero, subnormal, extreme, scalar operand",
    "topk kthvalue",
)
_no("0-d, broadcast, permuted, sliced, expanded, overlapping, scalar operand", "resize_as_")
_no("broadcast, scalar operand", "cauchy_ log_normal_ geometric_")
_no("broadcast, nan, inf, negative zero, subnormal, extreme, scalar operand", "poisson")
_no("0-d, empty, broadcast, nan, inf, negative zero, subnormal, extreme, scalar operand", "multinomial")
_no("broadcast, permuted, sliced, expanded, overlapping, nan, inf, negative zero, subnormal, extreme", "full")
