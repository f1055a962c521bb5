"""A softmax over very many classes (Grave et al. 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ... import functional as F
from ..container import ModuleList, Sequential
from ..linear import Linear
from ..module import Module

__all__ = ["AdaptiveLogSoftmaxWithLoss"]


class _ASMoutput(NamedTuple):
    output: Any
    loss: Any


class AdaptiveLogSoftmaxWithLoss(Module):
    """The log-probability of the target class, and the mean of its negative.

    The classes up to ``cutoffs[0]`` stand in the head, beside one entry for each cluster: the classes between two cutoffs, whose own log-softmax
    is computed in ``in_features / div_value**i`` dimensions. Classes are expected to be sorted by frequency. ValueError for other cutoffs than
    increasing integers in ``1 ... n_classes - 1``; RuntimeError for targets out of range or of another shape.
    """

    def __init__(self, in_features: int, n_classes: int, cutoffs: Sequence[int], div_value: float = 4.0, head_bias: bool = False, device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__()
        ends = list(cutoffs)
        if not ends:
            raise ValueError("cutoffs should be a sequence of length larger than 0")
        if ends != sorted(set(ends)) or ends[0] <= 0 or ends[-1] > n_classes - 1 or any(int(end) != end for end in ends):
            raise ValueError("cutoffs should be a sequence of unique, positive integers sorted in an increasing order, where each value is between 1 "
                             "and n_classes-1")
        self.in_features = in_features
        self.n_classes = n_classes
        self.cutoffs = [*ends, n_classes]
        self.div_value = div_value
        self.head_bias = head_bias
        self.shortlist_size = ends[0]
        self.n_clusters = len(ends)
        self.head_size = self.shortlist_size + self.n_clusters
        made: dict[str, Any] = {"device": device, "dtype": dtype}
        self.head = Linear(in_features, self.head_size, bias=head_bias, **made)
        self.tail = ModuleList()
        for i, (start, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:])):
            width = int(in_features // div_value ** (i + 1))
            self.tail.append(Sequential(Linear(in_features, width, bias=False, **made), Linear(width, end - start, bias=False, **made)))

    def reset_parameters(self) -> None:
        """Draw all parameters again."""
        for linear in (self.head, *(linear for cluster in self.tail for linear in cluster)):  # type: ignore[attr-defined]
            linear.reset_parameters()

    def forward(self, input_: Any, target_: Any) -> _ASMoutput:
        alone = target_.dim() == 0
        if target_.dim() > 1:
            raise RuntimeError("0D or 1D target tensor expected, multi-target not supported")
        if not alone and input_.size(0) != target_.size(0):
            raise RuntimeError("Input and target should have the same size in the batch dimension.")
        if input_.dim() != target_.dim() + 1:
            raise RuntimeError(f"{target_.dim()}D target tensor expects {target_.dim() + 1}D input tensors, but found inputs with size "
                               f"{input_.size()}")
        input, target = (input_.unsqueeze(0), target_.unsqueeze(0)) if alone else (input_, target_)
        if ((target < 0) | (target >= self.n_classes)).any():
            raise RuntimeError(f"Target values should be in [0, {self.n_classes - 1}], but values in range [{target.min().item()}, "
                               f"{target.max().item()}] were found. ")
        entry = target.clone()  # of the head
        inside = input.new_zeros(target.size(0))  # the log-probability within the target's cluster
        for i, (start, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:])):
            rows = ((target >= start) & (target < end)).nonzero().squeeze(1)
            if rows.numel():
                among = F.log_softmax(self.tail[i](input.index_select(0, rows)), dim=1)  # type: ignore[operator]
                inside = inside.index_copy(0, rows, among.gather(1, (target.index_select(0, rows) - start).unsqueeze(1)).squeeze(1))
                entry.index_fill_(0, rows, self.shortlist_size + i)
        output = inside + F.log_softmax(self.head(input), dim=1).gather(1, entry.unsqueeze(1)).squeeze(1)
        loss = (-output).mean()
        return _ASMoutput(output.squeeze(0) if alone else output, loss)

    def log_prob(self, input: Any) -> Any:
        """The log-probabilities of all classes."""
        head = F.log_softmax(self.head(input), dim=1)
        result = input.new_empty((input.size(0), self.n_classes))
        result[:, : self.shortlist_size] = head[:, : self.shortlist_size]
        for i, (start, end) in enumerate(zip(self.cutoffs, self.cutoffs[1:])):
            among = F.log_softmax(self.tail[i](input), dim=1)  # type: ignore[operator]
            result[:, start:end] = among + head[:, self.shortlist_size + i].unsqueeze(1)
        return result

    def predict(self, input: Any) -> Any:
        """The class with the largest entry in the head, or, where that is a cluster, the most probable of all classes."""
        best = self.head(input).argmax(dim=1)
        clusters = best >= self.shortlist_size
        if clusters.any():
            best[clusters] = self.log_prob(input[clusters]).argmax(dim=1)
        return best
