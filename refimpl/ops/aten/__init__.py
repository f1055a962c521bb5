"""The core operators of aten under their own names and overloads: ``refimpl.ops.aten.add.Tensor``, as ``torch.ops.aten.add.Tensor``.

They are the operators to which ``torch.export`` lowers a graph (``run_decompositions()``), tagged ``torch.Tag.core``. Each is a call of an
operation of this package with the arguments of aten's schema; how, where it is not simply the operation of the same name, says :mod:`.translations`.

>>> from refimpl import tensor
>>> from refimpl.ops import aten
>>> aten.add.Tensor(tensor([1.0]), tensor([2.0]), alpha=3)
tensor([7.])
"""

from __future__ import annotations

from .overloads import Packet, missing, packet

__all__ = ["Packet", "missing"]


def __getattr__(name: str) -> Packet:
    if name.startswith("__"):
        raise AttributeError(name)
    return packet(name)
