"""Writing torch's zip files."""

from __future__ import annotations

import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from typing import Any

from ..foundation import dtypes
from ..foundation.devices import device
from ..foundation.kernels import Storage, View
from ..foundation.lazy_views import materialised
from ..nn.parameter import Buffer, Parameter
from ..tensor import Size, Tensor, UntypedStorage
from .names import global_name

__all__ = ["write"]

ALIGNMENT = 64  # of the bytes of storages in the file


class _Named:
    """A global of the file, under a name that need not exist here."""

    def __init__(self, module: str, name: str) -> None:
        self.module = module
        self.name = name

    def __call__(self, *args: Any) -> Any:  # pickle asks whether it could be
        raise TypeError(f"{self.module}.{self.name} stands in files only")


class _Persistent:
    """The persistent id of a storage: it compares by the storage, so that it is written once."""

    def __init__(self, fields: tuple[Any, ...]) -> None:
        self.fields = fields


_Base: Any = pickle._Pickler  # type: ignore[attr-defined]  # the one in Python, whose steps can be replaced


class _Pickler(_Base):  # type: ignore[misc]
    """Pickles objects as torch does: storages by number, classes under torch's names, tensors by torch's functions."""

    dispatch: dict[Any, Any] = dict(_Base.dispatch)

    def __init__(self, file: Any, protocol: int) -> None:
        super().__init__(file, protocol)
        self.storages: dict[int, tuple[str, Storage]] = {}
        self._texts: dict[str, str] = {}
        self._classes: dict[Any, _Named] = {}

    def persistent_id(self, value: Any) -> Any:
        return value.fields if isinstance(value, _Persistent) else None

    def _number(self, storage: Storage) -> str:
        key, _ = self.storages.setdefault(id(storage), (str(len(self.storages)), storage))
        return key

    def named(self, name: str) -> _Named:
        """The global of this name, the same object each time."""
        module, _, last = name.rpartition(".")
        return self._classes.setdefault(name, _Named(module, last))

    def text(self, value: str) -> str:
        return self._texts.setdefault(value, value)

    def storage(self, storage: Storage, d: dtypes.dtype | None) -> _Persistent:
        kind = "UntypedStorage" if d is None else f"{d.type_name}Storage"
        kernels = storage.kernels
        where = kernels.device_type if kernels.device_index is None else f"{kernels.device_type}:{kernels.device_index}"
        count = storage.nbytes if d is None else storage.nbytes // d.itemsize
        name = f"torch.storage.{kind}" if d is None else f"torch.{kind}"
        return _Persistent((self.text("storage"), self.named(name), self.text(self._number(storage)), self.text(where), count))

    def tensor(self, tensor: Any) -> tuple[Any, ...]:
        """The function and the arguments that make a tensor again."""
        view = tensor._view
        if view.conjugated and view.negated:
            view = materialised(view)
        if tensor.is_meta:
            shape, strides = tuple(view.shape), tuple(view.strides)
            return self.named("torch._utils._rebuild_meta_tensor_no_storage"), (
                self.named(f"torch.{view.dtype.name}"), shape, strides, tensor.requires_grad)
        flags = {"conj": True} if view.conjugated else {"neg": True} if view.negated else None
        geometry = view.offset, tuple(view.shape), tuple(view.strides)
        if view.dtype.limited:  # of which there is no storage: they lie in bytes
            d = self.named(f"torch.{view.dtype.name}")
            return self.named("torch._utils._rebuild_tensor_v3"), (
                self.storage(view.storage, None), *geometry, tensor.requires_grad, OrderedDict(), d, *([flags] if flags else []))
        return self.named("torch._utils._rebuild_tensor_v2"), (
            self.storage(view.storage, view.dtype), *geometry, tensor.requires_grad, OrderedDict(), *([flags] if flags else []))

    def reducer_override(self, value: Any) -> Any:
        kind = type(value)
        attributes = dict(value.__dict__) if isinstance(value, Tensor) else {}
        if kind is Parameter:
            plain = value.detach()
            if attributes:
                return self.named("torch._utils._rebuild_parameter_with_state"), (plain, value.requires_grad, OrderedDict(), attributes)
            return self.named("torch._utils._rebuild_parameter"), (plain, value.requires_grad, OrderedDict())
        if isinstance(value, Tensor):
            if not value.is_leaf:
                raise RuntimeError("Only Tensors created explicitly by the user (graph leaves) can be saved; detach() gives one")
            function, arguments = self.tensor(value)
            if kind is Tensor and not attributes:
                return function, arguments
            name = "torch.nn.parameter.Buffer" if kind is Buffer else ".".join(global_name(kind))
            return self.named("torch._tensor._rebuild_from_type_v2"), (function, self.named(name), arguments, attributes)
        if isinstance(value, UntypedStorage):
            return self.storage(value._storage, None)
        if kind is Size:
            return self.named("torch.Size"), (tuple(value),)
        if kind is device:
            return self.named("torch.device"), (value.type,) if value.index is None else (value.type, value.index)
        if isinstance(value, dtypes.dtype):
            return self.named(f"torch.{value.name}")
        return NotImplemented

    def save(self, value: Any, save_persistent_id: bool = True) -> None:
        """As the base class does, but what stands for another object is written in its place."""
        if not isinstance(value, (_Named, _Persistent)):
            made = self.reducer_override(value)
            if isinstance(made, (_Named, _Persistent)):
                return self.save(made)
            if made is not NotImplemented and self.memo.get(id(value)) is None:
                return self.save_reduce(*made, obj=value)
        return super().save(value, save_persistent_id)

    def _save_named(self, value: _Named) -> None:
        self.write(pickle.GLOBAL + f"{value.module}\n{value.name}\n".encode())
        self.memoize(value)

    dispatch[_Named] = _save_named

    def save_global(self, value: Any, name: str | None = None) -> None:
        """A class or function, under torch's name if it is of this package."""
        module, last = global_name(value)
        if module.partition(".")[0] == "torch":
            return self.save(self.named(f"{module}.{last}"))
        try:
            return super().save_global(value, name)
        except pickle.PicklingError:
            pickle.dumps(value)  # which refuses it in the words of the pickler in C, torch's
            raise

    dispatch[type(lambda: None)] = save_global
    dispatch[type] = save_global


def write(value: Any, file: Any, name: str, protocol: int) -> None:
    """The zip file of an object: its pickle, and the bytes of each storage."""
    import io

    data = io.BytesIO()
    pickler = _Pickler(data, protocol)
    pickler.dump(value)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, f"{name}/data.pkl", data.getvalue())
        _add(archive, f"{name}/.format_version", b"1")
        _add(archive, f"{name}/.storage_alignment", str(ALIGNMENT).encode())
        _add(archive, f"{name}/byteorder", sys.byteorder.encode())
        for key, storage in pickler.storages.values():
            content = storage.kernels.to_bytes(View(storage, 0, (storage.nbytes,), (1,), dtypes.uint8))
            _add(archive, f"{name}/data/{key}", content, aligned=True)
        _add(archive, f"{name}/version", b"3\n")


def _add(archive: zipfile.ZipFile, name: str, content: bytes, aligned: bool = False) -> None:
    """A member, uncompressed; the bytes begin at a multiple of the alignment."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    if aligned:
        assert archive.fp is not None
        begin = archive.fp.tell() + 30 + len(name.encode()) + 4
        padding = -begin % ALIGNMENT
        info.extra = struct.pack("<2sH", b"FB", padding) + b"Z" * padding
    archive.writestr(info, content)
