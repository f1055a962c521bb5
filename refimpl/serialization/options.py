"""Options of torch's files that hold for every file: how numbers lie in one that does not say so, checksums, memory maps."""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any

__all__ = [
    "LoadEndianness", "byte_order", "get_crc32_options", "get_default_load_endianness", "get_default_mmap_options", "set_crc32_options",
    "set_default_load_endianness", "set_default_mmap_options",
]  # fmt: skip


class LoadEndianness(Enum):
    """How numbers lie in a file that does not say so: as on this machine, the low byte first, or the high byte first."""

    NATIVE = 1
    LITTLE = 2
    BIG = 3


class _Options:
    endianness: LoadEndianness | None = None
    checksums = True
    mapping: int | None = None  # by default MAP_PRIVATE


def _flags() -> tuple[int | None, int | None]:
    """MAP_PRIVATE and MAP_SHARED; None where there is no such thing."""
    try:
        import mmap
    except ImportError:
        return None, None
    return getattr(mmap, "MAP_PRIVATE", None), getattr(mmap, "MAP_SHARED", None)


def get_default_load_endianness() -> LoadEndianness | None:
    """How numbers are taken to lie in a file that does not say so; None means the low byte first."""
    return _Options.endianness


def set_default_load_endianness(endianness: Any) -> None:
    """Say how numbers lie in files that do not say so. TypeError for what is neither None nor a :class:`LoadEndianness`."""
    if endianness is not None and not isinstance(endianness, LoadEndianness):
        raise TypeError("Invalid argument type in function set_default_load_endianness")
    _Options.endianness = endianness


def byte_order() -> str:
    """"little" or "big": how numbers lie in a file that does not say so."""
    if _Options.endianness is LoadEndianness.NATIVE:
        return sys.byteorder
    return "big" if _Options.endianness is LoadEndianness.BIG else "little"


def get_crc32_options() -> bool:
    """What :func:`set_crc32_options` was last called with, True unless it was."""
    return _Options.checksums


def set_crc32_options(compute_crc32: bool) -> None:
    """Accepted for the sake of programs, and remembered: a zip archive has a checksum of each member in any case."""
    _Options.checksums = bool(compute_crc32)


def get_default_mmap_options() -> int | None:
    """What :func:`set_default_mmap_options` was last called with, ``mmap.MAP_PRIVATE`` unless it was; None where there is no such thing."""
    return _flags()[0] if _Options.mapping is None else _Options.mapping


def set_default_mmap_options(flags: int) -> None:
    """Accepted for the sake of programs, and remembered: files are not mapped into memory here. ValueError for other flags than the two of mmap."""
    if flags not in _flags():
        raise ValueError("Invalid argument in function set_default_mmap_options, expected mmap.MAP_PRIVATE or mmap.MAP_SHARED, but got "
                         f"{flags}")
    _Options.mapping = flags
