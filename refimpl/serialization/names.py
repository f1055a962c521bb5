"""The names that files have for what stands in them: torch's, whatever the objects are called here."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Any

from ..foundation import dtypes
from ..foundation.devices import device
from ..nn.parameter import Buffer, Parameter
from ..tensor import Size, Tensor

__all__ = ["CLASSES", "DTYPE_NAMES", "STORAGES", "TENSOR_NAMES", "StorageClass", "global_name"]


class StorageClass:
    """The class of storages of one dtype, as files name it: ``FloatStorage``."""

    def __init__(self, d: dtypes.dtype | None) -> None:
        self.dtype = d
        self.name = "UntypedStorage" if d is None else f"{d.type_name}Storage"


STORAGES = {f"torch.{each.name}": each for each in (StorageClass(None), *map(StorageClass, dtypes.all_dtypes))}
STORAGES["torch.storage.UntypedStorage"] = STORAGES["torch.UntypedStorage"]
DTYPE_NAMES = {f"torch.{d.name}": d for d in dtypes.stored_dtypes}
TENSOR_NAMES = {f"torch.{d.type_name}Tensor": d for d in dtypes.all_dtypes}  # classes of old

# Classes under torch's names, in both directions.
CLASSES: dict[str, Any] = {
    "torch.Size": Size, "torch.device": device, "torch.Tensor": Tensor, "torch.nn.parameter.Parameter": Parameter,
    "torch.nn.parameter.Buffer": Buffer, "collections.OrderedDict": OrderedDict, "collections.Counter": Counter,
}  # fmt: skip
_NAMES = {value: name for name, value in CLASSES.items()}


def global_name(value: Any) -> tuple[str, str]:
    """Module and name of a class or function: those of this package under torch's name for it."""
    name = _NAMES.get(value)
    if name is None:
        module, qualified = value.__module__, value.__qualname__
        package = __name__.partition(".")[0]
        if module == package or module.startswith(package + "."):
            module = "torch" + module[len(package) :]
        name = f"{module}.{qualified}" if "." not in qualified else ""
        if not name:
            return module, qualified
    module, _, last = name.rpartition(".")
    return module, last
