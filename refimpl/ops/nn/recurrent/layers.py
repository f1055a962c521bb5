"""Recurrent networks over whole sequences: rnn_tanh, rnn_relu, lstm, gru, of several layers, in one direction or both."""

from __future__ import annotations

from typing import Any, Callable, NamedTuple

from ....foundation.contracts import conditioned
from ....foundation.dtypes import int64
from ....operations.registry import op
from ...joining.joining import cat, stack
from ...random.dropout import dropout as dropped
from ..linear import linear
from .cells import gru_step, lstm_step, simple_step

_CONTRACT = conditioned(32, inner=1)
State = tuple[Any, ...]  # (h,), or (h, c)
Step = Callable[[Any, Any, State], State]  # of what the input and h are mapped to, and the state


class _Weights(NamedTuple):
    """Those of one layer in one direction."""

    ih: Any
    hh: Any
    bias_ih: Any = None
    bias_hh: Any = None
    hr: Any = None  # of the projection of h


def _size_of_group(has_biases: bool, projected: bool) -> int:
    return 2 + 2 * has_biases + projected


def _grouped(params: Any, has_biases: bool, projected: bool) -> list[_Weights]:
    size = _size_of_group(has_biases, projected)
    groups = [params[start : start + size] for start in range(0, len(params), size)]
    return [_Weights(*group[: size - projected])._replace(hr=group[-1] if projected else None) for group in groups]


def _advance(step: Step, x: Any, state: State, w: _Weights) -> State:
    h, *rest = step(x, linear(state[0], w.hh, w.bias_hh), state)
    return (h if w.hr is None else linear(h, w.hr), *rest)


def _over_padded(step: Step, input: Any, state: State, w: _Weights, backwards: bool) -> tuple[Any, State]:
    """The outputs, and the last state, of sequences of one length."""
    order = -1 if backwards else 1
    outputs = []
    for x in linear(input, w.ih, w.bias_ih).unbind(0)[::order]:
        state = _advance(step, x, state, w)
        outputs.append(state[0])
    if not outputs:
        raise RuntimeError("Expected sequence length to be larger than 0 in RNN")
    return stack(outputs[::order]), state


def _rows(state: State, start: int, count: int) -> State:
    return tuple([part.narrow(0, start, count) for part in state])


def _over_packed(step: Step, input: Any, state: State, w: _Weights, backwards: bool, sizes: list[int]) -> tuple[Any, State]:
    """The same of packed sequences, the longest first: of each time ``sizes`` says how many go on."""
    mapped = linear(input, w.ih, w.bias_ih)
    outputs = []
    if backwards:
        count, end, first = sizes[-1] if sizes else 0, mapped.shape[0], state
        state = _rows(first, 0, count)
        for size in sizes[::-1]:
            if size > count:
                state = tuple([cat((part, more)) for part, more in zip(state, _rows(first, count, size - count))])
            state, count, end = _advance(step, mapped.narrow(0, end - size, size), state, w), size, end - size
            outputs.append(state[0])
        return cat(outputs[::-1]), state
    count, start, ended = sizes[0] if sizes else 0, 0, []
    for size in sizes:
        if size < count:
            ended.append(_rows(state, size, count - size))
            state = _rows(state, 0, size)
        state, count, start = _advance(step, mapped.narrow(0, start, size), state, w), size, start + size
        outputs.append(state[0])
    return cat(outputs), tuple([cat(parts) for parts in zip(state, *ended[::-1])])


def _evaluate(step: Step, input: Any, hx: State, params: Any, has_biases: bool, num_layers: int, dropout: float, train: bool, bidirectional: bool,
              batch_first: bool, batch_sizes: Any) -> State:  # fmt: skip
    """The outputs of the last layer, and the last states of all."""
    weights = _grouped(params, has_biases, len(hx) == 2 and hx[0].size(2) != hx[1].size(2))
    states = list(zip(*[part.unbind(0) for part in hx]))
    sizes = None if batch_sizes is None else batch_sizes.as_strided((batch_sizes.size(0),), (1,)).tolist()  # as they lie in memory
    x = input.transpose(0, 1) if batch_first else input
    last: list[State] = []
    for layer in range(num_layers):
        outputs = []
        for backwards in (False, True)[: 1 + bidirectional]:
            w, state = weights[len(last)], states[len(last)]
            output, state = _over_padded(step, x, state, w, backwards) if sizes is None else _over_packed(step, x, state, w, backwards, sizes)
            outputs.append(output)
            last.append(state)
        x = cat(outputs, -1) if bidirectional else outputs[0]
        if dropout and train and layer < num_layers - 1:
            x = dropped(x, dropout, True)
    return (x, *[stack(parts) for parts in zip(*last)])


def _fits(require: Any, batch_sizes: Any, h: Any, params: Any, has_biases: bool, num_layers: int, bidirectional: bool,
          projected: bool = False) -> None:  # fmt: skip
    """The constraints of all of them."""
    size = _size_of_group(has_biases, projected)
    require(len(params) % size == 0, RuntimeError, "got an incorrect number of RNN parameters")
    odd = bidirectional and (h.size(0) % 2 == 1 or len(params) // size % 2 == 1)
    require(not odd, RuntimeError, "Odd number of params or hiddens given to a bidirectional RNN")
    rows = num_layers * (1 + bidirectional)
    require(odd or h.size(0) == rows, RuntimeError, "Expected more hidden states in stacked_rnn")
    require(odd or len(params) // size == rows, RuntimeError, "Expected more weights in stacked_rnn")
    right = batch_sizes is None or batch_sizes.size(0) >= 0 and batch_sizes.dtype is int64
    require(right, RuntimeError, "expected scalar type Long but found {}", right or batch_sizes.dtype.type_name)


def _tanh_step(x: Any, h: Any, state: State) -> State:
    return (simple_step(x, h).tanh(),)


def _relu_step(x: Any, h: Any, state: State) -> State:
    return (simple_step(x, h).relu(),)


def _gru_step(x: Any, h: Any, state: State) -> State:
    return (gru_step(x, h, state[0]),)


def _lstm_step(x: Any, h: Any, state: State) -> State:
    return lstm_step(x, h, state[1])


def _one_state(step: Step, input: Any, hx: Any, *rest: Any) -> State:
    output, h = _evaluate(step, input, (hx,), *rest)
    return (output.transpose_(0, 1) if rest[-2] else output), h


@op("function", contract=_CONTRACT, elsewhere="batch_sizes")
def rnn_tanh(input, batch_sizes=None, hx=None, params=None, has_biases=None, num_layers=None, dropout=None, train=None, bidirectional=None,
             batch_first=False):  # fmt: skip
    """Layers of :func:`rnn_tanh_cell` over sequences, each over the outputs of the one before: ``(outputs, last states)``.

    ``params`` has ``w_ih, w_hh`` of each layer, and ``b_ih, b_hh`` if ``has_biases``. While ``train``, what goes from layer to layer is dropped with
    the probability ``dropout``. ``bidirectional``: after each layer comes the one that goes backwards, whose outputs stand beside.

    Shapes: ``input`` (L, N, I), or (N, L, I) with ``batch_first``, outputs (L, N, H), or (N, L, H); ``hx`` and last states (layers, N, H); twice as
    many states and outputs if ``bidirectional``. Of packed sequences, the longest first, ``data`` has the ``batch_sizes`` rows of one time after
    those of another, and so have the outputs. Dtypes: as for the cell. Errors: RuntimeError for sequences of length 0, numbers of weights and states
    that do not fit, sizes that do not, ``batch_sizes`` that are not int64, and a ``dropout`` outside of [0, 1]. Gradient: that of the composition.

    >>> rnn_tanh(ones(2, 1, 1), zeros(1, 1, 1), [ones(1, 1), ones(1, 1)], False, 1, 0.0, False, False, False)[1]
    tensor([[[0.9427]]])
    """
    return _one_state(_tanh_step, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, batch_sizes)


@rnn_tanh.constraints
def _(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional):
    _fits(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional)


@op("function", contract=_CONTRACT, elsewhere="batch_sizes")
def rnn_relu(input, batch_sizes=None, hx=None, params=None, has_biases=None, num_layers=None, dropout=None, train=None, bidirectional=None,
             batch_first=False):  # fmt: skip
    """:func:`rnn_tanh` of :func:`rnn_relu_cell`.

    >>> rnn_relu(ones(2, 1, 1), zeros(1, 1, 1), [ones(1, 1), ones(1, 1)], False, 1, 0.0, False, False, False)[1]
    tensor([[[2.]]])
    """
    return _one_state(_relu_step, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, batch_sizes)


@rnn_relu.constraints
def _(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional):
    _fits(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional)


@op("function", contract=_CONTRACT, elsewhere="batch_sizes")
def gru(input, batch_sizes=None, hx=None, params=None, has_biases=None, num_layers=None, dropout=None, train=None, bidirectional=None,
        batch_first=False):  # fmt: skip
    """:func:`rnn_tanh` of :func:`gru_cell`.

    >>> gru(ones(2, 1, 1), zeros(1, 1, 1), [ones(3, 1), ones(3, 1)], False, 1, 0.0, False, False, False)[1]
    tensor([[[0.3468]]])
    """
    return _one_state(_gru_step, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, batch_sizes)


@gru.constraints
def _(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional):
    _fits(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional)


@op("function", contract=_CONTRACT, elsewhere="batch_sizes")
def lstm(input, batch_sizes=None, hx=None, params=None, has_biases=None, num_layers=None, dropout=None, train=None, bidirectional=None,
         batch_first=False):  # fmt: skip
    """:func:`rnn_tanh` of :func:`lstm_cell`, from the states ``hx = (h, c)``: ``(outputs, last h, last c)``.

    Where h has another size P than c, each step projects it: the last of a layer's ``params`` is ``w_hr`` (P, H), and h becomes ``h @ w_hr.T``.
    Source: H. Sak, A. Senior and F. Beaufays, "Long short-term memory based recurrent neural network architectures for large vocabulary speech
    recognition", 2014.

    >>> lstm(ones(2, 1, 1), (zeros(1, 1, 1), zeros(1, 1, 1)), [ones(4, 1), ones(4, 1)], False, 1, 0.0, False, False, False)[1:]
    (tensor([[[0.6505]]]), tensor([[[1.1444]]]))
    """
    output, h, c = _evaluate(_lstm_step, input, hx, params, has_biases, num_layers, dropout, train, bidirectional, batch_first, batch_sizes)
    return (output.transpose(0, 1) if batch_first else output), h, c


@lstm.constraints
def _(require, batch_sizes, hx, params, has_biases, num_layers, bidirectional):
    require(len(hx) == 2, RuntimeError, "lstm expects two hidden states")
    projected = len(hx) == 2 and hx[0].size(2) != hx[1].size(2)
    _fits(require, batch_sizes, hx[0], params, has_biases, num_layers, bidirectional, projected)
