"""Files of named tensors in the safetensors format: a JSON header and the bytes, and nothing that could run.

Eight bytes with the header's length, the header ``{name: {"dtype", "shape", "data_offsets"}, "__metadata__": {text: text}}``, the bytes of the
tensors one after the other, without gaps (https://github.com/huggingface/safetensors, "Format").
"""

from __future__ import annotations

import json
import os
import struct
from typing import Any

from ..foundation import dtypes
from ..foundation.devices import kernels_for
from ..foundation.lazy_views import materialised
from ..tensor import Tensor
from .rebuilding import TypedStorage, rebuild_tensor

__all__ = ["SafetensorError", "load", "load_file", "save", "save_file"]

_NAMES = {
    "BOOL": dtypes.bool_, "U8": dtypes.uint8, "U16": dtypes.uint16, "U32": dtypes.uint32, "U64": dtypes.uint64,
    "I8": dtypes.int8, "I16": dtypes.int16, "I32": dtypes.int32, "I64": dtypes.int64, "F16": dtypes.float16,
    "BF16": dtypes.bfloat16, "F32": dtypes.float32, "F64": dtypes.float64, "C64": dtypes.complex64,
    "F8_E4M3": dtypes.float8_e4m3fn, "F8_E5M2": dtypes.float8_e5m2,
}  # fmt: skip
_DTYPES = {d: name for name, d in _NAMES.items()}
_LONGEST_HEADER = 100_000_000


class SafetensorError(Exception):
    """A file that is not of the format, or a tensor that cannot be in one."""


def save(tensors: dict[str, Any], metadata: dict[str, str] | None = None) -> bytes:
    """The bytes of a file. SafetensorError for dtypes that the format lacks; RuntimeError for tensors that share memory, which the format cannot say;
    ValueError for what is no tensor."""
    order = sorted(tensors, key=lambda name: (-_checked(name, tensors[name]).dtype.itemsize, name))
    seen: dict[int, str] = {}
    for name in order:
        storage = tensors[name]._view.storage
        if storage.nbytes and id(storage) in seen:
            raise RuntimeError(f"Some tensors share memory, this will lead to duplicate memory on disk and potential differences when loading them "
                               f"again: {seen[id(storage)]!r} and {name!r}")
        seen[id(storage)] = name
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": _texts(metadata)}
    parts, position = [], 0
    for name in order:
        view = materialised(tensors[name]._view)
        content = view.storage.kernels.to_bytes(view)
        header[name] = {"dtype": _DTYPES[view.dtype], "shape": list(view.shape), "data_offsets": [position, position + len(content)]}
        position += len(content)
        parts.append(content)
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode("utf-8")
    text += b" " * (-len(text) % 8)
    return b"".join([struct.pack("<Q", len(text)), text, *parts])


def save_file(tensors: dict[str, Any], filename: str | os.PathLike[str], metadata: dict[str, str] | None = None) -> None:
    """Write a file; the same errors as :func:`save`, before anything is written."""
    data = save(tensors, metadata)
    with open(filename, "wb") as file:
        file.write(data)


def load(data: bytes, device: Any = "cpu") -> dict[str, Any]:
    """The tensors in the bytes of a file. SafetensorError for anything that the format does not allow."""
    header, begin = _header(data)
    header.pop("__metadata__", None)
    found: dict[str, Any] = {}
    kernels = kernels_for(device)
    for name, entry in header.items():
        d, shape, (start, end) = _NAMES[entry["dtype"]], entry["shape"], entry["data_offsets"]
        strides, step = [], 1
        for size in reversed(shape):
            strides.append(step)
            step *= max(size, 1)
        storage = TypedStorage(kernels.from_bytes(data[begin + start : begin + end]), d)
        found[name] = rebuild_tensor(storage, 0, tuple(shape), tuple(reversed(strides)))
    return found


def load_file(filename: str | os.PathLike[str], device: Any = "cpu") -> dict[str, Any]:
    """The tensors in a file; the same errors as :func:`load`."""
    with open(filename, "rb") as file:
        return load(file.read(), device)


def metadata(data: bytes) -> dict[str, str]:
    """The texts that a file says of itself."""
    return _header(data)[0].get("__metadata__", {})  # type: ignore[no-any-return]


def _checked(name: str, tensor: Any) -> Any:
    if type(name) is not str or name == "__metadata__":
        raise ValueError(f"a tensor cannot be called {name!r}")
    if not isinstance(tensor, Tensor):
        raise ValueError(f"Key `{name}` is invalid, expected torch.Tensor but received {type(tensor)}")
    if tensor.dtype not in _DTYPES:
        raise SafetensorError(f"tensor {name!r} has dtype {tensor.dtype}, which the format lacks")
    return tensor


def _texts(values: Any) -> dict[str, str]:
    if not isinstance(values, dict) or any(type(key) is not str or type(value) is not str for key, value in values.items()):
        raise SafetensorError("the metadata are a dictionary of texts")
    return values


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SafetensorError("Error while deserializing header: invalid JSON in header: duplicate keys")
    return found


def _header(data: bytes) -> tuple[dict[str, Any], int]:
    """The header, checked, and where the tensors begin."""
    if len(data) < 8:
        raise SafetensorError("Error while deserializing header: header too small")
    (length,) = struct.unpack("<Q", data[:8])
    if length > _LONGEST_HEADER:
        raise SafetensorError("Error while deserializing header: header too large")
    if 8 + length > len(data):
        raise SafetensorError("Error while deserializing header: invalid header length")
    if data[8:9] != b"{":
        raise SafetensorError("Error while deserializing header: invalid header start")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_no_duplicates)
    except (ValueError, RecursionError) as error:
        raise SafetensorError(f"Error while deserializing header: invalid JSON in header: {error}") from None
    if "__metadata__" in header:
        _texts(header["__metadata__"])
    spans = sorted((_span(name, entry) for name, entry in header.items() if name != "__metadata__"), key=lambda span: span[0])
    position = 0
    for start, end in spans:
        if start != position:
            raise SafetensorError("Error while deserializing header: invalid offset: the tensors overlap, or leave a gap")
        position = end
    if 8 + length + position != len(data):
        raise SafetensorError("Error while deserializing header: incomplete metadata, file not fully covered")
    return header, 8 + length


def _span(name: str, entry: Any) -> tuple[int, int]:
    """Where a tensor begins and ends; SafetensorError unless that is its size."""
    said = f"Error while deserializing header: tensor {name!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise SafetensorError(f"{said} needs a dtype, a shape and offsets, and nothing else")
    d, shape, offsets = _NAMES.get(str(entry["dtype"])), entry["shape"], entry["data_offsets"]
    if d is None:
        raise SafetensorError(f"{said} has the dtype {entry['dtype']!r}, which is not known")
    if not isinstance(shape, list) or len(shape) > 64 or any(type(size) is not int or size < 0 for size in shape):
        raise SafetensorError(f"{said} has a shape that is none")
    if not isinstance(offsets, list) or len(offsets) != 2 or any(type(offset) is not int or offset < 0 for offset in offsets):
        raise SafetensorError(f"{said} has offsets that are none")
    count = 1
    for size in shape:
        count *= size
    if offsets[1] - offsets[0] != count * d.itemsize:
        raise SafetensorError(f"{said} has not the size of its shape")
    return offsets[0], offsets[1]
