"""Declared deviations: the file, what an entry excuses, how it is written, and the example of docs/declared-deviations.md."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import fields, replace

import pytest
from places import ROOT

from conformance.backends import find_backend
from conformance.cases.case import Case, TensorSpec
from conformance.cases.deviation import Deviation
from conformance.cli import main
from conformance.declared_deviations import declarations as deviations
from conformance.declared_deviations import writing as declaring
from conformance.declared_deviations.declarations import Condition, Entry, Ledger, Malformed
from conformance.report.schema import problems

PAGE = ROOT / "docs" / "declared-deviations.md"
BLOCKS = dict(re.findall(r'```\w+ title="([^"]+)"\n(.*?)```', PAGE.read_text(encoding="utf-8"), re.DOTALL))
ENTRY = json.loads(BLOCKS["deviations.json"])


def entry(**changes):
    return Entry("b:B", "exp", "values", "ulps(2)", Condition(), "a reason", "", "2026-01-31") if not changes else replace(entry(), **changes)


def case(dtype="float32", form="function", labels=()):
    return Case("exp", form, (bytes(8),), (TensorSpec(0, dtype, (1,), (1,)),), labels=frozenset(labels))


def values(ulps, rule="ulps(2) around refimpl's correctly rounded result, element 3"):
    return Deviation("values", rule, "1.0", "1.5", {"ulps": ulps, "units": ulps / 2})


@pytest.fixture
def declared():
    """Use some entries for the length of a test."""

    def use(*entries):
        deviations.use(entries)
        return Ledger("b:B", "exp")

    yield use
    deviations.use(None)


# -- the example ---------------------------------------------------------------------------------


@pytest.fixture
def run_page(tmp_path, monkeypatch, capfd):
    """Give a command of the page with some faults: exit status, report and what was printed."""

    def run(title, faults, *more):
        source = BLOCKS["faulty_backend.py"].replace('("exp", "neg")', repr(faults))
        (tmp_path / "faulty_backend.py").write_text(source, encoding="utf-8")
        sys.modules.pop("faulty_backend", None)
        find_backend.cache_clear()
        arguments = BLOCKS[title].split()
        assert arguments[:4] == ["python", "-m", "conformance", "run"]
        status = main([*arguments[3:], "--report-dir", "report", "--workers", "0", *more])  # in this process: faster
        report = json.loads((tmp_path / "report" / "conformance.json").read_text(encoding="utf-8"))
        return status, report, capfd.readouterr().out

    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.chdir(tmp_path)
    yield run
    sys.modules.pop("faulty_backend", None)
    find_backend.cache_clear()


def test_two_faults_declared_one_mended_and_a_third(run_page, tmp_path):
    status, report, printed = run_page("write", ("exp", "neg"))
    assert status == 0
    assert "new: neg on faulty_backend:Faulty, dtype, result dtype: seen: expected int8, got int16" in printed
    written = json.loads((tmp_path / "deviations.json").read_text(encoding="utf-8"))
    assert [(item["operation"], item["property"]) for item in written] == [("exp", "values"), ("neg", "dtype")]
    assert {**written[1], "date": ENTRY["date"]} == ENTRY
    assert written[0]["condition"].get("forms", ["method"]) == ["method"]
    assert written[0]["condition"]["ulps"] == 8.0
    assert problems(written, rules=json.loads(BLOCKS["schema"])) == []

    written[1]["reason"] = "int8 is stored in sixteen bits"
    (tmp_path / "deviations.json").write_text(json.dumps(written), encoding="utf-8")
    status, report, _ = run_page("run", ("exp", "neg"))
    assert status == 0
    assert report["summary"]["failed"] == 0
    assert [(item["operation"], item["status"], item["count"] > 0) for item in report["declared"]] == [
        ("exp", "occurred", True), ("neg", "occurred", True),
    ]  # fmt: skip

    status, report, _ = run_page("run", ("exp",))
    assert status == 0
    assert [item["status"] for item in report["declared"]] == ["occurred", "no longer occurs"]
    told = deviations.lines(report["declared"])[1]
    assert told.startswith(BLOCKS["mended"].strip())
    assert "int8 is stored in sixteen bits" in told

    status, report, _ = run_page("run", ("exp", "neg", "third"))
    assert status == 1
    assert {(row["operation"], row["status"]) for row in report["operations"]} == {("exp", "failed"), ("neg", "passed")}

    status, report, printed = run_page("write", ("exp",))
    assert status == 0
    assert "no longer occurs: neg on faulty_backend:Faulty, dtype, result dtype: int8 is stored in sixteen bits" in printed
    assert [item["operation"] for item in json.loads((tmp_path / "deviations.json").read_text(encoding="utf-8"))] == ["exp"]


def test_without_declarations_all_that_was_declared_fails(run_page, tmp_path):
    (tmp_path / "deviations.json").write_text(json.dumps([ENTRY]), encoding="utf-8")
    assert run_page("run", ("neg",), "--op", "neg")[0] == 0
    assert run_page("run", ("neg",), "--op", "neg", "--deviations", "none")[0] == 1


# -- the file ------------------------------------------------------------------------------------


def test_this_project_s_own_file_can_be_read_and_every_entry_can_occur():
    assert deviations.unknown(deviations.read(deviations.FILE)) == []


def test_what_is_written_is_what_is_read(tmp_path):
    whole = entry(condition=Condition(("int8", "no tensor"), ("out",), ("0-d", "nan"), (("a result", "RuntimeError: *"),), 4.0, 0.5))
    declaring.write(tmp_path / "file.json", [whole, entry()])
    assert deviations.read(tmp_path / "file.json") == (whole, entry())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"property": "colour"}, "'property' must be one of values"),
        ({"date": "yesterday"}, "'date' must be a date"),
        ({"reason": None}, "'reason' must be a text, got None"),
        ({"why": "so"}, "unknown field 'why'"),
        ({"condition": []}, "'condition' must be an object"),
        ({"condition": {"dtype": ["int8"]}}, "unknown condition 'dtype'"),
        ({"condition": {"dtypes": "int8"}}, "the condition 'dtypes' must be a list"),
        ({"condition": {"dtypes": ["float33"]}}, "got ['float33']"),
        ({"condition": {"forms": ["in place"]}}, "the condition 'forms' must be a list of function"),
        ({"condition": {"texts": [["one"]]}}, "the condition 'texts' must be a list of pairs"),
        ({"condition": {"ulps": -1}}, "the condition 'ulps' must be a number"),
    ],
    ids=str,
)
def test_a_malformed_entry_ends_the_run_with_status_3_and_is_named(change, words, tmp_path, capsys):
    file = tmp_path / "file.json"
    file.write_text(json.dumps([ENTRY, ENTRY | change]), encoding="utf-8")
    with pytest.raises(Malformed, match=re.escape(words)):
        deviations.read(file)
    assert main(["run", "--backend", "torch:cpu", "--op", "neg", "--no-training", "--deviations", str(file)]) == 3
    assert "entry 2 (neg on faulty_backend:Faulty)" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '[{"backend": "b"}]'])
def test_a_file_that_is_no_list_of_entries_is_malformed(text, tmp_path):
    (tmp_path / "file.json").write_text(text, encoding="utf-8")
    with pytest.raises(Malformed, match=re.escape(str(tmp_path / "file.json"))):
        deviations.read(tmp_path / "file.json")


def test_the_schema_of_the_page_names_the_same_fields(tmp_path):
    schema = json.loads(BLOCKS["schema"])
    assert schema["items"]["required"] == [f.name for f in fields(Entry)]
    assert list(schema["items"]["properties"]["condition"]["properties"]) == [f.name for f in fields(Condition)]
    assert problems([ENTRY | {"condition": {"dtype": ["int8"]}}], rules=schema) == ["report[0].condition: dtype is not in the schema"]


def test_a_missing_field_is_named(tmp_path):
    for name in ENTRY:
        (tmp_path / "file.json").write_text(json.dumps([{key: value for key, value in ENTRY.items() if key != name}]), encoding="utf-8")
        with pytest.raises(Malformed, match=f"'{name}' is missing"):
            deviations.read(tmp_path / "file.json")


def test_unknown_operations_and_backends_are_told():
    known = [entry(backend=name) for name in ("torch:cuda", "refimpl:npu", "array_api:cupy", "torch.compile:inductor", "json:Name")]
    assert deviations.unknown(known) == []
    assert deviations.unknown([entry(operation="expp")]) == ["declared deviation of expp on b:B: there is no operation 'expp'"]
    assert deviations.unknown([entry(backend="no_such:B")]) == ["declared deviation of exp on no_such:B: there is no backend 'no_such:B'"]


# -- what an entry excuses -----------------------------------------------------------------------


def test_an_entry_without_conditions_excuses_its_rule_and_nothing_else(declared):
    ledger = declared(entry())
    assert ledger.match(case(), values(100.0)) == entry().identifier
    assert ledger.match(case(), values(1.0, "ulps(2) around torch's result, element 0")) == entry().identifier
    assert ledger.match(case(), values(1.0, "exact around torch's result, element 0")) is None
    assert ledger.match(case(), Deviation("dtype", "ulps(2)", "", "")) is None
    assert Ledger("b:B", "log").match(case(), values(1.0)) is None
    assert Ledger("c:C", "exp").match(case(), values(1.0)) is None


@pytest.mark.parametrize(
    ("condition", "inside", "outside"),
    [
        (Condition(dtypes=("float32",)), case(), case("float64")),
        (Condition(forms=("inplace", "out")), case(form="out"), case()),
        (Condition(classes=("nan", "0-d")), case(labels=("nan", "0-d", "grad")), case(labels=("nan",))),
    ],
)
def test_the_condition_is_on_the_example(condition, inside, outside, declared):
    ledger = declared(entry(condition=condition))
    ledger.example(inside)
    ledger.example(outside)
    assert ledger.match(inside, values(3.0)) is not None
    assert ledger.match(outside, values(3.0)) is None
    assert [(item["drawn"], item["count"]) for item in ledger.as_dict()["declared"]] == [(1, 1)]


def test_a_larger_difference_than_declared_is_not_excused(declared):
    ledger = declared(entry(condition=Condition(ulps=4.0)))
    assert ledger.match(case(), values(4.0)) is not None
    assert ledger.match(case(), values(5.0)) is None
    assert ledger.match(case(), values(float("inf"))) is None
    assert ledger.match(case(), values(float("nan"))) is None
    assert declared(entry(condition=Condition(units=1.5))).match(case(), values(4.0)) is None


def test_other_words_than_declared_are_not_excused(declared):
    errors = entry(property="errors", rule="message", condition=Condition(texts=(("ValueError: size [#]", "TypeError: *"),)))
    ledger = declared(errors)
    said = Deviation("errors", "message", "ValueError: size [2, 3]", "TypeError: whatever 1")
    assert ledger.match(case(), said) is not None
    assert ledger.match(case(), replace(said, got="KeyError: whatever 1")) is None
    assert ledger.match(case(), replace(said, expected="ValueError: size")) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.5", "#"), ("-inf", "#"), ("nan", "#"), ("(1+2j)", "#"), ("True", "#"), ("float32", "float32"), ("a result", "a result"),
        ("size [1] and [2, 3], not (4,) or ()", "size [#] and [#], not (#) or ()"), ("memory of input 0", "memory of input #"),
        ("got -1e-05.", "got #."), ("int8 and 2**8", "int8 and #**#"),
    ],
)  # fmt: skip
def test_texts_are_compared_without_their_numbers(text, words):
    assert deviations.words(text) == words


# -- writing -------------------------------------------------------------------------------------


def row_of(ledger):
    """As it travels from a worker: JSON as Python writes it, with infinities."""
    return {"backend": "b:B", "operation": "exp", **json.loads(json.dumps(ledger.as_dict()))}


def test_the_condition_is_the_mechanism_and_not_what_the_examples_of_a_seed_share(declared):
    ledger = declared()
    for i in range(20):
        ledger.example(case(labels=("permuted",) if i % 2 else ("nan", "float32")))
    for ulps in (3.0, 9.0):
        ledger.match(case(labels=("nan", "permuted", "float32")), values(ulps))
    ledger.match(case("float16", "out", labels=("nan", "permuted", "0-d", "again")), values(2.0))
    (written,) = declaring.rewrite([], [row_of(ledger)]).new
    assert problems([written.as_dict()], rules=json.loads(BLOCKS["schema"])) == []
    assert written.condition == Condition(("float16", "bfloat16", "float32", "float64"), (), (), (), 32.0, None)
    assert written.reason == "seen: expected 1.0, got 1.5"


def test_a_form_is_a_condition_unless_it_may_be_chance(declared):
    def written(others, times):
        ledger = declared()
        for i in range(others):
            ledger.example(case(form="out" if i else "function"))
        for _ in range(times):
            ledger.match(case(), values(3.0))
        return declaring.rewrite([], [row_of(ledger)]).new[0].condition.forms

    assert written(10, 4) == ("function",)
    assert written(2, 1) == written(1, 9) == ()


def test_errors_within_a_bound_that_depends_on_the_input_are_declared_in_its_units(declared):
    ledger = declared()
    ledger.example(case())
    ledger.match(case(), values(3000.0, "accumulated(2) around refimpl's correctly rounded result, element 0"))
    condition = declaring.rewrite([], [row_of(ledger)]).new[0].condition
    assert (condition.ulps, condition.units) == (None, 4096.0)


def test_a_pattern_declares_for_several_operations_and_is_told_once(declared):
    ftz = entry(operation="*", property="values", rule="*", condition=Condition(("float32",), ulps=9e6), reason="flushes subnormal numbers to zero")
    rows = []
    for name in ("exp", "log", "linalg.inv"):
        declared(ftz)
        ledger = Ledger("b:B", name)
        ledger.example(case())
        assert (ledger.match(case(), values(8e6)) is None) == (name == "nothing")
        assert ledger.match(case(), values(8e7)) is None
        assert ledger.match(case(), Deviation("dtype", "result dtype", "a", "b")) is None
        rows.append({"backend": "b:B", "operation": name, **json.loads(json.dumps(ledger.as_dict()))})
    (told,) = deviations.told(rows)
    assert (told["count"], told["drawn"], told["status"]) == (3, 3, "occurred")
    assert Ledger("c:C", "exp").entries == []
    declared(entry(operation="linalg.*", property="*", rule="*"))
    assert Ledger("b:B", "exp").entries == [] and len(Ledger("b:B", "linalg.inv").entries) == 1
    assert deviations.unknown([entry(backend="torch:cpu", operation="linalg.*")]) == []
    assert deviations.unknown([entry(backend="torch:cpu", operation="linagl.*")]) != []


def test_a_pattern_that_still_occurs_somewhere_is_not_gone(declared):
    pattern = entry(operation="*")
    rows = []
    for name in ("exp", "log"):
        declared(pattern)
        ledger = Ledger("b:B", name)
        ledger.example(case())
        if name == "log":
            ledger.match(case(), values(3.0))
        rows.append({"backend": "b:B", "operation": name, **ledger.as_dict()})
    rewritten = declaring.rewrite([pattern], rows)
    assert (rewritten.entries, rewritten.new, rewritten.gone) == ([pattern], [], [])


def test_dtypes_in_the_words_of_errors_do_not_matter(declared):
    errors = entry(property="errors", rule="message", condition=Condition(texts=(("RuntimeError: DTYPE is wrong", "TypeError: no DTYPE"),)))
    ledger = declared(errors)
    for dtype in ("Float", "torch.int64", "BFloat16"):
        assert ledger.match(case(), Deviation("errors", "message", f"RuntimeError: {dtype} is wrong", f"TypeError: no {dtype}")) is not None
    assert deviations.texts_of(Deviation("dtype", "result dtype", "int8", "int16")) == ("int8", "int16")


def test_differences_without_a_largest_have_no_bound(declared):
    ledger = declared()
    ledger.example(case())
    ledger.match(case(), values(3.0))
    ledger.match(case(), values(float("inf")))
    assert declaring.rewrite([], [row_of(ledger)]).new[0].condition == Condition(("float32",))


def test_many_different_texts_are_declared_by_their_kinds(declared):
    ledger = declared()
    ledger.example(case())
    for letter in "abcdefghijkl":
        ledger.match(case(), Deviation("errors", "message", f"ValueError: {letter}", "a result"))
    assert declaring.rewrite([], [row_of(ledger)]).new[0].condition.texts == (("ValueError: *", "a result"),)


def test_entries_keep_their_reason_and_only_unexplained_ones_widen(declared):
    explained = entry(condition=Condition(("float32",)), reason="a table of 256 values", link="https://example.org/1")
    seen = entry(condition=Condition(("float64",), ulps=4.0), reason="seen: expected 1.0, got 1.5")
    elsewhere = entry(operation="log")
    ledger = declared(explained, seen, elsewhere)
    for dtype, ulps in (("float32", 3.0), ("float64", 4.0), ("int8", 9.0)):
        ledger.example(case(dtype))
        ledger.match(case(dtype), values(ulps))
    rewritten = declaring.rewrite([explained, seen, elsewhere], [row_of(ledger)])
    widened = replace(seen, condition=Condition(("float64", "int8"), (), (), (), 32.0))
    assert set(rewritten.entries) == {explained, widened, elsewhere}
    assert (rewritten.new, rewritten.gone) == ([], [])

    ledger = declared(explained)
    for dtype in ("float32", "int8"):
        ledger.example(case(dtype))
        ledger.match(case(dtype), values(3.0))
    rewritten = declaring.rewrite([explained], [row_of(ledger)])
    assert rewritten.entries[0] == explained or rewritten.entries[1] == explained
    assert [new.condition.dtypes for new in rewritten.new] == [("int8",)]


def test_only_what_was_drawn_and_did_not_occur_is_gone(declared):
    mended, not_drawn = entry(condition=Condition(("float32",))), entry(condition=Condition(("int8",)))
    ledger = declared(mended, not_drawn)
    ledger.example(case())
    rewritten = declaring.rewrite([mended, not_drawn], [row_of(ledger)])
    assert (rewritten.entries, rewritten.gone) == ([not_drawn], [mended])
    assert [item["status"] for item in deviations.told([row_of(ledger)])] == ["no longer occurs", "not drawn"]


def test_counts_of_two_runs_are_added(declared):
    ledger = declared(entry(condition=Condition(("float32",))))
    ledger.example(case())
    first = ledger.as_dict()["declared"]
    ledger.match(case(), values(3.0))
    second = ledger.as_dict()["declared"]
    pooled = deviations.pooled(first, second)
    assert [(item["count"], item["drawn"]) for item in pooled] == [(1, 2)]
    assert deviations.pooled([], second) == second
    assert deviations.told([{"declared": pooled}])[0]["status"] == "occurred"


def test_what_is_no_deviation_cannot_be_declared():
    row = {"backend": "b:B", "operation": "exp", "never_drawn": ["nan"], "compared_nothing": True}
    report = {"training": [{"run": "T1", "backend": "b:B", "status": "failed"}], "operations": [row], "errors": [{"test": "x"}]}
    assert len(declaring.undeclarable(report)) == 4
    assert declaring.undeclarable({"training": [], "operations": [row | {"never_drawn": [], "compared_nothing": False}], "errors": []}) == []
