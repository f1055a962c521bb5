"""The device interface, for whoever plugs in a device: implement :class:`Kernels`, call :func:`register_device`, and nothing else changes."""

from .foundation.kernels import Kernels, Number, Storage, View, device_count, find_kernels, register_device

__all__ = ["Kernels", "Number", "Storage", "View", "device_count", "find_kernels", "register_device"]
