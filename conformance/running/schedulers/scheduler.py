"""What a run asks of those who judge."""

from __future__ import annotations

from typing import Any, Protocol, Sequence

from ..preparing.tasks import Task
from ..progress import Progress
from ..results import Results
from ..settings import Settings

PASSED, INTERRUPTED, INTERNAL_ERROR = 0, 2, 3  # how judging went, as pytest's exit statuses have it


class Scheduler(Protocol):
    """Has backends looked for, and tasks judged."""

    def probe(self, backends: list[str] | None, modules: list[str], check: bool) -> dict[str, dict[str, Any]]:
        """What :func:`~conformance.running.probe.probe` says of the backends where they will be judged."""

    def judge(self, settings: Settings, left: Sequence[Task], results: Results, progress: Progress) -> int:
        """Have the tasks judged, and hand over each result as it comes. A result by other versions of its backend than :meth:`probe` told says so in
        ``versions``."""

    def close(self) -> None:
        """Let go of the processes."""
