"""The steps of the optimizers as functions of lists: parameters, their gradients, and what is kept of each.

Each writes its parameters and its lists in place, as a step of the class of that name does, and has torch's signature. It records for the graph
unless the caller says otherwise, so parameters that require a gradient are updated under ``no_grad``. ``foreach``, ``fused`` and ``has_complex``
choose among torch's implementations and change nothing here.
"""

from __future__ import annotations

from typing import Any

from ..tensor import Tensor
from .adam import Adam
from .adam_variants import Adamax, NAdam, RAdam
from .matrices import Adafactor
from .resilient import ASGD, Rprop
from .running_squares import Adadelta, Adagrad, RMSprop
from .sgd import SGD

__all__ = ["adadelta", "adafactor", "adagrad", "adam", "adamax", "adamw", "asgd", "nadam", "radam", "rmsprop", "rprop", "sgd"]


def _step(rule: Any, params: Any, grads: Any, lists: dict[str, Any], steps: Any, options: dict[str, Any]) -> None:
    """Update each parameter by the rule of a class. IndexError, before a parameter is written, for a list that has nothing of it."""
    of_no_parameters = rule.__new__(rule)
    for i, param in enumerate(params):
        kept = {name: values[i] for name, values in lists.items()}
        if steps is not None:
            kept["step"] = steps[i]
        of_no_parameters._step_one(param, grads[i], kept, options)
        for name, values in lists.items():
            values[i] = kept[name]


def _check_steps(state_steps: Any, text: str = "API has changed, `state_steps` argument must contain a list of singleton tensors") -> None:
    if not all(isinstance(t, Tensor) for t in state_steps):
        raise RuntimeError(text)


def _check_unscaled(fused: bool | None, grad_scale: Any, found_inf: Any) -> None:
    if not fused and not (grad_scale is None and found_inf is None):
        raise AssertionError("Expected grad_scale and found_inf to be None")


def sgd(params: Any, d_p_list: Any, momentum_buffer_list: Any, has_sparse_grad: bool = False, foreach: bool | None = None,
        fused: bool | None = None, grad_scale: Any = None, found_inf: Any = None, *, weight_decay: float, momentum: float, lr: Any,
        dampening: float, nesterov: bool, maximize: bool) -> None:
    """A step of :class:`SGD`; a buffer that is None is made."""
    _check_unscaled(fused, grad_scale, found_inf)
    _step(SGD, params, d_p_list, {"momentum_buffer": momentum_buffer_list} if momentum != 0 else {}, None, {
        "weight_decay": weight_decay, "momentum": momentum, "lr": lr, "dampening": dampening, "nesterov": nesterov, "maximize": maximize,
    })  # fmt: skip


def adam(params: Any, grads: Any, exp_avgs: Any, exp_avg_sqs: Any, max_exp_avg_sqs: Any, state_steps: Any, foreach: bool | None = None,
         capturable: bool = False, differentiable: bool = False, fused: bool | None = None, grad_scale: Any = None, found_inf: Any = None,
         has_complex: bool = False, decoupled_weight_decay: bool = False, *, amsgrad: bool, beta1: Any, beta2: Any, lr: Any,
         weight_decay: float, eps: float, maximize: bool) -> None:
    """A step of :class:`Adam`; ``max_exp_avg_sqs`` is for ``amsgrad`` alone."""
    _check_steps(state_steps)
    _check_unscaled(fused, grad_scale, found_inf)
    lists = {"exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs, **({"max_exp_avg_sq": max_exp_avg_sqs} if amsgrad else {})}
    _step(Adam, params, grads, lists, state_steps, {
        "lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad, "maximize": maximize,
        "capturable": capturable, "differentiable": differentiable, "decoupled_weight_decay": decoupled_weight_decay,
    })  # fmt: skip


def adamw(params: Any, grads: Any, exp_avgs: Any, exp_avg_sqs: Any, max_exp_avg_sqs: Any, state_steps: Any, foreach: bool | None = None,
          capturable: bool = False, differentiable: bool = False, fused: bool | None = None, grad_scale: Any = None, found_inf: Any = None,
          has_complex: bool = False, *, amsgrad: bool, beta1: Any, beta2: Any, lr: Any, weight_decay: float, eps: float, maximize: bool) -> None:
    """A step of :class:`AdamW`: :func:`adam` with decoupled weight decay."""
    adam(params, grads, exp_avgs, exp_avg_sqs, max_exp_avg_sqs, state_steps, foreach, capturable, differentiable, fused, grad_scale, found_inf,
         has_complex, True, amsgrad=amsgrad, beta1=beta1, beta2=beta2, lr=lr, weight_decay=weight_decay, eps=eps, maximize=maximize)  # fmt: skip


def adamax(params: Any, grads: Any, exp_avgs: Any, exp_infs: Any, state_steps: Any, foreach: bool | None = None, maximize: bool = False,
           differentiable: bool = False, capturable: bool = False, has_complex: bool = False, *, eps: float, beta1: float, beta2: float,
           lr: Any, weight_decay: float) -> None:
    """A step of :class:`Adamax`."""
    _check_steps(state_steps)
    _step(Adamax, params, grads, {"exp_avg": exp_avgs, "exp_inf": exp_infs}, state_steps, {
        "lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "differentiable": differentiable,
    })  # fmt: skip


def nadam(params: Any, grads: Any, exp_avgs: Any, exp_avg_sqs: Any, mu_products: Any, state_steps: Any, decoupled_weight_decay: bool = False,
          foreach: bool | None = None, capturable: bool = False, differentiable: bool = False, has_complex: bool = False,
          maximize: bool = False, *, beta1: float, beta2: float, lr: Any, weight_decay: float, momentum_decay: float, eps: float) -> None:
    """A step of :class:`NAdam`."""
    _check_steps(state_steps)
    _check_steps(mu_products, "API has changed, `mu_products` argument must contain a list of singleton tensors")
    _step(NAdam, params, grads, {"exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs, "mu_product": mu_products}, state_steps, {
        "lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay, "momentum_decay": momentum_decay, "maximize": maximize,
        "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
    })  # fmt: skip


def radam(params: Any, grads: Any, exp_avgs: Any, exp_avg_sqs: Any, state_steps: Any, decoupled_weight_decay: bool = False,
          foreach: bool | None = None, differentiable: bool = False, capturable: bool = False, has_complex: bool = False,
          maximize: bool = False, *, beta1: float, beta2: float, lr: Any, weight_decay: float, eps: float) -> None:
    """A step of :class:`RAdam`."""
    _check_steps(state_steps)
    _step(RAdam, params, grads, {"exp_avg": exp_avgs, "exp_avg_sq": exp_avg_sqs}, state_steps, {
        "lr": lr, "betas": (beta1, beta2), "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
        "decoupled_weight_decay": decoupled_weight_decay, "differentiable": differentiable,
    })  # fmt: skip


def adagrad(params: Any, grads: Any, state_sums: Any, state_steps: Any, fused: bool | None = None, grad_scale: Any = None, found_inf: Any = None,
            has_sparse_grad: bool = False, foreach: bool | None = None, differentiable: bool = False, has_complex: bool = False, *, lr: Any,
            weight_decay: float, lr_decay: float, eps: float, maximize: bool) -> None:
    """A step of :class:`Adagrad`."""
    _check_steps(state_steps)
    _check_unscaled(fused, grad_scale, found_inf)
    _step(Adagrad, params, grads, {"sum": state_sums}, state_steps,
          {"lr": lr, "weight_decay": weight_decay, "lr_decay": lr_decay, "eps": eps, "maximize": maximize, "differentiable": differentiable})


def adadelta(params: Any, grads: Any, square_avgs: Any, acc_deltas: Any, state_steps: Any, capturable: bool = False, foreach: bool | None = None,
             differentiable: bool = False, has_complex: bool = False, *, lr: Any, rho: float, eps: float, weight_decay: float,
             maximize: bool) -> None:
    """A step of :class:`Adadelta`."""
    _check_steps(state_steps)
    _step(Adadelta, params, grads, {"square_avg": square_avgs, "acc_delta": acc_deltas}, state_steps,
          {"lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize, "differentiable": differentiable})


def rmsprop(params: Any, grads: Any, square_avgs: Any, grad_avgs: Any, momentum_buffer_list: Any, state_steps: Any, foreach: bool | None = None,
            maximize: bool = False, differentiable: bool = False, capturable: bool = False, has_complex: bool = False, *, lr: Any,
            alpha: float, eps: float, weight_decay: float, momentum: float, centered: bool) -> None:
    """A step of :class:`RMSprop`; ``grad_avgs`` is for ``centered`` alone, ``momentum_buffer_list`` for a ``momentum``."""
    _check_steps(state_steps)
    lists = {"square_avg": square_avgs}
    lists |= {"grad_avg": grad_avgs} if centered else {}
    lists |= {"momentum_buffer": momentum_buffer_list} if momentum > 0 else {}
    _step(RMSprop, params, grads, lists, state_steps, {
        "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum, "centered": centered, "maximize": maximize,
        "differentiable": differentiable,
    })  # fmt: skip


def asgd(params: Any, grads: Any, axs: Any, mus: Any, etas: Any, state_steps: Any, foreach: bool | None = None, maximize: bool = False,
         differentiable: bool = False, capturable: bool = False, has_complex: bool = False, *, lambd: float, lr: Any, t0: float, alpha: float,
         weight_decay: float) -> None:
    """A step of :class:`ASGD`."""
    _step(ASGD, params, grads, {"ax": axs, "mu": mus, "eta": etas}, state_steps, {
        "lambd": lambd, "lr": lr, "t0": t0, "alpha": alpha, "weight_decay": weight_decay, "maximize": maximize, "differentiable": differentiable,
    })  # fmt: skip


def rprop(params: Any, grads: Any, prevs: Any, step_sizes: Any, state_steps: Any, foreach: bool | None = None, capturable: bool = False,
          maximize: bool = False, differentiable: bool = False, has_complex: bool = False, *, step_size_min: float, step_size_max: float,
          etaminus: float, etaplus: float) -> None:
    """A step of :class:`Rprop`."""
    _check_steps(state_steps)
    _step(Rprop, params, grads, {"prev": prevs, "step_size": step_sizes}, state_steps, {
        "etas": (etaminus, etaplus), "step_sizes": (step_size_min, step_size_max), "maximize": maximize, "differentiable": differentiable,
    })  # fmt: skip


def adafactor(params: Any, grads: Any, row_vars: Any, col_vars: Any, variances: Any, state_steps: Any, foreach: bool | None = None,
              grad_scale: Any = None, found_inf: Any = None, has_complex: bool = False, *, d: float, lr: Any, beta2_decay: float,
              weight_decay: float, eps1: Any, eps2: float, maximize: bool) -> None:
    """A step of :class:`Adafactor`; what does not belong to a parameter is None."""
    _check_steps(state_steps, "`state_steps` argument must contain a list of singleton tensors")
    _check_unscaled(False, grad_scale, found_inf)
    _step(Adafactor, params, grads, {"row_var": row_vars, "col_var": col_vars, "variance": variances}, state_steps, {
        "d": d, "lr": lr, "beta2_decay": beta2_decay, "weight_decay": weight_decay, "eps": (eps1, eps2), "maximize": maximize,
    })  # fmt: skip
