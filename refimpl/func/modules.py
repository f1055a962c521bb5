"""Modules as functions of their parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from warnings import warn

from ..ops.joining.joining import stack
from ..tensor import Tensor

__all__ = ["functional_call", "replace_all_batch_norm_modules_", "stack_module_state"]


def functional_call(module: Any, parameter_and_buffer_dicts: Any, args: Any = None, kwargs: dict[str, Any] | None = None, *, tie_weights: bool = True,
                    strict: bool = False) -> Any:
    """``module(*args, **kwargs)`` with other tensors in the place of its parameters and buffers, which are as before afterwards.

    Several dictionaries are taken together (ValueError for a name in two of them). With ``tie_weights`` the other names of a replaced tensor are
    replaced as well. A name that the module lacks becomes an attribute for the time of the call. RuntimeError with ``strict`` for names that the
    module lacks, or that are not given.
    """
    if isinstance(parameter_and_buffer_dicts, dict):
        given = dict(parameter_and_buffer_dicts)
    elif isinstance(parameter_and_buffer_dicts, Sequence):
        names = [name for each in parameter_and_buffer_dicts for name in each]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice} appeared in multiple dictionaries; behavior of functional call is ambiguous")
        given = {name: value for each in parameter_and_buffer_dicts for name, value in each.items()}
    else:
        raise ValueError("Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
                         f"{type(parameter_and_buffer_dicts)}")
    known = {**dict(module.named_parameters(remove_duplicate=False)), **dict(module.named_buffers(remove_duplicate=False))}
    if strict:
        unexpected, missing = sorted(given.keys() - known.keys()), sorted(known.keys() - given.keys())
        if unexpected or missing:
            said = [f"{what} key(s): {', '.join(map(repr, names))}." for what, names in (("Unexpected", unexpected), ("Missing", missing)) if names]
            raise RuntimeError(f"Error(s) in reparametrizing for {module._get_name()}:\n\t" + "\n\t".join(said))
    if tie_weights:
        replaced = {id(known[name]): value for name, value in given.items() if name in known}
        given = {**{name: replaced[id(value)] for name, value in known.items() if id(value) in replaced}, **given}
    places = [(*_place(module, name), value) for name, value in given.items()]
    wrong = next((value for *_, value in places if value is not None and not isinstance(value, Tensor)), None)
    if wrong is not None:
        raise TypeError(f"{wrong!r} is not an instance of torch.Tensor")
    before = [(table, last, table.get(last, _ABSENT)) for table, last, _ in places]
    try:
        for table, last, value in places:
            table[last] = value
        arguments = () if args is None else args if isinstance(args, tuple) else (args,)
        return module(*arguments, **(kwargs or {}))
    finally:
        for table, last, value in before:
            if value is _ABSENT:
                del table[last]
            else:
                table[last] = value


_ABSENT: Any = object()


def _deprecated_functional_call(module: Any, parameters_and_buffers: dict[str, Any], args: Any = None, kwargs: dict[str, Any] | None = None, *,
                                tie_weights: bool = True, strict: bool = False) -> Any:
    """What torch has in ``torch.nn.utils.stateless``."""
    warn("`torch.nn.utils.stateless.functional_call` is deprecated as of PyTorch 2.0 and will be removed in a future version of PyTorch. "
         "Please use `torch.func.functional_call` instead which is a drop-in replacement.", FutureWarning, stacklevel=2)
    return functional_call(module, parameters_and_buffers, args, kwargs, tie_weights=tie_weights, strict=strict)


def _place(module: Any, name: str) -> tuple[dict[str, Any], str]:
    """Where a module, or one in it, has a tensor of that name: its parameters, its buffers, or its plain attributes, where it may be new."""
    path, _, last = name.rpartition(".")
    holder = module
    for i, part in enumerate(path.split(".") if path else []):
        found = getattr(holder, part, _ABSENT)
        if found is _ABSENT:
            raise AttributeError(f"{type(holder).__name__} has no attribute `{part}`")
        if not hasattr(found, "named_parameters"):
            raise TypeError(f"submodule `{'.'.join(path.split('.')[: i + 1])}`: {found!r} is not an instance of torch.nn.Module")
        holder = found
    if not last:
        raise KeyError('tensor name can\'t be empty string ""')
    for table in (holder._parameters, holder._buffers):
        if last in table:
            return table, last
    attribute = getattr(holder, last, None)
    if attribute is not None and not isinstance(attribute, Tensor):
        raise TypeError(f"attribute `{last}`: {attribute!r} is not an instance of torch.Tensor")
    return holder.__dict__, last


def stack_module_state(models: Sequence[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters and the buffers of modules of one kind, stacked name by name, for :func:`functional_call` under ``vmap``.

    RuntimeError for none, for modules of different classes or in different modes.
    """
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if len({model.training for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to have the same training/eval mode.")
    if len({type(model) for model in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    parameters, buffers = ([dict(getattr(model, name)()) for model in models] for name in ("named_parameters", "named_buffers"))

    def stacked(name: str) -> Any:
        first = parameters[0][name]
        return stack([each[name].detach() for each in parameters]).requires_grad_(first.requires_grad)

    return {name: stacked(name) for name in parameters[0]}, {name: stack([each[name] for each in buffers]) for name in buffers[0]}


def replace_all_batch_norm_modules_(root: Any) -> Any:
    """Take the running statistics away from all batch normalisations in a module, which is returned: they would be written in place, and :func:`vmap`
    cannot. From then on they normalise by the statistics of each batch."""
    for module in root.modules():
        if any(kind.__name__ == "_BatchNorm" for kind in type(module).__mro__) and module.track_running_stats:
            module.running_mean = module.running_var = module.num_batches_tracked = None
            module.track_running_stats = False
    return root
