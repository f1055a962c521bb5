"""Files of tensors and of what holds them: torch's format, both ways.

A file is a zip archive with a pickle and the bytes of each storage once, so that views stay views and what shared memory shares it again. By
default only what cannot run code is read: see :mod:`.restricted`.
"""

from __future__ import annotations

import io
import os
import pickle
import pickletools
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pickle import UnpicklingError
from typing import Any

from .options import (
    LoadEndianness,
    get_crc32_options,
    get_default_load_endianness,
    get_default_mmap_options,
    set_crc32_options,
    set_default_load_endianness,
    set_default_mmap_options,
)
from .reading import read, storage_maker
from .restricted import ALLOWED, SAFE, BlockedError, NoStorageError, NotAllowedError
from .writing import write

__all__ = [
    "LoadEndianness", "add_safe_globals", "clear_safe_globals", "get_crc32_options", "get_default_load_endianness", "get_default_mmap_options",
    "get_safe_globals", "get_unsafe_globals_in_checkpoint", "load", "safe_globals", "save", "set_crc32_options", "set_default_load_endianness",
    "set_default_mmap_options",
]  # fmt: skip

DEFAULT_PROTOCOL = 2


def save(obj: Any, f: Any, pickle_module: Any = pickle, pickle_protocol: int = DEFAULT_PROTOCOL, _use_new_zipfile_serialization: bool = True,
         _disable_byteorder_record: bool = False) -> None:
    """Write an object to a file: a path, or anything with ``write``.

    Tensors keep their geometry, the storages that they share, ``requires_grad`` and attributes; classes and functions are written by name. A path is
    written at once, when all has been put together: no half of a file is left behind an error. AttributeError for what cannot be written to.
    ``_use_new_zipfile_serialization`` and ``_disable_byteorder_record`` are accepted: files are zip archives that say their byte order in any case.
    """
    if not isinstance(f, (str, os.PathLike)) and not hasattr(f, "write"):
        raise AttributeError("expected 'f' to be string, path, or a file-like object with a 'write' attribute")
    path = os.fspath(f) if isinstance(f, (str, os.PathLike)) else ""
    name = os.path.splitext(os.path.basename(str(path)))[0] if path else ""
    made = io.BytesIO()
    write(obj, made, name or "archive", pickle_protocol)
    if not path:
        f.write(made.getvalue())
        return
    if os.path.dirname(str(path)) and not os.path.isdir(os.path.dirname(str(path))):
        raise RuntimeError(f"Parent directory {os.path.dirname(str(path))} does not exist.")
    with open(path, "wb") as file:
        file.write(made.getvalue())


def load(f: Any, map_location: Any = None, pickle_module: Any = None, *, weights_only: bool | None = None, mmap: bool | None = None,
         **pickle_load_args: Any) -> Any:
    """The object in a file: a path, or anything with ``read`` and ``seek``.

    ``weights_only``, the default, reads tensors, numbers, texts, containers of them and the classes that were declared safe, and refuses the rest
    with an UnpicklingError; without it the file may run any code. ``map_location`` is the device where storages go, or a dictionary of devices, in
    place of those that the file names. ``mmap`` is accepted and changes nothing. RuntimeError or UnpicklingError for broken files.
    """
    if mmap and not isinstance(f, (str, os.PathLike)):
        raise ValueError("f must be a file path in order to use the mmap argument")
    trusted = weights_only is False
    if pickle_module is not None and not trusted:
        if weights_only:
            raise RuntimeError("Can not safely load weights when explicit pickle_module is specified")
        trusted = True
    data = _content(f)
    if not data:
        raise EOFError("Ran out of input") if trusted else EOFError
    pickle_load_args.setdefault("encoding", "utf-8")
    try:
        return read(data, storage_maker(map_location), not trusted, pickle_load_args)
    except NoStorageError as error:
        raise RuntimeError(*error.args) from None
    except UnpicklingError as error:
        if trusted:
            raise
        raise UnpicklingError(_explained(error)) from None


def _content(f: Any) -> bytes:
    """The bytes of a file, which is a path or anything with ``read`` and ``seek``."""
    if isinstance(f, (str, os.PathLike)):
        with open(f, "rb") as file:
            return file.read()
    if not hasattr(f, "read"):
        raise AttributeError(f"'{type(f).__name__}' object has no attribute 'seek'. You can only torch.load from a file that is seekable. Please "
                             "pre-load the data into a buffer like io.BytesIO and try to load from it instead.")
    return f.read()  # type: ignore[no-any-return]


_TRUST = (
    "In PyTorch 2.6, we changed the default value of the `weights_only` argument in `torch.load` from `False` to `True`. Re-running `torch.load` "
    "with `weights_only` set to `False` will likely succeed, but it can result in arbitrary code execution. Do it only if you got the file from a "
    "trusted source."
)
_DOCUMENTED = (
    "\n\nCheck the documentation of torch.load to learn more about types accepted by default with weights_only "
    "https://pytorch.org/docs/stable/generated/torch.load.html."
)


def _explained(error: UnpicklingError) -> str:
    """What became of a file that is read by names alone, and what can be done about it."""
    if isinstance(error, NotAllowedError):
        return (
            "Weights only load failed. This file can still be loaded, to do so you have two options, \033[1mdo those steps only if you trust the "
            f"source of the checkpoint\033[0m. \n\t(1) {_TRUST}\n\t(2) Alternatively, to load with `weights_only=True` please check the recommended "
            f"steps in the following error message.\n\tWeightsUnpickler error: {error}{_DOCUMENTED}"
        )
    report = "" if isinstance(error, BlockedError) else (
        "Please file an issue with the following so that we can make `weights_only=True` compatible with your use case: WeightsUnpickler error: "
    )  # fmt: skip
    return f"Weights only load failed. {_TRUST}\n{report}\n\n{error}{_DOCUMENTED}"


# -- what is safe ----------------------------------------------------------------------------------


def _name(value: Any) -> str:
    if isinstance(value, tuple):
        return str(value[1])
    module: str = value.__module__
    package = __name__.partition(".")[0]
    if module == package or module.startswith(package + "."):
        module = "torch" + module[len(package) :]
    return f"{module}.{value.__qualname__}"


def add_safe_globals(safe_globals: list[Any]) -> None:
    """Declare classes and functions, or pairs of one and its name in files, safe: :func:`load` may call them."""
    for value in safe_globals:
        SAFE.names[_name(value)] = value[0] if isinstance(value, tuple) else value


def get_safe_globals() -> list[Any]:
    """What has been declared safe."""
    return list(SAFE.names.values())


def get_unsafe_globals_in_checkpoint(f: Any) -> list[str]:
    """The names in a file that :func:`load` refuses by default: ``module.name`` for each class and function that was not declared safe."""
    with zipfile.ZipFile(io.BytesIO(_content(f))) as archive:
        pickled = next(archive.read(name) for name in archive.namelist() if name.endswith("/data.pkl"))
    named = dict.fromkeys(str(argument).replace(" ", ".") for opcode, argument, _ in pickletools.genops(pickled) if opcode.name == "GLOBAL")
    return [name for name in named if name not in ALLOWED and name not in SAFE.names]


def clear_safe_globals() -> None:
    """Take all declarations back."""
    SAFE.names.clear()


@contextmanager
def _safe(safe_globals: list[Any]) -> Iterator[None]:
    """Declare what :func:`add_safe_globals` takes safe for a ``with`` block."""
    before = dict(SAFE.names)
    add_safe_globals(safe_globals)
    try:
        yield
    finally:
        SAFE.names.clear()
        SAFE.names.update(before)


safe_globals: Callable[[list[Any]], Any] = _safe
