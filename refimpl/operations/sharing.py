"""What memory a tensor that an operation writes may share: two of its elements with each other, and it with what the operation reads.

A page declares one of these kinds (``@op(sharing=...)``), or, where forms differ, a function from the arguments (by name) to a kind; it holds
for ``out=`` and for the in-place form alike:

===========  =======================  ==============  =================================================================================
kind         elements                 inputs          operations whose result
===========  =======================  ==============  =================================================================================
POINTWISE    never share memory       the same        is written element by element while the inputs are read (the usual kind)
RUNNING      not when it is written   the same        is written in one pass along a dimension, or drawn
PICKED       never share memory       apart           is written where indices say, or read from there
JOINED       not when it is written   apart           is put together from its inputs
VIEWED       not when it is written   viewed          is put together from views of its inputs
COMPUTED     not when it is written   any             is computed before anything is written
SUMMED       may share memory         any             is computed, and written wherever that may be
===========  =======================  ==============  =================================================================================

"Not when it is written": an output that takes another shape takes memory of its own with it. "The same": an input may be exactly the memory that
is written, in the same order, but may not overlap it in part; "apart": it may not even be the same, but for the input that the in-place form
writes. ``over`` names an input for which "the same" holds whatever holds for the others: one that is first copied into the output, or is read
element by element beside it. Of tensors with gaps nobody finds out whether they overlap, but that one is the other ("viewed": nor that, for it is
read through a view). In place no two elements may share memory. Of elements that share memory and are written, the last in row-major order stays
(torch leaves that open).
"""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Sequence

from ..foundation.kernels import View
from ..foundation.layout import has_internal_overlap, is_non_overlapping_and_dense, storage_extent
from ..tensor import Tensor


class Sharing(NamedTuple):
    """One kind. ``elements``: ``never``, ``not_written`` or ``may`` share memory; ``inputs``: ``same``, ``apart``, ``viewed`` or ``any``; ``over``:
    the input that has the kind ``same`` whatever the others have."""

    elements: str
    inputs: str
    over: str = ""

    def of(self, name: str) -> str:
        """What the input of this name may share."""
        return "same" if name == self.over else self.inputs

    def beside(self, name: str) -> bool:
        """Whether the result is written element by element while the input of this name is read: written over it, it has its shape."""
        return self.elements == "never" and self.of(name) == "same"


POINTWISE = Sharing("never", "same")
RUNNING = Sharing("not_written", "same")
PICKED = Sharing("never", "apart")
JOINED = Sharing("not_written", "apart")
VIEWED = Sharing("not_written", "viewed")
COMPUTED = Sharing("not_written", "any")
SUMMED = Sharing("may", "any")


def real_apart(bound: dict[str, Any]) -> Sharing:
    """Of real results of complex numbers: they are written as they are computed, unless the output is real."""
    out = bound.get("out")
    return COMPUTED if bound["input"].dtype.is_complex and out is not None and not out.dtype.is_complex else POINTWISE


def sharing_of(operation: Any, bound: dict[str, Any], out: Tensor | None = None) -> Sharing:
    """The kind that an operation declares, for a call with these arguments, and this output among them (``out``)."""
    declared = operation.sharing
    return declared if isinstance(declared, Sharing) else declared(bound if out is None else {**bound, "out": out})  # type: ignore[no-any-return]


SHARED_ELEMENTS = ("unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
                   "Please clone() the tensor before performing the operation.")  # fmt: skip
SHARED_INPUT = ("unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location. "
                "Please clone() the tensor before performing the operation.")  # fmt: skip


def other_shape(out: Tensor, shape: Sequence[int]) -> str:
    """What is said of a tensor that is written in place, or is an input, too, and would have to take another shape."""
    return f"output with shape {list(out.shape)} doesn't match the broadcast shape {list(shape)}"


def refuse_overlap(out: Tensor, inputs: Iterable[Any] = (), sharing: Sharing = POINTWISE) -> None:
    """Refuse to write to ``out`` if two of its elements share memory, or it shares memory with an input in a way that ``sharing`` excludes."""
    refuse_shared_elements(out)
    if inputs and sharing.inputs != "any":
        refuse_shared_inputs(out, inputs, sharing.inputs)


def refuse_shared_elements(out: Tensor) -> None:
    """RuntimeError if two elements share memory, of a tensor that is to be written."""
    view = out._view
    if has_internal_overlap(view.shape, view.strides):
        raise RuntimeError(SHARED_ELEMENTS)


def refuse_shared_inputs(out: Tensor, inputs: Iterable[Any], kind: str) -> None:
    """RuntimeError if ``out`` and an input (or a tensor in a sequence) share memory in part, or at all unless they may be the ``same``."""
    view, apart = out._view, kind != "same"
    for input in inputs:
        if isinstance(input, Tensor):
            if input._view.storage is view.storage and (apart if input is out and kind != "viewed" else overlap(view, input._view, apart)):
                raise RuntimeError(SHARED_INPUT)
        elif isinstance(input, (tuple, list)):
            refuse_shared_inputs(out, input, kind)


def last_of_shared(out: View, source: View) -> tuple[View, View]:
    """What is left to write of ``source`` to ``out``, of the same shape, if of the elements that share memory the last one stays.

    (Dimensions with stride 0: torch calls only such elements shared.)
    """
    shape, offset = list(out.shape), source.offset
    for d, stride in enumerate(out.strides):
        if stride == 0 and shape[d] > 1:
            offset += (shape[d] - 1) * source.strides[d]
            shape[d] = 1
    left = tuple(shape)
    return View(out.storage, out.offset, left, out.strides, out.dtype), View(source.storage, offset, left, source.strides, source.dtype)


def overlap(a: View, b: View, wholly: bool) -> bool:
    """Whether two dense views share memory in part, or, with ``wholly``, at all; of views with gaps torch does not find out."""
    if a.storage is not b.storage or not a.numel or not b.numel:
        return False
    if not (is_non_overlapping_and_dense(a.shape, a.strides) and is_non_overlapping_and_dense(b.shape, b.strides)):
        return False
    a_bytes = a.offset * a.dtype.itemsize, storage_extent(a.shape, a.strides, a.offset) * a.dtype.itemsize
    b_bytes = b.offset * b.dtype.itemsize, storage_extent(b.shape, b.strides, b.offset) * b.dtype.itemsize
    if a_bytes == b_bytes:
        return wholly or a.strides != b.strides
    return a_bytes[0] < b_bytes[1] and b_bytes[0] < a_bytes[1]
