"""DLPack under torch's name for it (see :mod:`refimpl.dlpack`)."""

from ..dlpack import DLDeviceType, from_dlpack, to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
