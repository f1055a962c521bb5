"""Known differences of recurrent networks."""

from __future__ import annotations

from typing import Any

from ....accuracy.number_formats import FORMATS, is_float
from ....cases.case import Case, TensorSpec
from ....cases.deviation import Deviation
from ...entry import KnownDifference, complex_number, dtype_of, finite, numbers, size

_MANY = 64.0  # roundings on the way


def _narrower_gates(case: Case, deviation: Deviation) -> bool:
    """A result, or a gradient, that is off by roundings of the gates, whose dtype is narrower than its own."""
    specs = case.tensors()
    dtype = dtype_of(deviation)
    gates = specs[0].dtype
    states = [spec for spec in specs if is_float(spec.dtype) and spec.dtype != gates]
    if not states or not is_float(gates) or not is_float(dtype) or not finite(deviation.expected) or not finite(deviation.got):
        return False
    largest = max([1.0, size(deviation.expected), *[abs(value) for state in states for value in numbers(case, state)]])
    away = abs(complex_number(deviation.expected) - complex_number(deviation.got))
    return away <= _MANY * FORMATS[gates].unit_roundoff * largest


_REST = ("hx", "params", "has_biases", "num_layers", "dropout", "train", "bidirectional")


def arguments_of_layers(case: Case) -> dict[str, Any]:
    """The arguments of a call of layers by name, of either signature."""
    packed = "batch_sizes" in case.kwargs or len(case.args) > 2 and not isinstance(case.args[2 - (case.operation == "lstm")], tuple | list)
    return dict(zip(("data", "batch_sizes", *_REST) if packed else ("input", *_REST, "batch_first"), case.args)) | case.kwargs


def _shapes(values: Any) -> list[tuple[int, ...] | None]:
    return [value.shape if isinstance(value, TensorSpec) else None for value in (values if isinstance(values, tuple | list) else ())]


def weights_fit(case: Case, gates: int) -> bool:
    """Whether the weights, as far as they go, have the shapes that the input, the states and the layers ask for."""
    given = arguments_of_layers(case)
    input, hx, params, count = given.get("input", given.get("data")), given.get("hx"), _shapes(given.get("params")), given.get("num_layers")
    states = _shapes(hx if isinstance(hx, tuple | list) else (hx,))
    if not isinstance(input, TensorSpec) or not states or None in params or not isinstance(count, int):
        return False
    if any(state is None or len(state) != 3 for state in states):
        return False
    out, hidden = states[0][-1], states[-1][-1]  # type: ignore[index]
    size = 2 + 2 * bool(given.get("has_biases")) + (out != hidden)
    directions = 1 + bool(given.get("bidirectional"))
    width = input.shape[-1] if input.shape else -1
    for number in range(0, len(params), size):
        inputs = width if number // size < directions else out * directions
        wanted = [(gates * hidden, inputs), (gates * hidden, out), *[(gates * hidden,)] * 2 * bool(given.get("has_biases")),
                  *[(out, hidden)] * (out != hidden)]  # fmt: skip
        if params[number : number + size] != wanted[: len(params) - number]:
            return False
    return True


def all_fits(case: Case) -> bool:
    """Whether a long short-term memory has as many states and weights as it asks for, in their shapes, and of one dtype."""
    if not weights_fit(case, 4):
        return False
    given = arguments_of_layers(case)
    states, params = _shapes(given["hx"]), given["params"]
    input: Any = given.get("input", given.get("data"))
    rows = given["num_layers"] * (1 + bool(given.get("bidirectional")))
    packed = given.get("batch_sizes") is not None
    if len(states) != 2 or len(input.shape) != 3 - packed or len({spec.dtype for spec in (input, *given["hx"], *params)}) != 1:
        return False
    (first, batch, out), (second, other, hidden) = states  # type: ignore[misc]
    size = 2 + 2 * bool(given.get("has_biases")) + (out != hidden)
    as_many = first == second == rows and batch == other and len(params) == size * rows
    return as_many and (packed or input.shape[1 - bool(given.get("batch_first"))] == batch)


def _by_onednn(case: Case) -> bool:
    """Sequences of one length, in a dtype that oneDNN has."""
    named = arguments_of_layers(case)
    input, sizes = named.get("input", named.get("data")), named.get("batch_sizes")
    lengths = numbers(case, sizes) if isinstance(sizes, TensorSpec) else ()
    return isinstance(input, TensorSpec) and input.dtype in ("float32", "bfloat16") and len(set(lengths)) < 2


def _rows_fit(case: Case) -> bool:
    """Packed data have as many rows as their sizes say, and of the first time as many as there are states."""
    given = arguments_of_layers(case)
    if given.get("batch_sizes") is None:
        return True
    sizes = numbers(case, given["batch_sizes"])
    return sum(sizes) == given["data"].shape[0] and sizes[:1] == given["hx"][0].shape[1:2]


def _node_of_onednn(case: Case, deviation: Deviation) -> bool:
    names = (("MkldnnRnnLayerBackward0", "StackBackward0"), ("ViewBackward0", "CatBackward0"))
    return (deviation.expected, deviation.got) in names and _by_onednn(case)


# The last ones are those of packed rows that are more than the sizes say.
_WORDS_OF_ONEDNN = ("primitive desc", "unsupported data", "itensor_view", "is invalid for input of size")


def _unseen_by_onednn(case: Case, deviation: Deviation) -> bool:
    refused = deviation.got == "a result" and any(words in deviation.expected for words in _WORDS_OF_ONEDNN)
    unseen = deviation.got.startswith(("RuntimeError", "IndexError", "NotImplementedError")) and not (all_fits(case) and _rows_fit(case))
    return _by_onednn(case) and (refused or unseen)


def _no_tensor_in_a_list(case: Case, deviation: Deviation) -> bool:
    return "expected Tensor as element" in deviation.expected and "received an invalid combination of arguments" in deviation.got


ENTRIES: list[KnownDifference] = [
    KnownDifference(
        "lstm-gates-of-a-narrower-dtype", ("lstm_cell", "lstm"), ("values", "gradients"), "a state c of another dtype than the input",
        "the gates are evaluated, and rounded, in the input's dtype, and the result has the wider one: how they have been rounded shows in it",
        "import torch\n\nx, w = torch.ones(1, 1), torch.ones(4, 1)\nc = torch.ones(1, 1, dtype=torch.float64)\n"
        "narrow = torch.lstm_cell(x, (x, c), w, w)[1]\nwide = torch.lstm_cell(x.double(), (c, c), w.double(), w.double())[1]\n"
        "assert narrow.dtype == torch.float64 and 0 < (narrow - wide).abs() < 1e-6\n",
        _narrower_gates,
        open=True,
    ),
    KnownDifference(
        "lstm-nodes-of-onednn", ("lstm",), ("gradients",), "sequences of one length in float32 and bfloat16, without projections",
        "torch leaves them to oneDNN where it has been built with it, and the name of the node says so; that of other dtypes is the composition's",
        "import torch\n\nx, h, w = torch.ones(2, 1, 1), torch.ones(1, 1, 1), torch.ones(4, 1, requires_grad=True)\n"
        "names = []\nfor dtype in (torch.float32, torch.float64):\n"
        "    y = torch.lstm(x.to(dtype), (h.to(dtype), h.to(dtype)), (w.to(dtype), w.to(dtype)), False, 1, 0.0, False, False, False)[0]\n"
        "    names.append(y.grad_fn.name())\nassert names == ['MkldnnRnnLayerBackward0', 'StackBackward0']\n",
        _node_of_onednn,
    ),
    KnownDifference(
        "lstm-arguments-that-onednn-does-not-look-at", ("lstm",), ("errors",),
        "sequences of one length in float32 and bfloat16, and states or weights of which the number, a size or a dtype does not fit, "
        "or other numbers of packed rows than their sizes say",
        "torch leaves such sequences to oneDNN without a look at the numbers of states and weights and at their dtypes, and says other words where "
        "something else notices; other dtypes are refused, and of other dtypes rows beyond the sizes are left out",
        "import torch\n\nx, h, w = torch.ones(2, 1, 1), torch.ones(2, 1, 1), torch.ones(4, 1)\n"
        "assert len(torch.lstm(x, (h, h), (w, w), False, 1, 0.0, False, False, False)) == 3\n"
        "x, h, w = x.double(), h.double(), w.double()\ntry:\n    torch.lstm(x, (h, h), (w, w), False, 1, 0.0, False, False, False)\n"
        "    raise SystemExit(1)\nexcept RuntimeError as error:\n    assert 'Expected more hidden states' in str(error)\n",
        _unseen_by_onednn,
    ),
    KnownDifference(
        "lists-for-a-state", ("rnn_tanh", "rnn_relu", "gru", "lstm"), ("errors",),
        "a tuple of something else than tensors, in a call of neither signature",
        "torch names the element, which is none of weights, by the position in the other signature, which the call does not have, either",
        "import torch\n\nx, w = torch.ones(1, 1), torch.ones(1, 1)\ntry:\n"
        "    torch.rnn_tanh(x, torch.tensor([1]), (1, 'a'), (w, w), False, 1, 0.0, False, False)\n    raise SystemExit(1)\n"
        "except TypeError as error:\n    assert 'expected Tensor as element 0 in argument 2' in str(error)\n",
        _no_tensor_in_a_list,
    ),
]
