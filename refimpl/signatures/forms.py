"""How each operation that torch parses in C++ can be called: its forms, as torch's messages print them.

Data alone; :mod:`refimpl.signatures.parser` reads it. A form is ``type name = default, ...`` with a star before the parameters that go by keyword
only. A question mark, which messages leave out: the argument may be None. Several operations with the same forms stand in one line.
Operations that are written in Python have none here: their errors are Python's. Those that make tensors or draw random numbers stand in
:mod:`refimpl.signatures.parser`.
"""

from __future__ import annotations

_OUT = ", *, Tensor out = None"
HIDDEN = "deprecated: "  # begins a form that torch accepts but no message lists: numbers between the tensors, add(x, 2, y)


def _scaled(input: str, product: str) -> list[str]:
    """The hidden forms of a product that is added to a tensor: with the factors before what they multiply, or the first alone."""
    return [f"{HIDDEN}{', '.join(filter(None, ('Number beta', input, alpha, product)))}{_OUT}" for alpha in ("Number alpha", "")]


_FUNCTIONS: dict[str, tuple[str, ...]] = {
    (
        "exp exp2 expm1 log log2 log10 log1p sigmoid neg negative abs absolute sign bitwise_not isposinf isneginf signbit logical_not "
        "conj_physical angle sgn sin cos tan asin arcsin acos arccos atan arctan deg2rad rad2deg sinh cosh tanh asinh arcsinh acosh arccosh "
        "atanh arctanh msort sqrt rsqrt reciprocal square floor ceil trunc fix frac erf erfc erfinv lgamma digamma sinc"
    ): (f"Tensor input{_OUT}",),
    (
        "logaddexp logaddexp2 logical_and logical_or logical_xor maximum minimum fmax fmin gcd lcm atan2 arctan2 hypot ldexp vdot matmul "
        "nextafter mul"
    ): (f"Tensor input, Tensor other{_OUT}",),
    "relu positive real imag view_as_real view_as_complex ravel t adjoint isnan isinf isfinite isreal conj argwhere fliplr flipud": (
        "Tensor input",
    ),
    "nonzero": ("Tensor input, *, bool as_tuple = False, Tensor out = None",),
    "add sub": (
        "Tensor input, Tensor other, *, Number alpha = 1, Tensor out = None",
        f"{HIDDEN}Tensor input, Number alpha, Tensor other{_OUT}",
    ),
    "rsub": ("Tensor input, Tensor other, *, Number alpha = 1", "Tensor input, Number other, Number alpha = 1"),
    "subtract": ("Tensor input, Tensor other, *, Number alpha = 1, Tensor out = None", "Tensor input, Number other, Number alpha = 1"),
    "multiply true_divide floor_divide": (f"Tensor input, Tensor other{_OUT}", "Tensor input, Number other"),
    "addcmul addcdiv": (
        "Tensor input, Tensor tensor1, Tensor tensor2, *, Number value = 1, Tensor out = None",
        f"{HIDDEN}Tensor input, Number value, Tensor tensor1, Tensor tensor2{_OUT}",
    ),
    "lerp": (f"Tensor input, Tensor end, Tensor weight{_OUT}", f"Tensor input, Tensor end, Number weight{_OUT}"),
    "as_strided": ("Tensor input, tuple of ints size, tuple of ints stride, int storage_offset = None",),
    "reshape": ("Tensor input, tuple of ints shape",),
    "flatten": ("Tensor input, int start_dim = 0, int end_dim = -1",),
    "unflatten": ("Tensor input, int dim, tuple of ints sizes",),
    "squeeze": ("Tensor input", "Tensor input, int dim", "Tensor input, tuple of ints dim"),
    "unsqueeze": ("Tensor input, int dim",),
    "transpose swapdims": ("Tensor input, int dim0, int dim1",),
    "swapaxes": ("Tensor input, int axis0, int axis1",),
    "permute tile flip": ("Tensor input, tuple of ints dims",),
    "movedim moveaxis": ("Tensor input, int source, int destination", "Tensor input, tuple of ints source, tuple of ints destination"),
    "broadcast_to": ("Tensor input, tuple of ints size",),
    "bitwise_and bitwise_or bitwise_xor bitwise_left_shift bitwise_right_shift remainder": (
        f"Tensor input, Tensor other{_OUT}",
        "Number self, Tensor other",
        f"Tensor input, Number other{_OUT}",
    ),
    "eq ne not_equal lt less le less_equal gt greater ge greater_equal fmod copysign": (
        f"Tensor input, Tensor other{_OUT}",
        f"Tensor input, Number other{_OUT}",
    ),
    "isclose allclose": ("Tensor input, Tensor other, float rtol = 1e-05, float atol = 1e-08, bool equal_nan = False",),
    "equal": ("Tensor input, Tensor other",),
    "clamp clip": (
        f"Tensor input, Tensor min = None, Tensor max = None{_OUT}",
        f"Tensor input, Number min = None, Number max = None{_OUT}",
    ),
    "clamp_min": (f"Tensor input, Tensor min{_OUT}", f"Tensor input, Number min{_OUT}"),
    "clamp_max": (f"Tensor input, Tensor max{_OUT}", f"Tensor input, Number max{_OUT}"),
    "where": (
        "Tensor condition",
        f"Tensor condition, Tensor input, Tensor other{_OUT}",
        "Tensor condition, Number self, Tensor other",
        "Tensor condition, Tensor input, Number other",
        "Tensor condition, Number self, Number other",
    ),
    "masked_fill": ("Tensor input, Tensor mask, Tensor value", "Tensor input, Tensor mask, Number value"),
    "heaviside": (f"Tensor input, Tensor values{_OUT}",),
    "nan_to_num": (f"Tensor input, float nan = None, float posinf = None, float neginf = None{_OUT}",),
    "complex": (f"Tensor real, Tensor imag{_OUT}",),
    "polar": (f"Tensor abs, Tensor angle{_OUT}",),
    "clone": ("Tensor input, *, torch.memory_format memory_format = None",),
    "fill": ("Tensor input, Tensor value", "Tensor input, Number value"),
    "div": (
        f"Tensor input, Tensor other{_OUT}",
        "Tensor input, Tensor other, *, str? rounding_mode, Tensor out = None",
        "Tensor input, Number other, *, str? rounding_mode",
    ),
    "divide": (
        f"Tensor input, Tensor other{_OUT}",
        "Tensor input, Tensor other, *, str? rounding_mode, Tensor out = None",
        "Tensor input, Number other",
        "Tensor input, Number other, *, str? rounding_mode",
    ),
    "sum": (
        "Tensor input, *, torch.dtype dtype = None",
        "Tensor input, tuple of ints? dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None",
    ),
    "nansum": ("Tensor input, tuple of ints dim = None, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None",),
    "mean": (
        "Tensor input, *, torch.dtype dtype = None, Tensor out = None",
        "Tensor input, tuple of ints? dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None",
    ),
    "prod": (
        "Tensor input, *, torch.dtype dtype = None",
        "Tensor input, int dim, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None",
    ),
    "any all": (
        f"Tensor input{_OUT}",
        f"Tensor input, tuple of ints dim = None, bool keepdim = False{_OUT}",
        f"Tensor input, int dim, bool keepdim = False{_OUT}",
    ),
    "count_nonzero": ("Tensor input, int dim = None", "Tensor input, tuple of ints dim"),
    "amax amin": (f"Tensor input, tuple of ints? dim = [], bool keepdim = False{_OUT}",),
    "aminmax": ("Tensor input, *, int dim = None, bool keepdim = False, tuple of Tensors out = None",),
    "max min": (
        f"Tensor input{_OUT}",
        f"Tensor input, Tensor other{_OUT}",
        "Tensor input, int dim, bool keepdim = False, *, tuple of Tensors out = None",
    ),
    "argmax argmin": (f"Tensor input, int dim = None, bool keepdim = False{_OUT}",),
    "masked_select": (f"Tensor input, Tensor mask{_OUT}",),
    "cat concat concatenate stack": (f"tuple of Tensors tensors, int dim = 0{_OUT}",),
    "hstack vstack row_stack dstack column_stack": (f"tuple of Tensors tensors{_OUT}",),
    "repeat_interleave": (
        "Tensor input, Tensor repeats, int dim = None, *, int output_size = None",
        "Tensor repeats, *, int output_size = None",
        "Tensor input, int repeats, int dim = None, *, int output_size = None",
    ),
    "linear": (f"Tensor input, Tensor weight, Tensor bias = None{_OUT}",),
    "sort": (
        "Tensor input, *, bool? stable, int dim = -1, bool descending = False, tuple of Tensors out = None",
        "Tensor input, int dim = -1, bool descending = False, *, tuple of Tensors out = None",
    ),
    "argsort": (
        "Tensor input, *, bool stable, int dim = -1, bool descending = False, Tensor out = None",
        "Tensor input, int dim = -1, bool descending = False",
    ),
    "topk": ("Tensor input, int k, int dim = -1, bool largest = True, bool sorted = True, *, tuple of Tensors out = None",),
    "select": ("Tensor input, int dim, int index",),
    "narrow": ("Tensor input, int dim, Tensor start, int length", "Tensor input, int dim, int start, int length"),
    "narrow_copy": (f"Tensor input, int dim, int start, int length{_OUT}",),
    "diagonal": ("Tensor input, int offset = 0, int dim1 = 0, int dim2 = 1",),
    "unbind": ("Tensor input, int dim = 0",),
    "split_with_sizes": ("Tensor input, tuple of ints split_sizes, int dim = 0",),
    "chunk": ("Tensor input, int chunks, int dim = 0",),
    "tensor_split": (
        "Tensor input, tuple of ints indices, int dim = 0",
        "Tensor input, Tensor tensor_indices_or_sections, int dim = 0",
        "Tensor input, int sections, int dim = 0",
    ),
    "hsplit vsplit dsplit": ("Tensor input, int sections", "Tensor input, tuple of ints indices"),
    "index_select": (f"Tensor input, int dim, Tensor index{_OUT}",),
    "index_add": ("Tensor input, int dim, Tensor index, Tensor source, *, Number alpha = 1, Tensor out = None",),
    "index_copy": (f"Tensor input, int dim, Tensor index, Tensor source{_OUT}",),
    "index_fill": ("Tensor input, int dim, Tensor index, Tensor value", "Tensor input, int dim, Tensor index, Number value"),
    "gather": ("Tensor input, int dim, Tensor index, *, bool sparse_grad = False, Tensor out = None",),
    "scatter": (
        f"Tensor input, int dim, Tensor index, Tensor src{_OUT}",
        "Tensor input, int dim, Tensor index, Tensor src, *, str reduce, Tensor out = None",
        f"Tensor input, int dim, Tensor index, Number value{_OUT}",
        "Tensor input, int dim, Tensor index, Number value, *, str reduce, Tensor out = None",
    ),
    "scatter_add": (f"Tensor input, int dim, Tensor index, Tensor src{_OUT}",),
    "take": (f"Tensor input, Tensor index{_OUT}",),
    "take_along_dim": (f"Tensor input, Tensor indices, int dim = None{_OUT}",),
    "pow float_power": (
        f"Tensor input, Tensor exponent{_OUT}",
        f"Number self, Tensor exponent{_OUT}",
        f"Tensor input, Number exponent{_OUT}",
    ),
    "mm bmm": (f"Tensor input, Tensor mat2{_OUT}", f"Tensor input, Tensor mat2, torch.dtype out_dtype{_OUT}"),
    "mv": (f"Tensor input, Tensor vec{_OUT}",),
    "dot": (f"Tensor input, Tensor tensor{_OUT}",),
    "outer ger": (f"Tensor input, Tensor vec2{_OUT}",),
    "addmm": (
        "Tensor input, Tensor mat1, Tensor mat2, *, Number beta = 1, Number alpha = 1, Tensor out = None",
        "Tensor input, Tensor mat1, Tensor mat2, torch.dtype out_dtype, *, Number beta = 1, Number alpha = 1, Tensor out = None",
        *_scaled("Tensor input", "Tensor mat1, Tensor mat2"),
    ),
    "addmv": (
        "Tensor input, Tensor mat, Tensor vec, *, Number beta = 1, Number alpha = 1, Tensor out = None",
        *_scaled("Tensor input", "Tensor mat, Tensor vec"),
    ),
    "baddbmm": (
        "Tensor input, Tensor batch1, Tensor batch2, *, Number beta = 1, Number alpha = 1, Tensor out = None",
        "Tensor input, Tensor batch1, Tensor batch2, torch.dtype out_dtype, *, Number beta = 1, Number alpha = 1, Tensor out = None",
        *_scaled("Tensor input", "Tensor batch1, Tensor batch2"),
    ),
    "roll": ("Tensor input, tuple of ints shifts, tuple of ints dims = []",),
    "rot90": ("Tensor input, int k = 1, tuple of ints dims = [0,1]",),
    "round": (f"Tensor input{_OUT}", "Tensor input, *, int decimals, Tensor out = None"),
    "softmax log_softmax": ("Tensor input, int dim, torch.dtype dtype = None, *, Tensor out = None",),
    "cumsum cumprod": ("Tensor input, int dim, *, torch.dtype dtype = None, Tensor out = None",),
    "select_scatter": ("Tensor input, Tensor src, int dim, int index",),
    "slice_scatter": (f"Tensor input, Tensor src, int dim = 0, int start = None, int end = None, int step = 1{_OUT}",),
    "diagonal_scatter": ("Tensor input, Tensor src, int offset = 0, int dim1 = 0, int dim2 = 1",),
    "polygamma": (f"int n, Tensor input{_OUT}",),
    "logit": (f"Tensor input, float eps = None{_OUT}",),
    "xlogy": (f"Tensor input, Tensor other{_OUT}", f"Number self, Tensor other{_OUT}", f"Tensor input, Number other{_OUT}"),
    "var std": (
        f"Tensor input, tuple of ints? dim, bool unbiased = True, bool keepdim = False{_OUT}",
        "Tensor input, tuple of ints dim = None, *, Number correction = None, bool keepdim = False, Tensor out = None",
        "Tensor input, bool unbiased = True",
    ),
    "var_mean std_mean": (
        "Tensor input, tuple of ints? dim, bool unbiased = True, bool keepdim = False",
        "Tensor input, tuple of ints dim = None, *, Number correction = None, bool keepdim = False",
        "Tensor input, bool unbiased = True",
    ),
    "tril triu diag": (f"Tensor input, int diagonal = 0{_OUT}",),
    "diagonal_copy": (f"Tensor input, int offset = 0, int dim1 = 0, int dim2 = 1{_OUT}",),
    "diagflat": ("Tensor input, int offset = 0",),
    "diag_embed": ("Tensor input, int offset = 0, int dim1 = -2, int dim2 = -1",),
    "index_put": ("Tensor input, tuple of Tensors indices, Tensor values, bool accumulate = False",),
    "nll_loss_nd": ("Tensor input, Tensor target, Tensor weight = None, int reduction = 1, int ignore_index = -100",),
    "cross_entropy_loss": (
        "Tensor input, Tensor target, Tensor weight = None, int reduction = 1, int ignore_index = -100, float label_smoothing = 0.0",
    ),
    "_vector_norm": (  # which is called linalg_vector_norm
        "Tensor input, Number ord = 2, tuple of ints dim = None, bool keepdim = False, *, torch.dtype dtype = None, Tensor out = None",
    ),
}

# Methods whose forms do not follow from those of the function, or that have none.
_METHODS: dict[str, tuple[str, ...]] = {
    "where": ("Tensor condition, Tensor other", "Tensor condition, Number other"),
    "nonzero": ("", "*, bool as_tuple"),
    "mm bmm": ("Tensor mat2",),
    "addmm addmm_": ("Tensor mat1, Tensor mat2, *, Number beta = 1, Number alpha = 1", *_scaled("", "Tensor mat1, Tensor mat2")),
    "baddbmm baddbmm_": (
        "Tensor batch1, Tensor batch2, *, Number beta = 1, Number alpha = 1",
        *_scaled("", "Tensor batch1, Tensor batch2"),
    ),
    "polygamma": ("int n",),
    "view": ("torch.dtype dtype", "tuple of ints size"),
    "view_as reshape_as expand_as type_as": ("Tensor other",),
    "bfloat16 bool byte cdouble cfloat char cpu double float half int long short": ("*, torch.memory_format memory_format = None",),
    "contiguous": ("*, torch.memory_format memory_format = torch.contiguous_format",),
    "cuda": (
        "torch.device device = None, bool non_blocking = False, *, torch.memory_format memory_format = None",
        f"{HIDDEN}torch.device device = None, bool async = False, *, torch.memory_format memory_format = None",
    ),
    "type": (
        "object dtype = None, bool non_blocking = False, *, torch.memory_format memory_format = None",
        f"{HIDDEN}object dtype = None, bool async = False, *, torch.memory_format memory_format = None",
    ),
    "unflatten": (),  # a method written in Python
    "expand": ("tuple of ints size, *, bool implicit = False",),
    "transpose_ swapdims_": ("int dim0, int dim1",),
    "swapaxes_": ("int axis0, int axis1",),
    "squeeze_": ("", "int dim", "tuple of ints dim"),
    "unsqueeze_": ("int dim",),
    "resize_": ("tuple of ints size, *, torch.memory_format memory_format = None",),
    "resize_as_": ("Tensor the_template, *, torch.memory_format memory_format = None",),
    "set_": (
        "",
        "torch.Storage source",
        "torch.Storage source, int storage_offset, tuple of ints size, tuple of ints stride = None",
        "Tensor source",
        "Tensor source, int storage_offset, tuple of ints size, tuple of ints stride = None",
    ),
    "repeat": ("tuple of ints repeats",),
    "unfold": ("int dimension, int size, int step",),
    "float_power_": ("Tensor exponent", "Number exponent"),
    "polygamma_": ("int n",),
    "index_put_": ("tuple of Tensors indices, Tensor values, bool accumulate = False",),
    "copy_": ("Tensor other, bool non_blocking = False", f"{HIDDEN}Tensor other, bool async = False"),
    "fill_": ("Tensor value", "Number value"),
}


def _by_name(table: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    return {name: forms for names, forms in table.items() for name in names.split()}


FUNCTION_FORMS = _by_name(_FUNCTIONS)
METHOD_FORMS = _by_name(_METHODS)
