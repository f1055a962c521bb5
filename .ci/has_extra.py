"""Exit with status 0 if this interpreter meets the requirements of an extra of pyproject.toml, else with 1.

    python .ci/has_extra.py conformance     every requirement of that extra (or of several: conformance,dask)
    python .ci/has_extra.py --torch         only the pinned torch

Standard library only, and no tomllib (3.11): it runs on whatever interpreter is offered.
"""

import re
import sys
from importlib import metadata
from pathlib import Path


def numbers(version):
    """The release part of a version: "2.13.0+cpu" gives (2, 13, 0)."""
    return tuple(int(part) for part in re.findall(r"\d+", version.split("+")[0])[:3])


def met(requirement):
    """Whether an installed distribution meets ``name==version`` or ``name>=version``."""
    name, operator, version = re.fullmatch(r"([\w-]+)(==|>=)([\d.]+)", requirement).groups()
    try:
        installed = numbers(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False
    return installed == numbers(version) if operator == "==" else installed >= numbers(version)


def main():
    text = (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
    extra = "conformance" if sys.argv[1] == "--torch" else sys.argv[1]
    listed = [re.search(rf"^{name} = \[(.*?)\]", text, re.MULTILINE | re.DOTALL).group(1) for name in extra.split(",")]
    requirements = re.findall(r'"([^"]+)"', "".join(listed))
    if sys.argv[1] == "--torch":
        requirements = [r for r in requirements if r.startswith("torch")]
    sys.exit(0 if sys.version_info >= (3, 10) and all(map(met, requirements)) else 1)


if __name__ == "__main__":
    main()
