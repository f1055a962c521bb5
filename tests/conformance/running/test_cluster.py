"""A Dask cluster judges: the report is that of one machine, also if a worker is lost in the middle; resources say who judges what."""

from __future__ import annotations

import argparse
import json
import os
import signal
import threading
import time

import pytest
from places import SUPPORT

from conformance.cli import main
from conformance.cli.arguments import parser
from conformance.report import build_by_versions
from conformance.running import schedulers, supervisor
from conformance.running.preparing.command_text import command
from conformance.running.preparing.unusable import Unusable
from conformance.running.schedulers import worker
from conformance.running.schedulers.cluster import resource_of
from conformance.running.schedulers.judging_process import suite
from conformance.running.settings import Settings

NEEDED = "dask.distributed is not installed (extra dask): no cluster to judge with"
OPTIONS = ["--backend", "torch:cpu", "--op", "neg", "--op", "sign", "--op", "square", "--examples", "1", "--profile", "survey", "--seed", "5"]


@pytest.fixture(scope="module")
def cluster():
    """Two worker processes; the resource NPU is that of both."""
    distributed = pytest.importorskip("distributed", reason=NEEDED)
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, resources={"NPU": 1}) as found:
        yield found


@pytest.fixture(scope="module")
def run(cluster, tmp_path_factory):
    """A run in whose middle a worker is killed that is at a task: exit status, report, the tasks that it was at."""
    directory = tmp_path_factory.mktemp("cluster")
    lost: list[str] = []

    def kill() -> None:
        while not lost:
            time.sleep(0.01)
            results = directory / "results.jsonl"
            judged = results.exists() and len(results.read_text(encoding="utf-8").splitlines()) > 1
            for nanny in cluster.workers.values() if judged else ():
                state = cluster.scheduler.workers.get(nanny.worker_address)
                at = [task.key for task in state.processing] if state is not None else []
                if at and not lost:
                    os.kill(nanny.pid, signal.SIGKILL)
                    lost.extend(at)

    threading.Thread(target=kill, daemon=True).start()
    options = ["--scheduler", address(cluster), "--resource", "torch:cpu=NPU"]
    status = main(["run", *OPTIONS, *options, "--report-dir", str(directory)])
    return status, json.loads((directory / "conformance.json").read_text(encoding="utf-8")), lost


def address(cluster):
    return cluster.scheduler_address.replace("tcp://", "dask://")


def rows(report, backend):
    """What must not depend on where and when a row was made."""
    return [{key: value for key, value in row.items() if key != "seconds"} for row in report["operations"] if row["backend"] == backend]


def test_the_report_is_that_of_one_machine(run, tmp_path):
    status, report, lost = run
    assert lost
    assert status == 0 and report["errors"] == []
    assert main(["run", *OPTIONS, "--report-dir", str(tmp_path)]) == 0
    expected = json.loads((tmp_path / "conformance.json").read_text(encoding="utf-8"))
    assert rows(report, "torch:cpu") == rows(expected, "torch:cpu")
    assert report["about"]["versions"]["torch:cpu"] == expected["about"]["versions"]["torch:cpu"]


def test_a_crash_is_a_finding_and_ends_no_worker(monkeypatch):
    monkeypatch.syspath_prepend(str(SUPPORT))
    monkeypatch.setattr(supervisor, "PATIENCE", 0)
    settings = Settings(profile="survey", examples=1, timeout=20.0)
    seat = worker.Seat(worker.Run("here", settings, None, suite(), share=True), neighbours=1)
    answer = seat.judge(("operation", "neg", "unruly_backends:Dies"))
    seat.close()
    failures = [(failure["property"], failure["rule"]) for item in answer["items"] for failure in item["failures"]]
    assert failures == [("crash", "ends the process")]
    assert answer["said"] == ["neg on unruly_backends:Dies: ends the process (signal 11 (SIGSEGV))"]


def test_a_worker_with_another_suite_judges_nothing():
    assert worker.difference(suite(), suite()) == ""
    assert "torch 2.12.0 and not" in worker.difference(suite() | {"torch": "2.12.0"}, suite())


def test_nobody_waits_for_hardware_that_no_worker_has(cluster, tmp_path, capsys):
    options = ["--scheduler", address(cluster), "--resource", "torch:cpu=TPU", "--report-dir", str(tmp_path)]
    assert main(["run", *OPTIONS, *options]) == 3
    assert "no worker of the cluster offers the resource TPU" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["tcp://host:1", "dask://host", "dask://:1", "dask://host:port"])
def test_an_address_that_is_none_is_told(name):
    with pytest.raises(Unusable, match="expected dask://HOST:PORT"):
        schedulers.address_of(name)


def test_a_cluster_that_does_not_answer_is_told(tmp_path, capsys, monkeypatch):
    pytest.importorskip("distributed", reason=NEEDED)
    monkeypatch.setattr("conformance.running.schedulers.cluster.CONNECTING", 0.2)
    assert main(["run", *OPTIONS, "--scheduler", "dask://127.0.0.1:9", "--report-dir", str(tmp_path)]) == 3
    assert "no Dask scheduler answers there" in capsys.readouterr().err


def test_a_resource_without_a_cluster_is_told(tmp_path, capsys):
    assert main(["run", *OPTIONS, "--resource", "torch:cpu=GPU", "--report-dir", str(tmp_path)]) == 3
    assert "--resource is for --scheduler" in capsys.readouterr().err


def test_resources_are_read_as_backend_and_name():
    assert schedulers.resources_of(["torch:cuda=A100", "mine:Backend=NPU"]) == {"torch:cuda": "A100", "mine:Backend": "NPU"}
    with pytest.raises(Unusable, match="BACKEND=NAME"):
        schedulers.resources_of(["torch:cuda"])


@pytest.mark.parametrize(
    ("backend", "resource"),
    [
        ("torch:cpu", None), ("torch:meta", None), ("refimpl:host_torch", None), ("refimpl:cpu", None), ("array_api:numpy", None),
        ("mine:Backend", None), ("torch.compile:eager", None),
        ("torch:cuda", "GPU"), ("refimpl:cuda:1", "GPU"), ("array_api:cupy", "GPU"), ("torch:xpu", "XPU"),
    ],
)  # fmt: skip
def test_a_backend_of_a_device_is_judged_where_the_device_is(backend, resource):
    assert resource_of(backend, {"torch:xpu": "XPU"}) == resource


def test_the_command_of_a_run_on_a_cluster_says_so():
    words = ["run", "--scheduler", "dask://host:8786", "--resource", "torch:cuda=A100", "--backend", "torch:cuda"]
    text = command(parser().parse_args(words))
    assert "--resource torch:cuda=A100" in text and "--scheduler dask://host:8786" in text


def test_machines_that_differ_are_columns_of_their_own(run):
    _, report, _ = run
    about = report["about"]["runs"][0]
    row = next(row for row in report["operations"] if row["backend"] == "torch:cpu" and row["operation"] == "sign")
    other = {**about["versions"]["torch:cpu"], "machine": "another"}
    items = [{**row, "kind": "operation"}, {**row, "kind": "operation", "operation": "neg", "versions": other}]
    merged = build_by_versions(items, {**about, "backends": ["torch:cpu"]})
    names = {found["backend"] for found in merged["operations"]}
    assert names == {"torch:cpu (no versions given)", "torch:cpu (machine another)"}
    assert len(merged["about"]["runs"]) == 2


def test_a_scheduler_is_found_by_the_arguments():
    arguments = argparse.Namespace(workers=2, scheduler=None, resource=None, memory=None)
    assert schedulers.find_scheduler(arguments).workers == 2
