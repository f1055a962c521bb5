"""Interchange is judged as any other result: values, dtype, shape, strides, and whose memory it is."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch

from conformance.backends import base, find_backend
from conformance.backends.torch_backend import Torch
from conformance.cases.case import ArraySpec, Case, DType, TensorSpec
from conformance.catalogue.entries import entry
from conformance.execution.outcomes import execute
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics

numpy = pytest.importorskip("numpy")
DATA = torch.arange(1.0, 13.0).numpy().tobytes()
VIEW = TensorSpec(0, "float32", (2, 3), (1, 4), 1)
ARRAY = ArraySpec("numpy", 0, "float32", (2, 3), (4, 16), 4)
CALLS = {
    "numpy": Case("numpy", "method", (DATA,), (VIEW,)),
    "__array__": Case("__array__", "method", (DATA,), (VIEW,)),
    "__dlpack__": Case("__dlpack__", "method", (DATA,), (VIEW,)),
    "to_dlpack": Case("to_dlpack", "function", (DATA,), (VIEW,)),
    "from_numpy": Case("from_numpy", "function", (DATA,), (ARRAY,)),
    "asarray": Case("asarray", "function", (DATA,), (ARRAY,)),
    "as_tensor": Case("as_tensor", "function", (DATA,), (ARRAY,)),
    "from_dlpack": Case("from_dlpack", "function", (DATA,), (replace(ARRAY, kind="versioned dlpack"),)),
    "frombuffer": Case("frombuffer", "function", (DATA,), (ArraySpec("buffer", 0, "float32", (12,), (4,)),),
                       {"dtype": DType("float32"), "offset": 8}),
    "__deepcopy__": Case("__deepcopy__", "operator", (DATA,), (VIEW, TensorSpec(0, "float32", (12,), (1,)))),
    "__copy__": Case("__copy__", "operator", (DATA,), (VIEW,)),
    "__reduce_ex__": Case("__reduce_ex__", "operator", (DATA,), (VIEW,)),
}  # fmt: skip


class Planted(Torch):
    """torch's CPU with another result."""

    def __init__(self, change):
        super().__init__("cpu")
        self.name, self.change = "planted", change

    def call(self, operation, form, args, kwargs):
        return self.change(super().call(operation, form, args, kwargs), args)


def judge(case, backend):
    row = entry(case.operation)
    statistics = Statistics(row.operation.name, backend.name)
    return [d.property for d in Judge(backend, row.operation, row.contract, statistics).check(case)], statistics


@pytest.mark.parametrize("name", CALLS)
def test_torch_and_refimpl_agree_and_the_memory_is_seen(name):
    for backend in ("torch:cpu", "refimpl:cpu"):
        assert judge(CALLS[name], find_backend(backend))[0] == []
    first = execute(find_backend("refimpl:cpu"), CALLS[name]).outputs[0]
    if name in ("__deepcopy__", "__reduce_ex__"):
        assert first.alias == ("new",)
    elif CALLS[name].tensors():
        assert (first.alias, first.reading.offset) == (("input", 0), 1)
    else:
        assert first.alias == ("array", 0)


CHANGES = {
    "a copy": (lambda x, args: copy.deepcopy(x) if isinstance(x, (torch.Tensor, numpy.ndarray)) else x, "aliasing"),
    "other strides": (lambda x, args: x.contiguous() if isinstance(x, torch.Tensor) else numpy.ascontiguousarray(x), "strides"),
    "a value": (lambda x, args: x + 100, "values"),
    "a dtype": (lambda x, args: x.double() if isinstance(x, torch.Tensor) else x.astype("float64"), "dtype"),
    "a shape": (lambda x, args: x.T, "shape"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", ["numpy", "__array__", "from_numpy", "asarray", "as_tensor", "from_dlpack"])
def test_what_is_wrong_with_shared_memory_is_found(name, change):
    planted, found = CHANGES[change]
    assert found in judge(CALLS[name], Planted(planted))[0]


@pytest.mark.parametrize("name", ["__dlpack__", "to_dlpack"])
def test_a_capsule_of_other_memory_is_found(name):
    elsewhere = Planted(lambda x, args: torch.utils.dlpack.to_dlpack(args[0].clone()))
    assert "aliasing" in judge(CALLS[name], elsewhere)[0]
    assert judge(CALLS[name], Planted(lambda x, args: torch.utils.dlpack.to_dlpack(args[0].T)))[0] != []


def test_another_offset_is_found():
    def one_on(x, args):
        memory = args[0].as_strided((12,), (1,), 0)
        with torch.no_grad():
            memory.copy_(memory.roll(1))  # the right elements, one place on
        return memory.as_strided((2, 3), (1, 4), 2).numpy()

    assert "aliasing" in judge(CALLS["numpy"], Planted(one_on))[0]


def test_copies_that_lose_what_they_shared_are_found():
    def apart(found, args):
        return [each.clone() if isinstance(each, torch.Tensor) else each for each in found]

    assert judge(CALLS["__deepcopy__"], Planted(apart))[0] != []
    twice = Planted(lambda found, args: [*found[:2], found[0].view_as(found[0]), *found[3:]])
    assert judge(CALLS["__deepcopy__"], twice)[0] == ["aliasing"]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_copies_keep_the_gradient_and_leaves_stay_leaves(dtype):
    data = torch.arange(3, dtype=getattr(torch, dtype)).numpy().tobytes()
    leaf, grad = TensorSpec(0, dtype, (3,), (1,), 0, True), TensorSpec(1, dtype, (3,), (1,))
    case = Case("__deepcopy__", "operator", (data, data), (leaf,), {"grad": grad}, grad=1)
    for backend in ("torch:cpu", "refimpl:cpu"):
        assert judge(case, find_backend(backend))[0] == []
    assert judge(case, Planted(lambda found, args: [*found[:-1], None]))[0] == ["values"]
    detached = Planted(lambda found, args: [found[0].detach(), *found[1:]])
    assert "gradients" in judge(case, detached)[0] or "aliasing" in judge(case, detached)[0]


def test_what_is_not_here_is_unsupported_and_told(monkeypatch):
    found, statistics = judge(CALLS["numpy"], find_backend("torch:meta"))
    assert found == [] and statistics.missing == {base.HOST_MEMORY: 1}
    monkeypatch.setattr(base, "find_spec", lambda name: None)
    found, statistics = judge(CALLS["numpy"], find_backend("refimpl:cpu"))
    assert found == [] and statistics.missing == {base.NUMPY: 1}


def test_what_cannot_be_shared_is_refused_as_torch_does():
    leaf = replace(VIEW, requires_grad=True)
    backwards = replace(ARRAY, strides=(4, -16), offset=36)
    refused: list = [("numpy", leaf), ("__dlpack__", leaf)]
    refused += [("from_numpy", array) for array in (backwards, replace(ARRAY, dtype=">f4"), replace(ARRAY, dtype="S4"))]
    for name, given in refused:
        case = replace(CALLS[name], args=(given,))
        assert execute(find_backend("torch:cpu"), case).error is not None
        assert judge(case, find_backend("refimpl:cpu"))[0] == []
