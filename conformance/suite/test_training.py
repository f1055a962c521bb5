"""The training runs, step by step beside torch."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from conformance.profiles import Profile
from conformance.training import train


def test_training(training_run: str, backend_name: str, profile: Profile, hand_over: Callable[[dict[str, Any]], None]) -> None:
    result = train(training_run, backend_name, profile.training)
    hand_over({"kind": "training", **result})
    if result["status"] == "failed":
        pytest.fail(result["text"], pytrace=False)
