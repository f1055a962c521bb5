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

    assert Namespace(Library, "library").astype(1, 2, copy=False) == 1  # a hint is left out
    with pytest.raises(Unsupported, match="astype has no argument copy"):
        Namespace(Library, "library").astype(1, 2, copy=True)


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
