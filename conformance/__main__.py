"""``python -m conformance``."""

from __future__ import annotations

import sys


def main() -> int:
    """Entry point of the console script."""
    if len(sys.argv) < 2:
        from .about import about

        print(about(), end="")
        return 0
    from .cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
