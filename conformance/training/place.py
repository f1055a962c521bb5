"""What training runs have in common: where one happens, and numbers that can be drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Place:
    """A module that looks like torch, a device, a dtype ("float32" or "float64")."""

    lib: Any
    device: str
    dtype: str

    def put(self, tensor: Any) -> Any:
        """A tensor that was drawn on the CPU, here; one of floats in this dtype."""
        if tensor.is_floating_point():
            tensor = tensor.to(getattr(self.lib, self.dtype))
        return tensor if self.device == "cpu" else tensor.to(self.device)

    def there(self, module: Any) -> Any:
        """A module that was made on the CPU in float32, here."""
        return module.to(self.device, getattr(self.lib, self.dtype))

    def leaf(self, tensor: Any) -> Any:
        return self.put(tensor).requires_grad_()


def drawable(value: float) -> float:
    """JSON and the plots need finite numbers: a run that left the numbers is drawn at the top."""
    return value if math.isfinite(value) else 1e38
