"""The plugin that pytest finds by its entry point: ``pytest --pyargs conformance --conformance-backend=module:Name``.

The tests are one for each operation, dtype and property that the backend says it has. All tests of an operation share one run of it, which is made
when the first of them runs; its failures are told by the tests that they concern, and what is declared is an expected failure. A project that has
its backend at hand gives it from its ``conftest.py``, by the hook :func:`Hooks.pytest_conformance_backend`.

Nothing but the standard library and pytest is imported until tests are collected: every run of pytest loads this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable

import pytest

if TYPE_CHECKING:
    from .verdicts import Check

_PACKAGE = Path(__file__).resolve().parents[2]
_SUITE = Path(__file__).resolve().parent / "suite"
_FIXTURE = "conformance_check"


class Hooks:
    """What a ``conftest.py`` may define."""

    @pytest.hookspec
    def pytest_conformance_backend(self, config: pytest.Config) -> Any:
        """A backend, a class or function that makes one, the name of one, or a list of these."""


class Session:
    """The backends of a run of pytest, and what was judged on them."""

    def __init__(self, config: pytest.Config) -> None:
        from ...backends.self_check import self_check
        from .in_process import made

        given: list[Any] = list(config.getoption("--conformance-backend"))
        for found in config.hook.pytest_conformance_backend(config=config):
            given += found if isinstance(found, (list, tuple)) else [found]
        if not given:
            raise pytest.UsageError("no backend is given: --conformance-backend=module:Name, or pytest_conformance_backend in conftest.py")
        try:
            self.backends = {backend.name: backend for backend in map(made, given)}
        except LookupError as error:
            raise pytest.UsageError(str(error)) from error
        faults = [f"the adapter of {name} is at fault: {fault}" for name, backend in self.backends.items() for fault in self_check(backend)]
        if faults:
            raise pytest.UsageError("\n".join(faults))
        self.config = config
        self.results: dict[tuple[str, str], dict[str, Any]] = {}
        self.dtypes: dict[tuple[str, str], tuple[str, ...]] = {}

    def checks(self) -> list[Check]:
        from ...catalogue.selection import UnknownOperation, selected, words_of
        from .verdicts import checks

        try:
            chosen = selected(words_of(self.config.getoption("--conformance-op")))
        except UnknownOperation as error:
            raise pytest.UsageError(str(error)) from error
        found = []
        for entry in chosen:
            for backend in self.backends.values():
                mine = checks(entry, backend)
                self.dtypes[backend.name, entry.operation.name] = tuple(dict.fromkeys(check.dtype for check in mine))
                found += mine
        return found

    def result(self, backend: str, operation: str) -> dict[str, Any]:
        """That of one operation, judged when it is first asked for."""
        from .in_process import judged, rules

        key = backend, operation
        if key not in self.results:
            option = self.config.getoption
            with rules(option("--conformance-deviations"), (), not option("--conformance-no-messages")):
                self.results[key] = judged(
                    self.backends[backend], operation, option("--conformance-profile"), option("--conformance-seed"), option("--conformance-examples")
                )
        return self.results[key]


_SESSION = pytest.StashKey[Session]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("conformance", "conformance: a tensor backend beside torch (pytest --pyargs conformance)")
    add = group.addoption
    add("--conformance-backend", action="append", default=[], metavar="NAME", help="the backend to judge, as for `conformance run` (repeatable)")
    add("--conformance-op", action="append", default=[], metavar="NAME", help="operation, family or prefix* (repeatable; default: all)")
    add("--conformance-profile", default="quick", choices=("quick", "ci", "survey", "thorough"), help="how much is drawn (default: quick)")
    add("--conformance-seed", type=int, default=0, help="other examples (default: 0)")
    add("--conformance-examples", type=int, default=None, metavar="N", help="examples for each dtype of an operation (default: the profile's)")
    add("--conformance-deviations", default="none", metavar="FILE", help="declared deviations: expected failures (default: none)")
    add("--conformance-no-messages", action="store_true", help="compare errors by their types, and not their words")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    pluginmanager.add_hookspecs(Hooks)


def pytest_configure(config: pytest.Config) -> None:
    if not config.pluginmanager.hasplugin("xdist"):
        config.addinivalue_line("markers", "xdist_group(name): tests of one operation, which share its run")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Of this package only the suite is collected; the tests that ``conformance run`` starts are its own."""
    path = collection_path.resolve()
    if not path.is_relative_to(_PACKAGE) or config.getoption("--conformance-settings", None):
        return None
    return None if path.is_relative_to(_SUITE) or _SUITE.is_relative_to(path) else True


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if _FIXTURE not in metafunc.fixturenames:
        return
    if _SESSION not in metafunc.config.stash:
        metafunc.config.stash[_SESSION] = Session(metafunc.config)
    session = metafunc.config.stash[_SESSION]
    several = len(session.backends) > 1
    parameters = []
    for check in session.checks():
        name = f"{check.operation}-{check.dtype}-{check.property}" + (f"-{check.backend}" if several else "")
        parameters.append(pytest.param(check, id=name, marks=pytest.mark.xdist_group(f"{check.operation} on {check.backend}")))
    metafunc.parametrize(_FIXTURE, parameters, indirect=True)


@pytest.fixture
def conformance_check(request: pytest.FixtureRequest) -> Callable[[], None]:
    """What a test of the suite calls: it fails, is skipped, or is an expected failure."""
    from .verdicts import verdict

    check: Check = request.param
    session = request.config.stash[_SESSION]

    def run() -> None:
        __tracebackhide__ = True
        found = verdict(check, session.result(check.backend, check.operation), session.dtypes[check.backend, check.operation])
        if found.outcome == "failed":
            pytest.fail(found.text, pytrace=False)
        if found.outcome == "declared":
            pytest.xfail(found.text)
        if found.outcome == "skipped":
            pytest.skip(found.text)

    return run
