"""Every parameter of every operation is drawn: by position, by name, and left out where it has a default."""

from __future__ import annotations

import pytest

from conformance.catalogue.argument_audit import NOT_ASKED_FOR, never_used, ways_of
from conformance.catalogue.entries import Entry, entries
from conformance.drawing.choices import RandomChoices
from conformance.examples.building import build

ENTRIES = [e for e in entries() if e.documented and e.operation.forms != ("operator",)]
MOST = 1500


def drawn(e: Entry):
    return lambda number, dtype: build(RandomChoices(number), e.operation, dtype, e.forms, e.names, 0, None)


@pytest.mark.parametrize("family", sorted({e.operation.family for e in ENTRIES}))
def test_no_parameter_is_forgotten(family):
    forgotten = {e.operation.name: found for e in ENTRIES if e.operation.family == family and (found := never_used(e, drawn(e), MOST))}
    assert not forgotten


def test_what_is_not_asked_for_is_in_the_table():
    assert {e.operation.name for e in ENTRIES} >= set(NOT_ASKED_FOR)


def test_a_parameter_that_a_row_leaves_out_is_told():
    e = next(e for e in ENTRIES if e.operation.name == "sum")
    assert ("keepdim", "keyword") in ways_of(e)

    def without_keepdim(number, dtype):
        case = drawn(e)(number, dtype)
        case.kwargs.pop("keepdim", None)
        return case

    assert never_used(e, without_keepdim, 100) >= {("keepdim", "keyword")}
