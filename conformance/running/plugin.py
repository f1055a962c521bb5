"""The pytest plugin of the processes that judge: settings, the parametrisation by operation and backend, and the flight recorder of a worker.

Results travel in a test report's ``user_properties``, which pytest-xdist carries from its workers to the controlling process
(:mod:`.supervisor`).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from ..execution import call_recorder
from ..explaining.script_runs import Runner
from . import settings
from .task_run import prepare

RUNNER = pytest.StashKey[Runner]()  # of a worker, and before it has loaded a backend
SETTINGS = pytest.StashKey[settings.Settings]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("conformance").addoption("--conformance-settings", required=True, help="the file that `python -m conformance run` writes")


def pytest_configure(config: pytest.Config) -> None:
    found = config.stash[SETTINGS] = settings.read(config.getoption("--conformance-settings"))
    note = getattr(config, "workerinput", {}).get("conformance_note")
    if note is not None:
        config.stash[RUNNER] = _runner(found.memory)
        call_recorder.start(Path(note), found.memory, found.modules)
    if note is not None or not config.getoption("numprocesses", None):  # this process judges
        prepare(found)  # pytest-xdist hands its workers the paths of the time when it was imported


def _runner(memory: int) -> Runner:
    """What runs the scripts of failures: a fork of this process with everything imported that they need, and no backend."""
    import torch

    from ..judging import single_case  # noqa: F401

    torch.set_num_threads(1)
    return Runner.forked(memory)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    found = metafunc.config.stash[SETTINGS]
    for fixture, pairs in (("operation_name", found.operations), ("training_run", found.training), ("program_range", found.programs)):
        if fixture in metafunc.fixturenames:
            metafunc.parametrize((fixture, "backend_name"), pairs, ids=[f"{name} on {backend}" for name, backend in pairs])


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if RUNNER in session.config.stash:
        session.config.stash[RUNNER].close()
    if call_recorder.recorder is not None:
        call_recorder.leave_soon()
