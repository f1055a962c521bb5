"""What a command asks for, as tasks: kind, name, backend."""

from __future__ import annotations

import argparse
import zlib
from typing import Sequence

Task = tuple[str, str, str]


def shard_of(text: str) -> tuple[int, int]:
    """``I/N`` as two numbers; ValueError if it is nothing of the kind."""
    index, _, count = text.partition("/")
    if not (index.isdigit() and count.isdigit() and 1 <= int(index) <= int(count)):
        raise ValueError(f"--shard: expected I/N with I from 1 to N, got {text!r}")
    return int(index), int(count)


def operations_of(arguments: argparse.Namespace) -> tuple[list[str], bool]:
    """The names of the operations that the arguments select, and whether they select at all; :class:`~.unusable.Unusable` for a name that
    means nothing."""
    from ...catalogue.selection import UnknownOperation, selected, words_of
    from .unusable import Unusable

    try:
        words = words_of(arguments.op, getattr(arguments, "ops_from", None))
        chosen = selected(words, words_of(getattr(arguments, "not_op", None)))
    except UnknownOperation as error:
        raise Unusable(str(error)) from error
    except (OSError, ValueError) as error:
        raise Unusable(f"--ops-from: {error}") from error
    return [e.operation.name for e in chosen], bool(words)


def tasks_of(arguments: argparse.Namespace, backends: Sequence[str]) -> list[Task]:
    """Everything that the command asks for. The backends of an operation follow each other, so that one worker judges them on the same examples,
    drawn once. Training runs and programs are about no single operation and no single property: a selection of such leaves them out, unless they
    are asked for."""
    from ...examples.profiles import PROFILES
    from ...programs.ranges import ranges
    from ...training.networks import NAMES

    index, count = shard_of(arguments.shard)
    names, selecting = operations_of(arguments)
    selecting = selecting or bool(arguments.properties)
    if arguments.only_training or arguments.only_programs:
        names = []
    with_training = arguments.only_training or arguments.training or not (selecting or arguments.no_training or arguments.only_programs)
    with_programs = arguments.only_programs or not (selecting or arguments.no_programs or arguments.only_training)
    runs = list(NAMES)[index - 1 :: count] if with_training else []
    programs = ranges(list(backends), PROFILES[arguments.profile].programs, arguments.seed)[index - 1 :: count] if with_programs else []
    turns = PROFILES[arguments.profile].in_turn
    tasks = [
        ("operation", name, backend)
        for name in names[index - 1 :: count]
        for backend in (judged_on(name, backends, arguments.seed) if turns else backends)
    ]
    # a selection that leaves nothing is a mistake, which training runs must not hide
    tasks += [("training", name, backend) for name in runs for backend in backends] if tasks or arguments.only_training else []
    return tasks + [("programs", name, backend) for name, backend in programs] if tasks or arguments.only_programs else []


def sharing(backends: Sequence[str]) -> list[str]:
    """Devices that evaluate the same pages: refimpl's, beside the CPU."""
    from ...execution.oracles import REFERENCE

    return [backend for backend in backends if backend.startswith("refimpl:") and backend != REFERENCE]


def judged_on(name: str, backends: Sequence[str], seed: int) -> list[str]:
    """The backends on which an operation is judged where devices that share pages have their turns."""
    shared = sharing(backends)
    other = shared[zlib.crc32(f"{seed} {name}".encode()) % len(shared)] if shared else ""
    return [backend for backend in backends if backend == other or backend not in shared]
