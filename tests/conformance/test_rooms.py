"""The rooms of the suite: imports point downwards only, and no file or folder outgrows a reader."""

from pathlib import Path

import import_graph
import pytest

# The rooms of conformance/, the lowest first: each imports from those before it only.
ORDER = (
    "version", "cases", "accuracy", "known_differences", "backends", "execution", "drawing", "catalogue", "examples", "declared_deviations",
    "judging", "explaining", "training", "programs", "report", "running", "selftest", "scoreboard", "cli", "__main__",
)  # fmt: skip
PACKAGE = import_graph.ROOT / "conformance"


def test_no_module_imports_itself_over_others():
    assert import_graph.circles("conformance") == []


def test_every_room_has_its_place_in_the_order():
    assert sorted(ORDER) == import_graph.rooms("conformance")


def test_a_room_imports_only_from_rooms_below_it():
    assert import_graph.misplaced("conformance", ORDER) == []


def test_a_wrong_order_and_a_circle_are_seen():
    assert any("judging imports" not in text and "judging" in text for text in import_graph.misplaced("conformance", ORDER[::-1]))
    assert import_graph.circles_in({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


@pytest.mark.parametrize("folder", sorted({path.parent for path in PACKAGE.rglob("*.py")}), ids=lambda path: path.name)
def test_files_have_at_most_500_lines_and_folders_at_most_15_files(folder: Path):
    files = [path for path in folder.iterdir() if path.is_file()]
    assert len(files) <= 15
    assert [path.name for path in files if path.suffix == ".py" and len(path.read_text(encoding="utf-8").splitlines()) > 500] == []
