"""Which of torch's public names refimpl has, and why it does not have the others.

    python -m conformance.coverage_of_torch > docs/coverage.md

The names are read from torch's own namespaces: a name that torch adds is "not yet" until refimpl has it or a rule below says why it is not wanted.
"""

from __future__ import annotations

import textwrap
import warnings
from importlib import import_module
from types import ModuleType
from typing import Any, NamedTuple

from refimpl.signatures.not_wanted import NOT_WANTED, why_not_wanted

OPERATIONS = ("torch", "Tensor", "nn.functional", "linalg", "fft", "special", "signal.windows")
PROGRAMS = (
    "nn", "nn.init", "nn.utils", "nn.utils.rnn", "nn.utils.parametrize", "nn.utils.prune", "nn.modules.utils", "nn.parameter", "nn.parallel",
    "nn.grad", "optim", "optim.lr_scheduler", "optim.swa_utils", "utils", "utils.data", "utils.checkpoint", "utils.hooks", "distributions",
    "autograd", "autograd.functional", "autograd.graph", "func", "overrides", "amp", "testing", "multiprocessing", "cuda", "cpu", "mps", "xpu",
    "accelerator",
)  # fmt: skip

BINDINGS = "classes of torch's compiler, profiler and interpreter that its binding shows beside its functions"


class Coverage(NamedTuple):
    """The names of one namespace: those that refimpl has, those that are not wanted with the reason, and the others."""

    namespace: str
    present: list[str]
    not_wanted: dict[str, str]
    missing: list[str]

    @property
    def wanted(self) -> int:
        return len(self.present) + len(self.missing)


def coverage(namespace: str) -> Coverage:
    """What refimpl has of a namespace of torch."""
    import torch

    import refimpl

    source, here = _find(torch, namespace), _find(refimpl, namespace)
    result = Coverage(namespace, [], {}, [])
    for name in names(namespace):
        value = getattr(source, name)
        if _has(here, name, callable(value)):
            result.present.append(name)
        elif reason := why_not(namespace, name, value):
            result.not_wanted[name] = reason
        else:
            result.missing.append(name)
    return result


def names(namespace: str) -> list[str]:
    """The public names of a namespace of torch: functions, classes, dtypes, layouts and numbers; not its modules, nor what it imported."""
    import torch

    source = _find(torch, namespace)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some names warn when they are looked at
        return [name for name in sorted(dir(source)) if _is_public(namespace, name, getattr(source, name, None))]


def _is_public(namespace: str, name: str, value: Any) -> bool:
    import torch

    if name.startswith("__"):
        return namespace == "Tensor" and callable(value) and not hasattr(object, name) and name != "__weakref__"
    if name.startswith("_") or isinstance(value, ModuleType):
        return False
    if namespace == "Tensor":
        return True
    if namespace in PROGRAMS and name not in getattr(_find(torch, namespace), "__all__", (name,)):
        return False
    if not callable(value):
        return namespace == "torch" and isinstance(value, (torch.dtype, torch.layout, torch.memory_format, torch.qscheme, float))
    module = str(getattr(value, "__module__", None) or "torch")
    if (isinstance(value, type) or namespace in PROGRAMS) and namespace != "torch":
        return hasattr(_find(torch, namespace), "__all__") or module.startswith((f"torch.{namespace}", "torch._C._"))
    return module.partition(".")[0] in ("torch", "builtins")


def why_not(namespace: str, name: str, value: Any) -> str | None:
    """Why a name is not wanted; None if it is."""
    import torch

    binding = namespace == "torch" and isinstance(value, type) and getattr(torch._C, name, None) is value
    return why_not_wanted(namespace, name) or (BINDINGS if binding else None)


def _find(package: ModuleType, namespace: str) -> Any:
    """A namespace of torch or of refimpl; None where there is none."""
    if namespace == "torch":
        return package
    if namespace == "Tensor":
        return package.Tensor
    try:
        return import_module(f"{package.__name__}.{namespace}")
    except ImportError:
        return None


def _has(namespace: Any, name: str, call: bool) -> bool:
    """Whether a namespace has the name, for something that can be called if torch's can; of a class, whether the class itself has it."""
    if isinstance(namespace, type):
        return any(name in vars(each) for each in namespace.__mro__[:-1])
    value = getattr(namespace, name, _NOTHING)
    return value is not _NOTHING and not isinstance(value, ModuleType) and (callable(value) or not call)


_NOTHING = object()


# -- the page --------------------------------------------------------------------------------------

HEAD = """\
# How much of torch refimpl has

Written by `python -m conformance.coverage_of_torch` from torch's own namespaces; a test holds it up to date. Every public function, class, dtype
and number of a namespace of torch, and every public member of `Tensor`, is in one of three lists: present; not yet; not wanted, with the reason.
Modules are no names, nor is what a module of torch only imports. How what is present is judged: [running the suite](running.md).
"""


def page() -> str:
    """docs/coverage.md."""
    parts = {"Operations": [coverage(each) for each in OPERATIONS], "Programs": [coverage(each) for each in PROGRAMS]}
    blocks = [HEAD]
    for title, found in parts.items():
        blocks.append(f"## {title}\n\n{_counts(found)}\n")
    blocks.append(_core_aten())
    blocks.append(f"## Why a name is not wanted\n\n{_reasons([each for found in parts.values() for each in found])}\n")
    for each in (each for found in parts.values() for each in found):
        blocks.append(_section(each))
    return "\n".join(blocks)


def _core_aten() -> str:
    """The overloads tagged as core in torch.ops.aten, to which torch.export lowers graphs."""
    import refimpl.ops.aten
    from refimpl.signatures.aten import schemas

    names = [f"{name}.{overload}" for name, found in schemas().items() for overload in found]
    missing = refimpl.ops.aten.missing()
    count = f"Of {len(names)} overloads of `torch.ops.aten` that are tagged core `refimpl.ops.aten` has {len(names) - len(missing)} ([how](aten.md))."
    return "\n\n".join(filter(None, ["## Core aten operators", count, _listed("Not yet", missing)])) + "\n"


def _counts(found: list[Coverage]) -> str:
    rows = [(f"[{_title(c)}](#{_anchor(c)})", len(c.not_wanted), c.wanted, len(c.present)) for c in found]
    rows.append(("together", sum(row[1] for row in rows), sum(row[2] for row in rows), sum(row[3] for row in rows)))
    lines = ["| namespace | not wanted | wanted | present | percent |", "|---|---:|---:|---:|---:|"]
    for title, refused, wanted, present in rows:
        lines.append(f"| {title} | {refused} | {wanted} | {present} | {_percent(present, wanted)} |")
    return "\n".join(lines)


def _percent(part: int, whole: int) -> str:
    """Rounded down, so that 100 says that nothing is missing."""
    return f"{1000 * part // whole / 10 if whole else 100:.1f}"


def _reasons(found: list[Coverage]) -> str:
    lines = ["| reason | names |", "|---|---:|"]
    for reason in [*NOT_WANTED, BINDINGS]:
        count = sum(reason == each for c in found for each in c.not_wanted.values())
        lines.append(f"| {reason} | {count} |")
    return "\n".join(lines)


def _section(c: Coverage) -> str:
    blocks = [f"## {_title(c)}", _listed("Present", c.present), _listed("Not yet", c.missing)]
    for reason in dict.fromkeys(sorted(c.not_wanted.values(), key=[*NOT_WANTED, BINDINGS].index)):
        blocks.append(_listed(f"Not wanted: {reason}", [name for name, why in c.not_wanted.items() if why == reason]))
    return "\n\n".join(filter(None, blocks)) + "\n"


def _listed(title: str, listed: list[str]) -> str:
    text = f"**{title}** ({len(listed)}): " + " ".join(f"`{name}`" for name in listed)
    return "\n".join(textwrap.wrap(text, 150, break_long_words=False, break_on_hyphens=False)) if listed else ""


def _title(c: Coverage) -> str:
    return c.namespace if c.namespace == "torch" else f"torch.{c.namespace}"


def _anchor(c: Coverage) -> str:
    return _title(c).replace(".", "").lower()


if __name__ == "__main__":
    print(page(), end="")
