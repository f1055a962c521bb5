"""What refimpl documents: its registry joined with the suite's table."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Callable, Sequence

from ..accuracy.contracts import Contract
from ..backends import Unsupported, find_backend
from ..cases.case import Case
from . import TABLE, Operation


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
def parameters(operation: str, method: bool = False) -> tuple[str, ...]:
    """The names of an operation's positional parameters, under any of its names; none if it is not documented, or takes any number of them. Of a
    function that has ``out`` among them those before it, which a method has not."""
    from refimpl.signatures.overloads import PythonSignature, function_overloads

    documented: Any = registry().get(operation) or next((page for page in registry().values() if operation in getattr(page, "aliases", ())), None)
    if documented is None or documented.varargs:
        return ()
    names, found = tuple(documented.positional), None if method else function_overloads(operation)
    there = list(inspect.signature(found.bind).parameters) if isinstance(found, PythonSignature) else []
    return names[: there.index("out")] if "out" in there and "out" not in names else names


def named_arguments(case: Case) -> dict[str, Any]:
    """The arguments of a call by the names of their parameters."""
    return dict(zip(parameters(case.operation), case.args, strict=False)) | case.kwargs


def _overloads(operation: str) -> list[Sequence[Any]]:
    """The parameters of each overload of torch's function; none where torch writes it in Python."""
    from refimpl.signatures.overloads import PythonSignature, function_overloads

    found = function_overloads(operation.rpartition(".")[2]) or function_overloads(operation.replace(".", "_"))
    return [] if isinstance(found, PythonSignature) else [signature.parameters for signature in found]


@cache
def single_or_several(operation: str) -> frozenset[str]:
    """The parameters of an operation for which a number may stand for a tuple of one."""
    each = [parameter for parameters in _overloads(operation) for parameter in parameters]
    return frozenset([parameter.name for parameter in each if parameter.size == 1 and "IntArrayRef" in parameter.type])


@cache
def places_of(operation: str, name: str) -> frozenset[int | str]:
    """Where a parameter may stand: by its name, and by its position in each overload that has it."""
    orders = [parameters(operation), *[tuple([parameter.name for parameter in each]) for each in _overloads(operation)]]
    return frozenset([name, *[order.index(name) for order in orders if name in order]])


@cache
def updated_places(operation: str) -> tuple[int | str, ...]:
    """Where the arguments stand that a call of this operation brings up to date, by position and by name."""
    names = TABLE[operation].updates if operation in TABLE else ()
    return (*[place for place, name in enumerate(parameters(operation)) if name in names], *names)


@cache
def flag_position(operation: str) -> int | None:
    """Where a function of ``nn.functional`` takes ``inplace`` by position; None if it does not take it."""
    page: Any = registry().get(operation)
    if page is None:
        return None
    positional: tuple[str, ...] = (*page.positional, *(["inplace"] if "inplace_flag" in page.forms else []))
    return positional.index("inplace") if "inplace" in positional else None


@cache
def forms_of(name: str) -> tuple[str, ...]:
    """The forms that torch has for an operation: looked up in torch itself."""
    import torch

    backend: Any = find_backend("torch:cpu")
    function = _or_none(backend.function, name)
    forms = [] if function is None else ["function"]
    attribute = getattr(torch.Tensor, name, None)
    if callable(attribute):
        forms.append("method")
    elif attribute is not None:
        forms.append("attribute")
    if not name.endswith("_") and (callable(getattr(torch.Tensor, name + "_", None)) or _or_none(backend.in_place_function, name)):
        forms.append("inplace")
    if function is not None and _takes_out(name, function):
        forms.append("out")
    return tuple(forms)


def _takes_out(name: str, function: Any) -> bool:
    """Whether torch's function has the keyword ``out``: by its signature, in Python or as its parser has it."""
    from refimpl.signatures.overloads import PythonSignature, function_overloads

    if inspect.isfunction(function):
        return "out" in inspect.signature(function).parameters
    signatures = function_overloads(name.replace(".", "_"))
    return not isinstance(signatures, PythonSignature) and any(p.name == "out" for s in signatures for p in s.parameters)


def _or_none(find: Callable[[str], Any], name: str) -> Any:
    try:
        return find(name)
    except Unsupported:
        return None


@cache
def _in_refimpl(name: str) -> bool:
    """Whether refimpl has a function or a member of its Tensor of this name, be it no operation of its registry."""
    try:
        backend: Any = find_backend("refimpl:cpu")
    except (ImportError, LookupError):
        return False
    if hasattr(backend.module.Tensor, name):
        return True
    try:
        return callable(backend.function(name))
    except Unsupported:
        return False


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
    known = documented is not None or operation.forms == ("operator",) or _in_refimpl(name)
    return Entry(operation, contract, forms, names, operation.differentiable, known, doc)


def entries() -> list[Entry]:
    """Every operation of the table that refimpl has; :func:`~conformance.catalogue.selection.selected` chooses among them."""
    everything = [entry(name) for name in TABLE]
    return [e for e in everything if e.documented] if registry() else everything


@cache
def exercised_by() -> dict[str, str]:
    """Operations of refimpl's registry that torch has under no name of its own, and the rows that exercise them."""
    return {name: row.name for row in TABLE.values() for name in row.exercises}


def undocumented_in_table() -> list[str]:
    """Documented operations that have no strategies: a test holds this empty.

    An in-place operation with a page of its own (``squeeze_``) is exercised as the in-place form of its namesake.
    """

    import torch

    def covered(name: str) -> bool:
        if name in TABLE or name.startswith("_") or name in exercised_by():
            return True
        if name.endswith("_backward") and covered(name.removesuffix("_backward")):
            return True  # exercised by the second derivative
        base = name.removesuffix("_")
        return base != name and base in TABLE and ("inplace" in entry(base).forms or callable(getattr(torch.Tensor, name, None)))

    return sorted(name for name in registry() if not covered(name))
