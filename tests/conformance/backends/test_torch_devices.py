"""torch itself as a backend: the device without memory, a device that a module brings, compiled calls, devices that are not here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from places import ROOT, SUPPORT

from conformance.accuracy.number_formats import encode
from conformance.backends import Unsupported, find_backend
from conformance.backends.compiled import Compiled
from conformance.backends.torch_backend import Meta, Torch
from conformance.backends.torchlike import _without_device
from conformance.cases.case import Case, Device, TensorSpec
from conformance.catalogue.entries import entry
from conformance.execution.outcomes import execute
from conformance.judging.judge import Judge
from conformance.judging.statistics import Statistics


def judged(backend, *cases):
    """What was found in some cases of one operation, and the counts."""
    documented = entry(cases[0].operation)
    statistics = Statistics(documented.operation.name, backend.name)
    judge = Judge(backend, documented.operation, documented.contract, statistics)
    return [deviation for case in cases for deviation in judge.check(case)], statistics


def case_of(operation, *args, form="function", shape=(2, 3), grad=0, **kwargs):
    spec = TensorSpec(0, "float32", shape, (1, 2)[: len(shape)], requires_grad=grad > 0)
    return Case(operation, form, (encode([float(i) for i in range(6)], "float32"),), (spec, *args), kwargs, grad=grad)


# -- meta ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [case_of("transpose", 0, 1), case_of("exp", grad=2), case_of("exp", form="inplace"), case_of("sum", 0)])
def test_on_meta_everything_but_the_values_is_judged(case):
    found, statistics = judged(find_backend("torch:meta"), case)
    assert found == []
    assert statistics.passes == 1
    assert not statistics.checks["values"]
    assert all(statistics.checks[name] for name in ("shape", "dtype", "strides", "aliasing", "errors", "purity"))
    assert statistics.checks["gradients"] == case.grad


class Contiguous(Meta):
    """Forgets the strides of its results."""

    def call(self, operation, form, args, kwargs):
        return super().call(operation, form, args, kwargs).contiguous()


def test_wrong_strides_are_seen_without_values():
    assert [deviation.property for deviation in judged(Contiguous(), case_of("exp"))[0]] == ["strides"]


@pytest.mark.parametrize("case", [case_of("nonzero"), case_of("item", form="method", shape=())])
def test_a_result_that_depends_on_elements_is_unsupported_on_meta(case):
    with pytest.raises(Unsupported, match="depends on elements"):
        execute(find_backend("torch:meta"), case)


# -- compiled ------------------------------------------------------------------------------------


def test_compiled_calls_are_compiled_and_judged():
    torch._dynamo.utils.counters.clear()
    found, statistics = judged(find_backend("torch.compile:aot_eager"), case_of("exp"), case_of("exp", grad=1, form="method"), case_of("exp", grad=2))
    assert found == []
    assert statistics.passes == 2
    assert statistics.checks["values"] and statistics.checks["strides"] and statistics.checks["aliasing"]
    assert statistics.checks["gradients"] == 1
    assert statistics.missing == {"gradients of second order": 1}
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] == 3


def test_it_is_the_compiler_s_result_that_is_judged():
    def doubling(graph, inputs):
        return lambda *args: [2 * result for result in graph(*args)]

    torch._dynamo.register_backend(doubling, name="doubling")
    try:
        assert [deviation.property for deviation in judged(Compiled("doubling"), case_of("exp"))[0]] == ["values"]
    finally:
        torch._dynamo.reset()


def test_a_call_that_is_not_one_graph_is_unsupported_with_torch_s_reason():
    with pytest.raises(Unsupported, match="the whole call in one graph: .*requires_grad_"):
        execute(find_backend("torch.compile:eager"), case_of("requires_grad_", form="method"))


def test_an_error_of_the_call_is_an_error_compiled_or_not():
    outcome = execute(find_backend("torch.compile:eager"), case_of("add", "x"))
    assert outcome.error is not None


# -- devices -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("torch:nowhere", "has no device 'nowhere' here: Expected one of cpu, cuda"),
        ("torch:toy@no_such_module", "has no device 'toy' here: No module named 'no_such_module'"),
        ("torch.compile:nowhere", "expected inductor, aot_eager"),
    ],
)
def test_a_device_that_is_not_here_is_a_lookup_error_in_a_line(name, words):
    with pytest.raises(LookupError, match=re.escape(words)) as raised:
        find_backend(name)
    assert repr(name) in str(raised.value)
    assert len(str(raised.value)) < 400


def test_torch_cuda_is_a_backend_with_a_gpu_and_without_one_it_says_so():
    if torch.cuda.is_available():
        assert find_backend("torch:cuda").name == "torch:cuda"
    else:
        with pytest.raises(LookupError, match="'torch:cuda'.*(CUDA|NVIDIA)"):
            find_backend("torch:cuda")


HERE = Path(__file__).parent
TOY = """
import json, os, sys
from conformance.backends import find_backend
from test_torch_devices import case_of, judged

backend = find_backend("torch:toy@toy_device")
rows = []
for case in (
    case_of("add", 1.5), case_of("add", 1.5, form="inplace"), case_of("exp", form="method"), case_of("transpose", 0, 1),
    case_of("sum", 0, grad=1), case_of("sum", 7), case_of("cpu", form="method"),
):
    found, counts = judged(backend, case)
    rows.append([case.operation, [str(deviation) for deviation in found], counts.passes, counts.missing, sorted(counts.checks)])
print(json.dumps(rows))
sys.stdout.flush()
os._exit(0)  # torch 2.13 aborts at the end of a process with a device written in Python
"""


def test_a_privateuse1_device_is_judged_by_its_name_and_module():
    done = subprocess.run([sys.executable, "-c", TOY], cwd=ROOT, env={"PYTHONPATH": f"{ROOT}:{SUPPORT}:{HERE}", "OMP_NUM_THREADS": "1"},
                          capture_output=True, text=True, timeout=300, check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    *rows, moved = json.loads(done.stdout.splitlines()[-1])
    for operation, found, passes, missing, _ in rows:
        assert (found, passes, missing) == ([], 1, {}), operation
    checks = {name for row in rows for name in row[4]}
    assert checks == {"values", "shape", "dtype", "strides", "errors", "gradients", "purity"}  # and not aliasing: it cannot be seen there
    assert moved[1:4] == [[], 0, {"moving between devices": 1}]


class Elsewhere(Torch):
    """torch on the CPU, as if that were another device: it prints its name, and names it in errors."""

    def __init__(self):
        super().__init__("cpu")
        self.device = "gpu"

    def _call(self, operation, form, args, kwargs):
        if operation == "__repr__":
            return "tensor([1.], device='gpu:0')"
        raise RuntimeError("expected torch.FloatTensor, got torch.gpu.FloatTensor (GPUFloatType), not GPUs")


def test_what_names_the_device_is_put_in_the_words_of_the_cpu():
    backend = Elsewhere()
    assert backend.call("__repr__", "operator", (torch.ones(1),), {}) == "tensor([1.])"
    with pytest.raises(RuntimeError, match=re.escape("expected torch.FloatTensor, got torch.FloatTensor (CPUFloatType), not GPUs")):
        backend.call("add", "function", (torch.ones(1), 1), {})
    with pytest.raises(Unsupported, match="moving between devices"):
        backend.call("cuda", "method", (torch.ones(1),), {})
    assert find_backend("torch:cpu").literal(Device()) == torch.device("cpu")


def test_a_printed_tensor_loses_its_device_unless_that_moves_the_line():
    assert _without_device("tensor([1.], device='gpu:0', dtype=torch.float64)") == "tensor([1.], dtype=torch.float64)"
    assert _without_device("tensor([1.])") == "tensor([1.])"
    for text in ("tensor([1.],\n       device='gpu:0')", "tensor([1.], device='gpu:0',\n       dtype=torch.float64)"):
        with pytest.raises(Unsupported, match="breaks the line"):
            _without_device(text)
