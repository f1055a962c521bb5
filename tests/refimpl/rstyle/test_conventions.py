"""R's counting, held for every method of a tensor that torch's signatures give a dimension: one more than in Python."""

from __future__ import annotations

import pytest

import refimpl
from refimpl import rstyle as r
from refimpl.rstyle.conventions import DIMENSIONS, INDEX_RESULTS
from refimpl.rstyle.tensors import torch_functions
from refimpl.signatures.overloads import PythonSignature, overloads, texts

# methods of other results than tensors, of random ones, or of nothing that can be compared
NOT_COMPARED = {"size", "stride", "sym_size", "sym_stride", "dim_order", "bernoulli_"}


def methods_of_one_dimension():
    """The methods that can be called with a dimension, and nothing else, by position."""
    for name in texts()["Tensor"]:
        signatures = overloads("Tensor", name)
        if isinstance(signatures, PythonSignature) or name.startswith("_") or name in NOT_COMPARED or not hasattr(refimpl.Tensor, name):
            continue
        for s in signatures:
            if s.parameters and s.parameters[0].name in DIMENSIONS and not s.parameters[0].keyword_only and s.parameters[0].type == "int64_t" and (
                s.fewest <= 1
            ):
                yield name, s.parameters[0].name
                break


METHODS = sorted(methods_of_one_dimension())


def answer(call):
    try:
        return call()
    except (RuntimeError, IndexError, NotImplementedError) as error:
        return type(error)


def plain(value):
    """Tensors as lists, inside tuples too."""
    if isinstance(value, r.RTensor):
        value = value.tensor
    if isinstance(value, refimpl.Tensor):
        return str(value.dtype), tuple(value.shape), value.tolist()
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def shifted(name, value):
    places = INDEX_RESULTS.get(name, ())
    if isinstance(value, refimpl.Tensor):
        return value + 1 if 0 in places else value
    return [each + 1 if i in places else each for i, each in enumerate(value)] if isinstance(value, tuple) else value


def test_there_are_such_methods():
    assert len(METHODS) >= 20
    assert ("argmax", "dim") in METHODS and ("unsqueeze", "dim") in METHODS


@pytest.mark.parametrize(("name", "parameter"), METHODS, ids=lambda p: p)
@pytest.mark.parametrize("dtype", [refimpl.float32, refimpl.bool])
def test_a_dimension_of_a_method_is_one_more_than_in_python(name, parameter, dtype):
    made = refimpl.tensor([[3.0, 0.0, 2.0], [0.0, 5.0, 4.0]]).to(dtype)
    for dimension in (1, 2, -1):
        for by_name in (False, True):
            args, kwargs = ((), {parameter: dimension}) if by_name else ((dimension,), {})
            there = dimension - 1 if dimension > 0 else dimension
            expected = answer(lambda: getattr(made.clone(), name)(**{parameter: there}))  # noqa: B023
            found = answer(lambda: getattr(r.RTensor(made.clone()), name)(*args, **kwargs))  # noqa: B023
            assert plain(found) == plain(shifted(name, expected)), (dimension, by_name)


@pytest.mark.parametrize(("name", "parameter"), METHODS, ids=lambda p: p)
def test_dimension_0_is_refused(name, parameter):
    with pytest.raises(IndexError, match="^Indexing starts at 1 but found a 0.$"):
        getattr(r.torch_ones(2, 2), name)(0)


FUNCTIONS = [name for name, _ in METHODS if name in torch_functions() and not name.endswith("_")]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_dimension_of_a_function_is_one_more_than_in_python(name):
    made = refimpl.tensor([[3.0, 0.0, 2.0], [0.0, 5.0, 4.0]])
    for dimension in (1, 2, -1):
        there = dimension - 1 if dimension > 0 else dimension
        expected = answer(lambda: torch_functions()[name](made, there))  # noqa: B023
        found = answer(lambda: getattr(r, f"torch_{name}")(r.RTensor(made), dimension))  # noqa: B023
        assert plain(found) == plain(shifted(name, expected)), dimension


def test_lists_of_dimensions():
    x = r.torch_tensor([[1.0, 2.0], [3.0, 4.0]])
    assert x.flip(1).tolist() == x.flip([1]).tolist() == [[3.0, 4.0], [1.0, 2.0]]
    assert x.sum([1, 2]).item() == 10.0 and x.permute([2, 1]).stride() == [1, 2]
    assert x.roll(1, 2).tolist() == [[2.0, 1.0], [4.0, 3.0]] and x.rot90(1, [1, 2]).tolist() == [[2.0, 4.0], [1.0, 3.0]]
    assert r.torch_tensordot(x, x, dims=1).tolist() == x.mm(x).tolist() == r.torch_tensordot(x, x, [[2], [1]]).tolist()
    assert x.tile([1, 2]).size() == [2, 4]


def test_a_result_of_several_tensors_is_viewed_throughout():
    values, positions = r.torch_sort(r.torch_tensor([3.0, 1.0]))
    assert isinstance(values, r.RTensor) and positions.tolist() == [2, 1]
    assert all(isinstance(row, r.RTensor) for row in r.torch_unbind(r.torch_ones(2, 2), dim=2))


def test_a_name_that_torch_does_not_have():
    for name in ("torch_nothing", "nnf_nothing", "nn_nothing", "nothing"):
        with pytest.raises(AttributeError, match=f"has no attribute '{name}'"):
            getattr(r, name)


def test_names_in_namespaces():
    assert r.linalg_det(r.torch_eye(2)).item() == 1.0
    assert r.linalg_norm(r.torch_tensor([[3.0, 1.0], [4.0, 1.0]]), dim=1).tolist()[0] == 5.0
    assert r.nnf_softmax(r.torch_ones(1, 2), 2).tolist() == [[0.5, 0.5]]
    assert r.nn_mse_loss()(r.torch_ones(2), r.torch_zeros(2)).item() == 1.0
    assert r.torch_double() is refimpl.float64
    parameter = r.torch_ones(1, requires_grad=True)
    optimizer = r.optim_sgd({"w": parameter}, lr=0.5)
    (parameter * 2.0).sum().backward()
    optimizer.step()
    assert parameter.tolist() == [0.0]
