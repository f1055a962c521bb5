"""What differs between the messages of two errors that say the same."""

from __future__ import annotations

import re

# What differs between two messages that say the same: dtypes, sizes, numbers, addresses, the names of overloads and kernels.
_DTYPE = (r"(?:torch\.)?\b(?:bool|u?int(?:8|16|32|64)|bfloat16|float(?:16|32|64)|complex(?:32|64|128)|half|double)\b"
          r"|\b(?:Complex)?(?:Float|Double|Half)\b|\b(?:BFloat16|Long|Short|Char|Byte|Bool)\b"
          r"|(?<=')Int(?=')|(?<=from )Int\b|(?<=to )Int\b")  # fmt: skip
OVERLOAD = re.compile(r"\baten::\w+(?:\.\w+)?|\btorch\.ops\.aten\.\w+(?:\.\w+)?")
CHANGES = [(re.compile(pattern), by) for pattern, by in (
    (r"0x[0-9a-fA-F]+", "0x…"), (_DTYPE, "DTYPE"), (r"\b(?:u?int(?:8|16|32|64)_t|c10::\w+)", "DTYPE"),
    (r"\[(?:\s*-?\d+\s*,?)*\]|\((?:\s*-?\d+\s*,)+\s*(?:-?\d+\s*)?\)", "SIZE"), (r"(?<![\w#])-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\b", "#"),
    (r"\b(?:torch|numpy|np|jax|jnp|mx|paddle|tinygrad)\.…", "…"),
)]  # fmt: skip
_DTYPES = re.compile(_DTYPE)


def without_dtypes(text: str) -> str:
    """The text with ``DTYPE`` for each dtype that it names, in Python's words or in those of torch's C++."""
    return _DTYPES.sub("DTYPE", text)
