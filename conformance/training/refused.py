"""What optimizers, schedulers and modules refuse, and what their defaults are (a :mod:`.grid`): each option takes values that most refuse.

A step of a setting is one call. Of an optimizer or a scheduler that is refused, the error's type and words are looked at; of a module, whose call
may break the rules of several operations at once, that it is refused. What is taken is called, and its results are looked at. The sizes, words and
rates of the modules in :mod:`.layers` are changed in turn, and each is also made of the arguments that it cannot do without.
"""

from __future__ import annotations

import ast
import inspect
import math
import zlib
from functools import partial
from typing import Any, Callable, Iterator

from . import layers, options, schedulers
from .grid import DRAWN, Setting, Snapshot, look
from .place import Place

_NUMBERS = (-1.0, math.nan, 0.0, 1.0, 2.0)
_FEW = 3  # changes of one module: others come up in other modules of its kind
# Torch takes poolings of no size, and reads what is not there; it does not take bags of rows of no size; of equal norms any may be the least.
_UNSPECIFIED = ("FractionalMaxPool", "EmbeddingBag", "utils.prune.ln_structured")


def _called(name: str, call: Callable[..., Any], *args: Any, **kwargs: Any) -> Snapshot:
    """What a call gives, or how it is refused."""
    try:
        return dict(look("taken", name, call(*args, **kwargs)))
    except Exception as error:  # noqa: BLE001 - whatever a backend raises is what is being judged
        return dict(look("refused", name, f"{type(error).__name__}: {error}"))


def settings() -> tuple[Setting, ...]:
    """Of all optimizers, schedulers and modules."""
    found = [Setting(f"options of {name}", partial(_optimizer, name=name), True) for name in options.GRIDS]
    found.append(Setting("groups of an optimizer", _groups))
    found += [Setting(f"options of {name}", partial(_scheduler, name=name), True) for name in _WRONG_RATES]
    texts = {text: inputs for inputs, several in layers.LAYERS.items() for text in several}
    found += [Setting(f"{text}, changed", partial(_module, text=text, inputs=inputs)) for text, inputs in texts.items()]
    return tuple(found)


# -- optimizers and schedulers -----------------------------------------------------------------
def _optimizer(place: Place, name: str) -> Iterator[Snapshot]:
    """Each option that is a number, or a pair of them, with numbers that few take, for one step."""
    defaults = options.GRIDS[name].options | {"lr": (0.01,), "weight_decay": (0.0,), "eps": (1e-8,)}
    for option, (default, *_) in defaults.items():
        for number in _NUMBERS:
            given: list[Any] = []
            if isinstance(default, tuple):
                given = [default[:i] + (number,) + default[i + 1 :] for i in range(len(default))]
            elif type(default) in (int, float):
                given = [type(default)(number)] if not isinstance(default, int) or number == number else []
            for value in given:
                yield _called(f"{option}={value}", _one_step, place, name, **{option: value})


def _one_step(place: Place, name: str, **chosen: Any) -> Any:
    leaf = place.leaf(place.lib.ones(2) * 1.5)
    by = getattr(place.lib.optim, name)([leaf], **chosen)

    def loss() -> Any:
        by.zero_grad()
        found = (leaf * leaf).sum()
        found.backward()
        return found

    by.step(loss)
    return leaf


def _groups(place: Place) -> Iterator[Snapshot]:
    """Parameters that are none, that are given twice, that make no group; a state of other groups."""
    lib = place.lib
    one, two = place.leaf(lib.ones(2)), place.leaf(lib.ones(3))
    sgd = lib.optim.SGD
    given: dict[str, Any] = {
        "nothing": [], "a tensor": one, "a number": [1.0], "a result": [one * 2], "twice": [one, one], "a set": {one}, "names": [("a", one), two],
        "the same name": [("a", one), ("a", two)], "in two groups": [{"params": [one]}, {"params": [one, two]}], "no params": [{"lr": 0.1}],
        "a set of params": [{"params": {one}}], "one that is no list": [{"params": one}], "a dict": {"params": [one]},
    }  # fmt: skip
    for name, parameters in given.items():
        yield _called(name, lambda chosen: [len(group["params"]) for group in sgd(chosen, lr=0.1).param_groups], parameters)
    by = sgd([{"params": [one]}, {"params": [two], "momentum": 0.5}], lr=0.1)
    yield _called("a group of what is there", lambda: by.add_param_group({"params": [two]}))
    yield _called("a group that is none", lambda: by.add_param_group([two]))
    yield _called("a state of one group", lambda: by.load_state_dict(sgd([one], lr=0.2).state_dict()))
    other = sgd([{"params": [one, two]}, {"params": [place.leaf(lib.ones(1))]}], lr=0.2)
    yield _called("a state of other groups", lambda: by.load_state_dict(other.state_dict()))
    yield _called("LBFGS of groups", lambda: lib.optim.LBFGS([{"params": [one]}, {"params": [two]}]) and None)
    yield _called("no closure", lambda: lib.optim.LBFGS([one]).step())


# Options of schedulers that are wrong, for two groups; the others are as the first combination of their grid has them.
_WRONG_RATES: dict[str, dict[str, tuple[Any, ...]]] = {
    "LambdaLR": {"lr_lambda": ([abs], [abs, abs, abs])}, "MultiplicativeLR": {"lr_lambda": ([abs],)},
    "ConstantLR": {"factor": (-0.5, 1.5)}, "LinearLR": {"start_factor": (0.0, 1.5), "end_factor": (-0.5, 2.0)},
    "CosineAnnealingWarmRestarts": {"T_0": (0, -1, 1.5), "T_mult": (0, 1.5)},
    "CyclicLR": {"base_lr": ([0.1],), "mode": ("bogus",), "max_lr": ([0.3, 0.2, 0.1],)},
    "OneCycleLR": {"max_lr": ([0.3],), "total_steps": (0, -1, 2.5), "pct_start": (-0.5, 2.0, 1), "anneal_strategy": ("bogus",)},
    "ReduceLROnPlateau": {"mode": ("bogus",), "factor": (1.0,), "threshold_mode": ("bogus",), "min_lr": ([0.1],)},
    "SWALR": {"swa_lr": ([0.1],), "anneal_epochs": (-1, 1.5), "anneal_strategy": ("bogus",)},
    "SequentialLR": {"milestones": ([],)}, "StepLR": {"last_epoch": (3,)}, "ExponentialLR": {"last_epoch": (3,)},
}  # fmt: skip


def _scheduler(place: Place, name: str) -> Iterator[Snapshot]:
    lib, grid = place.lib, schedulers.GRIDS[name]
    first = {option: values[0] for option, values in grid.options.items()}

    def rates(changed: dict[str, Any]) -> list[float]:
        leaves = [place.leaf(lib.ones(2)), place.leaf(lib.ones(3))]
        by = lib.optim.SGD([{"params": leaves[:1]}, {"params": leaves[1:], "lr": 0.04}], lr=0.1, momentum=0.9)
        scheduler = schedulers.made(lib, name, by, first | changed)
        by.step()
        scheduler.step(*grid.metrics[:1])
        return [group["lr"] for group in by.param_groups]

    for option, values in _WRONG_RATES[name].items():
        for value in values:
            shown = value if not isinstance(value, list) else len(value)
            yield _called(f"{option} {shown}", rates, {option: value})


# -- modules -----------------------------------------------------------------------------------
def _module(place: Place, text: str, inputs: tuple[str, ...]) -> Iterator[Snapshot]:
    for changed in _changed(text):
        yield _applied(place, changed, changed, inputs, lambda first: first)
    for name, change in _OTHER_INPUTS.items():
        yield _applied(place, name, text, inputs, change)


_OTHER_INPUTS: dict[str, Callable[[Any], Any]] = {
    "of more dimensions": lambda first: first.unsqueeze(0).unsqueeze(0), "of fewer": lambda first: first.select(0, 0),
    "transposed": lambda first: first.transpose(0, -1),
}  # fmt: skip


def _applied(place: Place, name: str, text: str, inputs: tuple[str, ...], change: Callable[[Any], Any]) -> Snapshot:
    lib = place.lib
    drawn: Snapshot = {}

    def results() -> list[Any]:
        lib.manual_seed(5)
        args, kwargs = layers.drawn_inputs(place, inputs)
        module = layers.made(place, text).eval()
        before = lib.get_rng_state()
        found = list(layers.floats(module(change(args[0]), *args[1:], **kwargs)))
        if not lib.equal(before, lib.get_rng_state()):
            drawn[DRAWN] = "yes"
        return found

    step = _called(name, results)
    return {key: "yes" if key.startswith("refused") else value for key, value in step.items()} | drawn


def _changed(text: str) -> list[str]:
    """The module with one of its arguments changed, in turn, and with as few as it takes."""
    call = ast.parse(text, mode="eval").body
    if text.startswith(_UNSPECIFIED) or not isinstance(call, ast.Call):
        return []
    found = []
    for number, argument in enumerate(call.args):
        for new in _others(argument):
            found.append(ast.Call(call.func, [*call.args[:number], new, *call.args[number + 1 :]], call.keywords))
    for number, keyword in enumerate(call.keywords):
        for new in _others(keyword.value):
            keywords = [*call.keywords[:number], ast.keyword(keyword.arg, new), *call.keywords[number + 1 :]]
            found.append(ast.Call(call.func, call.args, keywords))
    start = zlib.crc32(text.encode())
    few = [found[(start + i * len(found) // _FEW) % len(found)] for i in range(min(_FEW, len(found)))]
    return [*dict.fromkeys(map(ast.unparse, few)), *_with_fewest(call)]


def _others(argument: ast.expr) -> list[ast.expr]:
    """Other values than that of a number or a word."""
    if not isinstance(argument, (ast.Constant, ast.UnaryOp)):
        return []
    value = ast.literal_eval(argument)
    others: tuple[Any, ...] = ()
    if type(value) is int:
        others = (0, value + 1)
    elif isinstance(value, float):
        others = (-1.0, 2.0)
    elif isinstance(value, str):
        others = ("bogus",)
    return [ast.Constant(other) for other in others]


def _with_fewest(call: ast.Call) -> list[str]:
    """A module of torch.nn with the arguments that have no default, if it is given others."""
    import torch

    if not isinstance(call.func, ast.Name) or any(isinstance(each, ast.Call) for each in call.args):
        return []
    parameters = list(inspect.signature(getattr(torch.nn, call.func.id)).parameters.values())
    needed = sum(each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters)
    few = ast.unparse(ast.Call(call.func, call.args[:needed], []))
    return [few] if few != ast.unparse(call) and 0 < needed <= len(call.args) else []
