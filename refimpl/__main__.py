"""``python -m refimpl``: what this is, and what to do with it."""

from __future__ import annotations

import sys

__all__ = ["main"]

TEXT = """\
refimpl {version}: what torch {torch}'s tensors do, exactly, in pure Python.
{count} operations, and nothing but the standard library.

In a program, use it as torch:

    import refimpl as torch
    x = torch.tensor([[1., 2.], [3., 4.]], requires_grad=True)
    (x @ x).sum().backward()
    print(x.grad)

    tensor([[ 7., 11.],
            [ 9., 13.]])

A program that says `import torch` runs as it is:

    python -m refimpl.as_torch PROGRAM [ARGUMENT ...]

help(refimpl.add) is the page of an operation: rule, special cases, an example.
`python -m conformance` holds other libraries against it.
"""


def main(arguments: list[str]) -> int:
    from . import version
    from .operations.operation import operations

    own = sys.modules[__package__].__version__

    if arguments == ["--version"]:
        print(f"refimpl {own} (torch {version.__version__})")
        return 0
    count = sum(bool(o.forms) and not o.name.startswith("_") for o in operations.values())
    text = TEXT.format(version=own, torch=version.__version__, count=count)
    unknown = [each for each in arguments if each not in ("-h", "--help")]
    if unknown:
        print(f"refimpl: there is no argument {unknown[0]!r}; a program is run by: python -m refimpl.as_torch {unknown[0]}", file=sys.stderr)
        return 2
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
