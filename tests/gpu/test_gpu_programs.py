"""Programs of refimpl on the devices of gpu_backend, random numbers there, and the registration of the devices."""

from __future__ import annotations

import contextlib
import doctest
import io
import math
import re
import subprocess
import sys
from typing import Any

import numpy
import pytest
import torch
from places import ROOT

import gpu_backend
import refimpl
from gpu_backend import array_random, torch_kernels, torch_random
from gpu_backend.polygamma import polygamma
from refimpl import nn, optim
from refimpl.foundation import dtypes
from refimpl.foundation import kernels as backend
from refimpl.foundation.kernels import View
from refimpl.operations import registry

DEVICES = [name.split(":")[0] for name in gpu_backend.register() if name.endswith(":0")]


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def kernels(device: str) -> Any:
    return backend.find_kernels(device, 0)


# -- programs ----------------------------------------------------------------------------------------------------------


def namespace(device: str) -> dict[str, Any]:
    """What the examples of the documentation see, with the tensors that they make on ``device``."""

    def placed(create: Any) -> Any:
        return lambda *args, **kwargs: create(*args, **{"device": device, **kwargs})

    creators = ("tensor", "zeros", "ones", "full", "empty", "arange", "linspace", "logspace", "eye")
    names = {name: getattr(refimpl, name) for name in (*dir(refimpl), *vars(refimpl))}
    return {**names, "torch": refimpl, "nn": nn, **{name: placed(names[name]) for name in creators}}


def text_of(source: str, names: dict[str, Any]) -> str:
    """What an interactive session prints for ``source``, without the device that it is on."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(source, "<example>", "single"), names)
    return squeezed(re.sub(r",\s+device='\w+:0'", "", out.getvalue()))


def squeezed(text: str) -> str:
    return " ".join(text.replace("<BLANKLINE>", "").split())


@pytest.mark.filterwarnings("ignore:torch.range is deprecated", "ignore:torch.chain_matmul is deprecated",
                            "ignore:at..frobenius_norm is deprecated", "ignore:torch.* is deprecated in favor of torch.linalg")
@pytest.mark.parametrize("name", sorted(registry.operations))
def test_the_example_of_every_operation_prints_the_same_on_the_device(device, name):
    names = namespace(device)
    for example in doctest.DocTestParser().get_examples(registry.operations[name].doc):
        if example.exc_msg:
            with pytest.raises(Exception, match=re.escape(example.exc_msg.partition(": ")[2].strip())):
                text_of(example.source, names)
            continue
        try:
            shown = text_of(example.source, names)
        except NotImplementedError as error:  # no device needs to have the wide unsigned integers
            assert re.fullmatch("torch.uint(16|32|64) is not implemented for the device '[a-z_]+'", str(error))
            continue
        assert shown == squeezed(example.want), example.source


def train(device: str, make_optimizer: Any, loss: Any, dtype: Any, steps: int = 25) -> tuple[list[float], list[Any]]:
    refimpl.manual_seed(0)
    x, classes = refimpl.randn(16, 10).to(dtype), refimpl.randint(3, (16,))
    model = nn.Sequential(nn.Linear(10, 12), nn.ReLU(), nn.Linear(12, 3)).to(dtype)
    target = classes if isinstance(loss, nn.CrossEntropyLoss) else refimpl.randn(16, 3).to(dtype)
    x, target, model = x.to(device), target.to(device), model.to(device)
    optimizer = make_optimizer(model.parameters())
    losses = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(model(x), target)
        value.backward()
        optimizer.step()
        losses.append(value.item())
    assert all(p.device.type == device == p.grad.device.type for p in model.parameters())
    return losses, [p.detach().cpu() for p in model.parameters()]


OPTIMIZERS = {
    "SGD": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=0.01, nesterov=True),
    "Adam": lambda p: optim.Adam(p, lr=0.01, weight_decay=0.01, amsgrad=True),
}


@pytest.mark.parametrize("optimizer", sorted(OPTIMIZERS))
@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.CrossEntropyLoss()], ids=["mse", "cross_entropy"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(dtypes.float32, 2e-6), (dtypes.float64, 1e-14)], ids=["float32", "float64"])
def test_a_network_trains_on_the_device_as_on_the_host(device, optimizer, loss, dtype, tolerance):
    losses, parameters = train(device, OPTIMIZERS[optimizer], loss, dtype)
    expected_losses, expected = train("cpu", OPTIMIZERS[optimizer], loss, dtype)
    assert max(abs(a - b) for a, b in zip(losses, expected_losses)) < tolerance
    assert losses[-1] < 0.8 * losses[0]
    assert all((a - b).abs().max().item() < 20 * tolerance for a, b in zip(parameters, expected))


def both(device: str, program: Any) -> None:
    """``program(device)`` returns tensors: those of the device are there, and equal to those of the host."""
    for ours, hosts in zip(program(device), program("cpu"), strict=True):
        assert ours.device == refimpl.device(device, 0)
        assert (ours.dtype, ours.shape, ours.stride()) == (hosts.dtype, hosts.shape, hosts.stride())
        assert repr(ours.tolist()) == repr(hosts.tolist())


def test_views_share_storage_on_the_device_and_writes_to_them_reach_the_base(device):
    def program(where: str) -> Any:
        x = refimpl.arange(24, device=where).reshape(2, 3, 4)
        view = x.permute(2, 0, 1)[1:3]
        view.mul_(10)
        x.diagonal(dim1=1, dim2=2).fill_(-1)
        x[:, 1, ::2] = refimpl.tensor([7, 8], device=where)
        assert view.data_ptr() == x.data_ptr() + x.element_size()
        return x, view, x.t() if x.dim() == 2 else x.mT, x.view(refimpl.int32)

    both(device, program)


def test_indexing_reads_and_writes_on_the_device(device):
    def program(where: str) -> Any:
        x = refimpl.arange(12.0, device=where).reshape(3, 4)
        rows = refimpl.tensor([2, 0, -1], device=where)
        mask = x > 4
        y = x.clone()
        y[mask] = 0
        y[rows, 1] += 5
        z = x.clone().index_put_((rows,), refimpl.ones(4, device=where), accumulate=True)
        return x[rows], x[mask], x[:, [0, 2]], y, z, x[rows, 1:3], x[..., None, -1], mask.nonzero()

    both(device, program)


def test_gradients_flow_on_the_device_twice_and_through_writes_to_views(device):
    def program(where: str) -> Any:
        x = refimpl.tensor([[1.0, -2.0], [3.0, 0.5]], device=where, dtype=refimpl.float64, requires_grad=True)
        y = x * 2
        y[0].mul_(x[1])
        first = refimpl.autograd.grad((y**3).sum(), x, create_graph=True)[0]
        second = refimpl.autograd.grad(first.sum(), x)[0]
        (x @ x.t()).exp().log().max(dim=1)[0].sum().backward()
        return first.detach(), second, x.grad

    both(device, program)


@pytest.mark.filterwarnings("ignore:Casting complex values to real")
def test_every_dtype_computes_on_the_device(device):
    def program(where: str) -> Any:
        results = []
        for d in dtypes.all_dtypes:
            x = refimpl.tensor([[0, 1, 2], [3, 0, 1]], device=where).to(d)
            results += [x + x, x * x, x == x.flip(0), x.sum(), x.t().contiguous(), refimpl.cat([x, x]), x.to(refimpl.float32), x / 2]
        return results

    both(device, program)


def test_a_size_below_zero_beside_one_of_zero_holds_no_elements_on_the_device(device):
    def program(where: str) -> Any:
        x = refimpl.ones(1, 1, 1, device=where).expand(2, 0, -3)
        return x, x + 1, x.to(refimpl.int8)

    both(device, program)


@pytest.mark.parametrize("exponent", [0.5, -0.5, [0.5], [0.5, 0.5]])
def test_a_power_of_one_half_is_no_root(device, exponent):
    x = refimpl.tensor([-float("inf"), -0.0], dtype=refimpl.float64)
    y = refimpl.tensor(exponent, dtype=refimpl.float64)
    assert repr(x.to(device).pow(y.to(device)).tolist()) == repr(x.pow(y).tolist())


def test_powers_that_are_rounded_to_a_narrower_dtype_are_the_hosts(device):
    def program(where: str) -> Any:
        exponents = refimpl.linspace(-20, 20, 997).to(where)
        x = refimpl.ones(997, dtype=refimpl.float64, device=where)
        return refimpl.ldexp(x, exponents), refimpl.ldexp(x, exponents.half()), refimpl.ldexp(x.to(refimpl.complex128), exponents)

    both(device, program)


def test_tensors_of_two_devices_do_not_mix_but_zero_dimensional_host_tensors_do(device):
    x = refimpl.ones(2, device=device)
    with pytest.raises(RuntimeError, match=f"Expected all tensors to be on the same device, but found at least two devices, {device}:0 and cpu!"):
        x + refimpl.ones(2)
    assert (x + refimpl.tensor(2.0)).tolist() == [3.0, 3.0]


def test_tensors_move_between_all_devices_with_their_strides_and_their_graph(device):
    x = refimpl.arange(6.0, requires_grad=True)
    there = x.reshape(2, 3).t().to(device)
    assert there.device.type == device and there.tolist() == [[0, 3], [1, 4], [2, 5]]
    (there.to("cpu") ** 2).sum().backward()
    assert x.grad.tolist() == [0, 2, 4, 6, 8, 10]
    for other in DEVICES:
        assert there.to(other).to(device).tolist() == there.tolist()
    assert there.to(device) is there and there.bfloat16().cpu().tolist() == there.tolist()


# -- random numbers --------------------------------------------------------------------------------------------------


def test_both_libraries_offer_the_distributions_of_the_reference():
    from refimpl.random.streams import _distributions

    assert set(_distributions) == set(torch_random.DISTRIBUTIONS) == set(array_random.DISTRIBUTIONS)


def draw(kernels: Any, name: str, *parameters: Any, d: dtypes.dtype = dtypes.float32, n: int = 20000, seed: int = 5) -> list[Any]:
    out = View(kernels.allocate(n * d.itemsize), 0, (n,), (1,), d)
    kernels.random(name, out, refimpl.Generator().manual_seed(seed), *parameters)
    return kernels.tolist(out)


@pytest.mark.parametrize(
    ("name", "parameters", "mean", "variance"),
    [("uniform", (2.0, 5.0), 3.5, 0.75), ("normal", (1.0, 2.0), 1.0, 4.0), ("randint", (-3, 7), 1.5, 8.25), ("bernoulli", (0.25,), 0.25, 0.1875),
     ("exponential", (2.0,), 0.5, 0.25), ("geometric", (0.5,), 2.0, 2.0), ("log_normal", (0.0, 0.25), 1.0317, 0.0687)],
)  # fmt: skip
def test_random_numbers_have_the_moments_of_their_distribution(kernels, name, parameters, mean, variance):
    for d in (dtypes.float32, dtypes.float64, dtypes.float16, dtypes.bfloat16):
        numbers = draw(kernels, name, *parameters, d=d)
        average = sum(numbers) / len(numbers)
        spread = sum((x - average) ** 2 for x in numbers) / len(numbers)
        assert abs(average - mean) < 6 * (variance / len(numbers)) ** 0.5 + 0.01 * (d.itemsize == 2)
        assert abs(spread - variance) < 0.1 * variance
        if name == "uniform":
            assert min(numbers) >= 2.0 and max(numbers) <= 5.0


def test_the_stream_of_a_device_follows_the_seed_of_the_generator(kernels):
    first, again, other = (draw(kernels, "normal", 0.0, 1.0, n=8, seed=s) for s in (1, 1, 2))
    assert first == again != other
    generator = refimpl.Generator().manual_seed(1)
    out = View(kernels.allocate(32), 0, (8,), (1,), dtypes.float32)
    kernels.random("normal", out, generator, 0.0, 1.0)
    kernels.random("normal", out, generator, 0.0, 1.0)
    assert kernels.tolist(out) != first


def test_permutations_and_complex_and_whole_range_integers(kernels):
    assert sorted(draw(kernels, "randperm", d=dtypes.int64, n=100)) == list(range(100))
    parts = draw(kernels, "normal", 0.0, 1.0, d=dtypes.complex64)
    assert abs(sum(abs(z) ** 2 for z in parts) / len(parts) - 1.0) < 0.05
    assert abs(sum(z.real * z.imag for z in parts) / len(parts)) < 0.02
    for d in (dtypes.uint8, dtypes.int8, dtypes.int64, dtypes.bool_, dtypes.float16, dtypes.float64):
        numbers = draw(kernels, "random", d=d)
        assert min(numbers) >= 0 and len(set(numbers)) > 1
    chances = [0.0, 1.0] * 10
    assert draw(kernels, "bernoulli_tensor", chances, n=20) == chances
    counts = draw(kernels, "poisson", [0.0, 30.0] * 500, n=1000)
    assert set(counts[::2]) == {0.0} and 28 < sum(counts[1::2]) / 500 < 32
    successes = draw(kernels, "binomial", [40.0, math.nan] * 500, [0.25, 0.5] * 500, n=1000)
    assert all(math.isnan(x) for x in successes[1::2]) and 9 < sum(successes[::2]) / 500 < 11


def test_a_generator_of_none_is_the_default_one(kernels):
    lists = []
    for _ in range(2):
        refimpl.manual_seed(3)
        out = View(kernels.allocate(32), 0, (8,), (1,), dtypes.float32)
        kernels.random("uniform", out, None, 0.0, 1.0)
        lists.append(kernels.tolist(out))
    assert lists[0] == lists[1]


# -- registration ------------------------------------------------------------------------------------------------------


def test_registering_twice_counts_each_device_once():
    before = {name: backend.device_count(name) for name in DEVICES}
    assert gpu_backend.register() and {name: backend.device_count(name) for name in DEVICES} == before


def test_an_unknown_library_is_a_value_error():
    with pytest.raises(ValueError, match="library must be 'torch' or 'cupy', got 'jax'"):
        gpu_backend.register("jax")


def test_casts_of_torch_tensors_round_once():
    import torch

    x = torch.tensor([1 + 2.0**-8 + 2.0**-40], dtype=torch.float64)  # just above the middle of two bfloat16 numbers
    assert torch_kernels.cast(x, torch.bfloat16).item() == 1 + 2.0**-7
    assert x.to(torch.bfloat16).item() == 1.0  # torch itself rounds to float32 on the way


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_the_package_imports_no_library():
    code = "import sys, refimpl, gpu_backend; print([m for m in ('torch', 'cupy', 'numpy') if m in sys.modules])"
    assert run_python(code) == "[]"


def test_without_any_library_no_device_is_live_and_nothing_fails():
    code = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "cupy", "numpy"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import gpu_backend, refimpl
print(gpu_backend.register(), refimpl.cuda.is_available(), refimpl.cuda.device_count())
"""
    assert run_python(code) == "[] False 0"


@pytest.mark.parametrize("n", [1, 4, 15, 16, 27, 100, 170, 171, 400, 1001])
def test_polygamma_where_zeta_or_the_factorial_is_no_normal_number(device, n):
    """On each device, and by the formula that a library of arrays gets; beside refimpl's, of a condition of about n."""
    numbers = [2.0**-6, 0.7, 3.0, 48.5, n * 0.3, n + 0.1, n * 1.7, 1e4, 3e5, 2.5e11, 9275051526946000.0, 1e60, math.inf]
    x = refimpl.tensor(numbers, dtype=refimpl.float64)
    exact = refimpl.polygamma(n, x).tolist()
    zeta = torch.special.zeta(torch.tensor(n + 1.0, dtype=torch.float64), torch.tensor(numbers, dtype=torch.float64)).numpy()
    with numpy.errstate(all="ignore"):
        found = polygamma(numpy, n, numpy.array(numbers), zeta).tolist()
    for result in (found, refimpl.polygamma(n, x.to(device)).tolist()):
        assert math.copysign(1.0, result[-1]) == 1.0
        assert result == pytest.approx(exact, rel=(16 if n <= 1000 else 64) * (n + 1) * 2.0**-53, abs=0.0)


@pytest.mark.parametrize("weight", [0.25, 0.5, 0.6, 0.9])
def test_interpolation_between_subnormal_numbers_has_the_sign_of_what_it_is_rounded_from(device, weight):
    ends = [(-5e-324, 0.0), (0.0, 5e-324), (0.0, -5e-324), (-1e-323, 0.0), (1.5e-323, 5e-324), (1.0, 2.0)]
    start, end = (refimpl.tensor(column, dtype=refimpl.float64) for column in zip(*ends))
    assert repr(start.to(device).lerp(end.to(device), weight).tolist()) == repr(start.lerp(end, weight).tolist())
