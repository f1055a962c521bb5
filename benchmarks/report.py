"""Measure the report's page: a made-up report of 1,000 operations on 5 backends, its size, and how fast it is in a browser.

    python -m benchmarks.report [operations]

The file is written to a temporary directory and opened in a headless Chromium of the system; without one only the file is measured.
"""

from __future__ import annotations

import sys
import tempfile
import time
import zlib
from pathlib import Path

from conformance.report.markdown import markdown_text
from conformance.report.page.html import html_page

from .importing import ROOT

sys.path.insert(0, str(ROOT / "tests" / "support"))
from browser import browser, find_browser
from report_samples import BACKENDS, many

# In the page: from the start of its loading to the first paint, and from a keystroke in the search field to the frame after it.
PAINT = "Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1)"
KEYSTROKE = """new Promise(done => {
  const search = document.getElementById('search'), begun = performance.now();
  search.value = TEXT;
  search.dispatchEvent(new Event('input', {bubbles: true}));
  requestAnimationFrame(() => setTimeout(() => done(Math.round(performance.now() - begun))));
})"""


def in_browser(path: Path, directory: Path) -> list[tuple[str, str]]:
    chromium = find_browser()
    if chromium is None:
        return [("browser", "no Chromium on PATH")]
    with browser(chromium, directory / "profile") as tab:
        tab.size(1280, 900)
        tab.open(path.as_uri())
        tab.wait("performance.getEntriesByName('first-contentful-paint').length")
        results = [("first paint", f"{tab.run(PAINT)} ms"), ("the page's script", f"{tab.run('document.documentElement.dataset.ready')} ms")]
        for text in ("v", "views_20", ""):
            results.append((f"search for {text!r}", f"{tab.run(KEYSTROKE.replace('TEXT', repr(text)))} ms"))
        name = "location.hash = '#op/views_200'"
        opened = tab.run(f"new Promise(done => {{ const t = performance.now(); {name}; requestAnimationFrame(() => setTimeout(() => "
                         "done(Math.round(performance.now() - t)))) })")  # fmt: skip
        results.append(("open an operation's page", f"{opened} ms"))
        tab.size(390, 844)
        return [*results, ("width on a phone of 390 pixels", f"{tab.run('document.documentElement.scrollWidth')} pixels")]


def main(arguments: list[str]) -> int:
    operations = int(arguments[0]) if arguments else 1000
    started = time.perf_counter()
    report = many(operations)
    built = time.perf_counter()
    text = html_page(report)
    written = time.perf_counter()
    results = [
        ("operations x backends", f"{operations:,} x {len(BACKENDS)}"), ("build the report", f"{built - started:.2f} s"),
        ("write the page", f"{written - built:.2f} s"), ("size of the page", f"{len(text.encode()) / 1e6:.2f} MB"),
        ("size compressed", f"{len(zlib.compress(text.encode(), 6)) / 1e6:.2f} MB"), ("Markdown", f"{len(markdown_text(report)):,} characters"),
    ]  # fmt: skip
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "conformance.html"
        path.write_text(text, encoding="utf-8")
        results += in_browser(path, Path(directory))
    for name, value in results:
        print(f"{name:34}{value}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
