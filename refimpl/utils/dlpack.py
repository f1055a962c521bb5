"""DLPack under torch's name for it (see :mod:`refimpl.exchange.dlpack`)."""

from ..exchange.dlpack import DLDeviceType, from_dlpack, to_dlpack

__all__ = ["DLDeviceType", "from_dlpack", "to_dlpack"]
