"""Build the wheel and the sdist, install them into an empty environment, and try them there.

    python .ci/dist.py [--output dist] [--python python3.10 ...] [--not-tried]

Works offline: setuptools must be installed, and what is tried beside it (conformance) runs on the packages that this interpreter has. The wheel is
built from the unpacked sdist, so that both are complete. The README of the package's page has absolute links, made from ``[project.urls]``; without
an address there its links into the project are text.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = "import sys; from setuptools import build_meta; print(getattr(build_meta, sys.argv[1])(sys.argv[2]))"


def source_url() -> str:
    """Where the sources can be read, by pyproject.toml; empty if it does not say."""
    found = re.search(r'^Source = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    return found.group(1) if found else ""


def with_absolute_links(text: str, base: str) -> str:
    """Markdown whose links into the project lead to its sources instead, or nowhere if ``base`` is empty; those within the page and elsewhere stay.

    >>> with_absolute_links("[a](docs/a.md#b) [c](https://d) [e](#f)", "https://x")
    '[a](https://x/docs/a.md#b) [c](https://d) [e](#f)'
    >>> with_absolute_links("[a](docs/a.md#b) ![c](d.svg) [e](#f)", "")
    'a c [e](#f)'
    """
    return re.sub(
        r"!?\[([^\]]*)\]\((?!https?://|#)([^)\s]+)\)",
        lambda found: found[0].replace(f"]({found[2]}", f"]({base}/{found[2]}") if base else found[1], text,
    )  # fmt: skip


def run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))[:300]}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def staged(target: Path) -> Path:
    """A copy of the project's files, with the README of the package's page."""
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        names = listed.stdout.splitlines()
    else:  # of an sdist
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    for name in names:
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    readme = target / "README.md"
    readme.write_text(with_absolute_links(readme.read_text(encoding="utf-8"), source_url()), encoding="utf-8")
    return target


def built(work: Path, output: Path) -> tuple[Path, Path]:
    """The sdist, and the wheel that is built from it."""
    output.mkdir(parents=True, exist_ok=True)
    stage = staged(work / "stage")
    sdist = output / run(sys.executable, "-W", "ignore", "-c", BUILD, "build_sdist", output, cwd=stage).splitlines()[-1]
    with tarfile.open(sdist) as archive:
        if hasattr(tarfile, "data_filter"):
            archive.extractall(work / "unpacked", filter="data")
        else:
            archive.extractall(work / "unpacked")
    (unpacked,) = (work / "unpacked").iterdir()
    wheel = output / run(sys.executable, "-W", "ignore", "-c", BUILD, "build_wheel", output, cwd=unpacked).splitlines()[-1]
    return sdist, wheel


def environment(path: Path, wheel: Path, interpreter: str) -> Path:
    """The interpreter of a new environment with the wheel in it and nothing else. A wheel of pure Python is installed by unpacking it."""
    run(interpreter, "-m", "venv", "--without-pip", path, cwd=path.parent)
    python = path / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=path).strip())
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    return python


TRIALS = {
    "its version": "import refimpl; from importlib.metadata import version; assert version('refimpl') == refimpl.__version__",
    "it is alone": "import sys, refimpl; assert not {'torch', 'numpy'} & set(sys.modules); assert 'site-packages' in refimpl.__file__",
    "its data": "from refimpl.signatures.overloads import texts; assert len(texts()['torch']) > 500; import refimpl, os; "
                "assert os.path.exists(os.path.join(os.path.dirname(refimpl.__file__), 'py.typed'))",
    "every module": "import pkgutil, importlib, refimpl, conformance\n"
                    "for m in pkgutil.walk_packages(refimpl.__path__, 'refimpl.'):\n"
                    "    m.name.endswith('__main__') or importlib.import_module(m.name)",
    "gpu_backend": "import gpu_backend; assert gpu_backend.register() == []",
}  # fmt: skip


def tried(wheel: Path, work: Path, interpreter: str) -> None:
    """The wheel in an empty environment, from an empty folder; then the suite on what this interpreter has, if it is the one that is tried."""
    work.mkdir()
    empty = work / "empty"
    empty.mkdir()
    python = environment(work / "environment", wheel, interpreter)
    print(f"Python {run(python, '-c', 'import platform; print(platform.python_version())', cwd=empty).strip()}")
    for name, program in TRIALS.items():
        run(python, "-I", "-c", program, cwd=empty)
        print(f"  {name}: yes")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    program, expected = re.search(r"```python\n(.*?)```\n\n```\n(.*?)```", readme, re.DOTALL).groups()
    found = run(python, "-I", "-c", program, cwd=empty)
    if found != expected:
        sys.exit(f"the first result of the README is not what it says:\n{found}")
    for package in ("refimpl", "conformance"):
        if not run(python, "-I", "-m", package, cwd=empty).startswith(package):
            sys.exit(f"python -m {package} does not say what it is")
    print("  the first result of the README, and both packages started bare: yes")
    if any(empty.iterdir()):
        sys.exit("something was written into the current directory")
    if interpreter == sys.executable and subprocess.run([interpreter, ROOT / ".ci" / "has_extra.py", "conformance"], cwd=ROOT).returncode == 0:
        site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=empty).strip())
        (site / "of_the_builder.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
        options = ["--op", "add", "--examples", "2", "--workers", "1", "--no-training", "--no-programs", "--report-dir", work / "report"]
        run(python, "-m", "conformance", "run", "--backend", "refimpl:cpu", *options, cwd=empty)
        if not (work / "report" / "conformance.html").exists():
            sys.exit("the installed suite wrote no report")
        if any(empty.iterdir()):
            sys.exit("the suite has written into the current directory")
        print("  the installed suite, on refimpl: yes")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="where the files go (default: dist)")
    parser.add_argument("--python", action="append", default=[], help="another interpreter to try the wheel with (repeatable)")
    parser.add_argument("--not-tried", action="store_true", help="build them, and no more")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sdist, wheel = built(Path(folder), options.output.resolve())
        print(f"{sdist.name} ({sdist.stat().st_size >> 10} KiB), {wheel.name} ({wheel.stat().st_size >> 10} KiB)")
        if not options.not_tried:
            for number, interpreter in enumerate((sys.executable, *options.python)):
                tried(wheel, Path(folder) / str(number), interpreter)
    return 0


if __name__ == "__main__":
    sys.exit(main())
