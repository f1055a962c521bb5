"""The suite end to end: torch conforms to itself, broken and limited backends do not, and the report says so."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from places import ROOT, SUPPORT

from conformance.backends import Unsupported, find_backend
from conformance.backends.base import Capabilities
from conformance.backends.torch_backend import Torch
from conformance.catalogue.entries import entry
from conformance.cli import main
from conformance.examples.profiles import PROFILES
from conformance.report import build, merge_reports
from conformance.running.operation_run import judge_operation
from conformance.selftest.run import all_names, run_defect
from conformance.training.networks import FACTOR, Record, judge_run, train

QUICK = PROFILES["quick"]
HERE = Path(__file__).parent
OPERATIONS = ("add", "exp", "where", "sum", "matmul", "cat", "__getitem__", "index_put_", "view", "sort", "cross_entropy", "randn", "__repr__")


@pytest.mark.parametrize("name", OPERATIONS)
def test_torch_conforms_to_its_own_contract(name):
    for seed in (1, 2):
        result = judge_operation(entry(name), "torch:cpu", QUICK, seed)
        assert result["failures"] == []
        assert result["never_drawn"] == []
        assert result["compared"] > 0 or name == "__repr__"


def test_every_property_is_checked():
    checks = judge_operation(entry("add"), "torch:cpu", QUICK, 3)["checks"]
    for name in ("values", "shape", "dtype", "strides", "aliasing", "errors", "gradients", "purity", "layout", "determinism"):
        assert checks.get(name, 0) > 0, name


def test_the_same_seed_draws_the_same_cases():
    first, second = (judge_operation(entry("mul"), "torch:cpu", QUICK, 7) for _ in range(2))
    for result in (first, second):
        result.pop("seconds")
    assert first == second


class NoDouble(Torch):
    """A limited backend: no float64, no complex numbers, no in-place forms, and no matmul."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "test_suite:NoDouble"
        dtypes = frozenset(("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "bfloat16", "float32"))
        self.capabilities = Capabilities(dtypes=dtypes, forms=frozenset(("function", "method", "operator")), autograd=False)

    def call(self, operation: str, form: str, args: Any, kwargs: Any) -> Any:
        if operation in ("matmul", "linalg.matmul"):
            raise Unsupported("no matmul here")
        return super().call(operation, form, args, kwargs)


def test_unsupported_is_neither_passed_nor_failed():
    result = judge_operation(entry("add"), "limited", QUICK, 0, backend=NoDouble())
    assert result["failures"] == []
    assert result["never_drawn"] == []
    assert result["unsupported_count"] > 0
    assert result["examples"] > 0
    assert "dtype float64" in result["missing"]
    assert "the inplace form" in result["missing"]


def test_an_operation_that_is_missing_is_unsupported_as_a_whole():
    result = judge_operation(entry("matmul"), "limited", QUICK, 0, backend=NoDouble())
    report = build([{"kind": "operation", **result}], {"seconds": 0})
    assert report["operations"][0]["status"] == "unsupported"
    assert report["summary"]["failed"] == 0
    assert report["summary"]["passed"] == 0


class OffByOne(Torch):
    """exp is three ulps too large."""

    def __init__(self) -> None:
        super().__init__()
        self.name = "broken"

    def call(self, operation: str, form: str, args: Any, kwargs: Any) -> Any:
        import torch

        result = super().call(operation, form, args, kwargs)
        if operation == "exp" and form == "function" and result.dtype == torch.float32:
            for _ in range(3):
                result = torch.nextafter(result, torch.tensor(float("inf")))
        return result


def test_a_failure_shrinks_to_a_script_that_runs_by_itself():
    result = judge_operation(entry("exp"), "test_suite:OffByOne", QUICK, 0, backend=OffByOne())
    failure = next(f for f in result["failures"] if f["property"] == "values")
    assert failure["form"] == "function"
    assert failure["details"]["ulps"] >= 3
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (HERE, SUPPORT, ROOT)))}
    done = subprocess.run([sys.executable, "-c", failure["script"]], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1, done.stderr
    assert "differ" in done.stdout


def test_backends_are_found_by_name_and_missing_ones_named():
    assert find_backend("torch:cpu").name == "torch:cpu"
    assert find_backend("conformance.backends.torch_backend:Torch").name == "conformance.backends.torch_backend:Torch"
    for name in ("nowhere", "no.such.module:Name", "conformance.backends.torch_backend:Nothing"):
        with pytest.raises(LookupError, match=name.split(":")[0]):
            find_backend(name)


# -- the command line ----------------------------------------------------------------------------------


def test_run_writes_every_format_and_exits_with_zero(tmp_path, capsys):
    arguments = ["run", "--backend", "torch:cpu", "--op", "neg", "--op", "T", "--examples", "2", "--workers", "0", "--no-training"]
    assert main([*arguments, "--report-dir", str(tmp_path)]) == 0
    report = json.loads((tmp_path / "conformance.json").read_text())
    assert {row["operation"] for row in report["operations"]} == {"neg", "T"}
    assert report["summary"]["failed"] == 0
    assert report["about"]["command"].startswith("python -m conformance run")
    page = (tmp_path / "conformance.html").read_text()
    assert page.startswith("<!doctype html>")
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "2 passed" in (tmp_path / "conformance.md").read_text()
    assert 'tests="2"' in (tmp_path / "junit.xml").read_text()
    assert "2 passed" in capsys.readouterr().out


def test_run_fails_when_a_backend_fails(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "zeros_backend.py").write_text(
        "from conformance.backends.torch_backend import Torch\n"
        "class Zeros(Torch):\n"
        "    def call(self, operation, form, args, kwargs):\n"
        "        result = super().call(operation, form, args, kwargs)\n"
        "        return result * 0 if operation == 'neg' and form == 'method' else result\n"
    )
    arguments = ["run", "--backend", "zeros_backend:Zeros", "--op", "neg", "--examples", "3", "--workers", "0", "--no-training"]
    assert main([*arguments, "--report-dir", str(tmp_path)]) == 1
    report = json.loads((tmp_path / "conformance.json").read_text())
    assert report["operations"][0]["status"] == "failed"
    assert "zeros_backend" in report["operations"][0]["failures"][0]["script"]


def test_selecting_nothing_is_not_a_success(tmp_path):
    arguments = ["run", "--backend", "torch:cpu", "--op", "no_such_operation", "--workers", "0", "--no-training"]
    assert main([*arguments, "--report-dir", str(tmp_path)]) != 0


def test_list_names_operations_backends_and_profiles(capsys):
    assert main(["list", "--op", "pointwise"]) == 0
    out = capsys.readouterr().out
    assert "add" in out and "torch:cpu" in out and "thorough" in out


def test_reports_merge_into_one_matrix():
    about = {"command": "a", "backends": ["x"], "versions": {}, "seconds": 1.0, "profile": "quick", "seed": 0, "started": ""}
    rows = [judge_operation(entry(name), "torch:cpu", QUICK, 0, examples=1) for name in ("neg", "abs")]
    reports = [build([{"kind": "operation", **row}], {**about, "command": row["operation"]}) for row in rows]
    merged = merge_reports(reports)
    assert [row["operation"] for row in merged["operations"]] == ["abs", "neg"]
    assert merged["summary"]["examples"] == sum(row["examples"] for row in rows)
    assert merged["about"]["command"] == "neg && abs"


# -- training, selftest --------------------------------------------------------------------------------


def test_torchs_own_training_passes_and_a_drifting_one_fails():
    assert train("SGD", "torch:cpu", "small")["status"] == "passed"
    exact = Record([1.0, 0.5, 0.25], {2: [1.0, 2.0]})
    torchs = Record([1.0, 0.5 + 1e-6, 0.25], {2: [1.0, 2.0 + 1e-6]})
    distances = [0.0, 2e-6, 2e-6]
    near = Record([1.0, 0.5 + 3e-6, 0.25], {2: [1.0, 2.0]})
    far = Record([1.0, 0.5 + 1e-4, 0.25], {2: [1.0, 2.0]})
    broken = Record([1.0, float("nan"), 0.25], {2: [1.0, 2.0]})
    assert judge_run(near, torchs, exact, distances)["status"] == "passed"
    assert judge_run(far, torchs, exact, distances)["status"] == "failed"
    assert judge_run(broken, torchs, exact, distances)["status"] == "failed"
    assert FACTOR <= 8


def test_there_are_enough_planted_defects():
    assert len(all_names()) >= 150
    assert len(set(all_names())) == len(all_names())


DEFECTS = (
    "zeros for the result: matmul", "3 ulps too much: exp", "NaN dropped: maximum", "takes the last tie: argmax", "not stable: sort",
    "a view that copies: transpose", "a copy that aliases: clone", "always contiguous: add", "in-place write misses a view: add",
    "destroys its input: exp", "writes between the strides: add", "no error: cat", "wrong exception type: sum",
    "gradient doubled: mul", "gradient wrong at ties: maximum", "another result each second time: sum", "strides ignored: exp",
    "0-d operands promote like others: mul", "scalar operand ignored: add", "one number skipped: randn",
    "printed with one digit less: __repr__", "training: momentum applied in the wrong order", "rounded toward zero: mul",
)  # fmt: skip


@pytest.mark.parametrize("name", DEFECTS)
def test_a_planted_defect_is_caught(name):
    result = run_defect(name)
    assert result["caught"], result
