"""The report: its schema, merging, comparison, the formats; the page with 1,000 operations on 5 backends, in a real browser if there is one."""

from __future__ import annotations

import copy
import json
import math
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser

import pytest
from browser import NAMES, browser, find_browser
from places import ROOT
from report_samples import HOSTILE, about, failure, many, row, small, training

from conformance.catalogue.entries import entry
from conformance.cli import main
from conformance.examples.profiles import PROFILES
from conformance.report import build, compare_reports, merge_reports, read_report, write
from conformance.report.junit import junit_xml
from conformance.report.markdown import markdown_text
from conformance.report.page.html import html_page
from conformance.report.page.plots import loss_plots, thinned
from conformance.report.schema import page, problems
from conformance.report.terminal import summary_text
from conformance.running.operation_run import judge_operation


@pytest.fixture(scope="module")
def large():
    return many()


# -- the structure -------------------------------------------------------------------------------


def test_a_run_fits_the_schema():
    items = [judge_operation(entry(name), "torch:cpu", PROFILES["quick"], 0, examples=1) for name in ("neg", "sum")]
    items += [judge_operation(entry("sqrt"), "array_api:numpy", PROFILES["quick"], 0, examples=2)]
    report = build([{"kind": "operation", **item} for item in items], about(backends=["torch:cpu", "array_api:numpy"]))
    assert report["causes"] and report["missing"]
    report["comparison"] = compare_reports(report, report)
    assert problems(json.loads(json.dumps(report)), complete=True) == []
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


def test_failures_of_one_cause_on_several_backends_are_told_once():
    names, backends = ("cos", "exp", "log", "sin"), ("torch:cuda", "refimpl:cpu")
    (cause,) = small([row(name, backend, failures=[failure(name, backend, got="-0.5")]) for name in names for backend in backends])["causes"]
    assert cause["operations"] == [*names]
    assert cause["backends"] == ["refimpl:cpu", "torch:cuda"]
    assert cause["title"] == "results in float32: the opposite sign"
    assert cause["evidence"] == "4 of the 4 operations in which values were judged for float32"


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
    (moved,) = found["accuracy"]
    assert moved == {"operation": "exp", "backend": "torch", "dtype": "float32", "measure": "ulps", "before": 1.0, "after": 5.0}


def test_what_is_declared_by_now_was_not_mended():
    old = small([row("exp", "torch:cpu", failures=[failure("exp", "torch:cpu")])])
    new = small([row("exp", "torch:cpu")])
    new["operations"][0]["declared"] = [{"property": "values", "rule": "ulps(2)", "count": 3}]
    found = compare_reports(old, new)
    assert (found["mended"], [entry["after"] for entry in found["changed"]]) == ([], ["declared"])


def test_two_releases_of_torch_are_compared_number_by_number():
    """One backend, torch's CPU, in two releases: what moved is told in ulps, or in units where the contract is not about ulps."""
    def release(version, ulps, units):
        rows = [row("exp", "torch:cpu"), row("sum", "torch:cpu", contract="accumulated(1)")]
        rows[0] |= {"torch_ulps": {"float32": ulps}}
        rows[1] |= {"torch_ulps": {"float32": 1e6 * ulps}, "torch_units": units}
        return small(rows, versions={"torch:cpu": {"torch": version}})

    old, new = release("2.11.0", 2.0, 0.1), release("2.13.0", 4.0, 0.9)
    new["comparison"] = compare_reports(old, new)
    moved = [(e["operation"], e["dtype"], e["measure"], e["before"], e["after"]) for e in new["comparison"]["accuracy"]]
    assert moved == [("exp", "float32", "ulps", 2.0, 4.0), ("sum", "", "units", 0.1, 0.9)]
    page, markdown = html_page(new), markdown_text(new)
    assert "torch:cpu: torch 2.11.0 → 2.13.0" in page and "Numbers that moved (2)" in page
    assert "`exp` float32 of torch: 2 → 4 ulps" in markdown and "`sum` of torch: 0.1 → 0.9 units" in markdown
    assert problems(new, complete=True) == []


def test_report_command_merges_compares_and_refuses_other_files(tmp_path, capsys):
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
    assert main(["report", str(tmp_path / "other.json"), "--report-dir", str(out)]) == 3
    assert "schema 1" in capsys.readouterr().err


# -- the formats ---------------------------------------------------------------------------------


# The elements of JUnit XML: the attributes that are needed, those that may be, the children in their number (None: any).
JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"skipped"}, {"testsuite": None}),
    "testsuite": ({"name", "tests", "failures", "errors", "skipped", "time"}, {"timestamp"}, {"testcase": None}),
    "testcase": ({"name", "classname", "time"}, set(), {"failure": 1, "error": 1, "skipped": 1}),
    "failure": ({"message", "type"}, set(), {}), "error": ({"message", "type"}, set(), {}), "skipped": ({"message"}, set(), {}),
}  # fmt: skip


def junit_problems(element):
    needed, allowed, children = JUNIT[element.tag]
    found = set(element.keys())
    if not needed <= found <= needed | allowed:
        yield f"{element.tag}: attributes {sorted(found)}"
    for name in {child.tag for child in element}:
        if name not in children or (children[name] is not None and len(element.findall(name)) > children[name]):
            yield f"{element.tag}: children {name}"
    for key in {"tests", "failures", "errors", "skipped"} & found:
        if element.tag == "testsuite":
            inside = {"tests": "testcase", "failures": "testcase/failure", "errors": "testcase/error", "skipped": "testcase/skipped"}[key]
            counted = len(element.findall(inside))
        else:
            counted = sum(int(suite.get(key)) for suite in element)
        if int(element.get(key)) != counted:
            yield f"{element.tag}: {key}={element.get(key)}, {counted} are there"
    for child in element:
        yield from junit_problems(child)


def test_junit_counts_what_failed_and_what_was_left_out(tmp_path, large):
    strange = {**failure("exp", "torch:cpu"), "got": "\x00\x1b\ud800"}
    other = failure("exp", "torch:cpu", "strides", "result strides", number=1)
    report = small([row("exp", "torch:cpu", failures=[strange, other]), row("log", "torch:cpu", examples=0), training()])
    report["errors"] = 2 * [{"test": "test_operation[sin]", "text": "Segmentation fault"}]
    for each in (report, large):
        root = ElementTree.fromstring(junit_xml(each))
        assert list(junit_problems(root)) == []
        names = [(case.get("classname"), case.get("name")) for case in root.iter("testcase")]
        assert len(names) == len(set(names))
    write(report, tmp_path)
    root = ElementTree.parse(tmp_path / "junit.xml").getroot()
    suite = root.find("testsuite[@name='torch:cpu']")
    assert {key: suite.get(key) for key in ("tests", "failures", "skipped")} == {"tests": "3", "failures": "1", "skipped": "1"}
    (told,) = suite.findall("testcase[@name='exp']/failure")
    assert (told.get("type"), told.get("message")) == ("values, strides", f"{strange['rule']} (and 1 more)")
    assert "repro" in told.text and "import torch" in told.text
    assert suite.find("testcase[@name='log']/skipped").get("message") == "dtype float64"
    assert root.find("testsuite[@name='errors of the run']/testcase/error") is not None


def test_markdown_is_short_enough_for_a_comment(large):
    text = markdown_text(large)
    assert len(text) < 65_536
    assert text.startswith("# ❌ Conformance: ")
    assert "```python" in text
    assert "more causes in conformance.html" in text


def test_markdown_stays_short_whatever_happens():
    word = "x" * 200_000
    broken = [failure(f"f{i}", f"b{i}", got=word, rule=word, input=word, script=word) for i in range(40)]
    items = [row(f"f{i}", f"b{i}", failures=[each]) for i, each in enumerate(broken)]
    items += [{"kind": "error", "test": f"{i} {word}", "text": word} for i in range(30)]
    items += [training(f"run {i}", f"b{i}", "failed") | {"text": word} for i in range(40)]
    for each in items[:5]:
        each["never_drawn"] = [word]
    text = markdown_text(small(items, versions={f"b{i}": {"device": word} for i in range(40)}, command=word))
    assert len(text) < 65_536
    assert text.endswith("All operations are in conformance.html.\n")
    assert text.count("```") % 2 == 0


DECLARED = {
    "id": "d1", "backend": "torch:cpu", "operation": "exp", "property": "values", "rule": "ulps(2)", "condition": {"dtypes": ["float16"]},
    "reason": "a table of 8 bits", "link": "", "date": "2026-01-02", "count": 12, "drawn": 40,
}  # fmt: skip


def test_declared_deviations_are_told_and_those_that_no_longer_occur_first():
    over = DECLARED | {"id": "d2", "count": 0, "reason": "mended since"}
    report = small([row("exp", "torch:cpu") | {"declared": [DECLARED, over]}])
    page, markdown, terminal = html_page(report), markdown_text(report), summary_text(report)
    assert "No longer occurring (1)" in page and "Where dtypes: float16." in page
    for text in (page, markdown):
        assert 0 < text.index("mended since") < text.index("a table of 8 bits")
    assert "occurred 12 times" in terminal and "no longer occurs" in terminal


def test_the_terminal_has_a_column_of_training_only_where_something_was_trained():
    judged = row("exp", "torch:cpu")
    assert "training" not in summary_text(small([judged])) and "training" in summary_text(small([judged, training()]))


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


def test_page_of_a_thousand_operations_on_five_backends_is_small(large):
    """How fast it is, `python -m benchmarks.report` measures."""
    assert len(html_page(large)) < 5e6


# -- in a browser --------------------------------------------------------------------------------

ROWS = "document.querySelectorAll('#matrix tbody tr:not(.family)').length"
FOCUS = "document.activeElement.textContent"


def matrix(tab, large):
    """A thousand operations are there at once; the filters find what the report says."""
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


def causes(tab, large):
    """What the failures come from stands on top; what follows is told as such, and can be left out."""
    cause = next(cause for cause in large["causes"] if cause["operations"] == ["nn_500"])
    assert [each["operation"] for each in cause["followers"]] == ["nn_501", "nn_502"]
    text = tab.run("document.getElementById('causes').textContent")
    assert cause["title"] in text and "2 more follow from nn_500" in text
    tab.run("location.hash = '#dtype=bfloat16'")
    tab.wait("document.getElementById('count').textContent === '3 of 1,000 operations'")
    cells = tab.run("[...document.querySelectorAll('#matrix tbody td:nth-of-type(3)')].map(e => e.textContent)")
    assert cells == ["✗failed 1 failure", "✗failed ↳ nn_500", "✗failed ↳ nn_500"]
    tab.run("location.hash = '#dtype=bfloat16&status=failed+by+itself'")
    tab.wait("document.getElementById('count').textContent === '1 of 1,000 operations'")
    tab.run(f"location.hash = '#op/nn_501/{cause['followers'] and next(i for i in cause['failures'] if i != cause['example'])}'")
    tab.wait("!document.getElementById('page').hidden")
    text = tab.run("document.getElementById('page').innerText")
    assert "follows from nn_500" in text and "which fails in the same way" in text
    rows = tab.run("[...document.querySelectorAll('table.verdicts tbody tr')].map(e => e.textContent)")
    assert [each.split("✓")[0] for each in rows] == ["bfloat16", "float32"]
    assert all("✗failed 9 of 9" in each for each in rows)
    tab.run("location.hash = '#search='")
    tab.wait("document.getElementById('page').hidden")


def keyboard(tab, large):
    """Search, go down, open, go on, come back: without a mouse."""
    tab.press("/")
    assert tab.run("document.activeElement.id") == "search"
    assert tab.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
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


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_texts_stand_out_from_their_background():
    """WCAG 2.2, level AA: a contrast of 4.5 for text, in both themes, on the page and on what is raised from it."""
    css = (ROOT / "conformance" / "report" / "page" / "page.css").read_text(encoding="utf-8")
    colours = {name: (light, dark) for name, light, dark in re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", css)}
    for theme in (0, 1):
        for background in ("page", "raised"):
            for text in ("ink", "soft", "accent", "passed", "failed", "unsupported", "other"):
                low, high = sorted(luminance(colours[name][theme]) for name in (background, text))
                assert (high + 0.05) / (low + 0.05) >= 4.5, (text, background, theme)


def test_a_long_name_is_broken_where_a_phone_has_no_room_for_it():
    rule = re.search(r"\nbody \{(.*?)\}", html_page(small()), re.DOTALL)[1]
    assert "overflow-wrap: break-word" in rule


def test_an_interrupted_run_says_so_on_top():
    text = html_page(small(interrupted="interrupted: 12 of 700 were not judged"))
    assert '<p class="banner">interrupted: 12 of 700 were not judged.</p>' in text
    assert markdown_text(small(interrupted="interrupted: 12 of 700 were not judged")).count("interrupted: 12 of 700") == 1


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
        for scenario in (matrix, causes, keyboard, operation, sizes, themes):
            scenario(tab, large)
        assert tab.errors == []
        assert [url for url in tab.requests if not url.startswith(("file:", "about:", "data:"))] == []
