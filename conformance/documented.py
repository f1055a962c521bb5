"""What refimpl documents: its registry joined with the suite's table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache

from .judging.contracts import Contract
from .operations import TABLE, Operation
from .strategies.drawn_cases import forms_of


@dataclass(frozen=True)
class Entry:
    """An operation as it is judged: its row, its contract, the forms in which torch has it, all of its names."""

    operation: Operation
    contract: Contract
    forms: tuple[str, ...]
    names: tuple[str, ...]
    differentiable: bool
    documented: bool
    doc: str = ""


@lru_cache(maxsize=1)
def registry() -> dict[str, object]:
    """refimpl's list of documented operations; empty while refimpl cannot be imported."""
    try:
        import refimpl  # noqa: F401
        from refimpl.operations.operation import operations
    except ImportError:
        return {}
    return dict(operations)


@cache
def entry(name: str) -> Entry:
    """The entry of an operation of the table."""
    operation = TABLE[name]
    documented = registry().get(name)
    forms = operation.forms if operation.forms != ("function", "method") else (forms_of(name) or operation.forms)
    contract, names, doc = operation.contract, (name,), ""
    if documented is not None:
        contract = getattr(documented, "contract", operation.contract)
        names = (name, *[alias for alias in getattr(documented, "aliases", ()) if forms_of(alias)])
        doc = str(getattr(documented, "doc", "") or "")
    known = documented is not None or operation.forms == ("operator",)
    return Entry(operation, contract, forms, names, operation.differentiable, known, doc)


def entries(selection: list[str] | None = None) -> list[Entry]:
    """The entries to judge: every operation of the table that refimpl documents, or those selected.

    A selection is an operation's name, a family's name, or a prefix that ends in ``*``.
    """
    everything = [entry(name) for name in TABLE]
    if selection:
        return [e for e in everything if any(_selected(e, word) for word in selection)]
    return [e for e in everything if e.documented] if registry() else everything


def _selected(e: Entry, word: str) -> bool:
    if word.endswith("*"):
        return e.operation.name.startswith(word[:-1])
    return word in (e.operation.family, *e.names)


# Operations of refimpl's registry that torch has under no name of its own, and what exercises them.
EXERCISED_BY = {
    "alias": "__getitem__", "slice": "__getitem__", "index": "__getitem__", "nll_loss_nd": "nll_loss", "nll_loss2d": "nll_loss",
    "cross_entropy_loss": "cross_entropy", "threshold_backward": "relu",
}  # fmt: skip


def undocumented_in_table() -> list[str]:
    """Documented operations that have no strategies: a test holds this empty.

    An in-place operation with a page of its own (``squeeze_``) is exercised as the in-place form of its namesake.
    """

    import torch

    def covered(name: str) -> bool:
        if name in TABLE or name.startswith("_") or EXERCISED_BY.get(name) in TABLE:
            return True
        if name.endswith("_backward") and covered(name.removesuffix("_backward")):
            return True  # exercised by the second derivative
        base = name.removesuffix("_")
        return base != name and base in TABLE and ("inplace" in entry(base).forms or callable(getattr(torch.Tensor, name, None)))

    return sorted(name for name in registry() if not covered(name))
