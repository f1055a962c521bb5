"""The rooms of the three packages: imports point downwards only, and no file or folder outgrows a reader."""

from pathlib import Path

import import_graph
import pytest

# The rooms of each package, the lowest first: each imports from those before it only.
ORDER = {
    "refimpl": (
        "signatures", "foundation", "backend", "profiler", "return_types", "tensor", "random", "cpu", "autograd", "printing", "operations", "ops",
        "exchange", "methods", "tensor_types", "functions", "amp", "cuda", "accelerator", "mps", "xpu", "distributed", "multiprocessing", "utils",
        "linalg", "fft", "special", "signal", "compiler", "func", "nn", "distributions", "optim", "serialization", "testing", "overrides", "backends",
        "jit", "rstyle", "version", "as_torch", "__main__",
    ),
    "conformance": (
        "version", "coverage_of_torch", "cases", "accuracy", "known_differences", "backends", "execution", "drawing", "catalogue",
        "examples", "declared_deviations", "judging", "explaining", "training", "programs", "report", "running", "selftest", "scoreboard", "cli",
        "__main__",
    ),
}  # fmt: skip
PACKAGES = ("refimpl", "conformance", "gpu_backend")
FOLDERS = sorted({path.parent.relative_to(import_graph.ROOT) for package in PACKAGES for path in (import_graph.ROOT / package).rglob("*.py")})


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_itself_over_others(package):
    assert import_graph.circles(package) == []


@pytest.mark.parametrize("package", ORDER)
def test_every_room_has_its_place_in_the_order(package):
    assert sorted(ORDER[package]) == import_graph.rooms(package)


@pytest.mark.parametrize("package", ORDER)
def test_a_room_imports_only_from_rooms_below_it(package):
    assert import_graph.misplaced(package, ORDER[package]) == []


@pytest.mark.parametrize("package", ORDER)
def test_a_wrong_order_is_seen(package):
    assert import_graph.misplaced(package, ORDER[package][::-1])


def test_a_circle_is_seen():
    assert import_graph.circles_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("folder", FOLDERS, ids=str)
def test_files_have_at_most_500_lines_and_folders_at_most_15_files(folder: Path):
    files = [path for path in (import_graph.ROOT / folder).iterdir() if path.is_file()]
    assert len(files) <= 15
    assert [path.name for path in files if path.suffix == ".py" and len(path.read_text(encoding="utf-8").splitlines()) > 500] == []
