"""The release: what the package says of itself agrees everywhere, and what is built can be installed and used."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import conformance
import refimpl

ROOT = Path(__file__).resolve().parent.parent
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def loaded(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def dist():
    return loaded(ROOT / ".ci" / "dist.py")


def test_there_is_one_version():
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(encoding="utf-8"), re.MULTILINE)[1]
    declared = re.search(r'^version = "(.+)"$', PROJECT, re.MULTILINE)[1]
    changed = re.search(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)[1]
    assert {cited, declared, changed} == {refimpl.__version__} == {conformance.__version__}


def test_the_pages_of_a_project_are_there():
    for name in ("CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md"):
        assert (ROOT / name).read_text(encoding="utf-8").strip()
        assert name in (ROOT / "MANIFEST.in").read_text(encoding="utf-8")


def test_no_address_is_made_up():
    said = PROJECT.partition("[project.urls]\n")[2].partition("\n[")[0] + (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for url in re.findall(r"https?://[^\s\"]+", said):
        assert not re.search(r"\.(example|test|invalid|localhost)\b|\bexample\.(com|org|net)\b|localhost", url), url


def test_the_citation_has_what_the_format_demands():
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    for key in ("cff-version", "message", "title", "authors", "version", "license"):
        assert re.search(rf"^{key}:", text, re.MULTILINE)
    assert "\t" not in text


@pytest.mark.parametrize("base", ["https://source", ""])
def test_the_page_of_the_package_has_absolute_links_alone(dist, base):
    page = dist.with_absolute_links((ROOT / "README.md").read_text(encoding="utf-8"), base)
    targets = re.findall(r"\]\(([^)\s]+)\)", page)
    assert bool(targets) and all(target.startswith(("https://", "#")) for target in targets)
    assert (f"]({base}/docs/coverage.md)" in page) == bool(base)
    assert dist.with_absolute_links(page, "https://other") == page


@pytest.mark.parametrize("base", ["https://source", ""])
def test_links_of_the_site_that_lead_out_of_the_docs_lead_to_the_sources_or_are_text(base):
    hooks = loaded(ROOT / "docs" / "site_hooks.py")
    assert hooks.with_sources("[`a[0]`](../README.md#x), [b](running.md#y) and [c](https://d)", "page.md", base) == (
        f"{f'[`a[0]`]({base}/README.md#x)' if base else '`a[0]`'}, [b](running.md#y) and [c](https://d)"
    )
    out = re.compile(r"\]\((?:\.\./)+(?:README\.md|conformance/|refimpl/|tests/|examples/)")
    for name in ("README.md", "selftest.md", "speed.md", "guides/accuracy.md"):
        assert not out.search(hooks.with_sources((ROOT / "docs" / name).read_text(encoding="utf-8"), name, base))
    page = types.SimpleNamespace(file=types.SimpleNamespace(src_uri="a.md"))
    assert hooks.on_page_markdown("[a](../README.md)", page).endswith(("a", "README.md)"))  # whatever pyproject.toml says


def test_every_version_of_python_that_is_promised_is_the_oldest_or_newer():
    promised = re.findall(r"Python :: (3\.\d+)", PROJECT)
    oldest = re.search(r'requires-python = ">=(3\.\d+)"', PROJECT)[1]
    assert promised[0] == oldest and promised == [f"3.{minor}" for minor in range(10, 14)]


@pytest.mark.release
def test_wheel_and_sdist_install_into_an_empty_environment_and_work_there(tmp_path):
    """Offline: builds with the setuptools that is here, and tries the suite on the packages that are here."""
    done = subprocess.run([sys.executable, ROOT / ".ci" / "dist.py", "--output", tmp_path], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {path.suffix for path in tmp_path.iterdir()} == {".gz", ".whl"}
    assert "the installed suite, on refimpl: yes" in done.stdout
