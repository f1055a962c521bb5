"""The nodes that are ready to run: leaves first, then the node recorded last.

Of several leaves, which one runs first shows in what hooks see. It follows from how a heap moves its elements, so this is the heap of torch's engine
(``std::priority_queue`` as GCC's library has it), and not :mod:`heapq`, which breaks ties otherwise.
"""

from __future__ import annotations

from .nodes import AccumulateGrad, Node

__all__ = ["ReadyQueue"]

_LEAF = 1 << 62  # above all sequence numbers


class ReadyQueue:
    """A binary heap of nodes, the one to run next at the top."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, Node]] = []

    def __bool__(self) -> bool:
        return bool(self._heap)

    def push(self, node: Node) -> None:
        """Enter a node."""
        entry = _LEAF if isinstance(node, AccumulateGrad) else node.sequence, node
        self._heap.append(entry)
        self._raise(len(self._heap) - 1, entry)

    def pop(self) -> Node:
        """Take out the node that runs next."""
        heap = self._heap
        top = heap[0][1]
        last = heap.pop()
        if heap:
            self._raise(self._lower_hole(), last)
        return top

    def _raise(self, place: int, entry: tuple[int, Node]) -> None:
        """Put an entry at a place, or as far above it as it is larger than those above."""
        heap = self._heap
        while place and heap[(place - 1) // 2][0] < entry[0]:
            heap[place] = heap[(place - 1) // 2]
            place = (place - 1) // 2
        heap[place] = entry

    def _lower_hole(self) -> int:
        """Fill the hole at the top from below, always with the larger child (the right one of equals); the place where the hole ends up."""
        heap = self._heap
        hole, child = 0, 2
        while child < len(heap):
            if heap[child][0] < heap[child - 1][0]:
                child -= 1
            heap[hole] = heap[child]
            hole, child = child, 2 * child + 2
        if child == len(heap):
            heap[hole] = heap[child - 1]
            hole = child - 1
        return hole
