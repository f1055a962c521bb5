"""Reading torch's files: zip files, and those of before."""

from __future__ import annotations

import io
import pickle
import re
import struct
import zipfile
from pickle import UnpicklingError
from typing import Any, Callable

from ..foundation import dtypes
from ..foundation.devices import device as Device
from ..foundation.devices import kernels_for
from ..foundation.kernels import Storage, View
from ..tensor import UntypedStorage
from .names import CLASSES, DTYPE_NAMES, STORAGES, StorageClass
from .options import byte_order
from .rebuilding import REBUILDING, TypedStorage
from .restricted import SAFE, NoStorageError
from .restricted import read as read_restricted

__all__ = ["read", "storage_maker"]

_MAGIC = 0x1950A86A20F9469CFC6C
_PROTOCOL = 1001
# A file may not hold more than this many times its own size, unpacked.
MOST_EXPANSION = 1000

Where = Callable[[bytes, str], Storage]  # bytes and the device that the file names, to a storage


def read(data: bytes, where: Where, weights_only: bool, arguments: dict[str, Any]) -> Any:
    """The object in a file. UnpicklingError or RuntimeError for files that are broken, or hold what is not allowed."""
    if data[:4] == b"PK\x03\x04":
        return _read_zip(data, where, weights_only, arguments)
    if data[257:262] == b"ustar":
        return _read_tar(data, where, weights_only, arguments)
    return _read_old(data, where, weights_only, arguments)


def _unpickle(data: bytes, load: Callable[[Any], Any], weights_only: bool, arguments: dict[str, Any]) -> tuple[Any, int]:
    if weights_only:
        return read_restricted(data, load)
    file = io.BytesIO(data)
    reader = _Trusting(file, **arguments)
    reader.load_storage = load
    return reader.load(), file.tell()


class _Trusting(pickle.Unpickler):
    """Reads any pickle, torch's names as this package's."""

    load_storage: Callable[[Any], Any]

    def persistent_load(self, pid: Any) -> Any:
        return self.load_storage(pid)

    def find_class(self, module: str, name: str) -> Any:
        full = f"{module}.{name}"
        for names in (REBUILDING, STORAGES, DTYPE_NAMES, CLASSES, SAFE.names):
            if full in names:
                return names[full]
        if module.partition(".")[0] == "torch":
            module = __name__.partition(".")[0] + module[len("torch") :]
        return super().find_class(module, name)


# -- storages --------------------------------------------------------------------------------------


class _Storages:
    """The storages of a file, each read once."""

    def __init__(self, content: Callable[[str], bytes], where: Where, swapped: bool = False) -> None:
        self.content = content
        self.where = where
        self.swapped = swapped
        self.read: dict[str, Storage] = {}

    def __call__(self, pid: Any) -> TypedStorage:
        if not isinstance(pid, tuple) or len(pid) != 5 or pid[0] != "storage" or not isinstance(pid[1], StorageClass):
            raise UnpicklingError(f"the file is broken: {type(pid).__name__} is no reference to a storage")
        _, kind, key, location, count = pid
        if type(key) is not str or type(location) is not str or type(count) is not int or count < 0:
            raise UnpicklingError("the file is broken: a reference to a storage needs a key, a device and a size")
        size = count * (kind.dtype.itemsize if kind.dtype is not None else 1)
        if key not in self.read:
            data = self.content(key)
            if len(data) < size:
                raise UnpicklingError(f"the file is broken: storage {key} has {len(data)} bytes, not {size}")
            if self.swapped and kind.dtype is not None:
                data = _swapped(data, kind.dtype)
            self.read[key] = self.where(data[:size], location)
        storage = self.read[key]
        if storage.nbytes < size:
            raise UnpicklingError(f"the file is broken: storage {key} has {storage.nbytes} bytes, not {size}")
        return TypedStorage(storage, kind.dtype)


def _swapped(data: bytes, d: dtypes.dtype) -> bytes:
    """The bytes of each number the other way round."""
    width = d.itemsize // 2 if d.is_complex else d.itemsize
    swapped = bytearray(len(data))
    for i in range(width):
        swapped[i::width] = data[width - 1 - i :: width]
    return bytes(swapped)


# -- zip files -------------------------------------------------------------------------------------


_VERSIONS = 1, 10  # the lowest and the highest version of the format that torch 2.13 reads
_SHORTEST_ZIP = 22  # the bytes of the record that ends an archive
_CORRUPT = ("This is an internal miniz error. If you are seeing this error, there is a high likelihood that your checkpoint file is corrupted. This "
            "can happen if the checkpoint was not saved properly, was transferred incorrectly, or the file was modified after saving.")


def _read_zip(data: bytes, where: Where, weights_only: bool, arguments: dict[str, Any]) -> Any:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        members = {info.filename: info for info in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, UnicodeError, OverflowError, OSError) as error:
        broken = isinstance(error, zipfile.BadZipFile)
        said = error if not broken else "not a ZIP archive" if len(data) < _SHORTEST_ZIP else "failed finding central directory"
        raise RuntimeError(f"PytorchStreamReader failed reading zip archive: {said}. {_CORRUPT}") from None
    if len(members) != len(archive.infolist()):
        raise RuntimeError("PytorchStreamReader failed: the file has two members of one name")
    folder = _folder(list(members))
    version = members.get(f"{folder}version") or members.get(f"{folder}.data/version")
    if version is None:
        raise RuntimeError('Expected hasRecord("version") to be true, but got false.  (Could this error message be improved?  If so, please report '
                           "an enhancement request to PyTorch.)")
    if sum(info.file_size for info in members.values()) > MOST_EXPANSION * max(len(data), 1):
        raise RuntimeError("PytorchStreamReader failed: the file would hold far more than its size")
    if f"{folder}constants.pkl" in members:
        raise RuntimeError("Cannot use ``weights_only=True`` with TorchScript archives passed to ``torch.load``; TorchScript is not supported")

    def content(name: str) -> bytes:
        info = members.get(folder + name)
        if info is None:
            raise NoStorageError(f"PytorchStreamReader failed locating file {name}: file not found. {_CORRUPT}")
        try:
            found = archive.read(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError, struct.error, UnicodeError) as error:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: {error}") from None
        except Exception as error:  # noqa: BLE001 - what a decompressor says of broken data
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: {error}") from None
        if len(found) != info.file_size:
            raise RuntimeError(f"PytorchStreamReader failed reading file {name}: it has {len(found)} bytes, not {info.file_size}")
        return found

    _check_version(content(version.filename[len(folder) :]))
    for name in members:
        if not name.startswith(folder):
            raise RuntimeError(f"[enforce fail at inline_container.cc:340] . file in archive is not in a subdirectory {folder}: {name}")
    order = content("byteorder") if f"{folder}byteorder" in members else byte_order().encode()
    if order not in (b"little", b"big"):
        raise ValueError(f"Unknown endianness type: {order.decode('latin1')}")
    storages = _Storages(lambda key: content(f"data/{key}"), where, order == b"big")
    return _unpickle(content("data.pkl"), storages, weights_only, arguments)[0]


def _folder(names: list[str]) -> str:
    """The folder that the first member lies in, with its slash: all others must, too."""
    first = names[0] if names else ""
    if "/" not in first:
        raise RuntimeError(f"[enforce fail at inline_container.cc:180] . file in archive is not in a subdirectory: {first}")
    return first[: first.index("/") + 1]


def _check_version(text: bytes) -> None:
    """The version of the format is a number that C would read, of those that torch reads."""
    number = re.match(rb"\s*([+-]?\d+)", text)
    if number is None:
        raise RuntimeError(f"[enforce fail at inline_container.cc:215] . Couldn't parse the version {text.decode('latin1')} as Long Long.")
    version = int(number[1])
    if abs(version) >= 2**64:
        raise IndexError("stoull")
    if version < _VERSIONS[0]:
        raise RuntimeError(f"[enforce fail at inline_container.cc:219] . Attempted to read a PyTorch file with version {version}, but the minimum "
                           f"supported version for reading is {_VERSIONS[0]}. Your PyTorch script module file is too old. Please regenerate it with "
                           "latest version of PyTorch to mitigate this issue.")
    if version > _VERSIONS[1]:
        raise RuntimeError(f"[enforce fail at inline_container.cc:230] . Attempted to read a PyTorch file with version {version}, but the maximum "
                           f"supported version for reading is {_VERSIONS[1]}. The version of your PyTorch installation may be too old, please "
                           "upgrade PyTorch to latest version to mitigate this issue.")


# -- files of before torch 1.6 ---------------------------------------------------------------------


def _read_old(data: bytes, where: Where, weights_only: bool, arguments: dict[str, Any]) -> Any:
    """Pickles one after the other: a magic number, a version, the system, the object, the keys; then the storages, each after its size."""
    position = 0

    def following(load: Callable[[Any], Any]) -> Any:
        nonlocal position
        value, length = _unpickle(data[position:], load, weights_only, arguments)
        position += length
        return value

    def none_here(pid: Any) -> Any:
        raise UnpicklingError("the file is broken: a storage in its head")

    if following(none_here) != _MAGIC:
        raise RuntimeError("Invalid magic number; corrupt file?")
    version = following(none_here)
    if version != _PROTOCOL:
        raise RuntimeError(f"Invalid protocol version: {version}")
    system = following(none_here)
    swapped = isinstance(system, dict) and system.get("little_endian") is False
    waiting: dict[str, tuple[Storage, StorageClass]] = {}

    def promised(pid: Any) -> TypedStorage:
        """A storage whose bytes come later."""
        if not isinstance(pid, tuple) or len(pid) != 6 or pid[0] != "storage" or not isinstance(pid[1], StorageClass):
            raise UnpicklingError(f"the file is broken: {type(pid).__name__} is no reference to a storage")
        _, kind, key, location, count, view = pid
        if type(key) is not str or type(location) is not str or type(count) is not int or count < 0 or view is not None:
            raise UnpicklingError("the file is broken: a reference to a storage needs a key, a device and a size")
        size = count * (kind.dtype.itemsize if kind.dtype is not None else 1)
        if size > len(data):
            raise UnpicklingError(f"the file is broken: storage {key} would have {size} bytes")
        if key not in waiting:
            waiting[key] = where(bytes(size), location), kind
        if waiting[key][0].nbytes < size:
            raise UnpicklingError(f"the file is broken: storage {key} has two sizes")
        return TypedStorage(waiting[key][0], kind.dtype)

    value = following(promised)
    keys = following(none_here)
    if not isinstance(keys, list) or any(type(key) is not str for key in keys):
        raise UnpicklingError("the file is broken: the keys of its storages are no list of texts")
    for key in keys:
        if key not in waiting:
            raise UnpicklingError(f"the file is broken: storage {key} belongs to nothing")
        storage, kind = waiting.pop(key)
        width = kind.dtype.itemsize if kind.dtype is not None else 1
        (count,) = struct.unpack("<q", data[position : position + 8].ljust(8, b"\0"))
        position += 8
        content = data[position : position + count * width]
        if count * width != storage.nbytes or len(content) != storage.nbytes:
            raise UnpicklingError(f"the file is broken: storage {key} has not the size that was said")
        position += len(content)
        content = _swapped(content, kind.dtype) if swapped and kind.dtype is not None else content
        storage.kernels.copy(_bytes(storage), _bytes(storage.kernels.from_bytes(content)))
    if waiting:
        raise UnpicklingError("the file is broken: storages without bytes")
    return value


def _bytes(storage: Storage) -> View:
    return View(storage, 0, (storage.nbytes,), (1,), dtypes.uint8)


def _read_tar(data: bytes, where: Where, weights_only: bool, arguments: dict[str, Any]) -> Any:
    """The first format: a tar file with storages, tensors and the object, each a series of pickles."""
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
            members = {name: archive.extractfile(name) for name in ("storages", "tensors", "pickle") if name in archive.getnames()}
            content = {name: member.read() for name, member in members.items() if member is not None}
    except (tarfile.TarError, KeyError, ValueError, OSError, EOFError, UnicodeError) as error:
        raise RuntimeError(f"the tar file cannot be read: {error}") from None
    if not {"storages", "tensors", "pickle"} <= content.keys():
        raise RuntimeError("the tar file lacks its storages, its tensors or its object")
    storages: dict[Any, TypedStorage] = {}
    tensors: dict[Any, Any] = {}

    def none_here(pid: Any) -> Any:
        raise UnpicklingError("the file is broken: a reference in a head")

    part, position = content["storages"], 0

    def following(load: Callable[[Any], Any] = none_here) -> Any:
        nonlocal position
        value, length = _unpickle(part[position:], load, weights_only, arguments)
        position += length
        return value

    def number() -> int:
        nonlocal position
        (value,) = struct.unpack("<q", part[position : position + 8].ljust(8, b"\0"))
        position += 8
        if value < 0:
            raise UnpicklingError("the file is broken: a negative size")
        return int(value)

    for _ in range(_count(following())):
        key, location, kind = following()
        if not isinstance(kind, StorageClass) or kind.dtype is None:
            raise UnpicklingError("the file is broken: a storage without a class")
        size = number() * kind.dtype.itemsize
        found = part[position : position + size]
        if len(found) != size:
            raise UnpicklingError("the file is broken: a storage that ends too early")
        position += size
        storages[key] = TypedStorage(where(found, str(location)), kind.dtype)
    following()  # views of storages, of which there were none later
    part, position = content["tensors"], 0
    for _ in range(_count(following())):
        key, storage_key, _kind = following()
        dimensions = number() & 0xFFFFFFFF  # four bytes, and four of nothing
        if dimensions > 64:
            raise UnpicklingError("the file is broken: a tensor of too many dimensions")
        shape, strides = ([number() for _ in range(dimensions)] for _ in range(2))
        tensors[key] = REBUILDING["torch._utils._rebuild_tensor"](storages.get(storage_key), number(), tuple(shape), tuple(strides))
    return _unpickle(content["pickle"], lambda pid: tensors[pid[0] if isinstance(pid, tuple) else pid], weights_only, arguments)[0]


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise UnpicklingError("the file is broken: a number of parts that is none")
    return value


# -- devices ---------------------------------------------------------------------------------------


def storage_maker(map_location: Any) -> Where:
    """Where storages go: to the device that the file names, or as ``map_location`` says: a device, a dictionary of names, or a function of a storage
    on the host and the name, which gives a storage, or None for what the file names."""

    def make(data: bytes, location: str) -> Storage:
        target: Any = location
        if isinstance(map_location, dict):
            target = map_location.get(location, location)
        elif callable(map_location) and not isinstance(map_location, (str, Device)):
            placed = map_location(UntypedStorage(kernels_for("cpu").from_bytes(data)), location)
            if placed is not None:
                return placed._storage  # type: ignore[no-any-return]
        elif map_location is not None:
            target = map_location
        try:
            kernels = kernels_for(target)
        except AssertionError:  # of a kind of device that there is none of
            raise NoStorageError(
                "Attempting to deserialize object on a CUDA device but torch.cuda.is_available() is False. If you are running on a CPU-only machine, "
                "please use torch.load with map_location=torch.device('cpu') to map your storages to the CPU."
            ) from None
        except RuntimeError:  # of no kind at all
            raise NoStorageError(f"don't know how to restore data location of torch.storage.UntypedStorage (tagged with {target})") from None
        return kernels.from_bytes(data)

    return make
