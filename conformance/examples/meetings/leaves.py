"""Which of the tensors that require grad are leaves, and of what."""

from __future__ import annotations

from dataclasses import replace

from ...cases.case import Case
from ...drawing.pen import Pen
from .replaced import Rewrite, with_tensors


def some_leaves(first: bool) -> Rewrite:
    """Of several operands that require grad the first only, or all but the first: what kernels compute if a gradient is not asked for."""

    def rewrite(pen: Pen, case: Case) -> Case | None:
        leaves = [number for number, spec in enumerate(case.tensors()) if spec.requires_grad]
        without = leaves[1:] if first else leaves[:1]
        return with_tensors(case, {number: replace(case.tensors()[number], requires_grad=False) for number in without}) if len(leaves) > 1 else None

    return rewrite


def of_leaves(rewrite: Rewrite, joined: str) -> Rewrite:
    """The rewrite, where both tensors require grad: as one leaf, or as views of one."""

    def leaves(pen: Pen, case: Case) -> Case | None:
        related = rewrite(pen, case)
        if related is None:
            return None
        buffers = [spec.buffer for spec in related.tensors() if spec.requires_grad]
        return replace(related, joined=joined) if len(set(buffers)) < len(buffers) else None

    return leaves
