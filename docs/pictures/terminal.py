"""A picture of what a command printed, as SVG: ``python docs/pictures/terminal.py "the command" < its-output > docs/pictures/finding.svg``.

Text stays text: it can be selected, and is read aloud. Lines of more than 100 characters are cut.
"""

from __future__ import annotations

import sys
from xml.sax.saxutils import escape

COLUMNS, LINE, SIZE = 100, 18, 13
WIDTH = 820
COLOURS = {"expected": "#7ee787", "got": "#ff7b72", "input": "#a5d6ff"}


def picture(command: str, output: str) -> str:
    lines = [("prompt", f"$ {command}"), *((line.split(maxsplit=1)[0] if line.strip() else "", line) for line in output.rstrip().split("\n"))]
    height = LINE * (len(lines) + 2)
    texts = []
    for number, (kind, line) in enumerate(lines):
        cut = line if len(line) <= COLUMNS else f"{line[: COLUMNS - 1]}…"
        fill = "#f0f6fc" if kind == "prompt" else COLOURS.get(kind, "#c9d1d9")
        texts.append(f'<text x="16" y="{LINE * (number + 2) - 4}" fill="{fill}" xml:space="preserve">{escape(cut)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(command)}">\n'
        f'<rect width="{WIDTH}" height="{height}" rx="8" fill="#0d1117"/>\n'
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="{SIZE}">\n' + "\n".join(texts) + "\n</g>\n</svg>\n"
    )


if __name__ == "__main__":
    print(picture(sys.argv[1], sys.stdin.read()), end="")
