"""Which backends are here, and what they are: asked in a process of its own, which a backend may take down with it.

``python -m conformance.running.probe ANSWER.json`` reads a request from its standard input and writes after each backend what it knows so far.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
import traceback
from pathlib import Path
from typing import Any

from ..report.whole_files import write_whole
from .failures.crashes import rule_of

TIMEOUT = 120.0
CHECK_TIMEOUT, CHECK_MEMORY = 10.0, 4 << 30  # seconds and bytes for the self-check of one backend
_OWN = ("torch", "torch.compile", "torch._refs", "torch._decomp", "torch.export", "refimpl")  # this suite's, checked by its own tests


def probe(
    backends: list[str] | None, modules: list[str] | tuple[str, ...] = (), apart: bool = True, check: bool = True
) -> dict[str, dict[str, Any]]:
    """For each backend (None: those present) ``{"versions": ..., "source": ...}``, or ``{"error": text}`` for one that cannot be used; with
    the ``faults`` of its adapter, if the self-check (``check``) finds some.

    ``apart``: in a process of its own; otherwise here."""
    if not apart:
        return _look(backends, modules, None, None if check else ())
    found = _apart(backends, modules, None if check else ())
    while True:  # a call of the check that ended the process, or hung, is not the adapter's: it is judged
        unchecked = [name for name, entry in found.items() if entry.get("checking")]
        for entry in found.values():
            if entry.pop("checking", None) == "now":
                entry["faults"] = []
        left = [name for name in unchecked if "faults" not in found[name]]
        if not left:
            return found
        again = _apart(left, modules, None)
        found.update({name: entry for name, entry in again.items() if name in left and "error" not in entry})


def _apart(backends: list[str] | None, modules: list[str] | tuple[str, ...], checked: tuple[str, ...] | None) -> dict[str, dict[str, Any]]:
    """The same in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        request = json.dumps({"backends": backends, "modules": list(modules), "checked": checked})
        paths = os.pathsep.join([path for path in sys.path if path])
        command = [sys.executable, "-m", "conformance.running.probe", str(answer)]
        code: int | None = None
        try:
            done = subprocess.run(
                command, input=request, env={**os.environ, "PYTHONPATH": paths}, timeout=TIMEOUT, check=False, text=True, capture_output=True
            )
            code, said = done.returncode, done.stderr.strip()[-500:]
        except subprocess.TimeoutExpired:
            said = f"no answer within {TIMEOUT:g} s"
        found = json.loads(answer.read_text(encoding="utf-8")) if answer.exists() else {}
    for entry in found.values():
        if not entry:  # the one that was being loaded
            entry["error"] = f"{rule_of(code)[1] if code is not None else 'hang'} while it was loaded: {said}"
    return found or {"all": {"error": said or "the process that looks for backends ended"}}


def _look(
    backends: list[str] | None, modules: list[str] | tuple[str, ...], answer: Path | None, checked: tuple[str, ...] | None
) -> dict[str, dict[str, Any]]:
    """``checked``: the backends that are checked (None: all that are foreign)."""
    from ..backends import find_backend, present_backends

    found: dict[str, dict[str, Any]] = {}

    def tell() -> None:
        if answer is not None:
            write_whole(answer, json.dumps(found))

    for module in modules:
        found[f"module {module}"] = {}
        tell()
        try:
            importlib.import_module(module)
            del found[f"module {module}"]
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told
            found[f"module {module}"] = {"error": _words(error)}
    for name in present_backends() if backends is None else backends:
        found[name] = {}
        tell()
        try:
            found[name] = {"versions": versions_of(find_backend(name)), "source": _source(name)}
        except LookupError as error:
            found[name] = {"error": str(error)}
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it is, it is told
            found[name] = {"error": _words(error)}
    foreign = [name for name, entry in found.items() if "error" not in entry and name.partition(":")[0] not in _OWN]
    foreign = foreign if checked is None else [name for name in foreign if name in checked]
    for name in foreign:
        found[name]["checking"] = "later"
    for name in foreign:
        found[name]["checking"] = "now"
        tell()
        found[name]["faults"] = _check(name, answer is not None)
        del found[name]["checking"]
    tell()
    return found


def versions_of(backend: Any) -> dict[str, str]:
    """What a report says a backend is."""
    from ..backends.base import declared_accumulators

    return {key: str(value) for key, value in (backend.versions() | declared_accumulators(backend)).items()}


def _check(name: str, apart: bool) -> list[dict[str, Any]]:
    """The faults of an adapter. A check that takes too long, or too much memory, ends this process if that is ``apart``."""
    from ..backends import find_backend
    from ..backends.self_check import self_check
    from ..execution.call_recorder import limit_memory

    timer = threading.Timer(CHECK_TIMEOUT, os._exit, (1,))
    timer.daemon = True
    if apart:
        limit_memory(CHECK_MEMORY)
        timer.start()
    try:
        backend = find_backend(name)
        return [fault.told(name) for fault in self_check(backend)]
    except (MemoryError, SystemExit, KeyboardInterrupt):  # of a call, which will be judged
        return []
    finally:
        timer.cancel()


def _words(error: BaseException) -> str:
    """An exception with the place that raised it: of a syntax error, of a module that is not found, and of what Python itself does on the way to
    a module there is none that would help."""
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({Path(error.filename or '?').name}, line {error.lineno}): {(error.text or '').strip()}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not frame.filename.startswith(("<frozen", str(importlib.__file__)))]
    where = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames and frames[-1].filename != __file__ else ""
    return f"{type(error).__name__}: {error}{where}"


def _source(name: str) -> str:
    """A hash of the sources of a ``module:Name`` backend: its module's file, or the whole package that it is in."""
    module = name.partition(":")[0]
    if module in ("torch", "refimpl", "array_api") or ":" not in name:
        return ""
    try:
        spec = importlib.util.find_spec(module)
    except (ImportError, ValueError):
        return ""
    if spec is None or spec.origin is None or not Path(spec.origin).exists():
        return ""
    path = Path(spec.origin)
    files = sorted(path.parent.rglob("*.py")) if "." in module or path.name == "__init__.py" else [path]
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    _look(asked["backends"], asked["modules"], Path(sys.argv[1]), asked["checked"])
