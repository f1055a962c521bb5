"""Where things lie: the repository's root, this folder, and the files of lines that tests run on both libraries."""

from pathlib import Path

SUPPORT = Path(__file__).resolve().parent
ROOT = SUPPORT.parent.parent
LINES = SUPPORT / "lines"
