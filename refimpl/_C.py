"""The names of torch's own binding that programs with ``__torch_function__`` use."""

from .signatures.overriding import DisableTorchFunction as DisableTorchFunction
from .signatures.overriding import DisableTorchFunctionSubclass as DisableTorchFunctionSubclass
from .signatures.overriding import disabled as _disabled_torch_function_impl

__all__ = ["DisableTorchFunction", "DisableTorchFunctionSubclass", "_disabled_torch_function_impl"]
