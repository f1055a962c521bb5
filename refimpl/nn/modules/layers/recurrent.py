"""Recurrent layers and cells."""

from __future__ import annotations

from math import sqrt
from numbers import Number
from typing import Any
from warnings import warn

from ....autograd.modes import modes
from ....operations.operation import operations
from ....ops.creation.filled import empty, zeros
from ... import init
from ..._names import OwnForward
from ...parameter import Parameter
from ...utils.rnn import PackedSequence
from ..module import Module

__all__ = ["GRU", "GRUCell", "LSTM", "LSTMCell", "RNN", "RNNBase", "RNNCell", "RNNCellBase"]

_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}


def _function(name: str) -> Any:
    return operations[name].function


class RNNBase(OwnForward, Module):
    """What the layers have in common.

    ``num_layers`` layers, each of the outputs of the one before, in two directions if ``bidirectional``; ``dropout`` between them in training. Inputs
    are (L, N, H), or (N, L, H) with ``batch_first``, without N, or packed sequences. All parameters, ``weight_ih_l0``, ``weight_hh_l0``,
    ``bias_ih_l0``, ``bias_hh_l0`` (and ``weight_hr_l0`` with ``proj_size``), those of the other direction with ``_reverse``, begin uniform in [-b,
    b), b = 1 / sqrt(hidden_size).
    """

    __constants__ = ["mode", "input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "proj_size"]
    __jit_unused_properties__ = ["all_weights"]
    mode: str

    def __init__(self, mode: str, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
                 dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.mode = mode
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bias = bias
        self.batch_first = batch_first
        self.dropout = float(dropout)
        self.bidirectional = bidirectional
        self.proj_size = proj_size
        directions = 2 if bidirectional else 1
        if not isinstance(dropout, Number) or not 0 <= dropout <= 1 or isinstance(dropout, bool):  # type: ignore[operator]
            raise ValueError("dropout should be a number in range [0, 1] representing the probability of an element being zeroed")
        if dropout > 0 and num_layers == 1:
            warn("dropout option adds dropout after all but last recurrent layer, so non-zero dropout expects num_layers greater than 1, but got "
                 f"dropout={dropout} and num_layers={num_layers}", stacklevel=2)
        for name, value, kind in (("bias", bias, bool), ("batch_first", batch_first, bool), ("input_size", input_size, int),
                                  ("hidden_size", hidden_size, int)):
            if not isinstance(value, kind):
                raise TypeError(f"{name} should be of type {kind.__name__}, got: {type(value).__name__}")
        for name, value in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if value <= 0:
                raise ValueError(f"{name} must be greater than zero")
        if proj_size < 0:
            raise ValueError("proj_size should be a positive integer or zero to disable projections")
        if proj_size >= hidden_size:
            raise ValueError("proj_size has to be smaller than hidden_size")
        if mode not in _GATES:
            raise ValueError("Unrecognized RNN mode: " + mode)
        gates = _GATES[mode] * hidden_size
        out = proj_size or hidden_size
        self._flat_weights_names: list[str] = []
        self._all_weights: list[list[str]] = []
        for layer in range(num_layers):
            width = input_size if layer == 0 else out * directions
            for direction in range(directions):
                suffix = f"_l{layer}" + ("_reverse" if direction else "")
                shapes = {"weight_ih": (gates, width), "weight_hh": (gates, out)}
                if bias:
                    shapes |= {"bias_ih": (gates,), "bias_hh": (gates,)}  # type: ignore[dict-item]
                if proj_size:
                    shapes["weight_hr"] = (proj_size, hidden_size)
                for name, shape in shapes.items():
                    setattr(self, name + suffix, Parameter(empty(shape, device=device, dtype=dtype)))
                self._all_weights.append([name + suffix for name in shapes])
                self._flat_weights_names += self._all_weights[-1]
        self.reset_parameters()

    @property
    def all_weights(self) -> list[list[Any]]:
        """The parameters, a list for each layer and direction."""
        return [[getattr(self, name) for name in names] for names in self._all_weights]

    @property
    def _flat_weights(self) -> list[Any]:
        return [getattr(self, name) for name in self._flat_weights_names]

    def flatten_parameters(self) -> None:
        """Does nothing: there is no kernel that wants the parameters in one piece."""

    def reset_parameters(self) -> None:
        """Draw all parameters again."""
        bound = 1.0 / sqrt(self.hidden_size)
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}"
        shown = {"proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0, "bidirectional": False}
        return text + "".join(f", {name}={getattr(self, name)}" for name, plain in shown.items() if getattr(self, name) != plain)

    # -- what is given ---------------------------------------------------------------------------
    def check_input(self, input: Any, batch_sizes: Any) -> None:
        """RuntimeError for an input of another size, ValueError for one of another dtype than the parameters, which autocast would cast."""
        weight = self._flat_weights[0].dtype
        if input.dtype is not weight and input.device.type not in (modes.autocast or ()):
            raise ValueError(f"RNN input dtype ({input.dtype}) does not match weight dtype ({weight}). Convert input: input.to({weight}), or convert "
                             f"model: model.to({input.dtype})")
        expected = 3 if batch_sizes is None else 2
        if input.dim() != expected:
            raise RuntimeError(f"input must have {expected} dimensions, got {input.dim()}")
        if self.input_size != input.size(-1):
            raise RuntimeError(f"input.size(-1) must be equal to input_size. Expected {self.input_size}, got {input.size(-1)}")

    def _state_size(self, input: Any, batch_sizes: Any, size: int) -> tuple[int, int, int]:
        batch = input.size(0 if self.batch_first else 1) if batch_sizes is None else int(batch_sizes[0])
        return self.num_layers * (2 if self.bidirectional else 1), batch, size

    def get_expected_hidden_size(self, input: Any, batch_sizes: Any) -> tuple[int, int, int]:
        """The size of the state that goes with an input."""
        return self._state_size(input, batch_sizes, self.proj_size or self.hidden_size)

    def check_hidden_size(self, hx: Any, expected_hidden_size: tuple[int, int, int], msg: str = "Expected hidden size {}, got {}") -> None:
        """RuntimeError for a state of another size."""
        if tuple(hx.size()) != tuple(expected_hidden_size):
            raise RuntimeError(msg.format(expected_hidden_size, list(hx.size())))

    def check_forward_args(self, input: Any, hidden: Any, batch_sizes: Any) -> None:
        """The checks of the input and of the state."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden, self.get_expected_hidden_size(input, batch_sizes))

    def permute_hidden(self, hx: Any, permutation: Any) -> Any:
        """The states of the sequences in another order."""
        if permutation is None:
            return hx
        return tuple(h.index_select(1, permutation) for h in hx) if isinstance(hx, tuple) else hx.index_select(1, permutation)

    def _start(self, input: Any, batch_sizes: Any) -> Any:
        """The state at the beginning, if none is given."""
        return zeros(self.get_expected_hidden_size(input, batch_sizes), dtype=input.dtype, device=input.device)

    def _call(self, input: Any, hx: Any, batch_sizes: Any) -> tuple[Any, ...]:
        function = _function(self.mode.lower())
        options = (self._flat_weights, self.bias, self.num_layers, self.dropout, self.training, self.bidirectional)
        if batch_sizes is not None:
            return function(input, batch_sizes, hx, *options)  # type: ignore[no-any-return]
        return function(input, hx, *options, self.batch_first)  # type: ignore[no-any-return]

    def forward(self, input: Any, hx: Any = None) -> Any:
        two = self.mode == "LSTM"
        if isinstance(input, PackedSequence):
            data, batch_sizes, order, back = input
            hidden = self._start(data, batch_sizes) if hx is None else self.permute_hidden(tuple(hx) if two else hx, order)
            self.check_forward_args(data, hidden, batch_sizes)
            output, *states = self._call(data, hidden, batch_sizes)
            states = [self.permute_hidden(state, back) for state in states]
            return PackedSequence(output, batch_sizes, order, back), tuple(states) if two else states[0]
        if input.dim() not in (2, 3):
            shown = f"{input.dim()}D tensor" if self.mode.startswith("RNN") else f"{input.dim()}D"
            raise ValueError(f"{self._get_name()}: Expected input to be 2D or 3D, got {shown} instead")
        alone = input.dim() == 2
        if alone:
            input = input.unsqueeze(0 if self.batch_first else 1)
        if hx is None:
            hidden = self._start(input, None)
        else:
            given: tuple[Any, ...] = (hx[0], hx[1]) if two else (hx,)
            expected = 2 if alone else 3
            if any(h.dim() != expected for h in given):
                if two:
                    shown = f"({given[0].dim()}-D, {given[1].dim()}-D)"
                    kind = "unbatched 2-D" if alone else "batched 3-D"
                    raise RuntimeError(f"For {kind} input, hx and cx should also be {expected}-D but got {shown} tensors")
                kind = "unbatched 2-D" if alone else "batched 3-D"
                raise RuntimeError(f"For {kind} input, hx should also be {expected}-D but got {given[0].dim()}-D tensor")
            if alone:
                given = tuple(h.unsqueeze(1) for h in given)
            hidden = given if two else given[0]
        self.check_forward_args(input, hidden, None)
        output, *states = self._call(input, hidden, None)
        if alone:
            output = output.squeeze(0 if self.batch_first else 1)
            states = [state.squeeze(1) for state in states]
        return output, tuple(states) if two else states[0]


def _no_projection(options: dict[str, Any]) -> None:
    if "proj_size" in options:
        raise ValueError("proj_size argument is only supported for LSTM, not RNN or GRU")


class RNN(RNNBase):
    """``h' = tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu, over a sequence: outputs and the last state.

    Options are those of :class:`RNNBase` without ``mode`` and ``proj_size``, and ``nonlinearity``, "tanh" or "relu", behind ``num_layers``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        if len(args) > 3:
            self.nonlinearity, args = args[3], args[:3] + args[4:]
        else:
            self.nonlinearity = kwargs.pop("nonlinearity", "tanh")
        if self.nonlinearity not in ("tanh", "relu"):
            raise ValueError(f"Unknown nonlinearity '{self.nonlinearity}'. Select from 'tanh' or 'relu'.")
        super().__init__(f"RNN_{self.nonlinearity.upper()}", *args, **kwargs)


class LSTM(RNNBase):
    """Long short-term memory (Hochreiter and Schmidhuber 1997) over a sequence: outputs, and the last states (h, c).

    Options are those of :class:`RNNBase` without ``mode``. With ``proj_size`` h is projected to that size.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__("LSTM", *args, **kwargs)

    def get_expected_cell_size(self, input: Any, batch_sizes: Any) -> tuple[int, int, int]:
        """The size of the state c that goes with an input."""
        return self._state_size(input, batch_sizes, self.hidden_size)

    def check_forward_args(self, input: Any, hidden: Any, batch_sizes: Any) -> None:
        """The checks of the input and of both states."""
        self.check_input(input, batch_sizes)
        self.check_hidden_size(hidden[0], self.get_expected_hidden_size(input, batch_sizes), "Expected hidden[0] size {}, got {}")
        self.check_hidden_size(hidden[1], self.get_expected_cell_size(input, batch_sizes), "Expected hidden[1] size {}, got {}")

    def _start(self, input: Any, batch_sizes: Any) -> Any:
        sizes = self.get_expected_hidden_size(input, batch_sizes), self.get_expected_cell_size(input, batch_sizes)
        return tuple(zeros(size, dtype=input.dtype, device=input.device) for size in sizes)


class GRU(RNNBase):
    """Gated recurrent units (Cho et al. 2014) over a sequence: outputs and the last state.

    Options are those of :class:`RNNBase` without ``mode`` and ``proj_size``.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _no_projection(kwargs)
        super().__init__("GRU", *args, **kwargs)


# -- cells -----------------------------------------------------------------------------------------


class RNNCellBase(Module):
    """One step of a recurrent layer."""

    __constants__ = ["input_size", "hidden_size", "bias"]
    bias_ih: Any
    bias_hh: Any
    function: str

    def __init__(self, input_size: int, hidden_size: int, bias: bool, num_chunks: int, device: Any = None, dtype: Any = None) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.bias = bias
        self.weight_ih = Parameter(empty((num_chunks * hidden_size, input_size), device=device, dtype=dtype))
        self.weight_hh = Parameter(empty((num_chunks * hidden_size, hidden_size), device=device, dtype=dtype))
        for name in ("bias_ih", "bias_hh"):
            self.register_parameter(name, Parameter(empty(num_chunks * hidden_size, device=device, dtype=dtype)) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters again."""
        bound = 1.0 / sqrt(self.hidden_size) if self.hidden_size > 0 else 0
        for weight in self.parameters():
            init.uniform_(weight, -bound, bound)

    def extra_repr(self) -> str:
        text = f"{self.input_size}, {self.hidden_size}" + ("" if self.bias is True else f", bias={self.bias}")
        nonlinearity = getattr(self, "nonlinearity", "tanh")
        return text + ("" if nonlinearity == "tanh" else f", nonlinearity={nonlinearity}")

    def _step(self, input: Any, hx: Any, states: int) -> tuple[Any, ...]:
        """The new states, with a batch dimension, and whether that was added."""
        name = type(self).__name__
        if input.dim() not in (1, 2):
            raise ValueError(f"{name}: Expected input to be 1D or 2D, got {input.dim()}D instead")
        given: tuple[Any, ...] = () if hx is None else (hx[0], hx[1]) if states == 2 else (hx,)
        for i, state in enumerate(given):
            if state.dim() not in (1, 2):
                which = "hidden" if states == 1 else f"hx[{i}]"
                raise ValueError(f"{name}: Expected {which} to be 1D or 2D, got {state.dim()}D instead")
        alone = input.dim() == 1
        if alone:
            input = input.unsqueeze(0)
            given = tuple(state.unsqueeze(0) for state in given)
        if not given:
            given = tuple(zeros(input.size(0), self.hidden_size, dtype=input.dtype, device=input.device) for _ in range(states))
        made = _function(self.function)(input, given if states == 2 else given[0], self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
        made = made if states == 2 else (made,)
        return tuple(state.squeeze(0) for state in made) if alone else tuple(made)


class RNNCell(RNNCellBase):
    """``tanh(W_ih x + b_ih + W_hh h + b_hh)``, or relu."""

    __constants__ = ["input_size", "hidden_size", "bias", "nonlinearity"]

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None,
                 dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 1, device, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        if self.nonlinearity not in ("tanh", "relu"):
            raise RuntimeError(f"Unknown nonlinearity: {self.nonlinearity}")
        self.function = f"rnn_{self.nonlinearity}_cell"
        return self._step(input, hx, 1)[0]


class LSTMCell(RNNCellBase):
    """One step of :class:`LSTM`: the states (h, c)."""

    function = "lstm_cell"

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 4, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step(input, hx, 2)


class GRUCell(RNNCellBase):
    """One step of :class:`GRU`: the state."""

    function = "gru_cell"

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None) -> None:
        super().__init__(input_size, hidden_size, bias, 3, device, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        return self._step(input, hx, 1)[0]
