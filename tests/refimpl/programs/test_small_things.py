"""Small things that programs touch: names of old, functions of control flow, samplers and modules for several devices, profilers."""

from __future__ import annotations

import copy
import importlib
import pickle
import warnings

import jobs
import pytest
import torch as real_torch
from layouts import lines
from outcomes import same
from places import LINES

import refimpl


@pytest.mark.parametrize("call", [
    "V(x)", "V(x, True)", "V(x, volatile=True)", "V(x, requires_grad=True, volatile=True)", "V()", "V(None)", "V([1., 2.])", "V(data=x)",
    "V(x * 2).is_leaf", "V(torch.ones(2, dtype=torch.int64), requires_grad=True)", "isinstance(x, V), isinstance(3, V), isinstance(p, V)",
    "issubclass(torch.nn.Parameter, V)", "V(p).data_ptr() == p.data_ptr()", "V(p)", "V(torch.FloatTensor([1, 2]))",
])  # fmt: skip
def test_variable(call):
    same(lambda torch: eval(call, {"torch": torch, "V": torch.autograd.Variable, "x": torch.ones(2), "p": torch.nn.Parameter(torch.ones(1))}))


@pytest.mark.parametrize("options", [
    "5, 0", "5, 4", "3, 1, shuffle=False", "3, 2, drop_last=True", "4, 3, False, 0, True", "2, 1, seed=7", "20, 19", "20, 3, drop_last=True", "3, 3",
    "3, -1",
])  # fmt: skip
def test_a_sampler_for_several_processes(options):
    def run(torch):
        found = []
        for size in (11, 12, 1):
            sampler = eval(f"torch.utils.data.DistributedSampler(range({size}), {options})", {"torch": torch})
            for epoch in (0, 3):
                sampler.set_epoch(epoch)
                found.append((len(sampler), list(sampler), sampler.total_size))
        return found

    same(run)


def test_a_sampler_without_numbers_asks_for_a_group_of_processes():
    with pytest.raises(RuntimeError, match="Requires distributed package to be available"):
        refimpl.utils.data.DistributedSampler(range(3))
    dist = importlib.import_module("refimpl.distributed")
    assert dist.is_available() is dist.is_initialized() is False
    for name in ("init_process_group", "get_rank", "all_reduce", "barrier"):
        with pytest.raises(RuntimeError, match=f"torch.distributed.{name}: refimpl has no groups of processes"):
            getattr(dist, name)()
    with pytest.raises(AttributeError):
        dist.nothing


# Not to be done beside a GPU: torch's DataParallel then copies the module to it, and refuses one that is on the host.
@pytest.mark.skipif(real_torch.cuda.is_available(), reason="how it is on a machine without a GPU")
def test_a_module_on_several_devices_is_the_module_where_there_is_none():
    def run(torch):
        torch.manual_seed(0)
        parallel = torch.nn.DataParallel(torch.nn.Linear(2, 2))
        parallel(torch.ones(3, 2)).sum().backward()
        state = copy.copy(parallel.state_dict())
        torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
        return list(parallel.state_dict()), parallel.module.weight.grad, repr(parallel), list(state), parallel.device_ids

    same(run)
    same(lambda torch: torch.nn.parallel.data_parallel(torch.nn.Linear(2, 2), torch.ones(1, 2)))
    with pytest.raises(ValueError, match="Default process group has not been initialized"):
        refimpl.nn.parallel.DistributedDataParallel(refimpl.nn.Linear(1, 1))


@pytest.mark.parametrize("dimensions", [1, 2, 3])
@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"padding": 1, "dilation": 2}, {"groups": 2}])
def test_gradients_of_convolutions(dimensions, options):
    def run(torch):
        x = torch.arange(2.0 * 4 * 6**dimensions).reshape(2, 4, *[6] * dimensions) % 7 - 3
        w = torch.arange(4.0 * (4 // options.get("groups", 1)) * 2**dimensions).reshape(4, -1, *[2] * dimensions) % 5 - 2
        y = getattr(torch.nn.functional, f"conv{dimensions}d")(x, w, **options)
        grad = torch.arange(float(y.numel())).reshape(y.shape) % 3
        of = importlib.import_module(f"{torch.__name__}.nn.grad")
        return (getattr(of, f"conv{dimensions}d_input")(x.shape, w, grad, **options).contiguous(),
                getattr(of, f"conv{dimensions}d_weight")(x, w.shape, grad, **options).contiguous())  # fmt: skip

    same(run)


@pytest.mark.parametrize("call", [
    "torch.cond(torch.tensor(True), lambda x: x + 1, lambda x: x - 1, (torch.ones(2),))", "torch.cond(False, lambda: 1, lambda: 2)",
    "torch.cond(torch.tensor([True, False]), lambda: 1, lambda: 2)",
    "torch.while_loop(lambda i, j: i < 3, lambda i, j: (i + 1, j * 2), (torch.tensor(0), torch.ones(2)))", "torch._assert(True, 'x')",
    "torch._assert(torch.tensor(0), 'said')", "torch.nn.functional.upsample(torch.ones(1, 1, 2), scale_factor=2)",
    "torch.nn.functional.upsample_nearest(torch.ones(1, 1, 2, 2), 3)", "torch.nn.functional.upsample_bilinear(torch.ones(1, 1, 2, 2), 3)",
    "torch.nn.Container(a=torch.nn.ReLU())", "torch.nn.init.uniform(torch.manual_seed(3) and torch.empty(3))",
    "torch.nn.init.constant(torch.empty(2), 4)", "torch.nn.init.eye(torch.empty(2, 3))", "torch.nn.init.dirac(torch.empty(2, 2, 3))",
    "torch.jit.annotate(int, 3)", "torch.jit.Final[int]", "torch.jit.isinstance(3, int)",
    "torch.nn.modules.utils._pair(3), torch.nn.modules.utils._triple((1, 2, 3)), torch.nn.modules.utils._ntuple(4)('ab')",
    "torch.nn.modules.utils._reverse_repeat_tuple((1, 2), 2), torch.nn.modules.utils._list_with_default((None, 3), [7, 8, 9])",
    "torch.nn.modules.utils._list_with_default((None, 3), [7, 8])", "torch.types.Number, torch.types._size is not None",
    "torch.nn.modules.module._addindent('a\\n\\nb', 4)", "torch.nn.modules.transformer._get_activation_fn('selu')",
    "torch.nn.modules.transformer._get_clones(torch.nn.ReLU(), 2)", "torch.nn.parameter.UninitializedParameter().shape",
    "repr(torch.nn.parameter.UninitializedParameter()), torch.nn.parameter.is_lazy(torch.nn.parameter.UninitializedBuffer())",
    "isinstance(torch.nn.parameter.UninitializedBuffer(), torch.nn.Buffer)", "torch.utils.set_module(3, 4)",
    "torch.utils.deterministic.fill_uninitialized_memory", "torch.nn.GRU(2, 3, proj_size=1)", "torch.nn.RNN(2, 3, proj_size=0)",
    "torch.nn.RNN(2, 3, zzz=1)", "torch.nn.LSTM(2)", "torch.nn.RNN(2, 3, 1, 'relu', False)", "torch.nn.RNN(2, 3, nonlinearity='x')",
    "torch.nn.RNNBase('LSTM', 2, 3, bias=1)", "torch.nn.GRU(2, 3, batch_first='x')", "torch.nn.LSTM(0, 3)", "torch.nn.LSTM(2.0, 3)",
    "torch.nn.HuberLoss(delta='x')", "torch.nn.TransformerEncoderLayer(4, 2, 8, activation=None).activation",
    "type(torch.distributions.Bernoulli.logits).__name__",
    "isinstance(torch.distributions.Bernoulli.logits, property)",
    "torch.distributions.multivariate_normal._batch_mahalanobis(torch.eye(2), torch.ones(2))",
    "torch.distributions.utils._standard_normal((2,), dtype=torch.float64, device='cpu').dtype", "hasattr(torch.nn.Dropout(), 'name')",
    "hasattr(torch.nn.Conv1d(1, 1, 1), 'dimensions'), hasattr(torch.nn.ZeroPad1d(1), 'mode')", "setattr(torch.ones(1), 'shape', 3)",
    "setattr(torch.ones(1), 'T', 3)", "delattr(torch.ones(1), 'grad_fn')", "torch.nn.parameter.is_lazy(param=3)",
    "[name for name in dir(torch.optim) if name[0].isupper() and name != 'SparseAdam']",
    "[name for name in dir(torch.distributions) if name[0].isupper()]", "'Any' in dir(torch.nn), 'TYPE_CHECKING' in dir(torch.nn)",
    "torch.func.grad(lambda x: (x.sum(), 'a'), has_aux=True)(torch.ones(2))", "torch.func.grad(lambda x: (x.sum(), ()), has_aux=True)(torch.ones(2))",
    "torch.func.jacrev(lambda x: (x, 3), has_aux=True)(torch.ones(2))",
    "torch.func.vjp(lambda x: (x, [x, torch.float32]), torch.ones(1), has_aux=True)",
    "type(torch.func.grad(torch.sum)(torch.ones(2).as_subclass(type('Q', (torch.Tensor,), {})))).__name__",
    "type(torch.vmap(torch.sum)(torch.ones(2, 2).as_subclass(type('Q', (torch.Tensor,), {})))).__name__",
    *(f"torch.nn.{name}(zzz=1)" for name in (
        "Conv1d", "Conv3d", "ConvTranspose2d", "LazyConv2d", "LazyConvTranspose1d", "ZeroPad2d", "ConstantPad3d", "ReflectionPad1d", "CircularPad2d",
        "AvgPool2d", "MaxUnpool3d", "Hardshrink", "LocalResponseNorm", "FractionalMaxPool2d", "Linear")),
    "torch.optim.lr_scheduler.LambdaLR(zzz=1)", "type('Own', (torch.nn.Conv2d,), {})(1)",
    "torch.overrides.resolve_name(torch.nn.init.kaiming_uniform_)",
    "torch.nn.utils.stateless.functional_call(torch.nn.ReLU(), parameters_and_buffers={}, args=torch.ones(1))",
])  # fmt: skip
def test_a_small_thing_is_as_in_torch(call):
    for name in ("nn.modules.utils", "nn.utils.stateless"):
        importlib.import_module(f"torch.{name}")
    same(lambda torch: eval(call, {"torch": torch}))


def test_schedules_of_profilers():
    from torch import profiler as theirs

    from refimpl import profiler as ours

    for options in ({"wait": 1, "warmup": 1, "active": 2}, {"wait": 0, "warmup": 1, "active": 1, "repeat": 2}, {"wait": 2, "warmup": 1, "active": 1,
                    "skip_first": 3, "skip_first_wait": 1, "repeat": 1}):  # fmt: skip
        both = [each.schedule(**options) for each in (ours, theirs)]
        assert [both[0](i).name for i in range(20)] == [both[1](i).name for i in range(20)]
    with pytest.raises(AssertionError, match="Invalid profiler schedule arguments. Got wait=-1"):
        ours.schedule(wait=-1, warmup=1, active=1)


def test_a_program_in_a_profiler_runs_and_is_told_that_nothing_is_measured():
    from refimpl.autograd import profiler as old
    from refimpl.profiler import ProfilerActivity, profile, record_function

    with pytest.warns(UserWarning, match="torch.profiler measures nothing in refimpl"), profile(activities=[ProfilerActivity.CPU]) as p:
        with record_function("step"):
            x = refimpl.ones(2) + 1
        p.step()
    assert x.tolist() == [2, 2] and p.step_num == 1 and record_function("f")(len)([1]) == 1
    with pytest.raises(NotImplementedError, match="cProfile"):
        p.key_averages()
    with pytest.warns(UserWarning), old.profile():
        pass
    assert old.record_function is record_function


def test_swapped_tensors_are_each_other():
    def run(torch):
        a, b = torch.nn.Parameter(torch.ones(2)), torch.zeros(3, dtype=torch.int64)
        a.note = "of a"
        holders = [a, b]
        torch.utils.swap_tensors(a, b)
        (b * 2).sum().backward()
        return holders, a.dtype, type(a).__name__, type(b).__name__, b.note, hasattr(a, "note"), b.grad

    same(run)
    x = refimpl.nn.Parameter(refimpl.ones(2))
    y = x * 2
    with pytest.raises(RuntimeError, match="Expected use_count of t1"):
        refimpl.utils.swap_tensors(x, refimpl.ones(2))
    assert y.requires_grad


def test_hooks_have_torchs_handle():
    from refimpl.utils.hooks import RemovableHandle

    assert isinstance(refimpl.nn.Linear(1, 1).register_forward_hook(lambda *args: None), RemovableHandle)
    assert pickle.loads(pickle.dumps(RemovableHandle)) is RemovableHandle
    leaf = refimpl.ones(2, requires_grad=True)
    several = refimpl.autograd.graph.register_multi_grad_hook([leaf], print)
    for handle in (leaf.register_hook(print), leaf.register_post_accumulate_grad_hook(print), (leaf * 2).grad_fn.register_prehook(print), several):
        assert isinstance(handle, RemovableHandle)
        handle.remove()
        handle.remove()
    assert not leaf._hooks and not leaf._post_hooks


def test_processes_are_those_of_the_standard_library_and_tensors_go_between_them():
    mp = importlib.import_module("refimpl.multiprocessing")
    queue = mp.get_context("spawn").Queue()
    mp.spawn(jobs.double, (queue,), nprocs=2)
    assert sorted((number, x.tolist()) for number, x in (queue.get(), queue.get())) == [(0, [0, 0]), (1, [1, 1])]
    with pytest.raises(mp.ProcessRaisedException, match="Process 0 terminated with the following error:(.|\\n)*number 0 fails") as raised:
        mp.start_processes(jobs.fail, nprocs=1, start_method="fork")
    assert raised.value.error_index == 0 and pickle.loads(pickle.dumps(raised.value)).msg == raised.value.msg
    with pytest.raises(mp.ProcessExitedException, match="process 0 terminated with exit code 3") as left:
        mp.start_processes(jobs.leave, nprocs=1, start_method="fork")
    assert left.value.exit_code == 3
    assert set(real_torch.multiprocessing.__all__) - {"reducer"} <= {*dir(mp), "get_logger", "log_to_stderr"}


def test_strategies_of_sharing_are_remembered():
    same(lambda torch: torch.multiprocessing.set_sharing_strategy("file_system") or torch.multiprocessing.get_sharing_strategy())
    with pytest.raises(AssertionError, match="invalid sharing strategy 'nothing', expected one of {'file_"):
        refimpl.multiprocessing.set_sharing_strategy("nothing")
    same(lambda torch: sorted(torch.multiprocessing.get_all_sharing_strategies()))


def test_amp_of_old():
    def run(torch):
        cuda, cpu = (importlib.import_module(f"{torch.__name__}.{each}.amp") for each in ("cuda", "cpu"))
        with cpu.autocast():
            low = (torch.ones(2, 2) @ torch.ones(2, 2)).dtype
        forward, backward = cuda.custom_fwd(lambda ctx, x: x), cuda.custom_bwd(lambda ctx, x: x)
        return low, cpu.GradScaler(enabled=False).is_enabled(), callable(forward), callable(backward)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        same(run)


@pytest.mark.parametrize("name", ["LazyBatchNorm1d", "LazyBatchNorm2d", "LazyInstanceNorm1d"])
def test_a_lazy_normalisation_gets_its_running_statistics_from_its_first_input(name):
    def run(torch):
        options = {"track_running_stats": True, "affine": True}
        layer = getattr(torch.nn, name)(**options)
        before = repr(layer.running_mean), torch.nn.parameter.is_lazy(layer.running_var)
        x = torch.arange(24.0).reshape(2, 3, 4) if "1d" in name else torch.arange(24.0).reshape(2, 3, 2, 2)
        y = layer(x).shape
        kinds = type(layer).__name__, type(layer.running_mean).__name__, list(layer.state_dict())
        return before, y, (layer.running_mean * 100).round(), layer.num_batches_tracked, kinds

    same(run)


@pytest.mark.parametrize("call", [
    "c.check_backward_validity([x])", "c.check_backward_validity([x, p])", "c.detach_variable((p * 2, 3))", "c.detach_variable([p])",
    "c.noop_context_fn()[0].__enter__()", "c.get_device_states(x, [p])", "c.set_device_states([], [])", "c.DefaultDeviceType.get_device_type()",
    "issubclass(c.CheckpointError, RuntimeError)", "c.set_checkpoint_early_stop(False).__enter__()",
    "c.set_checkpoint_debug_enabled(True).__enter__()",
])  # fmt: skip
def test_the_parts_of_checkpoints(call):
    def run(torch):
        module = importlib.import_module(f"{torch.__name__}.utils.checkpoint")
        return eval(call, {"c": module, "x": torch.ones(2), "p": torch.nn.Parameter(torch.ones(1))})

    same(run)


@pytest.mark.parametrize("call", lines((LINES / "foreach.txt").read_text(encoding="utf-8")))
def test_an_operation_on_each_tensor_of_a_list(call):
    same(lambda torch: eval(f"torch._foreach_{call}", {"torch": torch, "a": [torch.tensor([1.0, -2.0]), torch.tensor([3.0])]}))


def test_each_of_torchs_operations_on_lists_is_there():
    names = [name for name in dir(real_torch) if name.startswith("_foreach_")]
    assert names and all(callable(getattr(refimpl, name)) for name in names)
    assert not hasattr(refimpl, "_foreach_none")


def test_spectra_without_a_window_are_warned_of_once(monkeypatch):
    from refimpl.ops.fft import short_time

    monkeypatch.setattr(short_time, "_warned", set())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            refimpl.istft(refimpl.stft(refimpl.ones(8), 4, return_complex=True), 4)
        refimpl.stft(refimpl.ones(8), 4, window=refimpl.ones(4), return_complex=True)
    assert [str(w.message)[:74] for w in caught] == ["A window was not provided. A rectangular window will be applied,which is k",
                                                     "A window was not provided. A rectangular window will be applied.Please pro"]  # fmt: skip
    assert all(w.filename == __file__ for w in caught)
