"""One step of a recurrent network: rnn_tanh_cell, rnn_relu_cell, lstm_cell, gru_cell."""

from __future__ import annotations

from typing import Any

from ....foundation.contracts import conditioned
from ....foundation.dtypes import get_default_dtype
from ....operations.registry import op
from ..linear import linear

_CONTRACT = conditioned(8, inner=1)


# -- from what the input and the state are mapped to, a state each -------------------------------------------


def simple_step(from_input: Any, from_state: Any) -> Any:
    """What the nonlinearity of a simple network is applied to."""
    return from_state.add_(from_input)


def lstm_step(from_input: Any, from_state: Any, c: Any) -> tuple[Any, Any]:
    """The states (h, c) of a long short-term memory; h is not projected yet."""
    gates = from_state.add_(from_input)
    _in_place(gates, gates.dtype)
    i, f, g, o = gates.chunk(4, 1)
    c = f.sigmoid() * c + i.sigmoid() * g.tanh()
    return o.sigmoid() * c.tanh(), c


def gru_step(from_input: Any, from_state: Any, h: Any) -> Any:
    """The state of gated recurrent units."""
    parts, hidden = from_input.chunk(3, 1), from_state.chunk(3, 1)
    _in_place(from_state, from_input.dtype)
    r = hidden[0].clone().add_(parts[0]).sigmoid()  # an input of more dimensions has fewer parts, and does not fit here
    (_, z, n), (_, hidden_z, hidden_n) = parts, hidden
    n = (n + hidden_n * r).tanh()
    return (h - n) * (hidden_z + z).sigmoid() + n


def _in_place(gates: Any, other: Any) -> None:
    """Torch evaluates gates in place, which integers do not allow."""
    if gates.dtype.category < 2:
        result = other if other.category > 1 else get_default_dtype()
        raise RuntimeError(f"result type {result.type_name} can't be cast to the desired output type {gates.dtype.type_name}")


# -- what is asked of the arguments ---------------------------------------------------------------------------


def _input_fits(require: Any, input: Any, w_ih: Any) -> None:
    inputs, expected = input.size(1), w_ih.size(1)
    require(inputs == expected, RuntimeError, "input has inconsistent input_size: got {} expected {}", inputs, expected)


def _weights_fit(require: Any, w_ih: Any, w_hh: Any, gates: int) -> None:
    hidden_size = w_hh.size(1)
    for name, rows in (("ih", w_ih.size(0)), ("hh", w_hh.size(0))):
        require(rows == gates * hidden_size, RuntimeError, "weight_{} first dim must be {} * hidden_size = {}, but got {}", name, gates,
                gates * hidden_size, rows)  # fmt: skip


def _states_fit(require: Any, input: Any, states: Any, w_hh: Any) -> None:
    hidden_size = w_hh.size(1)
    for number, h in enumerate(states):
        rows = h.size(0)
        require(rows == input.size(0), RuntimeError, "Input batch size {} doesn't match hidden{} batch size {}", input.size(0), number, rows)
        columns = h.size(1)
        require(columns == hidden_size, RuntimeError, "hidden{} has inconsistent hidden_size: got {}, expected {}", number, columns, hidden_size)


# -- the cells --------------------------------------------------------------------------------------------------


@op("function", contract=_CONTRACT)
def rnn_tanh_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a simple recurrent network: ``tanh(input @ w_ih.T + b_ih + hx @ w_hh.T + b_hh)``.

    Shapes: ``input`` (N, I), ``hx`` and the result (N, H), ``w_ih`` (H, I), ``w_hh`` (H, H), biases (H). Dtypes: all but bool, the same for all;
    integers give the default dtype. Each product and each sum is rounded. Errors: RuntimeError for sizes that do not fit, and for two dtypes;
    IndexError for fewer dimensions; NotImplementedError for bool. Gradient: that of the composition.
    Source: J. L. Elman, "Finding structure in time", 1990.

    >>> rnn_tanh_cell(tensor([[1., 2.]]), tensor([[3.]]), tensor([[0.5, 0.5]]), tensor([[-0.25]]))
    tensor([[0.6351]])
    """
    return simple_step(linear(input, w_ih, b_ih), linear(hx, w_hh, b_hh)).tanh()


@rnn_tanh_cell.constraints
def _(require, input, hx, w_ih, w_hh):
    _weights_fit(require, w_ih, w_hh, 1)
    _input_fits(require, input, w_ih)
    _states_fit(require, input, (hx,), w_hh)


@op("function", contract=_CONTRACT)
def rnn_relu_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a simple recurrent network: ``relu(input @ w_ih.T + b_ih + hx @ w_hh.T + b_hh)``.

    Shapes, errors and gradient: as for :func:`rnn_tanh_cell`. Dtypes: all but bool, the same for all; NotImplementedError for complex ones.

    >>> rnn_relu_cell(tensor([[1., 2.]]), tensor([[3.]]), tensor([[0.5, 0.5]]), tensor([[-0.25]]))
    tensor([[0.7500]])
    """
    return simple_step(linear(input, w_ih, b_ih), linear(hx, w_hh, b_hh)).relu()


@rnn_relu_cell.constraints
def _(require, input, hx, w_ih, w_hh):
    _weights_fit(require, w_ih, w_hh, 1)
    _input_fits(require, input, w_ih)
    _states_fit(require, input, (hx,), w_hh)


@op("function", contract=_CONTRACT)
def lstm_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of a long short-term memory from its states ``hx = (h, c)``: the new ``(h, c)``.

    With ``i, f, g, o`` the quarters of ``input @ w_ih.T + b_ih + h @ w_hh.T + b_hh``: ``c' = sigmoid(f) * c + sigmoid(i) * tanh(g)`` and ``h' =
    sigmoid(o) * tanh(c')``.

    Shapes: ``input`` (N, I), states (N, H), ``w_ih`` (4 H, I), ``w_hh`` (4 H, H), biases (4 H). Dtypes: floating point and complex ones, the same
    for all, but ``c`` may have another. Each step of the formulas is rounded. Errors: RuntimeError for sizes that do not fit, for two dtypes,
    integers, and another number of states; IndexError for fewer dimensions; NotImplementedError for bool. Gradient: that of the composition.
    Source: S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997; the gate f: F. Gers, J. Schmidhuber and F. Cummins, 2000.

    >>> lstm_cell(tensor([[1.]]), (tensor([[1.]]), tensor([[2.]])), tensor([[1.], [0.], [1.], [0.]]), tensor([[0.], [1.], [0.], [1.]]))
    (tensor([[0.7057]]), tensor([[2.0189]]))
    """
    h, c = hx
    state, c = lstm_step(linear(input, w_ih, b_ih), linear(h, w_hh, b_hh), c)
    return state, c


@lstm_cell.constraints
def _(require, input, hx, w_ih, w_hh):
    require(len(hx) == 2, RuntimeError, "lstm_cell expects two hidden states")
    _input_fits(require, input, w_ih)
    _weights_fit(require, w_ih, w_hh, 4)
    _states_fit(require, input, hx[:2], w_hh)


@op("function", contract=_CONTRACT)
def gru_cell(input, hx, w_ih, w_hh, b_ih=None, b_hh=None):
    """One step of gated recurrent units from the state h = ``hx``: the new state ``n + sigmoid(z) * (h - n)``.

    With ``r, z, n`` the thirds of ``input @ w_ih.T + b_ih``, and ``R, Z, N`` those of ``h @ w_hh.T + b_hh``: r and z are added to theirs, and n is
    ``tanh(n + sigmoid(r) * N)``. Shapes: ``input`` (N, I), ``hx`` and the result (N, H), ``w_ih`` (3 H, I), ``w_hh`` (3 H, H), biases (3 H). Dtypes:
    floating point and complex ones, the same for all. Each step of the formulas is rounded. Errors: as for :func:`lstm_cell`. Gradient: that of the
    composition. Source: K. Cho and others, "Learning phrase representations using RNN encoder-decoder for statistical machine translation", 2014.

    >>> gru_cell(tensor([[1.]]), tensor([[2.]]), tensor([[1.], [0.], [1.]]), tensor([[0.], [1.], [1.]]))
    tensor([[1.8791]])
    """
    return gru_step(linear(input, w_ih, b_ih), linear(hx, w_hh, b_hh), hx)


@gru_cell.constraints
def _(require, input, hx, w_ih, w_hh):
    _input_fits(require, input, w_ih)
    _states_fit(require, input, (hx,), w_hh)
    _weights_fit(require, w_ih, w_hh, 3)
