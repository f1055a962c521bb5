"""What was seen while one operation was judged on one backend; plain data that can be sent between processes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from math import inf, prod
from typing import Any

from ..accuracy.contracts import Comparison
from ..cases.case import Case, first_dtype
from ..cases.deviation import Deviation
from ..execution.outcomes import Outcome

_MAX_FINDINGS = 3
UNITS = (0.0, 0.01, 0.1, 0.25, 0.5, 1.0, 2.0, 16.0)  # the classes of errors in units of the contract


@dataclass
class Statistics:
    """Counts for one operation on one backend."""

    operation: str
    backend: str
    examples: int = 0
    passes: int = 0
    compared: int = 0
    unsupported_count: int = 0
    layout_differences: int = 0
    raised: int = 0
    checks: Counter[str] = field(default_factory=Counter)
    classes: Counter[str] = field(default_factory=Counter)
    forms: Counter[str] = field(default_factory=Counter)
    missing: Counter[str] = field(default_factory=Counter)
    first_unsupported: Case | None = None  # if it came before any example
    unsupported_classes: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)  # "float32 passed", "float32 failed", "float32 unsupported"
    deviations: Counter[str] = field(default_factory=Counter)  # examples that deviate in a property
    units: float = 0.0
    ulps: dict[str, float] = field(default_factory=dict)
    torch_units: float = 0.0
    torch_ulps: dict[str, float] = field(default_factory=dict)
    histogram: Counter[str] = field(default_factory=Counter)
    torch_histogram: Counter[str] = field(default_factory=Counter)
    units_histogram: Counter[str] = field(default_factory=Counter)
    torch_units_histogram: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[Case, Deviation]] = field(default_factory=list)
    finding_count: int = 0
    known_count: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)  # examples of which the values, or all, were not judged, by the reason
    constraints: Counter[str] = field(default_factory=Counter)  # the examples that violate a constraint alone, by constraint
    reported: Counter[str] = field(default_factory=Counter)  # of these the examples of which torch says what the page has for it
    unsupported_constraints: Counter[str] = field(default_factory=Counter)
    adapter_faults: list[dict[str, Any]] = field(default_factory=list)
    returned: set[str] = field(default_factory=set)  # the input classes of calls that did not raise; not reported

    def example(self, case: Case, expected: Outcome) -> None:
        self.examples += 1
        self.forms[case.form] += 1
        labels = case.labels - {"invalid", "again", "relayout"}
        self.classes.update(labels)
        if expected.error is None:
            self.returned |= labels
        else:
            self.raised += 1
            self.classes["raises"] += 1

    def violation(self, constraint: str, reported: bool) -> None:
        """An example that violates one constraint alone."""
        self.constraints[constraint] += 1
        self.reported[constraint] += reported

    def passed(self, case: Case) -> None:
        self.passes += 1
        self.verdicts[f"{first_dtype(case)} passed"] += 1

    def failed(self, case: Case, found: list[Deviation]) -> None:
        self.verdicts[f"{first_dtype(case)} failed"] += 1
        self.deviations.update({deviation.property for deviation in found})

    def unsupported(self, case: Case, what: str) -> None:
        if not self.examples and self.first_unsupported is None:
            self.first_unsupported = case
        self.unsupported_count += 1
        self.missing[what] += 1
        self.unsupported_classes.update(case.labels)
        if case.violates:
            self.unsupported_constraints[case.violates] += 1
        self.verdicts[f"{first_dtype(case)} unsupported"] += 1

    def adapter_fault(self, case: Case, fault: dict[str, Any]) -> None:
        """The adapter broke the protocol: the example says nothing of the library."""
        self.unsupported(case, f"the adapter's {fault['method']}, which broke the protocol")
        known = next((each for each in self.adapter_faults if (each["method"], each["due"]) == (fault["method"], fault["due"])), None)
        if known is None:
            known = {**fault, "examples": 0}
            self.adapter_faults.append(known)
        known["examples"] += 1

    def checked(self, name: str) -> None:
        self.checks[name] += 1

    def label(self, name: str) -> None:
        self.classes[name] += 1

    def elements(self, shape: tuple[int, ...]) -> None:
        self.compared += prod(shape)

    def layout_difference(self) -> None:
        self.layout_differences += 1

    def errors(self, dtype: str, candidate: Comparison, oracle: Comparison, components: int) -> None:
        """Record how far the candidate and torch are from the reference. The worst errors are those of elements that keep the contract: how far off
        the others are, their failures say (and findings, of torch)."""
        for comparison, histogram, units, worst in (
            (candidate, self.histogram, self.units_histogram, self.ulps),
            (oracle, self.torch_histogram, self.torch_units_histogram, self.torch_ulps),
        ):
            if not comparison.distances:
                histogram["0"] += components
                units["0"] += components
            for distance in comparison.distances:
                histogram[bucket(distance)] += 1
            for unit in comparison.each:
                units[units_bucket(unit)] += 1
            allowed = [(unit, distance) for unit, distance in zip(comparison.each, comparison.distances) if unit <= 1.0]
            if allowed:  # of what may overflow, or be NaN, there is no distance
                worst[dtype] = max(worst.get(dtype, 0.0), max((distance for _, distance in allowed if distance < inf), default=0.0))
            elif not comparison.each:
                worst.setdefault(dtype, 0.0)
        self.units = max(self.units, _within(candidate))
        self.torch_units = max(self.torch_units, _within(oracle))

    def finding(self, case: Case, deviation: Deviation) -> None:
        """torch is outside its contract here."""
        self.finding_count += 1
        if len(self.findings) < _MAX_FINDINGS:
            if not any(found.details.get("dtype") == deviation.details.get("dtype") for _, found in self.findings):
                self.findings.append((case, deviation))

    def known(self, identifier: str, case: Case) -> None:
        self.known_count[identifier] += 1

    def leave_out(self, reason: str) -> None:
        self.left_out[reason] += 1

    def as_dict(self) -> dict[str, Any]:
        """The counts, JSON-ready; what needs an explanation (findings, what is unsupported) is told by :mod:`conformance.explaining`."""
        result: dict[str, Any] = {}
        for key, value in vars(self).items():
            if key in ("returned", "findings", "first_unsupported"):
                continue
            result[key] = dict(value) if isinstance(value, Counter) else value
        return result


def _within(comparison: Comparison) -> float:
    """The largest error in units of what the contract allows among the elements that keep it."""
    return max((unit for unit in comparison.each if unit <= 1.0), default=0.0)


def bucket(distance: float) -> str:
    """The histogram class of an ulp distance."""
    for limit in (0, 1, 2, 4, 16, 256, 65536):
        if distance <= limit:
            return str(limit)
    return "more" if distance < inf else "nan"


def units_bucket(units: float) -> str:
    """The histogram class of an error in units of what the contract allows: up to 1 keeps it."""
    for limit in UNITS:
        if units <= limit:
            return f"{limit:g}"
    return "more" if units < inf else "nan"


def finite(value: Any) -> Any:
    """JSON has no infinity: very large errors are reported as None."""
    return value if isinstance(value, (int, float)) and value == value and abs(value) < inf else None
