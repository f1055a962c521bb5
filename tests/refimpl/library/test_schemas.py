"""Signatures are held against torch's machine-readable ones, not against anybody's memory.

Three sources ship with torch: the schemas of its aten operations, the type stubs of its functions and methods, and the
Python functions that some operations are. For each registered operation: it is found under the names that torch has;
its parameters are arguments of torch's overloads, in their order, keyword-only where they are; its defaults are theirs.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache, reduce
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch

import refimpl
from refimpl.operations.operation import operations
from refimpl.operations.registry import BOUND_BY_PYTHON
from refimpl.signatures.overloads import PythonSignature, function_overloads, overloads
from refimpl.signatures.schema import Signature as ParsedSignature

PUBLIC = [o for o in operations.values() if o.forms and not o.name.startswith("_")]
CALLED = [o for o in PUBLIC if "property" not in o.forms]
REQUIRED = object()


class Argument(NamedTuple):
    name: str
    keyword_only: bool
    default: Any


Signature = list[Argument]

# methods that torch documents with a memory_format and accepts with one, but that have it in none of the three sources
CASTS = "bool byte char short int long half bfloat16 float double cfloat cdouble cpu"


def from_schema(schema) -> Signature:
    """An aten overload. Its ``self`` is called ``input`` in Python."""
    return [
        Argument(
            {"self": "input", "from": "from_"}.get(a.name, a.name),
            a.kwarg_only,
            a.default_value if a.has_default_value() else REQUIRED,
        )
        for a in schema.arguments
        if not a.is_out
    ]


def from_stub(function: ast.FunctionDef) -> Signature:
    """A function of a type stub."""
    arguments = function.args
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [*[REQUIRED] * (len(positional) - len(arguments.defaults)), *map(stub_value, arguments.defaults)]
    found = [Argument(a.arg, False, d) for a, d in zip(positional, defaults, strict=True)]
    if arguments.vararg:
        found.append(Argument(arguments.vararg.arg, False, REQUIRED))
    for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        found.append(Argument(a.arg, True, REQUIRED if d is None else stub_value(d)))
    return [a._replace(name="input") if a.name == "self" else a for a in found if a.name != "out"]


def stub_value(node):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return ast.unparse(node)


def from_python(function) -> Signature:
    """A function that torch writes in Python."""
    parameters = inspect.signature(function).parameters.values()
    return [
        Argument(
            "input" if i == 0 and p.name in ("self", "tensor") else p.name,
            p.kind is p.KEYWORD_ONLY,
            REQUIRED if p.default is p.empty else p.default,
        )
        for i, p in enumerate(parameters)
        if p.name != "out" and p.kind is not p.VAR_KEYWORD
    ]


@cache
def stubs() -> dict[str, list[ast.FunctionDef]]:
    """The functions of ``torch`` and of ``torch._C._nn``, and the methods of its tensors, all overloads of each."""
    folder = Path(torch.__file__).parent / "_C"
    functions = ast.parse((folder / "_VariableFunctions.pyi").read_text(encoding="utf-8")).body
    tensors = ast.parse((folder / "__init__.pyi").read_text(encoding="utf-8")).body
    (methods,) = (node.body for node in tensors if isinstance(node, ast.ClassDef) and node.name == "TensorBase")
    found: dict[str, list[ast.FunctionDef]] = {}
    networks = [node for node in ast.parse((folder / "_nn.pyi").read_text(encoding="utf-8")).body if not hasattr(torch, getattr(node, "name", ""))]
    for node in [*functions, *methods, *tensors, *networks]:
        if isinstance(node, ast.FunctionDef):
            found.setdefault(node.name, []).append(node)
    return found


@cache
def schemas(name: str) -> list[Any]:
    """All overloads of an aten operation but those for named dimensions."""
    packet = getattr(torch.ops.aten, name, None)
    found = [getattr(packet, overload)._schema for overload in packet.overloads()] if packet is not None else []
    return [s for s in found if not any("Dimname" in str(a.type) for a in s.arguments)]


@cache
def torch_signatures(name: str) -> list[Signature]:
    found = [from_schema(s) for s in schemas(name)]
    found += [from_stub(f) for f in stubs().get(name, ())]
    of_its_own = f"nn.functional.{name}" in operations  # another function of the same name
    for place in (torch, torch.Tensor) if of_its_own else (torch, torch.nn.functional, torch.Tensor):
        function = getattr(place, name, None)
        if place is torch:
            function = getattr(torch.functional, f"_{name}_impl", function)  # what stands behind functions that look at their flags first
        if inspect.isfunction(function):
            found.append(from_python(function))
    return found


def signatures_of(operation: Any) -> list[Signature]:
    """torch's signatures of an operation; that of its function in Python, if it stands under the name of another one elsewhere."""
    found = torch_signatures(operation.name)
    return found or [from_python(getattr(owner(torch, operation), operation.public_name)) for form in operation.forms & {"python"}]


def owner(library: Any, operation: Any) -> Any:
    """The module of a library in which an operation's function stands."""
    return reduce(getattr, operation.namespace.split("."), library) if operation.namespace else library


@pytest.mark.parametrize("operation", [o for o in PUBLIC if o.forms & {"python", *BOUND_BY_PYTHON}], ids=lambda o: o.title)
def test_functions_that_torch_writes_in_python_have_the_same_parameters(operation):
    theirs = getattr(owner(torch, operation), operation.public_name)
    theirs = getattr(torch.functional, f"_{operation.name}_impl", theirs)  # what stands behind functions that look at their flags first
    ours = getattr(owner(refimpl, operation), operation.public_name)

    def shown(function):
        return [(p.name, repr(p.default)) for p in inspect.signature(function).parameters.values()]

    assert shown(ours) == shown(theirs)


def same_default(ours, theirs) -> bool:
    """Equal; constants are compared by what they print. Schemas have numbers for dtypes, and None for a memory format."""
    if ours is REQUIRED or theirs is REQUIRED:
        return ours is theirs
    if repr(ours) in ("torch.preserve_format", "torch.contiguous_format") and theirs is None:
        return True
    if repr(ours) == "torch.int64" or ours is None:
        return theirs in (ours, 4, "torch.int64")
    if isinstance(ours, (bool, int, float, str, tuple, list)):
        ours = list(ours) if isinstance(ours, tuple) and isinstance(theirs, list) else ours
        return ours == theirs and isinstance(ours, bool) == isinstance(theirs, bool)
    return repr(ours) in (repr(theirs), theirs)


@pytest.mark.parametrize("operation", PUBLIC, ids=lambda o: o.title)
def test_the_names_are_those_that_torch_has(operation):
    """As a function, as a method or property, in place, under each of its names: wherever torch has it, and nowhere else.

    But for functions that work in place: torch has them for some methods (``torch.neg_``), refimpl for all.
    """
    for namespace, name, signature in operation.places():
        if name.startswith(("linalg_", "special_")):  # a name among the aten operations, not one of Python's
            assert schemas(name)
            continue
        ours, theirs = (reduce(getattr, namespace.split("."), library) if namespace else library for library in (refimpl, torch))
        for form in (name, f"{name}_"):
            more = form.endswith("_") and hasattr(ours, form)
            assert more or hasattr(ours, form) == hasattr(theirs, form), f"function {namespace}.{form}"
            if signature == name:  # no function of another namespace
                assert hasattr(refimpl.Tensor, form) == hasattr(torch.Tensor, form), f"method {form}"


@pytest.mark.parametrize("operation", [o for o in PUBLIC if "function" in o.forms and schemas(o.name)], ids=lambda o: o.title)
def test_out_is_accepted_where_torch_accepts_it(operation):
    accepts = any(argument.arg == "out" for f in stubs().get(operation.name, ()) for argument in f.args.kwonlyargs)
    signatures = function_overloads(operation.name)  # linalg and its like
    accepts = accepts or not isinstance(signatures, PythonSignature) and any(p.name == "out" for s in signatures for p in s.parameters)
    function = getattr(owner(torch, operation), operation.public_name, None)
    if inspect.isfunction(function):
        accepts = "out" in inspect.signature(function).parameters
    assert ("out" in operation.forms) == (accepts and operation.name != "linear")  # it takes one, of which torch's page says nothing


@pytest.mark.parametrize("operation", CALLED, ids=lambda o: o.title)
def test_torch_has_an_argument_for_each_parameter(operation):
    """A variable parameter stands for several of torch's overloads and has no name that a call could use."""
    signatures = signatures_of(operation)
    assert signatures or operation.name in CASTS.split(), "torch has no operation of this name"
    known = {argument.name for signature in signatures for argument in signature}
    for place in ("Tensor", operation.namespace):
        known |= {p.name for signature in overloads(place, operation.name) if isinstance(signature, ParsedSignature) for p in signature.parameters}
    if operation.name in CASTS.split():
        known |= {"input", "memory_format"}
    beside_out = {"out", "dtype", "device"} if "out" in operation.parameters else set()  # what a body is told of its output
    assert set(operation.parameters) - beside_out <= known


@pytest.mark.parametrize("operation", CALLED, ids=lambda o: o.title)
def test_each_default_is_that_of_an_overload(operation):
    """A parameter that only some overloads have, or that one can be called without, is None, False or 0 where it is not given.

    Of the casts, only the memory format has a default.
    """
    signatures = signatures_of(operation)
    if operation.name in CASTS.split():
        assert repr(operation.defaults) == "{'memory_format': torch.preserve_format}"
        return
    for parameter in operation.parameters:
        ours = operation.defaults.get(parameter, REQUIRED)
        theirs = [a.default for s in signatures for a in s if a.name == parameter]
        position = operation.parameters.index(parameter)
        absent = operation.varargs or any(
            parameter not in {a.name for a in s} or sum(a.default is REQUIRED for a in s) <= position for s in signatures
        )
        follows_a_default = any(p in operation.defaults for p in operation.positional[:position])
        as_if_absent = ours is None and follows_a_default or absent and (ours is None or ours is False or ours == 0)
        assert as_if_absent or any(same_default(ours, d) for d in theirs), (parameter, ours, theirs)


@pytest.mark.parametrize("operation", CALLED, ids=lambda o: o.title)
def test_parameters_stand_in_the_order_of_the_overloads(operation):
    positions = {parameter: i for i, parameter in enumerate(operation.parameters)}
    ordered = []
    python = getattr(owner(torch, operation), operation.public_name) if "python" in operation.forms else None
    for signature in [from_python(python)] if python else signatures_of(operation):
        if signature[:1] and signature[0].name == "input" and positions.get("input"):
            continue  # the method of a function whose tensor does not come first: where, polygamma
        positional = [positions[a.name] for a in signature if not a.keyword_only and a.name in positions and a.name in operation.positional]
        ordered.append(positional == sorted(positional))
    assert all(ordered)


@pytest.mark.parametrize("operation", CALLED, ids=lambda o: o.title)
def test_keyword_only_arguments_are_keyword_only(operation):
    signatures = signatures_of(operation)
    for parameter in operation.positional:
        kinds = [a.keyword_only for s in signatures for a in s if a.name == parameter]
        assert not kinds or not all(kinds), parameter
