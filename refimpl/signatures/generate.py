"""Write ``torch.txt``: the signatures by which torch parses its arguments, taken from what its wheel ships.

``python -m refimpl.signatures.generate`` runs where torch is installed, and only by hand, when torch's version changes. The generator of torch's own
bindings stands in the wheel (``torchgen/packaged/autograd/gen_python_functions.py``), with the schemas that it reads and the templates whose parsers
are written by hand; here it is asked for the text of each signature, in the order in which torch tries them. Of what torch writes in Python,
:mod:`inspect` gives the signature.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Iterator

from .by_hand import METHODS_PASSED_ON, PASSED_ON

TARGET = Path(__file__).parent / "torch.txt"
SPACES = {"torch": "torch", "nn": "torch._C._nn", "linalg": "torch.linalg", "special": "torch.special", "fft": "torch.fft"}


def read_yaml(text: str) -> Iterator[dict[str, str]]:
    """The entries of torch's lists of functions: the simple values alone, each as its text."""
    entry: dict[str, str] | None = None
    for line in text.splitlines():
        line = re.sub(r"\s+#.*", "", line)
        match = re.match(r"(- |  )(\w+):\s*(.*)", line)
        if match is None:
            continue
        if match[1] == "- ":
            if entry is not None:
                yield entry
            entry = {}
        if entry is not None:
            entry[match[2]] = match[3].strip()
    if entry is not None:
        yield entry


def _generator() -> Any:
    """The generator of torch's bindings, with a reader for the little YAML that it needs."""
    if "yaml" not in sys.modules:
        yaml = ModuleType("yaml")
        for name in ("CSafeLoader", "SafeLoader", "Loader", "Dumper", "SafeDumper", "CSafeDumper"):
            setattr(yaml, name, type(name, (), {"add_constructor": None, "add_representer": None}))
        yaml.load = lambda file, Loader: list(read_yaml(file.read()))  # type: ignore[attr-defined]
        sys.modules["yaml"] = yaml
    from torchgen.packaged.autograd import gen_python_functions

    return gen_python_functions


def bound_functions(folder: Path, generator: Any) -> list[Any]:
    """What torch binds to Python of its native functions."""
    from torchgen.model import FunctionSchema, Variant
    from torchgen.native_function_generation import functional_to_out_signature

    found = []
    for entry in read_yaml((folder / "ATen/native/native_functions.yaml").read_text(encoding="utf-8")):
        function = SimpleNamespace(
            func=FunctionSchema.parse(entry["func"]), loc=entry["func"], python_module=entry.get("python_module"),
            variants={Variant[v.strip()] for v in entry.get("variants", "function").split(",")}, category_override=entry.get("category_override"),
            tags=set(re.findall(r"\w+", entry.get("tags", ""))), part_of_structured_group=False, use_const_ref_for_mutable_tensors=False,
        )
        if generator.should_generate_py_binding(function):
            found.append(function)
            if "view_copy" in function.tags and entry.get("autogen", "").endswith("out"):  # the one kind of generated functions that is bound
                found.append(SimpleNamespace(**{**vars(function), "func": functional_to_out_signature(function.func),
                                                "variants": {Variant.function}}))  # fmt: skip
    return found


def native_signatures() -> dict[str, dict[str, list[str]]]:
    """By space (``torch``, ``Tensor``, ``nn``, ...) and name the signatures in the order in which torch tries them."""
    import torchgen

    generator = _generator()
    from torchgen.api.python import returns_str_pyi

    folder = Path(torchgen.__file__).parent / "packaged"
    functions = bound_functions(folder, generator)
    spaces = {"Tensor": generator.is_py_variable_method, **{space: getattr(generator, f"is_py_{space}_function") for space in SPACES}}
    found: dict[str, dict[str, list[str]]] = {}
    for space, belongs in spaces.items():
        pairs = generator.load_signatures(functions, folder / "autograd/deprecated.yaml", method=space == "Tensor")
        grouped = generator.group_filter_overloads(pairs, belongs)
        names: dict[str, list[str]] = found.setdefault(space, {})
        for name, overloads in grouped.items():
            names[str(name)] = [f"{group.signature.signature_str()} -> {returns_str_pyi(group.signature)}"
                                for group in generator.group_overloads(overloads)]
    return found


HANDED_ON = ("_lu_with_info",)  # whose named tuple a public function returns as it is


def named_results() -> list[str]:
    """The named tuples that native functions return, with their fields: ``max(values, indices)``."""
    import torchgen

    generator = _generator()
    from torchgen.api.python import structseq_fieldnames

    functions = bound_functions(Path(torchgen.__file__).parent / "packaged", generator)
    found = {f"{f.func.name.name}({', '.join(structseq_fieldnames(f.func.returns))})" for f in functions if not f.func.is_out_fn()}
    return sorted(line for line in found if (line[0] != "_" or line.partition("(")[0] in HANDED_ON) and not line.endswith("()"))


def template_signatures() -> dict[str, list[str]]:
    """The methods whose parsers torch writes by hand in its template."""
    import torchgen

    text = (Path(torchgen.__file__).parent / "packaged/autograd/templates/python_variable_methods.cpp").read_text(encoding="utf-8")
    found: dict[str, list[str]] = {}
    for parser in re.findall(r"PythonArgParser parser\(\s*\{(.*?)\}\s*(?:,|\))", text, re.DOTALL):
        for signature in re.findall(r'"([^"]+)"', parser):
            found.setdefault(signature.partition("(")[0], []).append(signature)
    return found


def python_signatures() -> dict[str, dict[str, list[str]]]:
    """The functions and methods that torch writes in Python."""
    import torch

    found: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for space, owner in (("torch", torch), ("Tensor", torch.Tensor)):
        for name, value in vars(owner).items():
            if inspect.isfunction(value) and not name.startswith("_") and value.__module__ in ("torch.functional", "torch._tensor"):
                found[space][name] = [_text_of(value, f"Tensor.{name}" if space == "Tensor" else name)]
    return found


def _text_of(function: Any, name: str) -> str:
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()]
    return f"python {name}{inspect.Signature(parameters)}"


def text() -> str:
    """The whole of ``torch.txt`` for the torch that is installed."""
    import torch

    spaces = native_signatures()
    for name, lines in template_signatures().items():
        spaces["Tensor"][name] = lines
    parsers = {space: dict(names) for space, names in spaces.items()}
    for space, names in python_signatures().items():
        for name, lines in names.items():
            handed_on = parsers["Tensor"][name] if name in METHODS_PASSED_ON else []
            if name in PASSED_ON:
                handed_on = parsers["torch"][name]
            spaces[space][name] = [*lines, *handed_on]
    written = [f"# torch {torch.__version__.partition('+')[0]}: what it parses, in its own words; written by python -m refimpl.signatures.generate"]
    for space, signatures in spaces.items():
        written.append(f"[{space}]")
        for name in sorted(signatures):
            written += signatures[name]
    written += ["[return_types]", *named_results()]
    return "\n".join(written) + "\n"


CORE_ATEN = Path(__file__).parent / "core_aten.txt"


def core_aten() -> str:
    """The schemas of the operators of torch.ops.aten that are tagged as the core ones, to which torch.export lowers a graph."""
    import torch

    packets = [getattr(torch.ops.aten, name) for name in dir(torch.ops.aten)]
    overloads = [getattr(packet, name) for packet in packets for name in getattr(packet, "overloads", list)()]
    schemas = sorted(str(overload._schema).removeprefix("aten::") for overload in overloads if torch.Tag.core in overload.tags)
    return f"# torch {torch.__version__.partition('+')[0]}: core aten; written by python -m refimpl.signatures.generate\n" + "\n".join(schemas) + "\n"


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
    CORE_ATEN.write_text(core_aten(), encoding="utf-8")
