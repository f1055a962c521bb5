"""Known differences that only programs of several statements show: see :mod:`conformance.programs`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable

from ..programs.comparing import Difference
from ..programs.program import Program
from .entry import KnownDifference


@dataclass(frozen=True)
class InPrograms(KnownDifference):
    """``explains(program, difference)`` decides, for a program that ends in the difference."""

    explains: Callable[[Program, Difference], bool] = lambda program, difference: False


IN_PROGRAMS: list[InPrograms] = [
    InPrograms(
        "hook-of-a-stale-view", ("register_hook",), (), "a hook is put on a view whose base has been written since anybody asked for the view's `grad_fn`",
        "torch makes the view's node afresh while it registers the hook with it, and ends the process; the suite asks for the node first",
        "import torch\n\nx = torch.ones(2, requires_grad=True) * 2\ny = x.view(2)\nx.mul_(2)\ny.register_hook(lambda g: None)\n",
        avoided=True, signal="SIGSEGV",
    ),
]  # fmt: skip


def explain(program: Program, difference: Difference) -> str | None:
    """The identifier of the entry that explains what a program ends in; None if none does."""
    return next((known.identifier for known in IN_PROGRAMS if known.explains(program, difference)), None)
