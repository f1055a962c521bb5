"""torch's arguments in a library's words: by position, by keyword, by NumPy's names; what the library does not have is told."""

from __future__ import annotations

import re

import numpy
import pytest
import torch
from places import ROOT

from conformance.backends import Unsupported, find_backend
from conformance.backends.array_api import Namespace
from conformance.backends.keywords import fits, renamed

X = torch.ones(2, 3)


def seen(*args, **kwargs):
    """A library's function: the arguments as they came."""
    return args, kwargs


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [((X, 1, True), {}), ((X,), {"dim": 1, "keepdim": True}), ((X,), {"axis": 1, "keepdims": True}), ((X, 1), {"keepdim": True})],
)
def test_however_torch_is_called_the_library_gets_its_own_names(args, kwargs):
    assert renamed("sum", seen, dim="axis", keepdim="keepdims")(*args, **kwargs) == ((X,), {"axis": 1, "keepdims": True})


def test_a_tensor_by_its_name_is_handed_over_in_its_place():
    assert renamed("add", seen)(other=2, input=X) == ((X, 2), {})
    assert renamed("mul", seen, input="x", other="y")(X, other=X) == ((), {"x": X, "y": X})


def test_what_comes_after_a_renamed_argument_comes_by_name():
    assert renamed("cumsum", seen, dim="axis")(X, 0, dtype=torch.float64) == ((X,), {"axis": 0, "dtype": torch.float64})


def test_an_argument_that_the_library_does_not_have_is_unsupported_unless_it_is_torch_s_default():
    add = renamed("add", seen, alpha=None)
    assert add(X, X) == add(X, X, alpha=1) == ((X, X), {})
    with pytest.raises(Unsupported, match="^the argument alpha$"):
        add(X, X, alpha=2)
    with pytest.raises(Unsupported, match="^the argument alpha$"):
        add(X, X, alpha=True)  # which torch tells from 1


def test_a_keyword_that_a_function_s_own_signature_lacks_need_not_be_named():
    add = renamed("add", lambda x, y: (x, y))
    assert add(X, 2) == add(X, 2, alpha=1) == (X, 2)
    with pytest.raises(Unsupported, match="^the argument alpha$"):
        add(X, 2, alpha=3)
    with pytest.raises(TypeError, match="digit"):  # named, and wrongly
        renamed("round", lambda x: x, decimals="digit")(X, decimals=1)


def test_none_where_torch_s_default_is_none_is_nothing():
    clamp = renamed("clamp", seen, min="a_min", max="a_max")
    assert clamp(X, None, 2) == clamp(X, max=2) == ((X,), {"a_max": 2})


def test_an_overload_is_chosen_by_what_is_a_number():
    assert renamed("sum", seen, dim="axis")(X, dtype=torch.float64) == ((X,), {"dtype": torch.float64})
    assert renamed("max", seen, dim="axis", other="second")(X, 0) == ((X,), {"axis": 0})
    assert renamed("max", seen, dim="axis", other="second")(X, X) == ((X,), {"second": X})


@pytest.mark.parametrize(("args", "kwargs"), [((X, 1, True, 5), {}), ((X,), {"nonsense": 1}), ((), {}), ((X,), {"input": X})])
def test_a_call_that_torch_does_not_know_says_nothing_of_the_library(args, kwargs):
    with pytest.raises(Unsupported, match="none of torch's signatures"):
        renamed("sum", seen)(*args, **kwargs)


def test_methods_namespaces_and_functions_written_in_python_have_signatures():
    assert renamed("view", seen, size="shape")(X, 3, 2) == ((X,), {"shape": (3, 2)})
    assert renamed("linalg.norm", seen, ord="kind")(X, 2) == ((X,), {"kind": 2})
    assert renamed("split", seen, split_size_or_sections="sizes", dim="axis")(X, [1, 1], 0) == ((X,), {"sizes": [1, 1], "axis": 0})


def test_the_example_of_the_page():
    text = (ROOT / "docs" / "adding-a-backend.md").read_text(encoding="utf-8")
    found: dict = {}
    exec(re.search(r'```python title="numpy_words.py"\n(.*?)```', text, re.DOTALL).group(1), found)
    x = numpy.arange(6.0).reshape(2, 3)
    calls = found["CALLS"]
    assert calls["sum"](x, 1, True).tolist() == calls["sum"](input=x, axis=1, keepdims=True).tolist() == [[3.0], [12.0]]
    assert calls["clamp"](x, 1.0, 2.0).tolist() == [[1.0, 1.0, 2.0], [2.0, 2.0, 2.0]]
    assert calls["add"](x, x, alpha=1).tolist() == (2 * x).tolist()


def test_a_name_that_torch_does_not_have_is_a_mistake_of_the_adapter():
    with pytest.raises(ValueError, match="has no parameter axis; it has dim"):
        renamed("sum", seen, axis="axis")
    with pytest.raises(ValueError, match="no operation of this name"):
        renamed("no_such_thing", seen)


def test_sizes_one_by_one_fit_with_keywords_after_them_and_as_a_method():
    for operation, args, kwargs in [("zeros", (2, 4, 2), {"dtype": torch.float32}), ("reshape", (X, -1, 5), {}), ("flip", (X, 0, 1), {})]:
        assert fits(operation, args, kwargs)
    for operation, args, kwargs in [("empty_like", (X, None), {}), ("permute", (X,), {}), ("sub", (X, 2), {"alpha": None}), ("tril", (X, 1.5), {})]:
        assert not fits(operation, args, kwargs)


@pytest.mark.parametrize(("operation", "args"), [
    ("copysign", (X, [])), ("le", (X, [])), ("min", (X, 1.5)), ("cat", ([X, 1],)), ("broadcast_tensors", (X, [])), ("meshgrid", (X, 2)),
    ("meshgrid", (X, None)), ("stack", ([X, None],)),
    ("sum", (X, "0")), ("reshape", (X, [2.0, 3])),
])  # fmt: skip
def test_a_value_of_python_s_own_types_is_held_against_the_parameter(operation, args):
    assert not fits(operation, args, {})


def test_tensors_fit_among_sizes_and_in_sequences():
    size = torch.tensor(3)
    sequences = [("reshape", (X, [2, size])), ("cat", ([X, X],)), ("broadcast_tensors", ([X, X],))]
    for operation, args in [*sequences, ("copysign", (X, 2)), ("lt", (X, True))]:
        assert fits(operation, args, {})


def test_what_torch_s_parser_refuses_a_library_of_other_signatures_is_not_asked():
    library = find_backend("array_api:numpy")
    with pytest.raises(Unsupported, match="fits none of torch's signatures"):
        library.call("empty_like", "function", (numpy.zeros(2), None), {})


def test_a_keyword_is_told_from_the_signatures_of_a_function_that_is_bound_from_c():
    text = "astype(): incompatible function arguments. Supported: 1. astype(a: array, dtype: Dtype) Invoked with types: kwargs = { copy: bool }"

    class Library:
        @staticmethod
        def astype(x, dtype, **kwargs):
            if kwargs:
                raise TypeError(text)
            return x

    namespace = Namespace(Library, "library", find_backend("array_api:numpy"))
    assert namespace.astype(1, 2, copy=False) == 1  # a hint is left out
    with pytest.raises(Unsupported, match="astype has no argument copy"):
        namespace.astype(1, 2, copy=True)


@pytest.mark.parametrize(("value", "dtype", "held"), [
    (255.9, "uint8", True), (256.0, "uint8", False), (-0.9, "uint8", True), (-1.0, "uint8", False), (-128.5, "int8", True),
    (float("nan"), "int64", False), (-(2.0**63), "int64", True), (2.0**63, "int64", False), (300, "uint8", True), (1e30, "float32", True),
])  # fmt: skip
@pytest.mark.parametrize("call", ["to", "type_as", "sum", "asarray"])
def test_what_an_integer_dtype_makes_of_a_float_that_it_does_not_hold_is_left_open(call, value, dtype, held):
    library, x, to = find_backend("array_api:numpy"), numpy.array([value]), numpy.dtype(dtype).type
    arguments = {"to": ((x, to), {}), "type_as": ((x, numpy.zeros(1, to)), {}), "sum": ((x,), {"dtype": to}), "asarray": ((x,), {"dtype": to})}
    if held:
        assert library.call(call, "function", *arguments[call]).dtype == dtype
    else:
        with pytest.raises(Unsupported, match="a cast to a dtype that does not hold"):
            library.call(call, "function", *arguments[call])


@pytest.mark.parametrize(("index", "bound"), [(1, True), (-2, True), (2, False), (-3, False)])
def test_what_comes_of_an_index_out_of_bounds_is_left_open(index, bound):
    library, x, indices = find_backend("array_api:numpy"), numpy.array([4.0, 5.0]), numpy.array([index])
    for call, args in (("index_select", (x, 0, indices)), ("take_along_dim", (x, indices, 0))):
        if bound:
            assert library.call(call, "function", args, {}).tolist() == [x[index]]
        else:
            with pytest.raises(Unsupported, match="an index out of bounds"):
                library.call(call, "function", args, {})


INF, NAN = float("inf"), float("nan")
EMPTY, INTEGERS = numpy.zeros((0, 2)), numpy.array([3, 4])


@pytest.mark.parametrize(("call", "args", "is_open"), [
    ("long", (numpy.array([1j]),), True), ("float", (numpy.array([1 + 0j]),), True), ("cdouble", (numpy.array([1j]),), False),
    ("bool", (numpy.array([1j]),), False), ("floor_divide", (INTEGERS, numpy.array([0, 1])), True), ("floor_divide", (INTEGERS, 2), False),
    ("floor_divide", (INTEGERS, numpy.array([0.0, 1])), False), ("remainder", (INTEGERS, 0), True),
    ("remainder", (INTEGERS, numpy.array([False, True])), True), ("pow", (INTEGERS, -1), True),
    ("pow", (INTEGERS, 2), False), ("bitwise_left_shift", (INTEGERS, numpy.array([1, -1])), True), ("bitwise_right_shift", (INTEGERS, 1), False),
    ("amax", (EMPTY,), True), ("amax", (EMPTY, 0), True), ("amax", (EMPTY, 1), False), ("argmin", (EMPTY, 0), True), ("sum", (EMPTY,), False),
    ("msort", (numpy.array([NAN]),), True), ("argsort", (numpy.array([0.0, -0.0]),), True), ("argsort", (numpy.array([1.0, -0.0, -0.0]),), False),
    ("index_select", (numpy.array(1.0), 0, numpy.array([0])), True), ("cumprod", (numpy.array(1.0), 0), True), ("cumsum", (INTEGERS, 0), False),
    ("tril", (INTEGERS,), True), ("triu", (EMPTY,), False), ("outer", (INTEGERS, EMPTY), True), ("outer", (INTEGERS, INTEGERS), False),
])  # fmt: skip
def test_what_the_standard_calls_unspecified_is_not_judged(call, args, is_open):
    library = find_backend("array_api:numpy")
    if is_open:
        with pytest.raises(Unsupported, match="left open in the array API standard"):
            library.call(call, "function", args, {})
    else:
        library.call(call, "function", args, {})


def test_functions_of_the_standard_for_real_numbers_are_not_asked_of_complex_ones_that_torch_takes():
    library = find_backend("array_api:numpy")
    with pytest.raises(Unsupported, match="logaddexp of complex numbers"):
        library.call("logaddexp", "function", (numpy.array([1.0]), numpy.array([1j])), {})
    assert library.call("logaddexp", "function", (numpy.array([0.0]), numpy.array([-INF])), {}) == [0.0]


@pytest.mark.parametrize(("value", "dtype", "held"), [(300, "uint8", False), (-1, "uint8", False), (255, "uint8", True), (1e30, "float32", True)])
def test_a_number_beyond_the_dtype_that_is_to_hold_it_is_left_open(value, dtype, held):
    library, to = find_backend("array_api:numpy"), numpy.dtype(dtype).type
    for call, args in (("full", ((2,), value)), ("full_like", (numpy.zeros(2), value)), ("tensor", (value,))):
        if held:
            assert library.call(call, "function", args, {"dtype": to}).dtype == dtype
        else:
            with pytest.raises(Unsupported, match="a number beyond the dtype"):
                library.call(call, "function", args, {"dtype": to})


@pytest.mark.parametrize(("form", "call", "number", "held"), [
    ("function", "ge", -3, False), ("function", "add", 256, False), ("function", "add", 255, True), ("function", "ne", -0.5, True),
    ("method", "bitwise_and", -1, False), ("operator", "__lt__", 300, False), ("operator", "__iadd__", 300, False), ("operator", "__lt__", 3, True),
    ("inplace", "sub", -1, False), ("inplace", "sub", 1, True), ("function", "mul", True, True),
])  # fmt: skip
def test_an_integer_of_python_s_beyond_the_dtype_of_the_array_that_it_meets_is_left_open(form, call, number, held):
    library, args = find_backend("array_api:numpy"), (numpy.array([7], "uint8"), number)
    if held:
        library.call(call, form, args, {})
    else:
        with pytest.raises(Unsupported, match="a number beyond the dtype"):
            library.call(call, form, args, {})


@pytest.mark.parametrize(("call", "args", "is_open"), [
    ("reciprocal", (complex(NAN, INF),), True), ("reciprocal", (complex(0, 0),), False), ("mul", (complex(1, INF), 2.0), True),
    ("mul", (INF, complex(1, 2)), True), ("mul", (INF, 2.0), False), ("div", (complex(1, 2), complex(0, 0)), False),
    ("prod", (complex(NAN, 0),), True), ("sum", (complex(NAN, INF),), False), ("pow", (complex(0, 0), 2.0), True),
    ("pow", (complex(1, 0), 2.0), False),
    ("exp", (complex(-INF, INF),), True), ("exp", (complex(-INF, 1),), False), ("sinh", (complex(0, INF),), True),
    ("sqrt", (complex(-INF, NAN),), True),
    ("sqrt", (complex(1, NAN),), False), ("abs", (complex(INF, NAN),), False), ("exp", (INF,), False),
    ("sqrt", (complex(0, 0),), False),
])  # fmt: skip
def test_products_of_complex_numbers_with_infinite_parts_and_signs_of_functions_of_them_are_left_open(call, args, is_open):
    library, arrays = find_backend("array_api:numpy"), [numpy.array([value]) for value in args]
    forms = [("function", call), *({"mul": [("operator", "__mul__"), ("inplace", "mul")], "pow": [("operator", "__pow__")]}.get(call, []))]
    for form, name in forms:
        if is_open:
            with pytest.raises(Unsupported, match="left open in the array API standard"):
                library.call(name, form, tuple(arrays), {})
        else:
            library.call(name, form, tuple(arrays), {})


def test_a_contiguous_result_has_no_counterpart_where_the_standard_makes_a_view():
    library = find_backend("array_api:numpy")
    with pytest.raises(Unsupported, match="a contiguous copy"):
        library.call("ravel", "function", (numpy.broadcast_to(INTEGERS[:1], (4,)),), {})
    assert library.call("ravel", "function", (numpy.zeros((2, 3)).T,), {}).flags.c_contiguous


def test_a_view_is_no_copy_and_a_size_that_is_left_open_has_no_counterpart():
    library = find_backend("array_api:numpy")
    x = numpy.zeros((2, 3)).T
    with pytest.raises(ValueError, match="copy"):
        library.call("view_as", "method", (x, numpy.zeros(6)), {})
    with pytest.raises(Unsupported, match="broadcast_to with -1"):
        library.call("broadcast_to", "function", (x, (4, -1, 2)), {})


def test_what_is_not_given_is_left_to_the_library():
    library = find_backend("array_api:numpy")
    assert library.call("diff", "function", (numpy.array([1, 4, 9]),), {}).tolist() == [3, 5]  # NumPy takes None for something to prepend
