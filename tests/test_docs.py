"""What the documentation says is run: docstring examples on refimpl and on torch, the walks of docs/, the generated pages."""

from __future__ import annotations

import ast
import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import warnings
from functools import cache
from pathlib import Path

import pytest
import torch as real_torch

import refimpl
from refimpl.operations.operation import operations

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PUBLIC = [o for o in operations.values() if o.forms and not o.name.startswith("_")]


def namespace(library):
    """The names that examples use: those of the library, and of its nn.functional."""
    functional = library.nn.functional
    names = {name: getattr(functional, name) for name in dir(functional) if not name.startswith("_")}
    names.update((name, getattr(library, name)) for name in dir(library) if not name.startswith("__"))
    return {**names, "torch": library}


NAMESPACES = {"refimpl": namespace(refimpl), "torch": namespace(real_torch)}


def report_of(examples, library, name):
    """What doctest has to say about the examples; nothing if they print what they promise."""
    out = io.StringIO()
    test = doctest.DocTest(examples, dict(NAMESPACES[library]), name, None, 0, None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.range warns each time that it is deprecated
        doctest.DocTestRunner(verbose=False).run(test, out=out.write)
    return out.getvalue()


@pytest.mark.parametrize("operation", PUBLIC, ids=lambda o: o.title)
def test_every_operation_has_a_docstring_with_an_example(operation):
    assert operation.doc.strip().partition("\n")[0].rstrip().endswith((".", ":", ";", ",")) or "\n\n" in operation.doc
    assert doctest.DocTestParser().get_examples(operation.doc)


@pytest.mark.parametrize("library", ["refimpl", "torch"])
@pytest.mark.parametrize("operation", PUBLIC, ids=lambda o: o.title)
def test_docstring_examples_print_the_same_on_refimpl_and_on_torch(operation, library):
    examples = doctest.DocTestParser().get_examples(operation.doc)
    assert report_of(examples, library, operation.name) == ""


def modules_with_examples():
    import importlib
    import pkgutil

    for info in pkgutil.walk_packages(refimpl.__path__, "refimpl."):
        if info.name == "refimpl.as_torch":  # which gives torch's name to refimpl
            continue
        module = importlib.import_module(info.name)
        if ">>> " in Path(module.__file__).read_text(encoding="utf-8"):
            yield module


@pytest.mark.parametrize("module", list(modules_with_examples()), ids=lambda m: m.__name__)
def test_other_docstring_examples(module):
    """Classes and helpers that are not operations: on refimpl alone, with the module's own names at hand."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    names = {**NAMESPACES["refimpl"], **vars(module)}
    for test in finder.find(module, globs=names):
        documented = getattr(module, test.name.rpartition(".")[2], None)
        if hasattr(documented, "operation") or not test.examples:
            continue
        out = io.StringIO()
        doctest.DocTestRunner(verbose=False).run(test, out=out.write)
        assert out.getvalue() == "", test.name


# -- docs/ ---------------------------------------------------------------------------------------


def blocks(page, language):
    """``[(title, code)]`` of a page's code blocks in a language."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [(title or "", code) for title, code in re.findall(rf'```{language}(?: title="([^"]+)")?\n(.*?)```', text, re.DOTALL)]


@pytest.fixture(scope="module")
def walk():
    """The titled blocks of the walk through one operation."""
    page = "adding-an-operation.md"
    return {title: code for language in ("python", "text") for title, code in blocks(page, language) if title}


@pytest.fixture(scope="module")
def extended_refimpl(walk, tmp_path_factory):
    """A copy of refimpl to which the walk's operation was added as the walk says; it takes the place of the one that is there."""
    root = tmp_path_factory.mktemp("walk")
    shutil.copytree(ROOT / "refimpl", root / "refimpl", ignore=shutil.ignore_patterns("__pycache__"))
    for title, code in walk.items():
        if title.startswith("refimpl/"):
            with open(root / title, "a", encoding="utf-8") as family:
                family.write("\n\n" + code)
    return root


def run(code, path):
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(path)}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_walk_through_an_operation_prints_what_it_says(walk, extended_refimpl):
    assert run(walk["try it"], extended_refimpl) == walk["it prints"]


def test_the_walk_prints_the_same_with_torch(walk):
    code = walk["try it"].replace("import refimpl as torch", "import torch").replace("from refimpl", "from torch")
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "walk", "exec"), {})
    assert out.getvalue() == walk["it prints"]


def test_the_docstring_of_the_walk_holds_on_both(walk, extended_refimpl):
    (page,) = (code for title, code in walk.items() if title.startswith("refimpl/"))
    (function,) = (node for node in ast.parse(page).body if isinstance(node, ast.FunctionDef) and ast.get_docstring(node))
    examples = doctest.DocTestParser().get_examples(ast.get_docstring(function))
    assert examples and report_of(examples, "torch", "xlogy") == ""
    code = (
        "import doctest, refimpl; names = vars(refimpl); "
        "doctest.run_docstring_examples(refimpl.xlogy.__doc__, dict(names), name='xlogy')"
    )
    assert run(code, extended_refimpl) == ""


def test_what_the_walk_asks_torch():
    ((_, session),) = blocks("adding-an-operation.md", "pycon")
    assert report_of(doctest.DocTestParser().get_examples(session), "torch", "session") == ""


def sessions():
    """The sessions of all pages that have a title, for each library that they run on: torch too, unless they name refimpl."""
    for page in sorted(DOCS.rglob("*.md")):
        name = page.relative_to(DOCS).as_posix()
        for title, code in blocks(name, "pycon"):
            for library in ("refimpl",) if "refimpl" in code else ("refimpl", "torch"):
                if title:
                    yield pytest.param(code, library, id=f"{name} {title} {library}")


@pytest.mark.parametrize(("session", "library"), list(sessions()))
def test_the_sessions_of_the_guides_print_what_they_say(session, library):
    assert report_of(doctest.DocTestParser().get_examples(session), library, "session") == ""


def test_the_operation_of_two_files_is_quoted_as_it_stands():
    """The page and the row, but for the page's docstring."""
    quoted = [code for title, code in blocks("adding-an-operation.md", "python") if not title]
    files = ("refimpl/ops/linalg/diagonals.py", "conformance/catalogue/linalg/diagonals.py")
    assert len(quoted) == len(files)
    for code, file in zip(quoted, files):
        assert f"`{file}`" in (DOCS / "adding-an-operation.md").read_text(encoding="utf-8")
        text = (ROOT / file).read_text(encoding="utf-8")
        for line in code.splitlines():
            assert line in text.splitlines()


def test_the_device_walk_quotes_the_example():
    """Each function that the page shows stands in examples/own_device.py as it is, but for comments and indentation."""

    def lines(text):
        return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith(("#", '"""'))]

    program = "\n".join(lines((ROOT / "examples" / "own_device.py").read_text(encoding="utf-8")))
    quoted = [code for _, code in blocks("adding-a-device.md", "python") if code.startswith("def ")]
    assert len(quoted) == 3
    for code in quoted:
        for line in lines(code):
            assert line in program


@pytest.mark.parametrize("operation", ["add", "mm", "gather"])
def test_the_suite_takes_the_device_of_the_walk(operation, tmp_path):
    command = [sys.executable, "-m", "conformance", "run", "--backend", "examples.own_device:backend", "--op", operation]
    limits = ["--examples", "3", "--workers", "1", "--no-training", "--report-dir", str(tmp_path)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}  # a run of its own
    done = subprocess.run([*command, *limits], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_first_result_of_the_readme():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    program, expected = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", text, re.DOTALL).groups()
    assert run(program, ROOT) == expected
    with contextlib.redirect_stdout(io.StringIO()) as out:
        exec(compile(program.replace("import refimpl as torch", "import torch"), "README", "exec"), {})
    assert out.getvalue() == expected


def test_the_readme_promises_no_more_operations_than_there_are():
    promised = re.search(r"More than (\d+) operations", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert 500 <= int(promised[1]) < len(PUBLIC)


def test_the_pages_of_the_operations_are_up_to_date():
    done = subprocess.run([sys.executable, str(DOCS / "generate.py"), "--check"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])


@cache
def anchors(page):
    """The anchors of a page's headings, as GitHub and the site make them."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found, seen = set(), {}
    for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        words = re.sub(r"(?<![\w\\`])(_+)([^_\s](?:[^`]*[^_\s\\])?)\1(?![\w`])", r"\2", words)  # emphasis
        anchor = re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")
        seen[anchor] = seen.get(anchor, -1) + 1
        found.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    """To a file that is there, and to a heading of it."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)#?([^)\s]*)\)", text):
        if target.startswith(("http://", "https://")):
            continue
        file = page.parent / target if target else page
        assert file.exists(), target
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{target}#{anchor}"


def test_the_picture_of_a_finding_shows_a_command_that_there_is():
    """Text in an image is text: well-formed, and its command is one that the parser takes."""
    from xml.etree import ElementTree

    from conformance.cli import parser

    picture = ElementTree.parse(DOCS / "pictures" / "finding.svg")
    lines = [element.text or "" for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert max(map(len, lines)) <= 100
    command = lines[0].removeprefix("$ python -m conformance ").split()
    assert parser().parse_args(command).op == ["floor_divide"]
    assert any("expected" in line for line in lines) and any("got" in line for line in lines)


COMMAND = re.compile(r"^(?:\$ )?python3? -m conformance(\.scoreboard)? ([^#\n]+)|`python3? -m conformance(\.scoreboard)? ([^`]+)`", re.MULTILINE)


def test_a_command_on_a_page_is_one_that_is_taken_as_it_stands():
    """Its options are there, and so are the operations and the files of the project that it names."""
    from conformance.catalogue.selection import selected, words_of
    from conformance.cli import parser
    from conformance.scoreboard.__main__ import parser as of_scoreboards

    found = [(page, match) for page in PAGES for match in COMMAND.finditer(page.read_text(encoding="utf-8"))]
    assert len(found) > 30
    for page, match in found:
        words = shlex.split(re.sub(r"--seed ([A-Z]+|\$\([^)]*\)|\$\w+)", "--seed 1", match[2] or match[4]))
        if len(words) == 1:  # which names it, and is no call
            continue
        try:
            arguments = (of_scoreboards if match[1] or match[3] else parser)().parse_args(words)
        except SystemExit:
            pytest.fail(f"{page.relative_to(ROOT)}: {match[0]}")
        files = [name for name in getattr(arguments, "ops_from", None) or () if name != "FILE"]
        assert selected(words_of([name for name in getattr(arguments, "op", None) or () if name != "NAME"], files)), match[0]


def test_every_page_is_in_the_index():
    """A reader finds every page from the index; those of the operations from theirs."""
    index = (DOCS / "README.md").read_text(encoding="utf-8")
    for page in DOCS.rglob("*.md"):
        name = page.relative_to(DOCS).as_posix()
        if not name.startswith("operations/") and name != "README.md":
            assert f"({name})" in index, name


def test_every_guide_is_shown_by_sessions():
    for page in sorted((DOCS / "guides").glob("*.md")):
        assert blocks(f"guides/{page.name}", "pycon") or page.stem == "reading-a-report"
