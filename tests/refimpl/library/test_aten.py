"""refimpl.ops.aten: the list is torch's, every overload does what torch's does with the same arguments, and lowered graphs run on it."""

from __future__ import annotations

import copy
import math
import subprocess
import sys
from pathlib import Path

import exported
import pytest
import torch

import refimpl
from refimpl.ops import aten
from refimpl.signatures.aten import schemas

ROOT = Path(__file__).parents[3]
OVERLOADS = [f"{name}.{overload}" for name, found in schemas().items() for overload in found]
PRESENT = [name for name in OVERLOADS if name not in aten.missing()]
DRAWN = {"rand.default", "randn.default", "randperm.default", "empty.memory_format", "empty_strided.default"}


def x(*shape, **options):
    return (torch.arange(math.prod(shape), **options) * 5 % 7 - 2).reshape(shape)


FLOATS, MORE, INDEX = x(2, 3, dtype=torch.float32) / 4, x(2, 3, dtype=torch.float32) / 2 + 2, torch.tensor([[1, 0, 1]])
BITS, IMAGE = x(2, 3), x(1, 2, 4, 4, dtype=torch.float32)

# What the names and types of a schema's parameters do not tell.
SAMPLES = {
    "_cdist_forward.default": (FLOATS, MORE, 2.0, None),
    "_fft_c2r.default": (FLOATS.to(torch.complex64), [1], 0, 4),
    "_fft_r2c.default": (FLOATS, [1], 0, True),
    "_local_scalar_dense.default": (torch.tensor(2.5),),
    "addmm.default": (torch.ones(2), FLOATS, torch.ones(3, 2)),
    "arange.start_step": (1, 6, 2),
    "as_strided.default": (FLOATS, [2, 2], [1, 2], 1),
    "bmm.default": (FLOATS[None], torch.ones(1, 3, 2)),
    "cat.default": ([FLOATS, MORE], 1),
    "clamp.Tensor": (FLOATS, MORE - 2, None),
    "clamp.default": (FLOATS, None, 0.5),
    "constant_pad_nd.default": (FLOATS, [1, 2], 3),
    "convolution.default": (IMAGE, torch.ones(3, 2, 2, 2), torch.ones(3), [1, 1], [1, 0], [1, 1], False, [0, 0], 1),
    "diagonal.default": (FLOATS, 1, 1, 0),
    "expand.default": (FLOATS[None], [4, 2, 3]),
    "flip.default": (FLOATS, [0, 1]),
    "full.default": ([2, 3], 1.5),
    "full_like.default": (FLOATS, 2),
    "gather.default": (FLOATS, 1, INDEX),
    "index.Tensor": (FLOATS, [None, torch.tensor([2, 0])]),
    "index_put.default": (FLOATS, [torch.tensor([1])], torch.tensor(9.0)),
    "index_select.default": (FLOATS, 1, torch.tensor([2, 0])),
    "masked_scatter.default": (FLOATS, FLOATS > 0, MORE),
    "mm.default": (FLOATS, torch.ones(3, 2)),
    "native_layer_norm.default": (FLOATS, [3], torch.ones(3), torch.ones(3), 1e-5),
    "native_group_norm.default": (IMAGE, torch.ones(2), torch.ones(2), 1, 2, 16, 1, 1e-5),
    "permute.default": (FLOATS, [1, 0]),
    "pow.Scalar": (2.0, FLOATS),
    "repeat.default": (FLOATS, [2, 1]),
    "reflection_pad1d.default": (FLOATS, [1, 2]),
    "reflection_pad2d.default": (IMAGE, [1, 2, 1, 0]),
    "reflection_pad3d.default": (IMAGE[None], [1, 0, 1, 0, 1, 0]),
    "replication_pad2d.default": (IMAGE, [1, 2, 1, 0]),
    "replication_pad3d.default": (IMAGE[None], [1, 0, 1, 0, 1, 0]),
    "scalar_tensor.default": (2.5,),
    "scatter.src": (FLOATS, 1, INDEX, MORE),
    "scatter.value": (FLOATS, 1, INDEX, 7.0),
    "scatter_add.default": (FLOATS, 1, INDEX, MORE),
    "scatter_reduce.two": (FLOATS, 1, INDEX, MORE, "amax"),
    "select_scatter.default": (FLOATS, MORE[0], 0, 1),
    "slice.Tensor": (FLOATS, 1, 0, 2, 1),
    "slice_scatter.default": (FLOATS, MORE[:, :2], 1, 0, 2, 1),
    "split_with_sizes.default": (FLOATS, [1, 2], 1),
    "squeeze.dim": (FLOATS[None], 0),
    "squeeze.dims": (FLOATS[None], [0]),
    "topk.default": (MORE + FLOATS, 2),
    "upsample_bilinear2d.vec": (IMAGE, [6, 6], False, None),
    "upsample_nearest2d.vec": (IMAGE, [6, 6], None),
    "view.default": (FLOATS, [3, 2]),
    "where.self": (FLOATS > 0, FLOATS, MORE),
    "grid_sampler_2d.default": (IMAGE, torch.zeros(1, 3, 3, 2), 0, 0, False),
    "col2im.default": (torch.ones(1, 8, 9), [4, 4], [2, 2], [1, 1], [0, 0], [1, 1]),
    "embedding.default": (MORE, torch.tensor([1, 0])),
    "embedding_dense_backward.default": (MORE, torch.tensor([1, 0]), 3, -1, False),
    "_embedding_bag.default": (MORE, torch.tensor([1, 0]), torch.tensor([0])),
    "native_dropout.default": (FLOATS, 0.0, True),
    "convolution_backward.default": (torch.ones(1, 3, 3, 3), IMAGE, torch.ones(3, 2, 2, 2), [3], [1, 1], [0, 0], [1, 1], False, [0, 0], 1,
                                     [True, True, True]),
    "_native_batch_norm_legit_no_training.default": (IMAGE, torch.ones(2), torch.ones(2), torch.zeros(2), torch.ones(2), 0.1, 1e-5),
    "_native_batch_norm_legit.no_stats": (IMAGE, torch.ones(2), torch.ones(2), True, 0.1, 1e-5),
    "_native_batch_norm_legit.default": (IMAGE, torch.ones(2), torch.ones(2), torch.zeros(2), torch.ones(2), True, 0.1, 1e-5),
    "avg_pool2d.default": (IMAGE, [2, 2], [2, 1], [1, 0]),
    "avg_pool3d.default": (IMAGE[None], [1, 2, 2], [1, 2, 1], [0, 1, 0]),
    "max_pool2d_with_indices.default": (IMAGE, [2, 2], [2, 1], [1, 0], [1, 2]),
    "max_pool3d_with_indices.default": (IMAGE[None], [1, 2, 2], [1, 2, 1], [0, 1, 0]),
    "avg_pool2d_backward.default": (torch.ones(1, 2, 2, 2), IMAGE, [2, 2], [2, 2], [0, 0], False, True, None),
    "max_pool2d_with_indices_backward.default": (torch.ones(1, 2, 2, 2), IMAGE, [2, 2], [2, 2], [0, 0], [1, 1], False,
                                                 torch.ones(1, 2, 2, 2, dtype=torch.int64)),
    "native_layer_norm_backward.default": (MORE, FLOATS, [3], torch.ones(2, 1), torch.ones(2, 1), torch.ones(3), torch.ones(3), [True] * 3),
    "native_group_norm_backward.default": (IMAGE, IMAGE + 1, torch.ones(1, 1), torch.ones(1, 1), torch.ones(2), 1, 2, 16, 1, [True, True, True]),
    "_adaptive_avg_pool2d_backward.default": (torch.ones(1, 2, 2, 2), IMAGE),
}  # fmt: skip


def sample(name):
    """Arguments for an overload: those of the table, or what follows from the schema."""
    if name in SAMPLES:
        return SAMPLES[name]
    schema = schemas()[name.partition(".")[0]][name.partition(".")[2]]
    tensor = BITS if name.startswith("bitwise") else IMAGE if "pool2d" in name else IMAGE[None] if "pool3d" in name else FLOATS
    values = {"Tensor": tensor, "Tensor(a)": tensor, "Scalar": 2, "int": 1, "SymInt": 1, "bool": False, "float": 2.0, "int[2]": [2, 2],
              "int[3]": [2, 2, 2], "SymInt[2]": [2, 2], "SymInt[3]": [2, 2, 2],
              "int[1]?": [1], "int[1]": [1], "int?": 1, "int[]?": [1], "int[]": [1]}  # fmt: skip
    return tuple([MORE if p.name in ("other", "exponent", "src") and p.type == "Tensor" and not name.startswith("bitwise") else values[p.type]
                  for p in schema.parameters if not p.keyword_only and p.type in values])  # fmt: skip


def options(name):
    """Keyword arguments that the schema asks for."""
    schema = schemas()[name.partition(".")[0]][name.partition(".")[2]]
    if name == "atan2.out":
        return {"out": torch.zeros(2, 3)}
    return {p.name: "floor" for p in schema.parameters if p.keyword_only and p.type == "str?"}


def test_the_list_is_torchs():
    from refimpl.signatures.generate import CORE_ATEN

    # In a process of its own: torch.export, which other tests here use, tags more operators.
    program = "from refimpl.signatures.generate import core_aten; print(core_aten(), end='')"
    printed = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    written, of_torch = CORE_ATEN.read_text(encoding="utf-8").splitlines(), printed.splitlines()
    assert written == of_torch or written[0] != of_torch[0]


@pytest.mark.parametrize("name", [name for name in PRESENT if name not in DRAWN])
def test_an_overload_does_what_torchs_does(name):
    args, kwargs = copy.deepcopy(sample(name)), options(name)
    packet, _, overload = name.partition(".")
    ours = getattr(getattr(aten, packet), overload)(*map(exported.as_refimpl, args), **{k: exported.as_refimpl(v) for k, v in kwargs.items()})
    theirs = getattr(getattr(torch.ops.aten, packet), overload)(*args, **kwargs)
    for a, b in zip(*[r if isinstance(r, (tuple, list)) else (r,) for r in (ours, theirs)], strict=True):
        if not isinstance(b, torch.Tensor):
            assert a == b
            continue
        assert (str(a.dtype), tuple(a.shape)) == (str(b.dtype).replace("torch", str(a.dtype).partition(".")[0]), tuple(b.shape))
        back = torch.tensor(a.tolist(), dtype=b.dtype).reshape(b.shape)
        # The contracts of the operations are the suite's affair; here arguments that went astray would be seen.
        exact = not (b.is_floating_point() or b.is_complex())
        assert torch.equal(back, b) if exact else torch.allclose(back, b, rtol=2.0**-20, atol=2.0**-20, equal_nan=True)


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_what_is_drawn_or_left_open_has_the_shape_and_dtype_of_torchs(name):
    args = {"randperm.default": (5,), "empty_strided.default": ([2, 3], [1, 2])}.get(name, ([2, 3],))
    packet, _, overload = name.partition(".")
    results = []
    for library in (refimpl, torch):
        library.manual_seed(3)
        results.append(getattr(getattr(library.ops.aten, packet), overload)(*args))
    ours, theirs = results
    assert tuple(ours.shape) == tuple(theirs.shape) and ours.stride() == theirs.stride()
    assert "empty" in name or torch.allclose(torch.tensor(ours.tolist()).double(), theirs.double(), rtol=2.0**-20)


def test_a_packet_takes_the_overload_that_fits():
    t = refimpl.tensor([1.0, 2.0])
    assert aten.add(t, t).tolist() == [2.0, 4.0] and aten.add(t, 1).tolist() == [2.0, 3.0]
    assert aten.pow(2, t).tolist() == [2.0, 4.0] and aten.pow(t, 2).tolist() == [1.0, 4.0]
    assert aten.add.overloads() == ["Scalar", "Tensor"]
    for wrong in (lambda: aten.add("a", t), lambda: aten.add.Tensor(t), lambda: aten.add.Tensor(t, t, beta=1), lambda: aten.relu.default(t, t)):
        with pytest.raises(TypeError):
            wrong()
    for wrong in (lambda: aten.add.other, lambda: aten.no_such_operator):
        with pytest.raises(AttributeError):
            wrong()


# -- graphs of torch.export --------------------------------------------------------------------------


class Perceptron(torch.nn.Module):
    """Two hidden layers; the bound of its error has as many roundings as each layer has inputs."""

    terms = 20 + 16 + 12 + 3 * 2
    shape = (7, 20)

    def __init__(self, hidden=torch.nn.Tanh):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(20, 16), torch.nn.ReLU(), torch.nn.Linear(16, 12), hidden(), torch.nn.Linear(12, 5))

    def forward(self, x):
        return self.layers(x)


class Convolutions(torch.nn.Module):
    """Two convolutions, the second with a stride, and a layer on the flattened image."""

    terms = 2 * 9 + 4 * 9 + 3 * 16 + 3 * 2
    shape = (2, 2, 8, 8)

    def __init__(self, hidden=torch.nn.Tanh):
        super().__init__()
        first, second = torch.nn.Conv2d(2, 4, 3, padding=1), torch.nn.Conv2d(4, 3, 3, stride=2, padding=1)
        self.features = torch.nn.Sequential(first, torch.nn.ReLU(), second, hidden())
        self.head = torch.nn.Linear(3 * 16, 5)

    def forward(self, x):
        return self.head(self.features(x).flatten(1))


@pytest.mark.parametrize("network", [Perceptron, Convolutions])
def test_an_exported_network_runs_node_by_node(network):
    """Within the contract of its sums: the roundings of each layer, times the network of absolute numbers; relu and tanh are contractions."""
    torch.manual_seed(0)
    model, inputs = network(), torch.randn(network.shape)
    program = exported.core_graph(model, inputs)
    (result,) = exported.run(program, inputs)
    exact = copy.deepcopy(model).double()(inputs.double())
    size = network(torch.nn.Identity).double()
    size.load_state_dict({name: value.abs().double() for name, value in model.state_dict().items()})
    bound = network.terms * 2.0**-24 * size(inputs.double().abs())
    error = (torch.tensor(result.tolist(), dtype=torch.float64) - exact).abs()
    assert (error <= bound).all() and error.max() > 0
    assert {str(node.target).partition(".")[0] for node in program.graph.nodes if node.op == "call_function"} == {"aten"}


class Transformer(torch.nn.Module):
    """Embeddings, one block of causal attention with two heads and a gelu layer, each behind a layer norm, and a layer that tells the next token."""

    def __init__(self):
        super().__init__()
        self.tokens, self.places = torch.nn.Embedding(11, 8), torch.nn.Parameter(torch.randn(6, 8))
        self.first, self.second, self.last = (torch.nn.LayerNorm(8) for _ in range(3))
        self.qkv, self.mixed = torch.nn.Linear(8, 24), torch.nn.Linear(8, 8)
        self.wide, self.narrow, self.head = torch.nn.Linear(8, 16), torch.nn.Linear(16, 8), torch.nn.Linear(8, 11)

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places
        q, k, v = self.qkv(self.first(x)).reshape(*tokens.shape, 3, 2, 4).permute(2, 0, 3, 1, 4)
        future = torch.ones(6, 6, dtype=torch.bool).triu(1)
        weights = (q @ k.transpose(-1, -2) / 2.0).masked_fill(future, float("-inf")).softmax(-1)
        x = x + self.mixed((weights @ v).transpose(1, 2).reshape(*tokens.shape, 8))
        return self.head(self.last(x + self.narrow(torch.nn.functional.gelu(self.wide(self.second(x))))))


def test_an_exported_transformer_runs_node_by_node():
    """As near to torch's float64 run as docs/contracts.md asks of a step of training: 4 times torch's own distance, and 32 roundings."""
    torch.manual_seed(0)
    model, tokens = Transformer(), torch.randint(11, (2, 6))
    (result,) = exported.run(exported.core_graph(model, tokens), tokens)
    own, exact = model(tokens).double(), copy.deepcopy(model).double()(tokens)
    error = (torch.tensor(result.tolist(), dtype=torch.float64) - exact).abs().max()
    assert error <= 4 * (own - exact).abs().max() + 32 * 2.0**-24 * exact.abs().max()
