"""The ``reduction=`` argument of the losses, under torch's name for this module."""

from ..ops.nn.loss_reduction import get_enum, legacy_get_string

__all__ = ["get_enum", "legacy_get_string"]
