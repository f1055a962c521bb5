"""Write docs/operations/ from the registry, a page for each family, a section for each operation; and docs/known-differences.md.

    python docs/generate.py            write the pages
    python docs/generate.py --check    exit with status 1 if the pages in the tree are not what would be written

The text of a section is the operation's docstring; its forms, contract and gradient are read from the registry, so
they cannot say anything else than the code does. The known differences are those that the suite excuses. Needs the standard library alone.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = DOCS / "operations"
sys.path.insert(0, str(ROOT))

import refimpl  # noqa: E402  (importing it fills the registry)
from conformance import known_differences  # noqa: E402
from conformance.known_differences import KNOWN  # noqa: E402
from refimpl.operations.operation import Operation  # noqa: E402
from refimpl.operations.registry import operations  # noqa: E402

NOTE = "<!-- written by docs/generate.py (`make docs`): change the operation's docstring instead -->\n"


def signature(operation: Operation) -> str:
    """The operation's name and parameters as in Python, without annotations."""
    parameters = [p.replace(annotation=inspect.Parameter.empty) for p in inspect.signature(operation.body).parameters.values()]
    return f"{operation.title}{inspect.Signature(parameters)}"


def forms(operation: Operation) -> list[str]:
    """How the operation is called."""
    name = operation.public_name
    arguments = "..." if len(operation.parameters) > 1 or operation.varargs else ""
    where = f"torch.{operation.namespace}".rstrip(".")
    calls = []
    if "function" in operation.forms:
        calls.append(f"`{where}.{name}`")
    if "method" in operation.forms:
        calls.append(f"`x.{name}({arguments})`")
    if "property" in operation.forms:
        calls.append(f"`x.{name}`")
    if "inplace_flag" in operation.forms:
        calls.append("`inplace=True`")
    if "inplace" in operation.forms:
        calls.append(f"`{where}.{name}_`" if operation.namespace else f"`x.{name}_({arguments})`")
    if "out" in operation.forms:
        calls.append("`out=`")
    if operation.operator is not None:
        calls.append(f"the operator `{SYMBOLS.get(operation.operator, operation.operator)}`")
    return calls or ["an aten operation that others are made of, without a name in Python"]


SYMBOLS = {
    "add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//", "mod": "%", "pow": "**", "matmul": "@",
    "and": "&", "or": "|", "xor": "^", "lshift": "<<", "rshift": ">>", "neg": "-x", "pos": "+x", "invert": "~x", "abs": "abs(x)",
    "eq": "==", "ne": "!=", "lt": "<", "le": "<=", "gt": ">", "ge": ">=",
}  # fmt: skip


@cache
def derivative_sources(path: str) -> dict[tuple[str, str], str]:
    """``{(operation, parameter): formula}`` for the ``operation.derivative(parameter=formula)`` calls of a file."""
    text = Path(path).read_text(encoding="utf-8")
    found = {}
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "derivative":
            for keyword in node.keywords:
                if keyword.arg and isinstance(node.func.value, ast.Name):
                    found[node.func.value.id, keyword.arg] = ast.get_source_segment(text, keyword.value) or ""
    return found


def formula(operation: Operation, parameter: str) -> str:
    """The gradient of one parameter as it stands in the source; a named function with its whole definition."""
    function = operation.gradients[parameter]
    if function.__name__ != "<lambda>":
        return f"{parameter}: {textwrap.dedent(inspect.getsource(function)).strip()}"
    sources = derivative_sources(inspect.getsourcefile(operation.body) or "")
    text = sources.get((operation.body.__name__, parameter)) or lambda_source(function)
    return f"{parameter}: {' '.join(text.split()).replace('( ', '(')}"


def lambda_source(function: Any) -> str:
    """A lambda that was made in a loop or a helper: the first one on its line with its parameters."""
    lines, first = inspect.getsourcelines(function)
    text = inspect.getsource(inspect.getmodule(function))  # type: ignore[arg-type]
    wanted = function.__code__.co_varnames[: function.__code__.co_argcount]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Lambda) and node.lineno == function.__code__.co_firstlineno:
            if tuple(a.arg for a in node.args.args) == wanted:
                return ast.get_source_segment(text, node) or ""
    return "".join(lines).strip() + f"  (line {first})"


def gradient(operation: Operation) -> str:
    """What happens when the operation is differentiated."""
    if operation.gradients:
        formulas = "\n\n".join(formula(operation, parameter) for parameter in operation.gradients)
        return f"Gradient:\n\n```python\n{formulas}\n```"
    if not operation.differentiable:
        return "Gradient: none; the result takes no part in a graph."
    return "Gradient: that of the operations which it is composed of."


def prose(doc: str) -> str:
    """A docstring as Markdown: its examples become code blocks, its references code."""
    text = inspect.cleandoc(doc)
    text = re.sub(r":\w+:`~?([^`<>]+)`", r"`\1`", text).replace("``", "`")
    blocks = []
    for block in re.split(r"\n\s*\n", text):
        if block.lstrip().startswith(">>>"):
            block = f"```python\n{textwrap.dedent(block)}\n```"
        elif all(line.startswith("    ") for line in block.splitlines()):
            block = f"```\n{textwrap.dedent(block)}\n```"
        blocks.append(block)
    return "\n\n".join(blocks)


def section(operation: Operation) -> str:
    names = ", ".join(f"`{alias}`" for alias in operation.aliases)
    facts = [f"- Forms: {', '.join(forms(operation))}"]
    if names:
        facts.append(f"- Also called: {names}")
    facts.append(f"- Accuracy: {operation.contract.in_words()}")
    facts.append(f"- Dtypes: {dtypes(operation)}")
    if operation.view:
        facts.append("- Results share storage with the input where that is possible")
    known = [d.identifier for d in KNOWN if not {operation.title, operation.name}.isdisjoint(d.operations)]
    differences = [f"[{identifier}](../known-differences.md#{identifier})" for identifier in known]
    if differences:
        facts.append(f"- Known differences: {', '.join(differences)}")
    parts = [f"## {plain(operation.title)}", f"`{signature(operation)}`", prose(operation.doc), "\n".join(facts)]
    return "\n\n".join([*parts, *constraints(operation), gradient(operation)])


def dtypes(operation: Operation) -> str:
    """The dtypes that the page declares, the fewer of those that are supported and those that are not."""
    all_dtypes = [d.name for d in refimpl.foundation.dtypes.all_dtypes]
    supported = all_dtypes if operation.dtypes is None else [name for name in all_dtypes if any(d.name == name for d in operation.dtypes)]
    left_out = [name for name in all_dtypes if name not in supported]
    if not left_out:
        return "all, unless a constraint says otherwise"
    return f"all but {', '.join(left_out)}" if len(left_out) < len(supported) else ", ".join(supported)


def constraints(operation: Operation) -> list[str]:
    """What the page asks of its arguments, by number: the condition in code, and what is raised where it does not hold."""
    if operation.constraints is None or not len(operation.constraints):
        return []
    lines = []
    for c in operation.constraints:
        condition = f"{code(c.condition)}, else " if c.condition else ""
        lines.append(f"- C{c.number}: {condition}{c.error}: {code(c.words) or 'in words that depend on the call'}")
    return ["Constraints:", "\n".join(lines)]


def code(text: str) -> str:
    """A text as code in a line of Markdown, whatever it holds."""
    text = " ".join(text.split())
    return f"`` {text} ``" if "`" in text else f"`{text}`" if text else ""


def plain(name: str) -> str:
    """A name as text of Markdown, in which underscores at both ends would make it bold, and give its heading another anchor."""
    return name.replace("_", r"\_") if name.startswith("_") and name.endswith("_") else name


def is_private(operation: Operation) -> bool:
    """Whether programs have no name for it."""
    return not operation.forms or operation.name.startswith("_") and not operation.name.startswith("__")


def links(members: list[Operation]) -> str:
    return ", ".join(f"[{plain(o.title)}]({o.section})" for o in sorted(members, key=lambda o: o.title))


def family_title(module: str) -> str:
    """The first line of the family's own docstring."""
    doc = sys.modules[module].__doc__ or module.rpartition(".")[2]
    return prose(doc).splitlines()[0].rstrip(".")


def render() -> dict[str, str]:
    """``{file name: text}`` of every page."""
    families: dict[str, list[Operation]] = {}
    for operation in operations.values():
        families.setdefault(operation.body.__module__, []).append(operation)
    pages: dict[str, str] = {}
    index: list[str] = []
    inner: list[Operation] = []
    for module, members in sorted(families.items()):
        file = members[0].section.partition("#")[0]
        introduction = prose((sys.modules[module].__doc__ or "").strip().partition("\n")[2])
        public = [o for o in members if not is_private(o)]
        private = [o for o in members if is_private(o)]
        sections = "\n\n".join(map(section, public + private))
        source = Path(inspect.getsourcefile(members[0].body) or "").resolve().relative_to(ROOT).as_posix()
        introduction = f"{introduction}\n\n" if introduction else ""
        pages[file] = f"{NOTE}\n# {family_title(module)}\n\n{introduction}Source: [`{source}`](../../{source})\n\n{sections}\n"
        if public:
            index.append(f"**{family_title(module)}** ([page]({file})): {links(public)}")
        inner += private
    pages["README.md"] = (
        f"{NOTE}\n# The documented operations\n\n{len(operations) - len(inner)} operations in {len(index)} families. Each states its rule, its "
        "forms, dtypes, constraints and accuracy contract, an example and its gradient.\n\n" + "\n\n".join(index) + "\n\n## What others are made "
        f"of\n\nOperations of torch's without a public name: {links(inner)}\n"
    )
    return pages


def main() -> int:
    pages = {f"operations/{name}": text for name, text in render().items()}
    pages["known-differences.md"] = known_differences.page()
    written = [path for path in (*PAGES.glob("*.md"), DOCS / "known-differences.md") if path.exists()]
    current = {str(path.relative_to(DOCS)): path.read_text(encoding="utf-8") for path in written}
    if "--check" in sys.argv[1:]:
        stale = sorted(name for name in pages.keys() | current.keys() if pages.get(name) != current.get(name))
        print("\n".join(f"docs/{name} is not up to date: make pages" for name in stale) or "docs/ is up to date")
        return int(bool(stale))
    PAGES.mkdir(exist_ok=True)
    for name in current.keys() - pages.keys():
        (DOCS / name).unlink()
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
    print(f"docs/: {len(pages)} pages, {len(operations)} operations")
    return 0


if __name__ == "__main__":
    sys.exit(main())
