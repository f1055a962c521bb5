"""Sequences of different lengths in one tensor: padded, or packed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ...foundation.dtypes import int64
from ...ops.creation.from_data import as_tensor, tensor
from ...ops.creation.ranges import arange
from ...ops.joining.joining import cat
from ...tensor import Tensor

__all__ = [
    "PackedSequence", "invert_permutation", "pack_padded_sequence", "pack_sequence", "pad_packed_sequence", "pad_sequence", "unpack_sequence",
    "unpad_sequence",
]  # fmt: skip


class _Fields(NamedTuple):
    data: Any
    batch_sizes: Any
    sorted_indices: Any
    unsorted_indices: Any


class PackedSequence(_Fields):
    """The elements of sequences, time step after time step: at each the first ``batch_sizes[t]`` of the sequences, the longest first.

    ``sorted_indices`` is the order in which the sequences were taken, ``unsorted_indices`` the way back. ValueError for sizes on another device than
    the CPU.
    """

    def __new__(cls, data: Any, batch_sizes: Any = None, sorted_indices: Any = None, unsorted_indices: Any = None) -> PackedSequence:
        if unsorted_indices is None:
            unsorted_indices = invert_permutation(sorted_indices)
        if batch_sizes is None:
            data, batch_sizes = data
        elif batch_sizes.device.type != "cpu":
            raise ValueError("batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They should be "
                             "instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn. "
                             "https://pytorch.org/docs/stable/nn.html#torch.nn.utils.rnn.pack_sequence")  # fmt: skip
        return super().__new__(cls, data, batch_sizes, sorted_indices, unsorted_indices)

    def to(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """The elements in another dtype or on another device; itself if nothing changes."""
        data = self.data.to(*args, **kwargs)
        if data is self.data:
            return self
        moved = [None if i is None else i.to(data.device) for i in (self.sorted_indices, self.unsorted_indices)]
        return type(self)(data, self.batch_sizes, *moved)

    def pin_memory(self) -> PackedSequence:
        """Itself: there is no memory to pin."""
        return self

    def cpu(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """On the CPU."""
        return self.to("cpu", *args, **kwargs)

    def cuda(self, *args: Any, **kwargs: Any) -> PackedSequence:
        """On a GPU."""
        return self.to(self.data.cuda(*args, **kwargs).device)

    def double(self) -> PackedSequence:
        """In float64."""
        return self.to(self.data.double().dtype)

    def float(self) -> PackedSequence:
        """In float32."""
        return self.to(self.data.float().dtype)

    def half(self) -> PackedSequence:
        """In float16."""
        return self.to(self.data.half().dtype)

    def long(self) -> PackedSequence:
        """In int64."""
        return self.to(self.data.long().dtype)

    def int(self) -> PackedSequence:
        """In int32."""
        return self.to(self.data.int().dtype)

    def short(self) -> PackedSequence:
        """In int16."""
        return self.to(self.data.short().dtype)

    def char(self) -> PackedSequence:
        """In int8."""
        return self.to(self.data.char().dtype)

    def byte(self) -> PackedSequence:
        """In uint8."""
        return self.to(self.data.byte().dtype)

    @property
    def is_cuda(self) -> bool:
        """Whether the elements are on a GPU."""
        return bool(self.data.is_cuda)

    def is_pinned(self) -> bool:
        """Whether the memory is pinned."""
        return False


def invert_permutation(permutation: Any) -> Any:
    """The permutation that takes another one back; None of None."""
    if permutation is None:
        return None
    result = permutation.new_empty(permutation.shape)
    return result.scatter_(0, permutation, arange(0, permutation.numel(), device=permutation.device))


def pack_padded_sequence(input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True) -> PackedSequence:
    """Pack the columns of (T, B, ...), or rows of (B, T, ...), each of its own length.

    RuntimeError for lengths that are not positive, too many, or, if ``enforce_sorted``, not in descending order.
    """
    lengths = as_tensor(lengths, dtype=int64, device="cpu")
    order = None
    if not enforce_sorted:
        lengths, order = lengths.sort(descending=True)
        order = order.to(input.device)
        input = input.index_select(0 if batch_first else 1, order)
    if batch_first:
        input = input.transpose(0, 1)
    counts = lengths.tolist()
    if len(counts) != input.shape[1]:
        raise RuntimeError(f"Expected `len(lengths)` to be equal to batch_size, but got {len(counts)} (batch_size={input.shape[1]})")
    if counts and counts[-1] <= 0:
        raise RuntimeError("Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0")
    if counts != sorted(counts, reverse=True):
        raise RuntimeError("`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass `enforce_sorted=False` to "
                           "pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need ONNX exportability.")
    if counts and counts[0] > input.shape[0]:
        raise RuntimeError(f"Expected sequence length to be larger than the longest of lengths, but got {input.shape[0]}")
    sizes = [sum(count > t for count in counts) for t in range(counts[0])]
    data = cat([input[t, :size] for t, size in enumerate(sizes)], 0)
    return PackedSequence(data, tensor(sizes, dtype=int64), order, None)


def pad_packed_sequence(sequence: Any, batch_first: bool = False, padding_value: float = 0.0, total_length: int | None = None) -> tuple[Any, Any]:
    """(T, B, ...) with ``padding_value`` after the end of each sequence, and the lengths.

    T is ``total_length`` if that is given (ValueError if too small).
    """
    sizes = sequence.batch_sizes.tolist()
    length = len(sizes)
    if total_length is not None:
        if total_length < length:
            raise ValueError("Expected total_length to be at least the length of the longest sequence in input, but got "
                             f"total_length={total_length} and max sequence length being {length}")
        length = total_length
    data = sequence.data
    rows, start = [], 0
    for t in range(length):
        size = sizes[t] if t < len(sizes) else 0
        row = data[start : start + size]
        start += size
        missing = sizes[0] - size
        rows.append(cat([row, row.new_full((missing, *data.shape[1:]), padding_value)], 0) if missing else row)
    padded = cat([row.unsqueeze(0) for row in rows], 0)
    lengths = tensor([sum(size > i for size in sizes) for i in range(sizes[0])], dtype=int64)
    if batch_first:
        padded = padded.transpose(0, 1)
    back = sequence.unsorted_indices
    if back is not None:
        return padded.index_select(0 if batch_first else 1, back), lengths.index_select(0, back.cpu())
    return padded, lengths


def pad_sequence(sequences: Any, batch_first: bool = False, padding_value: float = 0.0, padding_side: str = "right") -> Any:
    """Stack sequences (L_i, ...) to (T, B, ...), with ``padding_value`` after, or before, each; RuntimeError for what is no iterable of tensors."""
    if not isinstance(sequences, (Iterable, Tensor)):
        raise RuntimeError(f"pad_sequence: Expected iterable for input sequences, but got arg of type: {type(sequences)}")
    if isinstance(sequences, Tensor):
        sequences = sequences.unbind(0)
    if padding_side not in ("left", "right"):
        raise RuntimeError(f"Expected padding_side to be one of left or right, but got {padding_side}.")
    members = list(sequences)
    if not members:
        raise RuntimeError("received an empty list of sequences")
    if not all(member.dim() for member in members):
        raise RuntimeError("ArrayRef: invalid slice, N = 1; size = 0")
    longest = max(member.shape[0] for member in members)
    rows = []
    for member in members:
        missing = member.new_full((longest - member.shape[0], *member.shape[1:]), padding_value)
        rows.append(cat([missing, member] if padding_side == "left" else [member, missing], 0).unsqueeze(0 if batch_first else 1))
    return cat(rows, 0 if batch_first else 1)


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of a padded tensor, each of its own length, in memory of its own.

    torch 2.13 leaves the padded tensor of a call without ``batch_first`` transposed; here it stays as it was.
    """
    if not batch_first:
        padded_sequences = padded_sequences.transpose(0, 1)
    steps = arange(padded_sequences.shape[1])
    return [row[steps < length] for row, length in zip(padded_sequences, lengths)]


def pack_sequence(sequences: list[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Pack sequences (L_i, ...)."""
    lengths = tensor([sequence.size(0) for sequence in sequences])
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences of a packed one."""
    return unpad_sequence(*pad_packed_sequence(packed_sequences, batch_first=True), batch_first=True)


