"""Hooks of the site: its navigation is the index (README.md), and links that lead out of docs/ lead to the sources instead."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
LINK = re.compile(r"\]\((?!https?://|#)([^)\s#]+)((?:#[^)\s]*)?)\)")


def source_url() -> str:
    """Where the sources can be read, by pyproject.toml."""
    found = re.search(r'^Source = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def navigation() -> list[dict[str, Any]]:
    """The index's headings, and below each its links to pages."""
    entries: list[dict[str, Any]] = [{"Home": "README.md"}]
    for section in re.split(r"^## ", (DOCS / "README.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        title, _, text = section.partition("\n")
        pages = [{name[0].upper() + name[1:]: target} for name, target in re.findall(r"\[([^\]]+)\]\((?!\.\.|https?:)([^)#]+\.md)\)", text)]
        entries.append({title: pages})
    return entries


def on_config(config: Any) -> Any:
    """What mkdocs calls when it has read mkdocs.yml."""
    config["nav"] = navigation()
    return config


def on_page_markdown(markdown: str, page: Any, **others: Any) -> str:
    """What mkdocs calls for each page."""
    here = (DOCS / page.file.src_uri).parent

    def target(found: re.Match[str]) -> str:
        file = (here / found[1]).resolve()
        outside = not file.is_relative_to(DOCS) or file.suffix == ".py"
        return f"]({source_url()}/{file.relative_to(ROOT)}{found[2]})" if outside else found[0]

    return LINK.sub(target, markdown)
