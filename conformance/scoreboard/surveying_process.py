"""The process that surveys operations: ``python -m conformance.scoreboard.surveying_process NOTE SETTINGS BACKEND``.

It reads names of operations from its standard input, a line each, and answers with pickles: first what the page says of the backend, then
what was seen of each operation.
"""

from __future__ import annotations

import os
import pickle
import sys
from pathlib import Path
from typing import Any

from ..running import settings as run_settings
from ..running.settings import Settings


def main(note: Path, settings: Settings, backend_name: str) -> None:
    out = os.fdopen(os.dup(1), "wb")

    import torch

    from ..backends import find_backend
    from ..catalogue.entries import entry
    from ..execution import call_recorder
    from ..running.failures import crashes
    from ..running.task_run import prepare
    from .page_text import About
    from .surveys import survey

    torch.set_num_threads(1)
    recorder = call_recorder.start(note, settings.memory, settings.modules)
    os.dup2(2, 1)  # what a backend prints goes to the log
    prepare(settings)
    backend = find_backend(backend_name)

    def tell(answer: Any) -> None:
        pickle.dump(answer, out)
        out.flush()

    tell(About.of(backend))
    for line in sys.stdin:
        name = line.strip()
        known = crashes.load(settings.folder, name)
        recorder.task(kind="operation", name=name, backend=backend_name, test=name)
        recorder.fatal, recorder.limit = known.fatal(), known.limits.get(backend_name, 0)
        seen = survey(entry(name), backend, settings.drawn(), settings.seed, settings.examples)
        recorder.task(kind="idle")
        tell((name, seen.told()))
    os._exit(0)  # whatever threads a backend has left


if __name__ == "__main__":
    main(Path(sys.argv[1]), run_settings.read(sys.argv[2]), sys.argv[3])
