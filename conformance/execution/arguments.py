"""The arguments of a case as a backend's own objects: which tensors are one object, which are views of one leaf."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ..backends.base import Backend, Unsupported
from ..cases.case import ITEMSIZE, ArraySpec, Case, TensorSpec, leaves_of, map_values
from .interchange import Given


@dataclass
class Arguments:
    """``tensors`` are those among the arguments, in the order of ``specs``; ``leaves`` are what gradients are asked for. ``bases``: copies of leaves
    that the call writes into through a view, which are differentiated in place of its result. ``given``: arrays of other libraries."""

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    specs: list[TensorSpec] = field(default_factory=list)
    tensors: list[Any] = field(default_factory=list)
    leaves: list[Any] = field(default_factory=list)
    bases: list[Any] = field(default_factory=list)
    given: Given = field(default_factory=Given)


def make_arguments(backend: Backend, case: Case, storages: list[Any]) -> Arguments:
    """Make each tensor over its storage.

    Leaves cannot be written in place, and the gradient has to find its way through a view: so the leaf of an in-place call is the whole storage of
    its target, and the target is a view of a copy of it; ``case.chain`` says by which view operations, with none, by ``as_strided``.
    """
    made = Arguments()
    objects: dict[TensorSpec, Any] = {}
    bases: dict[int, Any] = {}
    viewed = {leaf.buffer for leaf, whole in leaves_of(case) if whole}
    target = case.target

    def base_of(spec: TensorSpec) -> Any:
        if spec.buffer not in bases:
            numel = len(case.buffers[spec.buffer]) // ITEMSIZE[spec.dtype]
            leaf = backend.make_tensor(storages[spec.buffer], TensorSpec(spec.buffer, spec.dtype, (numel,), (1,), 0, True))
            made.leaves.append(leaf)
            bases[spec.buffer] = leaf
            if target is not None and spec.buffer == target.buffer:
                bases[spec.buffer] = backend.call("clone", "method", (leaf,), {})
                made.bases.append(bases[spec.buffer])
        return bases[spec.buffer]

    def tensor(spec: TensorSpec) -> Any:
        if spec.buffer in viewed and (case.joined or spec is target):
            return _view(backend, case, base_of(spec), spec)
        made_here = backend.make_tensor(storages[spec.buffer], spec)
        if spec.requires_grad:
            made.leaves.append(made_here)
        return made_here

    def build(value: Any) -> Any:
        if isinstance(value, ArraySpec):
            return made.given.make(value, case.buffers[value.buffer])
        if not isinstance(value, TensorSpec):
            return backend.literal(value)
        if value.dtype not in ITEMSIZE:
            raise Unsupported(f"dtype {value.dtype}")
        if case.joined != "object" or value not in objects:
            objects[value] = tensor(value)
        made.specs.append(value)
        made.tensors.append(objects[value])
        return objects[value]

    made.args = map_values(case.args, build)
    made.kwargs = map_values(case.kwargs, build)
    return made


def _view(backend: Backend, case: Case, base: Any, spec: TensorSpec) -> Any:
    if not case.chain:
        return backend.call("as_strided", "method", (base, spec.shape, spec.strides, spec.offset), {})
    view = base
    for operation, form, arguments in case.chain:
        view = backend.call(operation, form, (view, *map_values(arguments, backend.literal)), {})
    return view
