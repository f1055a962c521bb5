"""Every documented operation on every backend."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from conformance.documented import entry
from conformance.engine import judge_operation
from conformance.profiles import Profile


def test_operation(
    operation_name: str, backend_name: str, profile: Profile, hand_over: Callable[[dict[str, Any]], None], request: pytest.FixtureRequest
) -> None:
    option = request.config.getoption
    result = judge_operation(
        entry(operation_name),
        backend_name,
        profile,
        option("--conformance-seed"),
        option("--conformance-examples"),
        option("--conformance-database"),
    )
    hand_over({"kind": "operation", **result})
    if result["failures"]:
        first = result["failures"][0]
        text = f"{first['property']}: {first['rule']}\nexpected {first['expected']}\ngot      {first['got']}\n\n{first['script']}"
        pytest.fail(text, pytrace=False)
    if result["never_drawn"]:
        pytest.fail(f"{operation_name}: never drawn: {', '.join(result['never_drawn'])}", pytrace=False)
    if result["compared_nothing"]:
        pytest.fail(f"{operation_name}: no element was compared", pytrace=False)
