"""What learning rate schedulers have in common."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any, Callable, Iterator
from warnings import warn
from weakref import ref

from ...tensor import Tensor
from ..optimizer import Optimizer, to_scalar

__all__ = ["LRScheduler", "Chained", "Closed", "copied", "for_each_group", "group_values", "refuse_no_optimizer", "set_group_value",
           "state_of_functions", "warn_of_epoch"]  # fmt: skip


class LRScheduler:
    """Sets the learning rate of each parameter group of an optimizer.

    ``last_epoch`` counts the steps, from 0; a scheduler that is made with another one than -1 goes on from there, and needs "initial_lr" in
    each group (KeyError). A subclass defines :meth:`get_lr`. Call :meth:`step` after the optimizer's, UserWarning otherwise. Everything but the
    optimizer is in ``state_dict()``. Learning rates that are tensors are written in place.
    """

    _get_lr_called_within_step = False
    _is_initial = False

    optimizer: Any
    last_epoch: int
    base_lrs: list[Any]
    _last_lr: list[Any]
    _step_count: int

    def __init__(self, optimizer: Any, last_epoch: int = -1) -> None:
        refuse_no_optimizer(optimizer)
        self.optimizer = optimizer
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", copied(group["lr"]))
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming scheduler with last_epoch >= 0.\n"
                    "This typically happens when:\n"
                    "1. You're trying to resume training from a checkpoint but haven't properly loaded the optimizer state\n"
                    "2. You're using last_epoch >= 0 for a fresh training run (not recommended)"
                )
        self.base_lrs = group_values(optimizer, "initial_lr")
        self.last_epoch = last_epoch
        _watch_steps(optimizer)
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        with _flag(self, "_is_initial"):
            self.step()

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimizer."""
        return {key: value for key, value in self.__dict__.items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the attributes of another scheduler."""
        self.__dict__.update(state_dict)

    def get_last_lr(self) -> list[Any]:
        """The learning rates that were set last."""
        return self._last_lr

    def get_lr(self) -> list[Any]:
        """The learning rates of the groups for ``last_epoch``, from those that they have."""
        raise NotImplementedError

    def step(self, epoch: int | None = None) -> None:
        """Go on by one step, or to a given one (which is deprecated: UserWarning)."""
        if self._step_count == 1:
            if not hasattr(self.optimizer.step, "_wrapped_by_lr_sched"):
                warn("Seems like `optimizer.step()` has been overridden after learning rate scheduler initialization. Please, make sure to call "
                     f"`optimizer.step()` before `lr_scheduler.step()`. {_SEE}", UserWarning, stacklevel=2)
            elif not getattr(self.optimizer, "_opt_called", False):
                warn("Detected call of `lr_scheduler.step()` before `optimizer.step()`. In PyTorch 1.1.0 and later, you should call them in the "
                     "opposite order: `optimizer.step()` before `lr_scheduler.step()`.  Failure to do this will result in PyTorch skipping the first "
                     f"value of the learning rate schedule. {_SEE}", UserWarning, stacklevel=2)
        self._step_count += 1
        if epoch is not None:
            warn_of_epoch()
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        with _flag(self, "_get_lr_called_within_step"):
            closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
            self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
            values = self.get_lr() if closed is None else closed()
        self._set_lr(values)

    def _set_lr(self, values: list[Any]) -> None:
        for group, value in zip(self.optimizer.param_groups, values, strict=True):
            set_group_value(group, "lr", value)
        self._last_lr = group_values(self.optimizer, "lr")

    def _warn_outside_of_step(self) -> None:
        if not self._get_lr_called_within_step:
            warn("To get the last learning rate computed by the scheduler, please use `get_last_lr()`.", UserWarning, stacklevel=3)


class Chained(LRScheduler):
    """A scheduler that derives each rate from the one before: :meth:`_rate` says how."""

    def _rate(self, lr: Any, base_lr: Any) -> Any:
        raise NotImplementedError

    def get_lr(self) -> list[Any]:
        self._warn_outside_of_step()
        return [copied(self._rate(group["lr"], base)) for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True)]


class Closed(Chained):
    """One that knows the rate of any step as well: :meth:`_closed_rate`."""

    def _closed_rate(self, base_lr: Any) -> Any:
        raise NotImplementedError

    def _get_closed_form_lr(self) -> list[Any]:
        return [self._closed_rate(base) for base in self.base_lrs]


_SEE = "See more details at https://pytorch.org/docs/stable/optim.html#how-to-adjust-learning-rate"


def warn_of_epoch() -> None:
    warn("The epoch parameter in `scheduler.step()` was not necessary and is being deprecated where possible. Please use `scheduler.step()` to step "
         "the scheduler. During the deprecation, if epoch is different from None, the closed form is used instead of the new chainable form, where "
         "available. Please open an issue if you are unable to replicate your use case: https://github.com/pytorch/pytorch/issues/new/choose.",
         UserWarning, stacklevel=3)


def refuse_no_optimizer(optimizer: Any) -> None:
    """TypeError for anything but an optimizer."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")


@contextmanager
def _flag(scheduler: LRScheduler, name: str) -> Iterator[None]:
    setattr(scheduler, name, True)
    try:
        yield
    finally:
        setattr(scheduler, name, False)


def _watch_steps(optimizer: Any) -> None:
    """Let the optimizer note that it made a step."""
    if hasattr(optimizer.step, "_wrapped_by_lr_sched"):
        return
    step = type(optimizer).step
    to = ref(optimizer)

    def watched(*args: Any, **kwargs: Any) -> Any:
        owner: Any = to()
        owner._opt_called = True
        return step(owner, *args, **kwargs)

    watched.__name__, watched.__qualname__, watched.__doc__ = step.__name__, step.__qualname__, step.__doc__
    watched._wrapped_by_lr_sched = True  # type: ignore[attr-defined]
    optimizer.step = watched


# -- options of parameter groups -------------------------------------------------------------------


def copied(value: Any) -> Any:
    """A number, or a tensor of its own."""
    tensor: Any = value
    return tensor.clone() if isinstance(value, Tensor) else value


def group_values(optimizer: Any, key: str) -> list[Any]:
    """An option of each group."""
    return [copied(group[key]) for group in optimizer.param_groups]


def set_group_value(group: dict[str, Any], key: str, value: Any) -> None:
    """Set an option of a group; a tensor is written in place."""
    if isinstance(group[key], Tensor):
        group[key].fill_(to_scalar(value))
    else:
        group[key] = value


def for_each_group(name: str, optimizer: Any, value: Any) -> list[Any]:
    """One value for each group: the same for all, or a list with as many (ValueError)."""
    count = len(optimizer.param_groups)
    if not isinstance(value, (list, tuple)):
        return [copied(value) for _ in range(count)]
    if len(value) != count:
        raise ValueError(f"{name} must have the same length as optimizer.param_groups. {name} has {len(value)} values, param_groups has {count}.")
    return [copied(each) for each in value]


def state_of_functions(functions: list[Callable[..., Any]]) -> list[dict[str, Any] | None]:
    """What a state dictionary has of functions: nothing, but the attributes of objects that can be called."""
    plain = type(copied)
    return [None if isinstance(function, plain) else function.__dict__.copy() for function in functions]
