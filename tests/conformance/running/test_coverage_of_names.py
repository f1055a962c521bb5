"""Every public name of refimpl is judged by default, or stands with its reason in the list that the report shows."""

from __future__ import annotations

import pytest

from conformance.backends import find_backend
from conformance.catalogue import TABLE
from conformance.catalogue.entries import entries, entry
from conformance.catalogue.public_names import judged_names, not_judged, public_names
from conformance.report import assembly, markdown, terminal
from conformance.report import not_judged as not_judged_lines


def test_every_public_name_is_judged_or_listed_with_a_reason():
    assert public_names() - judged_names() - set(not_judged()) == set()


def test_nothing_is_listed_that_is_judged_or_that_there_is_not():
    assert set(not_judged()) & judged_names() == set()
    assert set(not_judged()) - public_names() == set()
    assert all(reason.strip() for reason in not_judged().values())


def test_public_names_are_functions_members_and_functions_of_modules():
    assert {"add", "expand_as", "shape", "__add__", "__radd__", "cross_entropy", "is_tensor"} <= public_names()
    assert {"nn.functional.relu", "nn.init.uniform_"} <= public_names()
    assert not {"nn", "Tensor", "float32", "_version", "warn", "__slots__", "inf"} & public_names()


@pytest.mark.parametrize("name", ["item", "tolist", "result_type", "can_cast", "promote_types", "stride", "size", "detach_", "cross_entropy"])
def test_what_refimpl_has_without_a_page_of_its_own_is_judged_by_default(name):
    assert name in {each.operation.name for each in entries()}


def test_what_is_left_out_by_default_refimpl_does_not_have():
    left_out = [name for name in TABLE if not entry(name).documented]
    assert not set(left_out) & public_names()


def test_the_report_tells_what_is_not_judged():
    report = assembly.build([], {"seconds": 0})
    assert {each["name"] for each in report["not_judged"]} == set(not_judged())
    count = f"not judged: {len(not_judged())} public names"
    assert count in terminal.summary_text(report)
    text = markdown.markdown_text(report)
    assert count.capitalize() in text and "data_ptr" in text


def test_what_is_left_out_of_the_verdicts_is_counted_and_told():
    """Random values of a device's own generator, and results of a dtype that is none of the twelve."""
    from conformance.cases.case import Case, TensorSpec
    from conformance.judging.judge import NOT_OF_THE_TWELVE, OWN_RANDOM, Judge
    from conformance.judging.statistics import Statistics

    half = TensorSpec(0, "float16", (2,), (1,))
    calls = {
        NOT_OF_THE_TWELVE: ("torch:cpu", Case("add", "function", (bytes(4),), (half, 1j))),
        OWN_RANDOM: ("refimpl:host_torch", Case("bernoulli", "function", (bytes(4),), (half,), seed=1)),
    }
    rows = []
    for reason, (name, case) in calls.items():
        row = entry(case.operation)
        statistics = Statistics(case.operation, name)
        assert Judge(find_backend(name), row.operation, row.contract, statistics).check(case) == []
        assert statistics.left_out == {reason: 1}
        rows.append({"backend": name, **statistics.as_dict()})
    told = not_judged_lines.left_out({"operations": [*rows, *rows]})
    assert told == [f"2 examples on {name}: {reason}" for reason, (name, _) in calls.items()]
