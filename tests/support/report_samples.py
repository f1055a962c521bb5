"""Made-up reports, small and large, for the tests of the report and for measuring its page."""

from __future__ import annotations

import copy
import random
import zlib

from conformance.cases.deviation import PROPERTIES
from conformance.report import build

BACKENDS = ("torch:cpu", "torch:cuda", "refimpl:cpu", "refimpl:cupy", "array_api:numpy")
FAMILIES = ("pointwise", "reductions", "views", "linalg", "fft", "nn", "special", "indexing", "joining", "creation")
CLASSES = ("0-d", "empty", "broadcast", "permuted", "sliced", "expanded", "overlapping", "nan", "inf", "negative zero", "subnormal", "extreme")
DTYPES = ("bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")
FOLLOWING = ("nn_500", "nn_501", "nn_502")
HOSTILE = "</script><img src=x onerror=alert(1)>"


def failure(name, backend, prop="values", rule="ulps(2) around refimpl's correctly rounded result, element 3", number=0, **given):
    script = f"import torch\n\nx = torch.tensor([1.5, {HOSTILE!r}])\nprint(torch.{name}(x))\n"
    return {
        "id": f"{zlib.crc32(f'{name} {backend} {prop} {number}'.encode()):08x}", "operation": name, "backend": backend, "form": "function",
        "property": prop, "rule": rule, "expected": "0.5", "got": "0.25",
        "details": {"dtype": "float32", "element": 3, "ulps": 8388608.0, "units": None},
        "classes": ["float32", "permuted"], "script": script, "dtype": "float32", "parts": [],
        "input": f"x = torch.tensor([1.5])  # {HOSTILE}\ntorch.{name}(x)",
        **given,
    }  # fmt: skip


def row(name, backend, family="pointwise", failures=(), examples=40, contract="ulps(2)", seed=0, dtypes=("float32",)):
    draw = random.Random(f"{name}{backend}{seed}")
    supported = examples > 0
    return {
        "kind": "operation", "operation": name, "backend": backend, "family": family, "contract": contract, "examples": examples,
        "passes": examples - len(failures), "compared": draw.randrange(100, 3000) * supported, "unsupported_count": 0 if supported else 40,
        "layout_differences": 0, "raised": 3 * supported, "checks": {p: draw.randrange(5, 90) for p in PROPERTIES} if supported else {},
        "classes": {c: draw.randrange(1, 60) for c in (*CLASSES, *DTYPES)} if supported else {}, "forms": {"function": examples},
        "missing": {} if supported else {"dtype float64": 40}, "units": draw.random() * supported, "ulps": {"float32": draw.random()},
        "torch_units": draw.random(), "torch_ulps": {"float32": 2 * draw.random()},
        "histogram": {"0": 900, "1": draw.randrange(50)} if supported else {},
        "torch_histogram": {"0": 700, "1": 250, "4": draw.randrange(9)} if supported else {}, "findings": [], "finding_count": 0, "known_count": {},
        "units_histogram": {"0": 900, "0.5": draw.randrange(50)} if supported else {},
        "torch_units_histogram": {"0": 700, "2": 3} if supported else {},
        "verdicts": {f"{dtype} {'failed' if failures else 'passed' if supported else 'unsupported'}": 9 for dtype in dtypes},
        "unsupported_parts": None,
        "never_drawn": [], "compared_nothing": False, "failures": list(failures), "seconds": 0.25,
    }  # fmt: skip


def training(run="Adam", backend="torch:cpu", status="passed"):
    losses = [2.0 * 0.97**i for i in range(100)]
    distances = [1e-7 * (i + 1) for i in range(100)]
    return {
        "kind": "training", "run": run, "backend": backend, "status": status, "steps": 100, "text": "first loss 2, last 0.1", "ratio": 1.2,
        "allowed": 4.0, "losses": losses, "torch_losses": losses, "distances": distances, "torch_distances": distances,
        "band": [4 * d for d in distances], "seconds": 1.0,
    }  # fmt: skip


def about(**given):
    versions = {name: {"python": "3.12.4", "torch": "2.13.0"} for name in BACKENDS}
    return {
        "command": "python -m conformance run --seed 0", "profile": "quick", "seed": 0, "examples": None, "backends": list(BACKENDS),
        "versions": versions, "started": "2026-01-02 03:04:05", "seconds": 200.0, "workers": 2, **given,
    }  # fmt: skip


def small(items=None, **given):
    items = items or [row("exp", "torch:cpu"), row("exp", "refimpl:cpu", failures=[failure("exp", "refimpl:cpu")]), training()]
    return build(copy.deepcopy(items), about(**given), {"exp": {"family": "pointwise", "contract": "ulps(2)", "rule": "e**x"}})


def many(operations=1000):
    """Operations on 5 backends: one in forty fails, one in thirty is unsupported; two fail on torch:cuda because a third does."""
    draw = random.Random(3)
    items, pages = [], {}
    for i in range(operations):
        family = FAMILIES[i * len(FAMILIES) // operations]
        name = f"{family}_{i:03}"
        text = "The rule of this operation, for each element.\n\n    ``out[i] = f(input[i])``; NaN gives NaN, and so on for a line or two.\n\n    "
        pages[name] = {"family": family, "contract": "ulps(2)", "rule": text + f">>> {name}(tensor([0., 1.]))\n    tensor([1.0000, 2.7183])"}
        for backend in BACKENDS:
            if name in FOLLOWING:
                follower = [failure(name, backend, got="-0.5", parts=["nn_500"] if name != "nn_500" else [])] if backend == "torch:cuda" else []
                items.append(row(name, backend, family, follower, dtypes=("float32", "bfloat16")))
                continue
            chance = draw.random()
            failures = [failure(name, backend, draw.choice(PROPERTIES), number=n) for n in range(2)] if chance < 1 / 40 else []
            items.append(row(name, backend, family, failures, examples=0 if 0.5 < chance < 0.5 + 1 / 30 else 40))
    items += [training(run, backend) for run in ("Adam", "SGD", "autograd") for backend in BACKENDS]
    return build(items, about(), pages)
