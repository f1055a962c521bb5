"""What libraries say where there is no GPU."""

from __future__ import annotations

import pytest
import torch as real_torch


def no_gpu_error(torch):
    """What asking for a GPU raises where there is none. Torch has other words where it was built with CUDA."""
    if torch is real_torch and torch.version.cuda:
        return pytest.raises(RuntimeError, match="NVIDIA")
    return pytest.raises(AssertionError, match="^Torch not compiled with CUDA enabled$")
