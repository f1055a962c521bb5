"""Known differences that only programs of several statements show: see :mod:`conformance.programs`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable

from ..programs.comparing import Difference
from ..programs.observing import Seen
from ..programs.program import Program
from ..programs.running import trace
from .entry import KnownDifference


@dataclass(frozen=True)
class InPrograms(KnownDifference):
    """``explains(program, difference)`` decides, for a program that ends in the difference."""

    explains: Callable[[Program, Difference], bool] = lambda program, difference: False


_SHARED = "more than one element of the written-to tensor refers to a single memory location"


def _written_overlap(program: Program, difference: Difference) -> bool:
    """torch writes to a tensor whose elements share memory, the backend refuses."""
    return difference.observable == "raises" and _SHARED in difference.got


def _sum_into_itself(program: Program, difference: Difference) -> bool:
    """The last statement reduces a tensor into memory that it shares with it."""
    found = re.search(r"torch\.sum\((\w+),.*out=(\w+)\)", program.statements[difference.place].text)
    if found is None or difference.observable not in ("values", "text") or not difference.place:
        return False
    seen = trace(program.first(difference.place))[-1].seen
    operand, out = seen.get(found[1]), seen.get(found[2])
    return isinstance(operand, Seen) and isinstance(out, Seen) and operand.storage == out.storage


IN_PROGRAMS: list[InPrograms] = [
    InPrograms(
        "hook-of-a-stale-view", ("register_hook",), (), "a hook is put on a view whose base has been written since anybody asked for the view's `grad_fn`",
        "torch makes the view's node afresh while it registers the hook with it, and ends the process; the suite asks for the node first",
        "import torch\n\nx = torch.ones(2, requires_grad=True) * 2\ny = x.view(2)\nx.mul_(2)\ny.register_hook(lambda g: None)\n",
        avoided=True, signal="SIGSEGV",
    ),
    InPrograms(
        "writes-to-shared-elements-in-programs", ("index_put_", "add_"), ("errors",), "a tensor is written some of whose elements share memory, by an operation that does not look",
        "which of the values that are written to one place stays is not specified; some operations of torch refuse, others do not look",
        "import torch\n\nx = torch.zeros(1).expand(2)\nx[torch.tensor([0, 1])] = torch.tensor([1.0, 2.0])\nassert x.tolist() in ([1.0, 1.0], [2.0, 2.0])\n",
        open=True, explains=_written_overlap,
    ),
    InPrograms(
        "sum-into-its-own-input", ("sum",), ("values",), "the result of a sum is written into memory that its input is read from",
        "torch clears the result before it reads, and does not refuse as other operations do; so what it read last is lost",
        "import torch\n\nx = torch.ones(2)\ntorch.sum(x, 0, keepdim=True, out=x[:1])\nassert x[0] != 2.0\n",
        explains=_sum_into_itself,
    ),
]  # fmt: skip


def explain(program: Program, difference: Difference) -> str | None:
    """The identifier of the entry that explains what a program ends in; None if none does."""
    return next((known.identifier for known in IN_PROGRAMS if known.explains(program, difference)), None)
