"""The names of torch that refimpl does not have, and will not, with the reason, which a program is told that asks for one."""

from __future__ import annotations

from fnmatch import fnmatchcase

__all__ = ["NOT_WANTED", "why_not_wanted"]

# Why a name is not wanted, and which names: patterns of a name in any namespace, or, with a dot, of a name in one namespace.
NOT_WANTED = {
    "quantisation": """
        *quantize* *quantized_* choose_qparams_optimized fused_moving_avg_obs_fake_quant int_repr q_* qint* quint* qscheme per_channel_* per_tensor_*
        Q*Storage""",
    "sparse and nested layouts": """
        torch.sparse_* Tensor.sparse_* to_sparse* to_padded_tensor *col_indices* *row_indices* indices_copy values_copy Tensor.indices Tensor.values
        native_norm *coalesce* dense_dim hspmm hsmm smm spmm dsmm saddmm sspaddmm resize_as_sparse_ jagged SparseAdam""",
    "kernels of one vendor's library": "cudnn_* miopen_* mkldnn_* to_mkldnn fbgemm_*",
    "kernels of SyncBatchNorm, which torch has on GPUs alone": "batch_norm_elemt batch_norm_backward_* batch_norm_gather_* batch_norm_stats "
    "batch_norm_update_stats",
    "dtypes and products of 8 bits and less that torch's CPU does not evaluate": """
        bits* int1 int2 int3 int4 int5 int6 int7 uint1 uint2 uint3 uint4 uint5 uint6 uint7 bit float4_* float8_e8m0fnu scaled_mm
        scaled_grouped_mm ScalingType SwizzleType""",
    "first-class dimensions, a prototype of functorch": "Tensor.index",
    "symbolic shapes": "sym_* Sym*",
    "other devices, and several devices or processes": """
        ipu mtia xpu record_stream is_vulkan_available get_device_module torch.Stream torch.Event profiler_allow_cudagraph_*
        prepare_multiprocessing_environment nn.parallel.gather nn.parallel.parallel_apply nn.parallel.replicate nn.parallel.scatter xpu.*
        mps.load_metallib""",
    "what the driver of a GPU alone answers, its allocator, and graphs of its kernels": """
        cuda.CUDA* cuda.Cuda* cuda.Deferred* cuda.ExternalStream cuda.GreenContext *.MemPool cuda.caching_allocator_* *.change_current_allocator
        cuda.check_error *.clock_rate cuda.cuda* cuda.current_*_handle *.device_memory_used cuda.get_allocator_backend
        *.*et_per_process_memory_fraction *.get_stream_from_external cuda.*et_sync_debug_mode *.graph *.graph_pool_handle cuda.*host_memory_stats*
        *.is_current_stream_capturing cuda.list_gpu_processes *.make_graphed_callables *.memory_snapshot cuda.memory_summary *.memory_usage
        *.power_draw *.temperature *.use_mem_pool *.utilization accelerator.Graph""",
    "autocast on devices that torch itself has given up": "*autocast_ipu_* *autocast_xla_*",
    "compiling, scripting, and capturing programs as graphs": """
        torch.fork torch.wait parse_* merge_type_from_type_comment unify_type_list import_ir_module* Script*
        functionalize debug_unwrap boolean_dispatch autograd.*multithreading_enabled NestedIOFunction""",
    "programs between torch's dispatcher and its kernels, where refimpl has nothing": "*Policy *SelectiveCheckpointContext create_selective_*",
    "how torch's own checkpoints are made": "Tensor.__setstate__ *erializationStorageContext",
    "how classes other than Tensor take part in torch's calls": "*handle_torch_function *has_torch_function* __torch_*__ is_tensor_like "
    "DisableTorchFunction* enforce_grad_layout_policy",
    "a helper of torch's own source, and no operation": """
        classproperty thread_safe_generator get_file_path init_num_threads assert_int_or_pair factory_kwargs variable
        swap_in_optimizer_params_and_state utils.ThroughputBenchmark utils.*privateuse1_backend utils.get_cpp_backtrace""",
    "data pipes, which torch no longer develops": """
        *DataPipe DataChunk functional_datapipe *_datapipes_determinism non_deterministic argument_validation runtime_validation*""",
    "an iteration that ends where its own residual, options and tracker say, which no rule of the result does": "lobpcg",
    "typed storages, which torch has deprecated": "*[!d]Storage TypedStorage Storage StorageBase storage_type",
    "deprecated: torch says so when it is called, or refuses to run": """
        torch.eig torch.lstsq torch.matrix_rank torch.solve torch.symeig Tensor.eig Tensor.lstsq Tensor.solve Tensor.symeig
        Tensor.resize Tensor.resize_as reinforce legacy_contiguous_format __div__ __idiv__ __rdiv__ __nonzero__ __long__
        assert_allclose""",
}


def why_not_wanted(namespace: str, name: str) -> str | None:
    """Why a name in a namespace of torch ("torch", "Tensor", "nn.functional") is not wanted; None if nothing is said about it."""
    for reason, patterns in NOT_WANTED.items():
        if any(fnmatchcase(f"{namespace}.{name}" if "." in pattern else name, pattern) for pattern in patterns.split()):
            return reason
    return None
