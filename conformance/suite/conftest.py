"""Fixtures of the suite: the profile, and how a test hands over its result."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from conformance.plugin import KEY
from conformance.profiles import PROFILES, Profile


@pytest.fixture
def profile(request: pytest.FixtureRequest) -> Profile:
    return PROFILES[request.config.getoption("--conformance-profile")]


@pytest.fixture
def hand_over(record_property: Callable[[str, Any], None]) -> Callable[[dict[str, Any]], None]:
    """Attach a result to the test's report."""
    return lambda result: record_property(KEY, json.dumps(result))
