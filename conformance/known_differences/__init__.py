"""Known differences: where torch itself is outside its contract, or does what nobody can copy.

This list is the only place where a difference between refimpl and torch is excused. Each entry names the operations and the
condition, gives the reason, and an example that anyone can run, which asserts what it claims. The report shows them as findings about torch,
not as failures. ``python -m conformance.known_differences`` prints docs/known-differences.md, which is generated from this list.

A backend is excused where it does what refimpl does, which is right, or what torch does; anything else is its own fault. Only an entry that is
``open`` excuses others, those that it says. Differences in float16, bfloat16, float32 and complex64 values need no entry: there the judge
asks torch in a wider dtype.
"""

from __future__ import annotations

from dataclasses import replace

from ..accuracy.number_formats import FORMATS, REAL, is_float
from ..cases.case import Case
from ..cases.deviation import Deviation
from .calls import CALLS
from .ends_of_the_range import ENDS_OF_THE_RANGE
from .entry import ANY, KnownDifference, complex_number, dtype_of
from .families import FAMILIES
from .gradients import GRADIENTS
from .in_programs import IN_PROGRAMS
from .mixed_dtypes import MIXED_DTYPES
from .open_values import OPEN_VALUES
from .quotients import QUOTIENTS
from .shared_writes import SHARED_WRITES
from .values import VALUES
from .wide_outputs import WIDE_OUTPUTS
from .zeros import ZEROS

__all__ = ["ANY", "KNOWN", "KnownDifference", "find", "match", "page"]

KNOWN: list[KnownDifference] = [
    *VALUES, *OPEN_VALUES, *SHARED_WRITES, *ENDS_OF_THE_RANGE, *WIDE_OUTPUTS, *GRADIENTS, *CALLS, *MIXED_DTYPES, *QUOTIENTS, *ZEROS, *FAMILIES,
    *IN_PROGRAMS,
]  # fmt: skip


def find(case: Case, deviation: Deviation, operation: str) -> KnownDifference | None:
    """The known difference that explains this deviation, if one does. The case may call ``operation`` by an alias.

    A value that was held against refimpl's is no matter of torch's: there only an ``open`` entry helps.
    """
    beside_refimpl = str(deviation.details.get("reference", "")).startswith("refimpl")
    names = {case.operation, operation}
    names |= {name.rpartition(".")[2] for name in names}  # nn.functional.softmax is softmax
    case = replace(case, operation=operation)
    concerned = [known for known in KNOWN if deviation.property in known.properties and (known.open or not beside_refimpl)
                 and (known.operations == ANY or not names.isdisjoint(known.operations))]  # fmt: skip
    computed = _as_computed(case, deviation)
    for each in (deviation,) if computed is None else (deviation, computed):
        for known in concerned:
            if _applies(known, case, each):
                return known
    return None


def _as_computed(case: Case, deviation: Deviation) -> Deviation | None:
    """A value in an output of another dtype, as one of the dtype of the operands, in which it was computed; None of other deviations."""
    dtype, kinds = dtype_of(deviation), [spec.dtype for spec in case.tensors() if spec is not case.kwargs.get("out") and is_float(spec.dtype)]
    own = max(kinds, key=lambda kind: FORMATS[kind].precision, default=dtype)
    if case.form != "out" or deviation.property != "values" or own == dtype or not is_float(dtype):
        return None
    texts = [deviation.expected, deviation.got]
    if dtype in REAL and own not in REAL:
        found = [complex_number(text) for text in texts]
        texts = [repr(number.real) if number.imag == 0 else text for number, text in zip(found, texts, strict=True)]
    return replace(deviation, expected=texts[0], got=texts[1], details={**deviation.details, "dtype": own})


def _applies(known: KnownDifference, case: Case, deviation: Deviation) -> bool:
    """Whether the entry's condition holds. It reads arguments as a right call has them: where it finds others, it says nothing about the call."""
    try:
        return known.applies(case, deviation)
    except (AttributeError, ArithmeticError, LookupError, TypeError, ValueError):
        return False


def match(case: Case, deviation: Deviation, operation: str) -> str | None:
    """The identifier of the known difference that explains this deviation."""
    known = find(case, deviation, operation)
    return None if known is None else known.identifier


def page() -> str:
    """docs/known-differences.md."""
    parts = [
        "# Known differences between torch and its specification\n",
        "Generated from `conformance/known_differences/` by `python -m conformance.known_differences`. Each entry is a case where torch "
        "itself is outside its contract, or does what nobody should copy. The conformance report lists those that occurred as findings. "
        "A backend may do what torch does there, or what refimpl does; where the result is open, anything that the entry allows. Every example is "
        "run by a test.\n",
    ]
    for known in KNOWN:
        parts.append(f"## {known.identifier}\n")
        names = "any" if known.operations == ANY else ", ".join(f"`{name}`" for name in known.operations)
        parts.append(f"Operations: {names}. Condition: {known.condition}.\n")
        notes = " The suite does not draw this case." if known.avoided else " The result is open." if known.open else ""
        notes += " The example shows it where new memory is filled: with `MALLOC_PERTURB_=90`, on glibc." if known.unwritten else ""
        parts.append(f"{known.reason[0].upper()}{known.reason[1:]}{f' ({known.signal})' if known.signal else ''}.{notes}\n")
        parts.append(f"```python\n{known.example}```\n")
    return "\n".join(parts)
