"""``python -m conformance``."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main() -> int:
    """Entry point of the console script, which finds the modules that ``python -m conformance`` finds: those in the current directory."""
    if not any(Path(path or ".").resolve() == Path.cwd() for path in sys.path) and not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    if len(sys.argv) < 2:
        from .cli.about import about

        print(about(), end="")
        return 0
    from .cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
