"""Hooks of the site: its navigation is the index (README.md), and links that lead out of docs/ lead to the sources, if these have an address."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\((?!https?://|#)([^)\s#]+)((?:#[^)\s]*)?)\)")


def source_url() -> str:
    """Where the sources can be read, by pyproject.toml; empty if it does not say."""
    found = re.search(r'^Source = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


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
    return with_sources(markdown, page.file.src_uri, source_url())


def with_sources(markdown: str, name: str, base: str) -> str:
    """A page whose links out of docs/ lead to the sources instead, or are text if it is not known where those are. ``name``: its path in docs/."""
    here = (DOCS / name).parent

    def target(found: re.Match[str]) -> str:
        file = (here / found[2]).resolve()
        if file.is_relative_to(DOCS) and file.suffix != ".py" or not file.is_relative_to(ROOT):
            return found[0]
        return f"[{found[1]}]({base}/{file.relative_to(ROOT)}{found[3]})" if base else found[1]

    return LINK.sub(target, markdown)
