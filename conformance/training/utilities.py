"""What programs train with besides optimizers, schedulers and layers (a :mod:`.grid`): clipping of gradients, averages of models, initial values,
sequences of several lengths, samplers, the generator's state."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Iterator

from .grid import Setting, Snapshot, look
from .place import Place

_Steps = Callable[..., Iterator[Snapshot]]


def _with_gradients(place: Place, special: float | None = None) -> list[Any]:
    """Leaves with gradients; one has none, one is 0-d, the gradient of one is transposed; the first element is as given."""
    lib = place.lib
    leaves = [place.leaf(lib.ones(shape)) for shape in ((3,), (2, 2), (), (2,))]
    for leaf in leaves[:-1]:
        leaf.grad = place.put(lib.randn(leaf.shape))
    leaves[1].grad = leaves[1].grad.t()
    if special is not None:
        leaves[0].grad[0] = special
    return leaves


def _gradients(leaves: list[Any]) -> Iterator[tuple[str, Any]]:
    for number, leaf in enumerate(leaves):
        yield from look("gradient", str(number), leaf.grad)


def _clipped_norm(place: Place, special: float | None, **options: Any) -> Iterator[Snapshot]:
    leaves = _with_gradients(place, special)
    kept = [leaf.grad for leaf in leaves]
    norm = place.lib.nn.utils.clip_grad_norm_(leaves, **options)
    same = [leaf.grad is grad for leaf, grad in zip(leaves, kept, strict=True)]
    yield dict(look("norm", "", norm)) | dict(_gradients(leaves)) | dict(look("kept", "", same))
    yield dict(look("norm", "of one", place.lib.nn.utils.clip_grad_norm_(leaves[1], 0.1, 2)))
    yield dict(look("norm", "of none", place.lib.nn.utils.clip_grad_norm_(leaves[-1:], 1.0)))


def _clipped_values(place: Place, most: float) -> Iterator[Snapshot]:
    leaves = _with_gradients(place, float("nan"))
    yield dict(look("result", "", place.lib.nn.utils.clip_grad_value_(leaves, most))) | dict(_gradients(leaves))


def _clipped_together(place: Place, norm_type: float) -> Iterator[Snapshot]:
    utils, leaves = place.lib.nn.utils, _with_gradients(place)
    norm = utils.get_total_norm([leaf.grad for leaf in leaves[:-1]], norm_type)
    utils.clip_grads_with_norm_(leaves, 0.3, norm)
    yield dict(look("norm", "", norm)) | dict(_gradients(leaves))


def _vectors(place: Place) -> Iterator[Snapshot]:
    utils, leaves = place.lib.nn.utils, _with_gradients(place)
    vector = utils.parameters_to_vector(leaves)
    utils.vector_to_parameters(vector * 2 + 1, leaves)
    yield dict(look("vector", "", vector)) | dict(look("leaves", "", leaves))


def _averaged(place: Place, averaging: str | None, buffers: bool) -> Iterator[Snapshot]:
    lib = place.lib
    nn, swa = lib.nn, lib.optim.swa_utils
    model = place.there(nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3)))
    average = swa.AveragedModel(model, multi_avg_fn=getattr(swa, averaging)() if averaging else None, use_buffers=buffers)
    for _ in range(3):
        model(place.put(lib.randn(4, 2))).sum().backward()
        with lib.no_grad():
            for parameter in model.parameters():
                parameter.add_(parameter.grad if parameter.grad is not None else 1)
        average.update_parameters(model)
        yield dict(look("average", "", dict(average.state_dict())))
    swa.update_bn([place.put(lib.randn(4, 2)) for _ in range(3)], average)
    yield dict(look("average", "", dict(average.state_dict())))


def _begun(place: Place, name: str, shape: tuple[int, ...], options: dict[str, Any]) -> Iterator[Snapshot]:
    """In the default dtype, in which random numbers are drawn."""
    tensor = place.lib.empty(shape)
    result = getattr(place.lib.nn.init, name)(tensor, **options)
    yield dict(look("begun", "", result)) | dict(look("same", "", result is tensor))


def _packed(place: Place, batch_first: bool, enforce_sorted: bool) -> Iterator[Snapshot]:
    lib = place.lib
    rnn = lib.nn.utils.rnn
    lengths = [4, 2, 1] if enforce_sorted else [2, 4, 1]
    rows = [place.leaf(lib.randn(length, 2)) for length in lengths]
    padded = rnn.pad_sequence(rows, batch_first, -1.0)
    packed = rnn.pack_padded_sequence(padded, lengths, batch_first, enforce_sorted)
    layer = place.there(lib.nn.LSTM(2, 3, 2, bidirectional=True, batch_first=batch_first))
    out, (hidden, cell) = layer(packed)
    back, sizes = rnn.pad_packed_sequence(out, batch_first, 0.5, 5)
    (back * place.put(lib.randn(back.shape))).sum().backward()
    again = rnn.unpad_sequence(back.clone(), sizes, batch_first)  # which torch transposes in place
    seen = {"padded": padded, "packed": tuple(packed), "hidden": hidden, "cell": cell, "back": back, "sizes": sizes, "again": again}
    yield dict(look("value", "", seen)) | dict(look("gradient", "", [row.grad for row in rows]))


def _fused(place: Place, convolution: bool, bias: bool) -> Iterator[Snapshot]:
    lib = place.lib
    nn = lib.nn
    pair = (nn.Conv2d(2, 3, 2, bias=bias), nn.BatchNorm2d(3)) if convolution else (nn.Linear(2, 3, bias), nn.BatchNorm1d(3))
    first, second = map(place.there, pair)
    x = place.put(lib.randn(4, 2, 3, 3) if convolution else lib.randn(4, 2))
    second(first(x)).sum().backward()
    fuse = lib.nn.utils.fusion.fuse_conv_bn_eval if convolution else lib.nn.utils.fusion.fuse_linear_bn_eval
    yield dict(look("result", "", fuse(first.eval(), second.eval())(x)))


def _sampled(place: Place, text: str) -> Iterator[Snapshot]:
    lib = place.lib
    data = lib.utils.data
    names = {"data": data, "generator": lib.Generator().manual_seed(7), "tensor": lib.tensor, "range": range, "list": list}
    for _ in range(2):
        yield dict(look("sampled", "", eval(text, names))) | dict(look("state", "", lib.get_rng_state()))


def _forked(place: Place) -> Iterator[Snapshot]:
    lib = place.lib
    with lib.random.fork_rng():
        lib.manual_seed(2**40 + 3)
        inside = lib.rand(3), lib.initial_seed()
    yield dict(look("random", "", [*inside, lib.rand(3), lib.initial_seed()]))
    generator = lib.Generator()
    generator.manual_seed(-5)
    twin = lib.Generator()
    twin.set_state(generator.get_state())
    yield dict(look("random", "", [lib.randn(17, generator=generator), lib.randn(17, generator=twin), str(generator.initial_seed())]))
    yield dict(look("random", "", [generator.get_state(), lib.get_rng_state()]))


_NORMS: tuple[dict[str, Any], ...] = (
    {"max_norm": 0.5}, {"max_norm": 100.0}, {"max_norm": 0.5, "norm_type": 1}, {"max_norm": 0.5, "norm_type": float("inf")},
    {"max_norm": 2.0, "norm_type": 3.0, "error_if_nonfinite": True}, {"max_norm": 0.5, "norm_type": 0.5, "foreach": False},
)  # fmt: skip
_BEGINNINGS: tuple[tuple[str, tuple[int, ...], dict[str, Any]], ...] = (
    ("uniform_", (3, 4), {"a": -2.0, "b": 3.0}), ("normal_", (5, 4), {"mean": 1.0, "std": 0.1}), ("constant_", (2,), {"val": 0.3}),
    ("ones_", (2,), {}), ("zeros_", (2,), {}), ("eye_", (2, 3), {}), ("dirac_", (4, 2, 3), {"groups": 2}), ("xavier_uniform_", (3, 4), {"gain": 2.0}),
    ("xavier_normal_", (5, 4, 2), {}), ("kaiming_uniform_", (3, 4, 2), {"mode": "fan_out", "nonlinearity": "tanh"}),
    ("kaiming_normal_", (3, 8), {"a": 0.5}), ("trunc_normal_", (3, 4), {"a": -0.5, "b": 1.0}), ("orthogonal_", (3, 4), {"gain": 0.5}),
    ("orthogonal_", (4, 3), {}), ("sparse_", (5, 3), {"sparsity": 0.4}),
)  # fmt: skip
_SAMPLERS = (
    "list(data.RandomSampler(range(9), generator=generator))", "list(data.RandomSampler(range(3), True, 40))",
    "list(data.SequentialSampler(range(3)))", "list(data.WeightedRandomSampler([0.1, 2.0, 0.0, 1.0], 6, generator=generator))",
    "list(data.SubsetRandomSampler([4, 2, 9, 1]))", "list(data.BatchSampler(data.SequentialSampler(range(7)), 3, True))",
    "list(data.DataLoader(tensor([5, 6, 7, 8, 9]), 2, shuffle=True))", "list(data.DataLoader(range(7), 3, shuffle=True, generator=generator))",
    "list(data.DataLoader([(1.5, 2), (0.5, 4), (2.5, 6)], 2, drop_last=True))",
    "[list(part.indices) for part in data.random_split(range(10), [0.5, 0.3, 0.2], generator)]",
    "[list(p) for p in data.random_split(range(7), [4, 3])]", "list(data.DataLoader([{'a': 1, 'b': [2.0]}, {'a': 3, 'b': [4.0]}], 2))",
)  # fmt: skip


def settings() -> tuple[Setting, ...]:
    """Of all utilities."""
    found: list[tuple[str, _Steps]] = [
        (f"clip_grad_norm_({options}), first element {special}", partial(_clipped_norm, special=special, **options))
        for options in _NORMS for special in (None, float("inf"), float("nan"), 0.0)
    ]  # fmt: skip
    found += [(f"clip_grad_value_({most})", partial(_clipped_values, most=most)) for most in (0.3, 100.0)]
    found += [(f"clip_grads_with_norm_, norm {norm}", partial(_clipped_together, norm_type=norm)) for norm in (1.0, 2.0, float("inf"))]
    found += [("parameters_to_vector", _vectors), ("fork_rng", _forked)]
    found += [
        (f"AveragedModel({averaging}, use_buffers={buffers})", partial(_averaged, averaging=averaging, buffers=buffers))
        for averaging in (None, "get_ema_multi_avg_fn", "get_swa_multi_avg_fn") for buffers in (False, True)
        if averaging != "get_swa_multi_avg_fn" or not buffers  # torch refuses to average the number of batches, an integer, in this way
    ]  # fmt: skip
    found += [
        (f"init.{name} of {shape}, {options}", partial(_begun, name=name, shape=shape, options=options)) for name, shape, options in _BEGINNINGS
    ]
    found += [
        (f"packed sequences, batch_first={first}, enforce_sorted={ordered}", partial(_packed, batch_first=first, enforce_sorted=ordered))
        for first in (False, True) for ordered in (True, False)
    ]  # fmt: skip
    found += [
        (f"fused {'convolution' if c else 'linear layer'}, bias={bias}", partial(_fused, convolution=c, bias=bias))
        for c in (False, True) for bias in (False, True)
    ]  # fmt: skip
    found += [(text, partial(_sampled, text=text)) for text in _SAMPLERS]
    return tuple(Setting(label, steps) for label, steps in found)
