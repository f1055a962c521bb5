"""Questions about devices that are not there, answered as torch answers them on a machine without."""

from __future__ import annotations

import importlib

import pytest
import torch as real_torch
from outcomes import same

CUDA = """memory_allocated() max_memory_allocated() memory_reserved() max_memory_reserved() memory_cached() max_memory_cached() memory_stats()
    memory_stats_as_nested_dict() mem_get_info() empty_cache() get_device_name() get_device_name(0) get_device_capability() get_device_properties(0)
    set_device(-1) current_device() device_count() current_stream() default_stream() Stream() Event() Event(enable_timing=True) set_stream(None)
    get_rng_state() get_rng_state_all() set_rng_state_all([]) manual_seed(1) manual_seed_all(1) seed() seed_all() initial_seed() is_available()
    is_initialized() init() is_bf16_supported() is_tf32_supported() synchronize() ipc_collect() can_device_access_peer(0,1) get_arch_list()
    get_gencode_flags() memory.memory_allocated() amp.common.amp_definitely_not_available() stream(None).__enter__()"""
ACCELERATOR = """is_available() device_count() current_accelerator() current_accelerator(check_available=True) current_device_index()
    current_device_idx() set_device_index(0) set_device_idx(0) current_stream() synchronize() empty_cache() memory_allocated()
    max_memory_allocated() memory_reserved() max_memory_reserved() memory_stats() reset_peak_memory_stats() reset_accumulated_memory_stats()
    device_index(0).__enter__() device_index(None).__enter__()"""
MPS = """is_available() device_count() empty_cache() synchronize() current_allocated_memory() driver_allocated_memory() recommended_max_memory()
    manual_seed(1) seed() get_rng_state() set_per_process_memory_fraction(.5) compile_shader('')"""
XPU = """is_available() device_count() empty_cache() synchronize() memory_allocated() max_memory_allocated() manual_seed(1) manual_seed_all(1) seed()
    seed_all() current_device() get_device_name() get_device_properties() is_bf16_supported() is_initialized() init() set_device(0) Event() Stream()
    current_stream() get_rng_state() initial_seed() memory_stats() mem_get_info() get_arch_list()"""
CPU = """is_available() is_initialized() synchronize() current_device() set_device('cpu') device_count() Event().record() Event().query()
    Event().synchronize() Stream().wait_stream(None) stream(None).__enter__()"""
BACKENDS = """math_sdp_enabled() enable_math_sdp(True) mem_efficient_sdp_enabled() enable_mem_efficient_sdp(True) cudnn_sdp_enabled()
    enable_cudnn_sdp(True) flash_sdp_enabled() enable_flash_sdp(True) sdp_kernel(True,False,False).__enter__() is_flash_attention_available()
    is_built()"""
PLACES = {"cuda": CUDA, "accelerator": ACCELERATOR, "mps": MPS, "xpu": XPU, "cpu": CPU, "backends.cuda": BACKENDS}


# Not to be done for other releases: which questions there are, and in which words they are refused, depends on the release; 2.13 is the oracle.
# Not to be done beside a GPU: the question is what torch answers where there is none, and there it answers for the one that it has.
@pytest.mark.skipif(not real_torch.__version__.startswith("2.13."), reason="the answers are those of torch 2.13")
@pytest.mark.skipif(real_torch.cuda.is_available() or real_torch.mps.is_available(), reason="how it is on a machine without a GPU")
@pytest.mark.parametrize(("place", "call"), [(place, call) for place, calls in PLACES.items() for call in calls.split()])
def test_a_question_is_answered_as_torch_does(place, call):
    if place == "mps" and call == "Event()":
        pytest.skip("torch prints an ignored error")
    same(lambda torch: eval(f"place.{call}", {"place": importlib.import_module(f"{torch.__name__}.{place}")}))


def test_memory_that_runs_out_is_a_runtime_error():
    import refimpl

    for torch in (refimpl, real_torch):
        assert issubclass(torch.OutOfMemoryError, RuntimeError) and torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
        assert issubclass(torch.AcceleratorError, RuntimeError)


def test_a_choice_of_kernels_for_attention_changes_nothing():
    def run(torch):
        attention = importlib.import_module(f"{torch.__name__}.nn.attention")
        q = torch.arange(12.0).reshape(1, 1, 3, 4) / 8
        with attention.sdpa_kernel(attention.SDPBackend.MATH), attention.sdpa_kernel([attention.SDPBackend.MATH, attention.SDPBackend.MATH]):
            found = torch.nn.functional.scaled_dot_product_attention(q, q, q).sum().round()
        return found, int(attention.SDPBackend.EFFICIENT_ATTENTION), attention.SDPBackend.MATH

    same(run)
    same(lambda torch: importlib.import_module(f"{torch.__name__}.nn.attention").sdpa_kernel("math").__enter__())
