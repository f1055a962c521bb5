"""Connectionist temporal classification: how improbable a sequence of labels is, of which nobody says when each comes.

Source: A. Graves, S. Fernández, F. Gomez and J. Schmidhuber, "Connectionist temporal classification" (2006), sections 3 and 4. At each of T times a
sample says a class or the blank. A sequence of these is an alignment of the labels that remain when what repeats is said once and blanks are left
out. The states of an alignment are the labels with a blank before, between and behind them: s = 0, 1, ..., 2 L. From one time to the next it stays
in its state, or enters the next one, or leaves a blank between different labels out. All sums of probabilities are those of logarithms: products of
T small numbers would vanish. Evaluated in binary64 and rounded once. That is T N (2 L + 1) times two logarithms of sums, some microseconds each in
Python.

Notation: T times, N samples, C classes, L labels of the longest target.
"""

from __future__ import annotations

from math import inf, nan
from typing import Any, NamedTuple

from ....foundation.contracts import accumulated
from ....foundation.dtypes import float32, float64, int64
from ....foundation.layout import as_int64
from ....operations.registry import op
from ....tensor import Tensor
from ...creation.ranges import arange
from ...joining.joining import cat, stack
from ...products.evaluation import narrowed
from ...shared.gradients import no_derivative
from ...shared.operands import everywhere
from ..loss_reduction import MEAN, NONE, SUM, get_enum, known_word
from ..softmax import wide

_CONTRACT = accumulated(4)
_CHECKED = " (while checking arguments for ctc_loss_allocate_outputs)"


class _Alignments(NamedTuple):
    """Of each sample the states of its alignments: ``labels`` (N, S) are what they say, ``emissions`` (T, N, S) the logarithms of the probabilities
    of that, ``skips`` (N, S) whether the state two before is a predecessor, too; ``times`` and ``last`` (N, 1) the numbers of times and of the last
    state."""

    labels: Any
    emissions: Any
    skips: Any
    times: Any
    last: Any


def _alignments(log_probs: Any, targets: Any, times: Any, lengths: Any, blank: int) -> _Alignments:
    count, longest = lengths.numel(), targets.shape[-1] if lengths.is_meta else int(lengths.max())
    if targets.dim() == 1:  # one target behind the other
        places = (lengths.cumsum(0) - lengths).unsqueeze(1) + arange(longest, device=log_probs.device)
        labels = targets.take(places.clamp(max=max(targets.numel() - 1, 0))) if longest else places
    else:
        labels = targets.narrow(1, 0, longest)
    labels = labels.to(int64).masked_fill(arange(longest, device=log_probs.device) >= lengths.unsqueeze(1), blank)
    blanks = labels.new_full((count, longest + 1), blank)
    labels = cat([stack([blanks.narrow(1, 0, longest), labels], 2).reshape(count, 2 * longest), blanks.narrow(1, 0, 1)], 1)
    emissions = wide(log_probs).gather(2, labels.unsqueeze(0).expand(log_probs.shape[0], *labels.shape))
    alone = (times == 1) & (lengths == 0)  # of a single term no difference of infinities is taken
    emissions = emissions.masked_fill((emissions == inf) & ~alone.unsqueeze(1), nan)
    far = labels.narrow(1, 2, 2 * longest - 1) != labels.narrow(1, 0, 2 * longest - 1) if longest else labels.new_zeros((count, 0)) != 0
    skips = cat([labels.new_zeros((count, min(2, 2 * longest + 1))) != 0, far], 1)
    return _Alignments(labels, emissions, skips, times.unsqueeze(1), 2 * lengths.unsqueeze(1))


def _moved(scores: Any, by: int) -> Any:
    """The scores of the states so many before each one, or behind it where ``by`` is negative; -inf where there is none."""
    count, states = scores.shape
    kept, none = max(states - abs(by), 0), scores.new_full((count, min(abs(by), states)), -inf)
    return cat([none, scores.narrow(1, 0, kept)] if by > 0 else [scores.narrow(1, states - kept, kept), none], 1)


def _forward(a: _Alignments) -> Any:
    """For each time and state the logarithm of the probability of all that leads to it, (T, N, S)."""
    states = arange(a.labels.shape[1], device=a.labels.device)
    scores = [a.emissions.select(0, 0).masked_fill(states > 1, -inf)]
    for t in range(1, a.emissions.shape[0]):
        before = scores[-1]
        further = _moved(before, 2).masked_fill(~a.skips, -inf)
        scores.append(before.logaddexp(_moved(before, 1)).logaddexp(further) + a.emissions.select(0, t))
    return stack(scores, 0)


def _backward(a: _Alignments) -> Any:
    """For each time and state the logarithm of the probability of it and of all that follows, (T, N, S)."""
    states = arange(a.labels.shape[1], device=a.labels.device)
    final = (states == a.last) | (states == a.last - 1)
    skips = cat([a.skips, a.skips.new_zeros((a.skips.shape[0], 2))], 1).narrow(1, 2, a.skips.shape[1])  # whether the state two behind is a successor
    skips = skips & (states + 2 <= a.last)
    after = a.emissions.new_full(a.labels.shape, -inf)
    scores: list[Any] = []
    for t in reversed(range(a.emissions.shape[0])):
        further = _moved(after, -2).masked_fill(~skips, -inf)
        following = after.logaddexp(_moved(after, -1)).logaddexp(further)
        following = following.masked_fill(a.times == t + 1, -inf).masked_fill((a.times == t + 1) & final, 0)
        after = (following + a.emissions.select(0, t)).masked_fill((a.times <= t) | (states > a.last), -inf)
        scores.insert(0, after)
    return stack(scores, 0)


def _improbability(a: _Alignments, scores: Any) -> Any:
    """The negative logarithm of the probability of all alignments, (N)."""
    ends = scores.gather(0, (a.times - 1).clamp(min=0).unsqueeze(0).expand(1, *a.labels.shape)).squeeze(0)
    behind = ends.gather(1, (a.last - 1).clamp(min=0)).masked_fill(a.last == 0, -inf)
    likelihood = ends.gather(1, a.last).logaddexp(behind)
    nothing = a.emissions.new_zeros(a.last.shape).masked_fill(a.last != 0, -inf)  # of no times
    return -likelihood.where(a.times > 0, nothing).squeeze(1)


@op("only", name="_ctc_loss", contract=_CONTRACT, node="CtcLossBackward0", elsewhere="input_lengths target_lengths")
def _ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, zero_infinity, dtype):
    """Of each sample the loss of :func:`ctc_loss`, in ``dtype``."""
    a = _alignments(log_probs, targets, input_lengths, target_lengths, blank)
    return _improbability(a, _forward(a)).to(dtype)


@op("only", name="_ctc_loss_backward", contract=_CONTRACT)
def _ctc_loss_backward(grad, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity):
    """The gradient of :func:`ctc_loss` in the logits of which the input is the log-softmax: ``exp(x) - p``, p the probability of a class at a time,
    given the labels."""
    a = _alignments(log_probs, targets, input_lengths, target_lengths, blank)
    forward, x = _forward(a), wide(log_probs)
    loss = _improbability(a, forward)
    given = (forward + _backward(a) - a.emissions + loss.unsqueeze(1)).exp().masked_fill(a.emissions == -inf, 0)
    p = x.new_zeros(x.shape).scatter_add(2, a.labels.unsqueeze(0).expand(x.shape[0], *a.labels.shape), given)
    slopes = ((x.exp() - p).masked_fill(x == -inf, nan) + (loss * 0).unsqueeze(1)) * wide(grad).unsqueeze(1)  # NaN for an infinite loss
    if zero_infinity:
        slopes = slopes.masked_fill((loss == inf).unsqueeze(1), 0)
    over = arange(x.shape[0], device=x.device).unsqueeze(1) >= input_lengths
    return slopes.masked_fill(over.unsqueeze(2), 0).to(log_probs.dtype)


_ONCE = "aten::_ctc_loss_backward"
_ctc_loss_backward.derivative(grad=no_derivative(_ONCE), log_probs=no_derivative(_ONCE))
_ctc_loss.derivative(log_probs=lambda grad, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity: _ctc_loss_backward(
    grad, log_probs, targets, input_lengths, target_lengths, blank, zero_infinity))  # fmt: skip


def _integers(lengths: Any, like: Any) -> Any:
    """Lengths as a vector, on the device of the rest."""
    return lengths.to(like.device, int64).reshape(-1) if isinstance(lengths, Tensor) else like.new_tensor(lengths, dtype=int64)


@op("function", contract=_CONTRACT, elsewhere="input_lengths target_lengths")
def ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction=NONE, zero_infinity=False):
    """:func:`torch.nn.functional.ctc_loss` with a number for the reduction: 0 none, 1 mean, 2 sum. Both lengths are tensors, or both tuples.

    >>> ctc_loss(zeros(3, 1, 2), tensor([[1]]), [3], [1])
    tensor([-1.7918])
    """
    batched = log_probs.dim() == 3
    times, lengths = _integers(input_lengths, log_probs), _integers(target_lengths, log_probs)
    plain = reduction not in (MEAN, SUM) and not zero_infinity
    d = log_probs.dtype
    x = log_probs if batched else log_probs.unsqueeze(1)
    losses = _ctc_loss(x, targets, times, lengths, blank, zero_infinity, d if plain else float64)
    if zero_infinity:
        losses = losses.new_zeros(()).where(losses == inf, losses)
    if reduction == MEAN:
        return narrowed((losses / lengths.clamp(min=1)).mean(), d, "MeanBackward0")
    if reduction == SUM:
        return narrowed(losses.sum(), d, "SumBackward0")
    losses = narrowed(losses, d, "WhereBackward0")
    return losses if batched else losses.squeeze(0)


def _lengths_fit(require: Any, name: str, lengths: Any, samples: int) -> list[int]:
    """The constraints of one of the two arguments; its elements."""
    if not isinstance(lengths, Tensor):
        require(len(lengths) == samples, RuntimeError, "{} must be of size batch_size", name)
        return list(lengths)
    require(lengths.dtype.category == 1, RuntimeError, "{} must be integral", name)
    require(lengths.numel() == samples, RuntimeError, "{} must be of size batch_size", name)
    return lengths.to(int64).reshape(-1).tolist() if lengths.dtype.category == 1 and not lengths.is_meta else []


@ctc_loss.constraints
def _(require, log_probs, targets, input_lengths, target_lengths, blank):
    require(log_probs.numel(), RuntimeError, "log_probs tensor must not be empty")
    require(log_probs.dtype in (float32, float64), NotImplementedError, "\"ctc_loss_cpu\" not implemented for '{}'", log_probs.dtype.type_name)
    rank = log_probs.dim() if log_probs.dim() == 3 else log_probs.dim() + 1
    require(rank == 3, RuntimeError, "Expected 3-dimensional tensor, but got {}-dimensional tensor for argument #1 'log_probs'" + _CHECKED, rank)
    require(targets.dim() in (1, 2), RuntimeError, "Expected 1 to 2 dimensions, but got {}-dimensional tensor for argument #2 'targets'" + _CHECKED,
            targets.dim())  # fmt: skip
    classes, samples = log_probs.shape[-1] if log_probs.dim() else 0, log_probs.shape[1] if log_probs.dim() == 3 else 1
    require(0 <= blank < classes, RuntimeError, "blank must be in label range")
    times = _lengths_fit(require, "input_lengths", input_lengths, samples)
    lengths = _lengths_fit(require, "target_lengths", target_lengths, samples)
    most = log_probs.shape[0] if log_probs.dim() else 0
    for n in times:
        require(n >= 0, RuntimeError, "Expected input_lengths to have value at least 0, but got value {}" + _CHECKED, n)
        require(n <= most, RuntimeError, "Expected input_lengths to have value at most {}, but got value {}" + _CHECKED, most, n)
    for n in lengths:
        require(n >= 0, RuntimeError, "Expected target_lengths to have value at least 0, but got value {}" + _CHECKED, n)
    if targets.dim() == 1:
        known = not isinstance(target_lengths, Tensor) or not target_lengths.is_meta
        total = as_int64(sum(lengths))
        require(not known or targets.numel() == total, RuntimeError, "Expected tensor to have size {} at dimension 0, but got size {} for "
                "argument #2 'targets'" + _CHECKED, total, targets.numel())  # fmt: skip
    else:
        require(targets.shape[0] == samples, RuntimeError, "Expected tensor to have size {} at dimension 0, but got size {} for argument #2 'targets'"
                + _CHECKED, samples, targets.shape[0])  # fmt: skip
        require(targets.shape[1] >= max(lengths, default=0), RuntimeError, "Expected tensor to have size at least {} at dimension 1, but got size {} "
                "for argument #2 'targets'" + _CHECKED, max(lengths, default=0), targets.shape[1])  # fmt: skip
    labels = targets.to(int64)
    within = (labels >= 0) & (labels < classes)
    if targets.dim() == 2:  # what stands behind a target is no label
        within = within | (arange(targets.shape[1], device=targets.device) >= _integers(target_lengths, log_probs).unsqueeze(1))
    require(everywhere(within), RuntimeError, "ctc_loss(): a label is no class")


@op("function python", namespace="nn.functional", contract=_CONTRACT)
def nn_functional_ctc_loss(log_probs, targets, input_lengths, target_lengths, blank=0, reduction="mean", zero_infinity=False):
    """``-log(p)``, p the sum of the probabilities of all alignments of the labels with the times: the mean, the sum, or one for each sample.

    An alignment says one class at each time, ``blank`` or a label; the labels are what remains when what repeats is said once and blanks are left
    out. Its probability is the product of those of what it says, of which ``log_probs`` has the logarithms. The mean divides each sample's loss by
    its number of labels, or by 1, first. Shapes: ``log_probs`` (T, N, C), or (T, C) for one sample; ``targets`` (N, L) or, one behind the other,
    (sum of the lengths); ``input_lengths``, how many times count, and ``target_lengths``, how many labels: both tensors of N integers, or both
    tuples; the result is 0-d, but (N) with ``reduction="none"``, or 0-d for (T, C). Dtypes: float32 and float64; labels of any. Special cases:
    where there is no alignment, the loss is infinite, or 0 with ``zero_infinity``, and so is its gradient; of no times it is 0 if there are no
    labels; NaN and +inf among what counts give NaN. Errors: ValueError for an unknown ``reduction``; RuntimeError for other shapes, lengths that do
    not fit, a ``blank`` that is no class, and a label that is none (torch reads what lies in memory there); NotImplementedError for other dtypes.
    Gradient: that in logits of which ``log_probs`` is the log-softmax, ``exp(x) - p(class at the time | labels)``, scaled as the loss is; NaN for
    an infinite loss and at -inf, 0 behind the times that count. RuntimeError for that of second order.

    >>> x = tensor([[0.5, 0.5], [0.25, 0.75]]).log()
    >>> nn.functional.ctc_loss(x, tensor([1]), tensor(2), tensor(1)).exp()
    tensor(1.1429)
    """
    return ctc_loss(log_probs, targets, input_lengths, target_lengths, blank, get_enum(reduction), zero_infinity)


@nn_functional_ctc_loss.constraints
def _(require, reduction):
    known_word(require, reduction)
