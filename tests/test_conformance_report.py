"""The report: its schema, merging, comparison, the formats; the page with 1,000 operations on 5 backends, in a real browser if there is one."""

from __future__ import annotations

import copy
import json
import math
import random
import time
import xml.etree.ElementTree as ElementTree
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import NAMES, browser, find_browser

from conformance.cli import main
from conformance.comparators import PROPERTIES
from conformance.documented import entry
from conformance.engine import judge_operation
from conformance.profiles import PROFILES
from conformance.report import build, compare_reports, merge_reports, read_report, write
from conformance.report.html import html_page
from conformance.report.markdown import markdown_text
from conformance.report.plots import loss_plots, thinned
from conformance.report.schema import page, problems

ROOT = Path(__file__).resolve().parent.parent
BACKENDS = ("torch:cpu", "torch:cuda", "refimpl:cpu", "refimpl:cupy", "array_api:numpy")
FAMILIES = ("pointwise", "reductions", "views", "linalg", "fft", "nn", "special", "indexing", "joining", "creation")
CLASSES = ("0-d", "empty", "broadcast", "permuted", "sliced", "expanded", "overlapping", "nan", "inf", "negative zero", "subnormal", "extreme")
DTYPES = ("bool", "uint8", "int64", "float16", "bfloat16", "float32", "float64", "complex64", "complex128")
HOSTILE = "</script><img src=x onerror=alert(1)>"


def failure(name, backend, prop="values", rule="ulps(2) around refimpl's correctly rounded result, element 3", number=0):
    script = f"import torch\n\nx = torch.tensor([1.5, {HOSTILE!r}])\nprint(torch.{name}(x))\n"
    return {
        "id": f"{zlib.crc32(f'{name} {backend} {prop} {number}'.encode()):08x}", "operation": name, "backend": backend, "form": "function",
        "property": prop, "rule": rule, "expected": f"0.5 {HOSTILE}", "got": "0.25",
        "details": {"dtype": "float32", "element": 3, "ulps": 8388608.0, "units": None},
        "classes": ["float32", "permuted"], "script": script,
    }  # fmt: skip


def row(name, backend, family="pointwise", failures=(), examples=40, contract="ulps(2)", seed=0):
    draw = random.Random(f"{name}{backend}{seed}")
    supported = examples > 0
    return {
        "kind": "operation", "operation": name, "backend": backend, "family": family, "contract": contract, "examples": examples,
        "passes": examples - len(failures), "compared": draw.randrange(100, 3000) * supported, "unsupported_count": 0 if supported else 40,
        "layout_differences": 0, "raised": 3 * supported, "checks": {p: draw.randrange(5, 90) for p in PROPERTIES} if supported else {},
        "classes": {c: draw.randrange(1, 60) for c in (*CLASSES, *DTYPES)} if supported else {}, "forms": {"function": examples},
        "missing": {} if supported else {"dtype float64": 40}, "units": draw.random() * supported, "ulps": {"float32": draw.random()},
        "torch_units": draw.random(), "torch_ulps": {"float32": 2 * draw.random()},
        "histogram": {"0": 900, "1": draw.randrange(50)} if supported else {},
        "torch_histogram": {"0": 700, "1": 250, "4": draw.randrange(9)} if supported else {}, "findings": [], "finding_count": 0, "known_count": {},
        "never_drawn": [], "compared_nothing": False, "failures": list(failures), "seconds": 0.25,
    }  # fmt: skip


def training(run="Adam", backend="torch:cpu", status="passed"):
    losses = [2.0 * 0.97**i for i in range(100)]
    distances = [1e-7 * (i + 1) for i in range(100)]
    return {
        "kind": "training", "run": run, "backend": backend, "status": status, "steps": 100, "text": "first loss 2, last 0.1", "ratio": 1.2,
        "allowed": 4.0, "losses": losses, "torch_losses": losses, "distances": distances, "torch_distances": distances,
        "band": [4 * d for d in distances], "seconds": 1.0,
    }  # fmt: skip


def about(**given):
    versions = {name: {"python": "3.12.4", "torch": "2.13.0"} for name in BACKENDS}
    return {
        "command": "python -m conformance run --seed 0", "profile": "quick", "seed": 0, "examples": None, "backends": list(BACKENDS),
        "versions": versions, "started": "2026-01-02 03:04:05", "seconds": 200.0, "workers": 2, **given,
    }  # fmt: skip


def small(items=None, **given):
    items = items or [row("exp", "torch:cpu"), row("exp", "refimpl:cpu", failures=[failure("exp", "refimpl:cpu")]), training()]
    return build(copy.deepcopy(items), about(**given), {"exp": {"family": "pointwise", "contract": "ulps(2)", "rule": "e**x"}})


@pytest.fixture(scope="module")
def large():
    """1,000 operations on 5 backends: one in forty fails, one in thirty is unsupported."""
    draw = random.Random(3)
    items, pages = [], {}
    for i in range(1000):
        family = FAMILIES[i * len(FAMILIES) // 1000]
        name = f"{family}_{i:03}"
        text = "The rule of this operation, for each element.\n\n    ``out[i] = f(input[i])``; NaN gives NaN, and so on for a line or two.\n\n    "
        pages[name] = {"family": family, "contract": "ulps(2)", "rule": text + f">>> {name}(tensor([0., 1.]))\n    tensor([1.0000, 2.7183])"}
        for backend in BACKENDS:
            chance = draw.random()
            failures = [failure(name, backend, draw.choice(PROPERTIES), number=n) for n in range(2)] if chance < 1 / 40 else []
            items.append(row(name, backend, family, failures, examples=0 if 0.5 < chance < 0.5 + 1 / 30 else 40))
    items += [training(run, backend) for run in ("Adam", "SGD", "autograd") for backend in BACKENDS]
    return build(items, about(), pages)


# -- the structure -------------------------------------------------------------------------------


def test_a_run_fits_the_schema():
    result = judge_operation(entry("neg"), "torch:cpu", PROFILES["quick"], 0, examples=1)
    report = build([{"kind": "operation", **result}], about(backends=["torch:cpu"]))
    report["comparison"] = compare_reports(report, report)
    assert problems(json.loads(json.dumps(report))) == []
    assert report["pages"]["neg"]["rule"]


def test_reports_that_do_not_fit_the_schema_are_told():
    report = small()
    assert problems(report) == []
    del report["operations"][0]["units"]
    report["operations"][1]["status"] = "perhaps"
    report["summary"]["failed"] = True
    assert sorted(problems(report)) == [
        "report.operations[0]: units is missing",
        "report.operations[1].status: expected one of ['passed', 'failed', 'unsupported'], got 'perhaps'",
        "report.summary.failed: expected integer, got bool",
    ]


def test_the_page_about_the_schema_is_up_to_date():
    assert (ROOT / "docs" / "report-schema.md").read_text(encoding="utf-8") == page()


def test_what_is_not_finite_becomes_null(tmp_path):
    report = small([{**row("exp", "torch:cpu"), "ulps": {"float32": math.inf}}, {**training(), "distances": [math.nan, 1.0], "band": [math.inf]}])
    write(report, tmp_path)
    read = json.loads((tmp_path / "conformance.json").read_text(), parse_constant=lambda word: pytest.fail(word))
    assert read["operations"][0]["ulps"] == {"float32": None}
    assert read["training"][0]["distances"] == [None, 1.0]


def test_failures_of_one_cause_are_one_group():
    items = [row(name, "refimpl:cpu", failures=[failure(name, "refimpl:cpu")]) for name in ("exp", "log", "sin")]
    items += [row("cos", "torch:cuda", failures=[failure("cos", "torch:cuda")])]
    (group,) = small(items)["groups"]
    assert group["operations"] == ["cos", "exp", "log", "sin"]
    assert group["backends"] == ["torch:cuda", "refimpl:cpu"]
    assert group["signature"] == "float32 outside the contract"


# -- merging and comparing -----------------------------------------------------------------------


def test_shards_are_merged_into_one_matrix_and_the_same_run_counts_once():
    one = small([row("exp", "torch:cpu")], command="... --shard 1/2")
    two = small([row("log", "torch:cpu")], command="... --shard 2/2")
    merged = merge_reports([one, two, copy.deepcopy(one)])
    assert problems(merged) == []
    assert [r["operation"] for r in merged["operations"]] == ["exp", "log"]
    assert merged["summary"]["examples"] == 80
    assert merged["about"]["command"] == "... --shard 1/2 && ... --shard 2/2"
    assert len(merged["about"]["runs"]) == 2


def test_another_seed_adds_up_and_a_failure_of_either_counts():
    one = small([row("exp", "torch:cpu", failures=[failure("exp", "torch:cpu")])])
    two = small([row("exp", "torch:cpu", seed=1)], seed=1)
    (merged,) = merge_reports([one, two])["operations"]
    assert merged["examples"] == 80
    assert merged["status"] == "failed"
    assert merged["units"] == max(r["operations"][0]["units"] for r in (one, two))


def test_one_backend_on_two_machines_is_two_columns():
    versions = [{"torch:cuda": {"torch": "2.13.0", "device": device}} for device in ("A100", "H100")]
    merged = merge_reports([small([row("exp", "torch:cuda")], versions=each) for each in versions])
    assert list(merged["summary"]["backends"]) == ["torch:cuda (device A100)", "torch:cuda (device H100)"]
    assert merged["about"]["versions"]["torch:cuda (device H100)"]["device"] == "H100"


def test_comparison_tells_what_broke_and_what_was_mended():
    bad = failure("exp", "torch:cpu")
    other = failure("exp", "torch:cpu", "strides", "result strides")
    old = small([row("exp", "torch:cpu"), row("log", "torch:cpu", failures=[bad]), row("sin", "torch:cpu", failures=[bad]), row("tan", "torch:cpu")])
    rows = [row("exp", "torch:cpu", failures=[bad]), row("log", "torch:cpu"), row("sin", "torch:cpu", failures=[bad, other])]
    new = small([*rows, row("cos", "torch:cpu")])
    old["operations"][0]["torch_ulps"] = {"float32": 1.0}
    new["operations"][1]["torch_ulps"] = {"float32": 5.0}
    found = compare_reports(old, new)
    assert [(e["operation"], e["new_failures"]) for e in found["broken"]] == [
        ("exp", [f"values: {bad['rule']}"]), ("sin", ["strides: result strides"]),
    ]  # fmt: skip
    assert [e["operation"] for e in found["mended"]] == ["log"]
    assert [e["operation"] for e in found["added"]] == ["cos"]
    assert [e["operation"] for e in found["removed"]] == ["tan"]
    assert found["accuracy"] == [{"operation": "exp", "backend": "torch", "dtype": "float32", "before": 1.0, "after": 5.0}]


def test_report_command_merges_compares_and_refuses_other_files(tmp_path):
    for name, operation, failures in (("old", "exp", []), ("a", "exp", [failure("exp", "torch:cpu")]), ("b", "log", [])):
        write(small([row(operation, "torch:cpu", failures=failures)], command=name), tmp_path / name)
    paths = [str(tmp_path / name / "conformance.json") for name in ("a", "b", "old")]
    out = tmp_path / "merged"
    assert main(["report", *paths[:2], "--compare", paths[2], "--report-dir", str(out)]) == 1
    report = read_report(out / "conformance.json")
    assert [e["operation"] for e in report["comparison"]["broken"]] == ["exp"]
    assert "Since the earlier report" in (out / "conformance.html").read_text()
    assert "1 broken" in (out / "conformance.md").read_text()
    (tmp_path / "other.json").write_text('{"schema": 1, "operations": []}')
    with pytest.raises(SystemExit, match="schema 1"):
        main(["report", str(tmp_path / "other.json"), "--report-dir", str(out)])


# -- the formats ---------------------------------------------------------------------------------


def test_junit_counts_what_failed_and_what_was_left_out(tmp_path):
    strange = {**failure("exp", "torch:cpu"), "got": "\x00\x1b\ud800"}
    report = small([row("exp", "torch:cpu", failures=[strange]), row("log", "torch:cpu", examples=0), training()])
    report["errors"] = [{"test": "test_operation[sin]", "text": "Segmentation fault"}]
    write(report, tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    suite = root.find("testsuite[@name='torch:cpu']")
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {"tests": "3", "failures": "1", "skipped": "1"}
    assert suite.find("testcase[@name='exp']/failure").get("type") == "values"
    assert suite.find("testcase[@name='log']/skipped").get("message") == "dtype float64"
    assert root.find("testsuite[@name='errors of the run']/testcase/error") is not None


def test_markdown_is_short_enough_for_a_comment(large):
    text = markdown_text(large)
    assert len(text) < 65_536
    assert text.startswith("# ❌ Conformance: ")
    assert "```python" in text
    assert "more in conformance.html" in text


def test_thinned_curves_keep_their_peaks():
    values = [1.0] * 1000
    values[777] = 50.0
    points = thinned(values, 100)
    assert len(points) <= 100
    assert max(level for _, level in points) == pytest.approx(math.log10(50.0))
    assert "<svg" in loss_plots({**training(), "losses": [None, 1.0], "distances": [None, 1e-7], "steps": 2})
    assert loss_plots({**training(), "losses": []}) == ""


class Elements(HTMLParser):
    """The elements of a page, and whether each is closed in its place."""

    VOID = frozenset(("meta", "input", "br"))

    def __init__(self):
        super().__init__()
        self.open, self.found, self.scripts = [], [], {}

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self.open.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1][0] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def handle_data(self, text):
        if self.open and self.open[-1][0] == "script" and "id" in self.open[-1][1]:
            self.scripts[self.open[-1][1]["id"]] = json.loads(text)


def test_page_is_one_well_formed_file_and_text_stays_text():
    report = small()
    report["errors"] = [{"test": HOSTILE, "text": HOSTILE}]
    parsed = Elements()
    parsed.feed(html_page(report))
    assert parsed.open == []
    assert not [tag for tag, _ in parsed.found if tag in ("link", "img", "iframe", "object", "base")]
    outside = [a for _, a in parsed.found if "src" in a or not a.get("href", "#").startswith("#")]
    assert outside == []
    assert HOSTILE in json.dumps(parsed.scripts["details"])
    identifiers = [a["id"] for _, a in parsed.found if "id" in a]
    assert len(identifiers) == len(set(identifiers))


def test_page_of_a_thousand_operations_is_small_and_made_quickly(large):
    started = time.perf_counter()
    text = html_page(large)
    seconds = time.perf_counter() - started
    assert len(text) < 8e6
    assert seconds < 10


# -- in a browser --------------------------------------------------------------------------------

ROWS = "document.querySelectorAll('#matrix tbody tr:not(.family)').length"
FOCUS = "document.activeElement.textContent"


def matrix(tab, large):
    """A thousand operations are there at once; the filters find what the report says."""
    assert int(tab.run("document.documentElement.dataset.ready")) < 3000
    assert tab.run("document.getElementById('count').textContent") == "1,000 operations"
    assert 100 <= tab.run(ROWS) < 1000  # the rest comes when it is scrolled to
    tab.run("document.getElementById('more').scrollIntoView()")
    tab.wait(f"{ROWS} >= 200")
    tab.run("location.hash = '#status=failed&backend=torch%3Acuda'")
    failed = large["summary"]["backends"]["torch:cuda"]["failed"]
    tab.wait(f"document.getElementById('count').textContent === '{failed} of 1,000 operations'")
    assert tab.run("document.querySelectorAll('#matrix thead th').length") == 5  # the other backends' columns are gone
    tab.run("document.getElementById('clear').click()")
    assert tab.run("document.getElementById('count').textContent") == "1,000 operations"
    tab.run("document.querySelector('[data-sort=\"1\"]').click()")
    assert tab.run("document.querySelector('[aria-sort=descending]').textContent") == "torch:cuda"
    assert tab.run("document.querySelector('#matrix tbody td.backend, #matrix tbody tr td:nth-of-type(3)').className") == "cell failed"
    tab.run("document.querySelector('[data-sort=family]').click()")


def keyboard(tab, large):
    """Search, go down, open, go on, come back: without a mouse."""
    tab.press("/")
    assert tab.run("document.activeElement.id") == "search"
    tab.write("views_20")
    tab.wait(f"{ROWS} === 10")
    assert tab.run("location.hash") == "#search=views_20"
    tab.press("ArrowDown")
    tab.press("ArrowDown")
    assert tab.run(FOCUS) == "views_201"
    tab.press("Enter")
    tab.wait("!document.getElementById('page').hidden")
    assert tab.run("location.hash") == "#op/views_201"
    assert tab.run(FOCUS) == "views_201"
    assert tab.run("document.getElementById('main').hidden")
    tab.press("ArrowRight")
    tab.wait("document.querySelector('#page h1').textContent === 'views_202'")
    tab.press("Escape")
    tab.wait("document.getElementById('page').hidden")
    assert tab.run("location.hash") == "#search=views_20"
    assert tab.run(ROWS) == 10
    tab.press("/")
    tab.press("Escape")
    assert tab.run("document.getElementById('count').textContent") == "1,000 operations"


def operation(tab, large):
    """An operation's page: rule, verdicts, failures with their scripts, plots, classes; all of it text, none of it markup."""
    failing = next(r for r in large["operations"] if r["failures"])
    found = failing["failures"][0]
    tab.run(f"location.hash = '#op/{failing['operation']}/{found['id']}'")
    tab.wait("document.querySelector('.failure.marked')")
    text = tab.run("document.getElementById('page').innerText")
    for word in ("The rule of this operation", "ulps(2)", found["expected"], "import torch", f"repro {found['id']}", "negative zero", "Distribution"):
        assert word in text
    assert tab.run("document.querySelectorAll('#page img').length") == 0
    assert tab.run("document.querySelectorAll('#page figure svg rect').length") > 4
    tab.run("document.querySelector('.failure button.copy').click()")
    tab.wait("/Copied|Selected/.test(document.querySelector('.failure button.copy').textContent)")
    tab.run("location.hash = '#op/there_is_none'")
    tab.wait("document.getElementById('page').innerText.includes('no such operation')")
    tab.run("location.hash = ''")
    tab.wait("document.getElementById('page').hidden")


def sizes(tab, large):
    """Nothing is wider than the window, on a phone and on a desk; every control has a name; headings and focus can be seen."""
    for width, height in ((390, 844), (820, 1180), (1440, 900)):
        tab.size(width, height)
        for address in ("", "#op/" + next(r["operation"] for r in large["operations"] if r["failures"])):
            tab.run(f"location.hash = '{address}'")
            tab.wait(f"document.getElementById('page').hidden === {'false' if address else 'true'}")
            assert tab.run("document.documentElement.scrollWidth") <= width, (width, address)
    named = "e.textContent.trim() || e.ariaLabel || e.labels?.length"
    assert tab.run(f"[...document.querySelectorAll('button, input, select, a')].filter(e => !({named})).length") == 0


def themes(tab, large):
    """Light and dark follow the system, and the button overrules it."""
    background = "getComputedStyle(document.body).backgroundColor"
    tab.size(1280, 800, dark=True)
    assert tab.run(background) == "rgb(16, 19, 21)"
    tab.size(1280, 800)
    assert tab.run(background) == "rgb(255, 255, 255)"
    for expected in ("rgb(255, 255, 255)", "rgb(16, 19, 21)", "rgb(255, 255, 255)"):  # light, dark, as the system has it
        tab.run("document.getElementById('theme').click()")
        assert tab.run(background) == expected


def test_page_works_in_a_browser(large, tmp_path, capsys):
    path = find_browser()
    if path is None:
        with capsys.disabled():
            print(f"\nchromium is missing: none of {', '.join(NAMES)} is on PATH, so the page's script was not run")
        return
    address = tmp_path / "conformance.html"
    address.write_text(html_page(large), encoding="utf-8")
    with browser(path, tmp_path / "profile") as tab:
        tab.size(1280, 900)
        tab.open(address.as_uri())
        for scenario in (matrix, keyboard, operation, sizes, themes):
            scenario(tab, large)
        assert tab.errors == []
        assert [url for url in tab.requests if not url.startswith(("file:", "about:", "data:"))] == []
