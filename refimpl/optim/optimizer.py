"""Optimizer: the base class of the optimizers."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Iterable
from itertools import chain
from typing import Any, Callable
from warnings import warn

from ..autograd.modes import enable_grad, modes
from ..nn._names import typename
from ..nn.hooks import RemovableHandle, add_hook
from ..nn.modules.module import clear_grad
from ..tensor import Tensor

__all__ = ["Optimizer", "register_optimizer_step_pre_hook", "register_optimizer_step_post_hook"]

Hook = Callable[..., Any]
ParamsT = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]


class _RequiredParameter:
    """The default of an option that every parameter group must give."""

    def __repr__(self) -> str:
        return "<required parameter>"


required = _RequiredParameter()


class _Global:
    """The hooks that run around the step of every optimizer."""

    step_pre: OrderedDict[int, Hook] = OrderedDict()
    step_post: OrderedDict[int, Hook] = OrderedDict()


def register_optimizer_step_pre_hook(hook: Hook) -> RemovableHandle:
    """``hook(optimizer, args, kwargs)`` runs before the step of every optimizer."""
    return add_hook(_Global.step_pre, hook)


def register_optimizer_step_post_hook(hook: Hook) -> RemovableHandle:
    """``hook(optimizer, args, kwargs)`` runs after the step of every optimizer."""
    return add_hook(_Global.step_post, hook)


_HOOK_TABLES = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks", "_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks",
)  # fmt: skip


class Optimizer:
    """Updates parameters in place from their gradients.

    ``params`` is an iterable of tensors, of pairs (name, tensor), or of dictionaries: parameter groups, each with a
    key "params" and options that replace the ``defaults`` for that group. ``param_groups`` is the list of these
    dictionaries, ``state`` maps each parameter to what the algorithm remembers of it.

    A subclass defines ``step``, as a rule by calling :meth:`_run`.
    """

    state: defaultdict[Any, Any]
    param_groups: list[dict[str, Any]]

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        self.defaults = defaults
        self._ready()
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be "
                f"an iterable of Tensors or dicts, but got {typename(params)}"
            )
        self.state = defaultdict(dict)
        self.param_groups = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def _ready(self) -> None:
        """Make the tables of hooks, and let the class's ``step`` run the hooks."""
        for name in _HOOK_TABLES:
            if name not in self.__dict__:
                self.__dict__[name] = OrderedDict()
        step = type(self).step
        if not getattr(step, "hooked", False):
            type(self).step = self.profile_hook_step(step)  # type: ignore[method-assign]

    @staticmethod
    def profile_hook_step(step: Hook) -> Any:
        """``step`` with the hooks around it."""
        # functools.wraps, without its import
        def hooked_step(*args: Any, **kwargs: Any) -> Any:
            self = args[0]
            for hook in (*_Global.step_pre.values(), *self._optimizer_step_pre_hooks.values()):
                replaced = hook(self, args, kwargs)
                if replaced is not None:
                    if not isinstance(replaced, tuple) or len(replaced) != 2:
                        raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {replaced}.")
                    args, kwargs = replaced
            result = step(*args, **kwargs)
            for hook in (*self._optimizer_step_post_hooks.values(), *_Global.step_post.values()):
                hook(self, args, kwargs)
            return result

        hooked_step.__name__, hooked_step.__qualname__, hooked_step.__doc__ = step.__name__, step.__qualname__, step.__doc__
        hooked_step.__module__ = step.__module__
        hooked_step.hooked = True  # type: ignore[attr-defined]
        return hooked_step

    # -- the step --------------------------------------------------------------------------------------
    def step(self, closure: Hook | None = None) -> Any:
        """Update all parameters once. ``closure``, which computes and returns the loss again, is called first."""
        raise NotImplementedError

    def _run(self, closure: Hook | None, update: Callable[[dict[str, Any]], None]) -> Any:
        """A step that evaluates ``closure`` and then updates group by group, outside of the graph unless ``differentiable``."""
        previous = modes.grad
        modes.grad = bool(self.defaults.get("differentiable", False))
        try:
            loss = None
            if closure is not None:
                with enable_grad():
                    loss = closure()
            for group in self.param_groups:
                update(group)
        finally:
            modes.grad = previous
        return loss

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Drop the gradients of all parameters, or fill them with zeros in place."""
        for group in self.param_groups:
            for param in group["params"]:
                clear_grad(param, set_to_none)

    # -- parameter groups ------------------------------------------------------------------------------
    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a group: a dictionary with "params" and options; options that it does not give are the defaults."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but "
                "the ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Tensor) else list(params)
        names = [entry[0] for entry in params if isinstance(entry, tuple)]
        params = [entry[1] if isinstance(entry, tuple) else entry for entry in params]
        param_group["params"] = params
        if names:
            if len(names) != len(params):
                raise ValueError("all optimizer params should be with/without names. Some param names are missing")
            param_group["param_names"] = names
        for param in params:
            if not isinstance(param, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {typename(param)}")
            if not self.defaults.get("differentiable", None) and not (param.is_leaf or param.retains_grad):
                raise ValueError("can't optimize a non-leaf Tensor")
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            param_group.setdefault(name, default)
        if len(params) != len(set(params)):
            warn(
                "optimizer contains a parameter group with duplicate parameters; "
                "in future, this will cause an error; "
                "see github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=3,
            )
        known: set[Any] = set()
        for group in self.param_groups:
            known.update(group["params"])
            if ("param_names" in param_group) != ("param_names" in group):
                kind = "with names" if "param_names" in param_group else "without names"
                raise ValueError(
                    "all optimizer param groups should be with/without names. "
                    f"cannot add param group {kind} to the optimizer"
                )
        if not known.isdisjoint(params):
            raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append(param_group)

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for i, group in enumerate(self.param_groups):
            text += f"\nParameter Group {i}\n"
            for key in sorted(group):
                if key != "params":
                    text += f"    {key}: {group[key]}\n"
        return text + ")"

    # -- saving and loading ----------------------------------------------------------------------------
    def state_dict(self) -> dict[str, Any]:
        """``{"state": ..., "param_groups": ...}`` with numbers in place of the parameters: their position, group after group."""
        for hook in self._optimizer_state_dict_pre_hooks.values():  # type: ignore[attr-defined]
            hook(self)
        numbers: dict[int, int] = {}
        groups = []
        start = 0
        for group in self.param_groups:
            packed = {key: value for key, value in group.items() if key != "params"}
            for number, param in enumerate(group["params"], start):
                numbers.setdefault(id(param), number)
            packed["params"] = [numbers[id(param)] for param in group["params"]]
            start += len(packed["params"])
            groups.append(packed)
        state = {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()}
        packed_state = {"state": state, "param_groups": groups}
        for hook in self._optimizer_state_dict_post_hooks.values():  # type: ignore[attr-defined]
            replaced = hook(self, packed_state)
            if replaced is not None:
                packed_state = replaced
        return packed_state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state and the options of an optimizer with the same groups.

        Tensors of the state are cast to the dtype and device of their parameter, except the number of steps.
        """
        from copy import deepcopy

        state_dict = state_dict.copy()
        for hook in self._optimizer_load_state_dict_pre_hooks.values():  # type: ignore[attr-defined]
            replaced = hook(self, state_dict)
            if replaced is not None:
                state_dict = replaced
        saved_groups = deepcopy(state_dict["param_groups"])
        if len(self.param_groups) != len(saved_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(own["params"]) != len(saved["params"]) for own, saved in zip(self.param_groups, saved_groups)):
            raise ValueError("loaded state dict contains a parameter group that doesn't match the size of optimizer's group")
        params = dict(zip(chain.from_iterable(saved["params"] for saved in saved_groups),
                          chain.from_iterable(own["params"] for own in self.param_groups)))  # fmt: skip
        options = {number: saved for saved in reversed(saved_groups) for number in saved["params"]}
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in params:
                state[params[key]] = _like_param(params[key], value, options[key])
            else:
                state[key] = value
        for own, saved in zip(self.param_groups, saved_groups):
            saved["params"] = own["params"]
            if "param_names" in own and "param_names" not in saved:
                saved["param_names"] = own["param_names"]
        self.__setstate__({"state": state, "param_groups": saved_groups})
        for hook in self._optimizer_load_state_dict_post_hooks.values():  # type: ignore[attr-defined]
            hook(self)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._ready()
        self.defaults.setdefault("differentiable", False)

    # -- hooks -----------------------------------------------------------------------------------------
    def register_step_pre_hook(self, hook: Hook) -> RemovableHandle:
        """``hook(optimizer, args, kwargs)`` runs before ``step``; a returned pair replaces the arguments."""
        return add_hook(self._optimizer_step_pre_hooks, hook)  # type: ignore[attr-defined]

    def register_step_post_hook(self, hook: Hook) -> RemovableHandle:
        """``hook(optimizer, args, kwargs)`` runs after ``step``."""
        return add_hook(self._optimizer_step_post_hooks, hook)  # type: ignore[attr-defined]

    def register_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """``hook(optimizer)`` runs before ``state_dict``."""
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, prepend=prepend)  # type: ignore[attr-defined]

    def register_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """``hook(optimizer, state_dict)`` runs after ``state_dict``; a returned dictionary replaces it."""
        return add_hook(self._optimizer_state_dict_post_hooks, hook, prepend=prepend)  # type: ignore[attr-defined]

    def register_load_state_dict_pre_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """``hook(optimizer, state_dict)`` runs before loading; a returned dictionary replaces it."""
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, prepend=prepend)  # type: ignore[attr-defined]

    def register_load_state_dict_post_hook(self, hook: Hook, prepend: bool = False) -> RemovableHandle:
        """``hook(optimizer)`` runs after loading."""
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, prepend=prepend)  # type: ignore[attr-defined]


def _like_param(param: Any, value: Any, group: dict[str, Any], key: Any = None) -> Any:
    """A value of the state with its tensors cast to the dtype and device of the parameter."""
    if isinstance(value, Tensor):
        tensor: Any = value
        if key == "step":
            # a count that float16 could not hold; it lives on the CPU unless the kernels of the device read it
            from ..foundation.dtypes import float32

            wanted = group.get("capturable", False) or group.get("fused", False)
            return tensor.to(device=param.device, dtype=float32) if wanted else tensor
        return tensor.to(device=param.device, dtype=param.dtype if param.is_floating_point() else tensor.dtype)
    if isinstance(value, dict):
        return {name: _like_param(param, item, group, name) for name, item in value.items()}
    if isinstance(value, Iterable):
        make: Any = type(value)
        return make(_like_param(param, item, group) for item in value)
    return value


def check_fused(group_or_defaults: dict[str, Any]) -> None:
    """Refuse ``fused`` together with what it excludes."""
    if group_or_defaults["fused"]:
        if group_or_defaults["differentiable"]:
            raise RuntimeError("`fused` does not support `differentiable`")
        if group_or_defaults["foreach"]:
            raise RuntimeError("`fused` and `foreach` cannot be `True` together.")


def to_scalar(value: Any) -> Any:
    """A tensor of one element as a 0-d tensor; anything else unchanged."""
    if not isinstance(value, Tensor) or value.dim() == 0:
        return value
    tensor: Any = value
    return tensor.squeeze()
