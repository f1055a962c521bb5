"""The text of errors, so that either of two libraries may report any constraint that a call violates.

Which of several violated constraints comes first is not specified, nor is the name of a kernel in ``"..." not implemented for 'Bool'``.
"""

from __future__ import annotations

import re

from refimpl.operations.refusals import violations_of


class Refusal(str):
    """The text of refimpl's error; equal to the text of each constraint that the call violates."""

    others: frozenset[str]

    def __eq__(self, other):
        return str.__eq__(self, other) or str(other) in self.others

    def __ne__(self, other):
        return not self == other

    __hash__ = str.__hash__


def text_of(error):
    """The type and the message of an error of either library."""
    text = _plain(type(error).__name__, error)
    if not hasattr(error, "refused"):
        return text
    refusal = Refusal(text)
    refusal.others = frozenset(_plain(violation.error.__name__, violation.words) for violation in violations_of(error))
    return refusal


def _plain(kind, message):
    text = f"{kind}: {message}".replace("refimpl.", "torch.").split("\nException raised from")[0]
    return re.sub(r'"\w+" not implemented for', '"..." not implemented for', text)


def as_torchs(text):
    """A text with refimpl's name for torch replaced by torch's; the text of an error has it replaced already."""
    return text if isinstance(text, Refusal) else text.replace("refimpl.", "torch.")
