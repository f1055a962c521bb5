"""Backends that do what no backend should: each is torch's CPU, and misbehaves in its own way where ``neg`` gets float16."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from typing import Any

import torch

from conformance.backends.torch_backend import Torch
from conformance.execution import call_recorder
from conformance.execution.oracles import Remembered
from conformance.execution.outcomes import execute


class Unruly(Torch):
    def __init__(self) -> None:
        super().__init__()
        self.name = f"unruly_backends:{type(self).__name__}"

    def call(self, operation: str, form: str, args: Any, kwargs: Any) -> Any:
        if operation == "neg" and isinstance(args[0], torch.Tensor) and args[0].dtype == torch.float16:
            self.misbehave()
        return super().call(operation, form, args, kwargs)

    def misbehave(self) -> None:
        raise NotImplementedError


class Dies(Unruly):
    def misbehave(self) -> None:
        signal.raise_signal(signal.SIGSEGV)


class Sleeps(Unruly):
    def misbehave(self) -> None:
        time.sleep(1000)


class TakesAllMemory(Unruly):
    def misbehave(self) -> None:
        self.kept: list[bytes] = []
        while True:
            self.kept.append(bytes(1 << 28))


class Exits(Unruly):
    def misbehave(self) -> None:
        raise SystemExit(3)


class Interrupts(Unruly):
    def misbehave(self) -> None:
        raise KeyboardInterrupt


class ClosesStdout(Unruly):
    def misbehave(self) -> None:
        sys.stdout.close()
        sys.stderr.close()
        os.closerange(0, 3)


class LeavesThreads(Unruly):
    def misbehave(self) -> None:
        threading.Thread(target=time.sleep, args=(1000,)).start()


class DiesInTraining(Unruly):
    """As a module it has everything but an optimizer: to look for one is fatal."""

    class Module:
        def __getattr__(self, name: str) -> Any:
            if name == "optim":
                signal.raise_signal(signal.SIGSEGV)
            return getattr(torch, name)

    def __init__(self) -> None:
        super().__init__()
        self.module: Any = self.Module()

    def misbehave(self) -> None:
        """It does not."""


class Saboteur(Unruly):
    """Behaves, but makes torch itself die once, of ``sign`` in float16: what is found then is about torch."""

    def __init__(self) -> None:
        super().__init__()
        plain = Torch.call
        judged = False

        def outcome(_: Remembered, backend: Any, case: Any) -> Any:
            nonlocal judged
            judged = True  # and not a case that is still being drawn
            try:
                return execute(backend, case)
            finally:
                judged = False

        def call(backend: Torch, operation: str, form: str, args: Any, kwargs: Any) -> Any:
            recorder = call_recorder.recorder
            mine = judged and recorder is not None and b"Saboteur" in recorder._task and not recorder.fatal
            if mine and backend.name == "torch:cpu" and operation == "sign" and args[0].dtype == torch.float16:
                signal.raise_signal(signal.SIGSEGV)
            return plain(backend, operation, form, args, kwargs)

        Torch.call = call  # type: ignore[method-assign]
        Remembered.outcome = outcome  # type: ignore[method-assign] # torch dies for this backend only

    def misbehave(self) -> None:
        """It does not."""


def needs_a_licence() -> Any:
    raise ValueError("no licence")


def dies_while_it_is_made() -> Any:
    signal.raise_signal(signal.SIGSEGV)


if os.environ.get("UNRULY_WORKERS_DIE") and call_recorder.recorder is not None:  # in a worker that is told to import this
    signal.raise_signal(signal.SIGSEGV)
