"""Names of types for annotations, as ``torch.types``."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO

from ..foundation.devices import device as _device
from . import Size, Tensor
from . import UntypedStorage as Storage

__all__ = ["Device", "FileLike", "Number", "Size", "Storage", "Tensor"]

_TensorOrTensors = Tensor | Sequence[Tensor]
_TensorOrOptionalTensors = Tensor | Sequence[Tensor | None]
_size = Size | list[int] | tuple[int, ...]
Number = int | float | bool
_Number = (int, float, bool)
FileLike = str | os.PathLike[str] | IO[bytes]
Device = _device | str | int | None
