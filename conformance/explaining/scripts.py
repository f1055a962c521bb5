"""A failure as a program of a few lines that needs only torch and the backend, for pasting into an issue tracker."""

from __future__ import annotations

from typing import Any

from ..backends import find_backend
from ..backends.array_api import ArrayApi
from ..backends.torchlike import TorchLike
from ..cases.case import Case
from ..cases.deviation import Deviation
from .adapter_scripts import adapter_script, words_script
from .array_api_scripts import array_api_script
from .script_assembly import Side, assemble
from .script_text import call_text, input_text

_OWN = "conformance.backends."

__all__ = ["call_text", "input_text", "script"]


def script(case: Case, backend: str, found: Deviation | str = "values") -> str:
    """The script. ``found`` is the deviation that it is to show, or the property alone."""
    deviation = found if isinstance(found, Deviation) else Deviation(found, "", "", "")
    case = deviation.call or case
    own = _own_script(case, backend, deviation)
    if own is not None:
        return own
    imports, module, device = _module(backend)
    torch_side = Side("torch", "import torch", "torch" if device is None else 'torch, "cpu"')
    own_side = Side(backend if module == "torch" else module, imports, module if device is None else f'{module}, "{device}"')
    text = assemble(case, deviation, torch_side, own_side, device is not None)
    if torch_side.arguments != own_side.arguments or "(lib," in text:
        return text
    return text.replace("result(lib)", "result()").replace("result(torch)", "result()").replace("lib.", "torch.")  # about torch alone


def _own_script(case: Case, backend: str, deviation: Deviation) -> str | None:
    """The script of a backend that is called in other words than torch's; None for a module with torch's names."""
    if backend.partition(":")[0] in ("torch", "refimpl"):
        return None
    try:
        found = find_backend(backend)
    except LookupError:  # a backend that was handed over as an object
        return adapter_script(case, backend, deviation)
    if isinstance(found, ArrayApi):
        return array_api_script(found, case, deviation)
    if hasattr(found, "script"):  # a backend that writes its scripts itself
        return str(found.script(case, deviation))
    if getattr(found, "script_words", None) is not None:
        return words_script(case, found, deviation)
    return None if _says_its_module(found) else adapter_script(case, backend, deviation)


def _says_its_module(found: Any) -> bool:
    """Whether a script may call a module with torch's names for it: of an adapter from elsewhere only if it names the module itself. One that
    takes all of it from :class:`~.torch_backend.Torch`, say, calls torch otherwise than a script would."""
    if not isinstance(found, TorchLike):
        return False
    owner = next(each for each in type(found).__mro__ if "script_preamble" in vars(each))
    return owner is type(found) or type(found).__module__.startswith(_OWN) and type(found).call is TorchLike.call


def _module(backend: str) -> tuple[str, str, str | None]:
    """The imports, the name of the module, and the device on which tensors have to be made (None: wherever it makes them)."""
    kind, _, device = backend.partition(":")
    if kind in ("torch", "refimpl") and "@" not in device:  # without asking: the device need not be here
        return f"import {kind}", kind, None if device in ("", "cpu") else device
    found: Any = find_backend(backend)
    return (*found.script_preamble(), found.script_device())
