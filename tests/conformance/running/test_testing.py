"""The plugin of pytest, and judging a backend object in process."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from places import ROOT
from report_samples import failure

from conformance.backends.base import Capabilities
from conformance.backends.torch_backend import Torch
from conformance.catalogue.entries import entry
from conformance.report.schema import problems
from conformance.running.testing.in_process import judge, made
from conformance.running.testing.verdicts import Check, checks, verdict

PAGE = (ROOT / "docs" / "adding-a-backend.md").read_text(encoding="utf-8")


def block(title):
    return re.search(rf'```python title="{re.escape(title)}"\n(.*?)```', PAGE, re.DOTALL).group(1)


def result(**given):
    plain = {"failures": [], "declared": [], "occurrences": [], "verdicts": {"float32 passed": 3, "int8 failed": 1}, "missing": {"dtype bool": 2}}
    return {**plain, "checks": {"values": 3, "dtype": 4}, **given}


def of(dtype, name, **given):
    return verdict(Check("m:B", "exp", dtype, name), result(**given), ("float32", "int8", "bool"))


# -- verdicts ------------------------------------------------------------------------------------


def test_a_failure_is_told_by_the_tests_that_it_concerns():
    failures = [{**failure("exp", "m:B"), "dtype": "int8", "worst": {"int8": {"failed": 2, "ulps": 3.0, "units": None, "expected": "1", "got": "2"}}}]
    assert of("int8", "values", failures=failures).outcome == "failed"
    assert "import torch" in of("int8", "values", failures=failures).text
    assert of("float32", "values", failures=failures).outcome == of("int8", "dtype", failures=failures).outcome == "passed"
    failures[0]["worst"] = {"complex64": failures[0]["worst"]["int8"]}  # the result's dtype, which no operand has
    assert of("float32", "values", failures=failures).outcome == "failed"
    assert of("int8", "values", failures=failures).outcome == "passed"


def test_what_is_declared_is_expected_and_what_is_unsupported_is_skipped():
    declared = [{"id": "d", "reason": "a table of 256 values"}]
    seen = [{"entry": "d", "property": "values", "dtypes": ["float32"]}, {"entry": None, "property": "dtype", "dtypes": ["float32"]}]
    assert of("float32", "values", declared=declared, occurrences=seen) == ("declared", "a table of 256 values")
    assert of("int8", "values", declared=declared, occurrences=seen).outcome == "passed"
    assert of("float32", "dtype", declared=declared, occurrences=seen).outcome == "passed"
    assert of("bool", "values") == ("skipped", "unsupported: dtype bool")
    assert of("int8", "strides").outcome == "skipped"


def test_the_tests_are_those_of_what_a_backend_says_it_has():
    whole = checks(entry("exp"), Torch())
    assert Check("torch:cpu", "exp", "float32", "gradients") in whole
    assert Check("torch:cpu", "exp", "int8", "gradients") not in whole
    backend = Torch()
    backend.capabilities = Capabilities(dtypes=frozenset(("float32",)), strides=False, autograd=False)
    names = {(check.dtype, check.property) for check in checks(entry("exp"), backend)}
    assert {dtype for dtype, _ in names} == {"float32"}
    assert not {name for _, name in names} & {"strides", "gradients"} and ("float32", "values") in names


# -- pytest --------------------------------------------------------------------------------------

BACKEND = '''
from conformance.backends.torch_backend import Torch


class Mine(Torch):
    """float64 where int8 is due."""

    def __init__(self):
        super().__init__("cpu")
        self.name = "mine:Mine"

    def call(self, operation, form, args, kwargs):
        result = super().call(operation, form, args, kwargs)
        return result.double() if form in ("function", "method") and str(getattr(result, "dtype", "")) == "torch.int8" else result
'''


def run_pytest(folder, *arguments):
    (folder / "mine.py").write_text(BACKEND)
    environment = {  # the plugin of this tree, whether the package is installed or not
        **os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)]), "PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [sys.executable, "-m", "pytest", "-p", "conformance.running.testing.plugin", "-p", "no:cacheprovider", "--pyargs", "conformance", "-q"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, env=environment, cwd=folder, check=False)
    return done.returncode, done.stdout + done.stderr


def test_pytest_judges_a_backend_that_a_conftest_gives(tmp_path):
    (tmp_path / "conftest.py").write_text(block("conftest.py").replace("small_backend", "mine").replace("Small", "Mine"))
    assert len(block("conftest.py").split("\n\n")) == 2 and len([line for line in block("conftest.py").splitlines() if line]) <= 3
    few = ["--conformance-op", "bitwise_not", "--conformance-examples", "1", "-k", "bitwise_not and dtype or purity", "--junitxml=junit.xml"]
    status, text = run_pytest(tmp_path, *few)
    assert status == 1, text
    assert "FAILED" in text and "test_conformance[bitwise_not-int8-dtype]" in text
    assert re.search(r"\b1 failed, \d+ passed", text), text
    assert "got      float64" in text
    assert 'name="test_conformance[bitwise_not-int8-dtype]"' in (tmp_path / "junit.xml").read_text()


@pytest.mark.parametrize(("arguments", "word"), [
    ([], "no backend is given"), (["--conformance-backend=no_such:B"], "no_such"),
    (["--conformance-backend=torch:cpu", "--conformance-op=clmp"], "did you mean clamp"),
])  # fmt: skip
def test_a_mistake_is_told_in_words(arguments, word, tmp_path):
    status, text = run_pytest(tmp_path, "--collect-only", *arguments)
    assert status != 0
    assert word in text and "Traceback" not in text


def test_loading_the_plugin_imports_no_torch():
    code = "import sys; import conformance.running.testing.plugin; raise SystemExit('torch' in sys.modules or 'refimpl' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode == 0


# -- in process ----------------------------------------------------------------------------------


def test_a_backend_object_is_judged_in_process(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    source = re.search(r'```python title="small_backend.py"\n(.*?)```', PAGE, re.DOTALL).group(1)
    (tmp_path / "small_backend.py").write_text(source)
    names = {}
    exec(block("in process"), names)
    assert [row["operation"] for row in names["report"]["operations"]] == ["eq", "neg"]
    assert problems(names["report"]) == []
    report = judge(names["Small"], ["abs"], examples=3, properties=["values"])
    assert report["summary"]["failed"] == 1
    assert {failure["property"] for failure in report["operations"][0]["failures"]} == {"values"}
    assert made("torch:cpu").name == "torch:cpu" and made(names["Small"]()).name == "small"
    assert made(names["Small"]).name == "small_backend:Small"  # a script finds it
    assert "judge_case(case, 'small_backend:Small'" in report["operations"][0]["failures"][0]["script"]
    sys.modules.pop("small_backend", None)
