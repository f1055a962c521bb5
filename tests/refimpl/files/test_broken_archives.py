"""Archives that lack something, or have too much, are refused in torch's words."""

from __future__ import annotations

import io
import zipfile

import pytest
import torch as real_torch

import refimpl


def whole():
    """The members of a checkpoint, the folder called ``b``."""
    file = io.BytesIO()
    refimpl.save({"a": refimpl.ones(2)}, file)
    archive = zipfile.ZipFile(file)
    return [("b/" + name.partition("/")[2], archive.read(name)) for name in archive.namelist()]


def without(name):
    return [(member, data) for member, data in whole() if member != f"b/{name}"]


def of_version(text):
    return [(member, text if member == "b/version" else data) for member, data in whole()]


def answer(torch, members, weights_only):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in members:
            archive.writestr(name, data)
    file.seek(0)
    try:
        return torch.load(file, weights_only=weights_only)["a"].tolist()
    except Exception as error:  # noqa: BLE001  (of both libraries, to be compared)
        return type(error).__name__, str(error)


CASES = {
    "whole": whole(), "no pickle": without("data.pkl"), "no storage": without("data/0"), "no version": without("version"),
    "no byte order": without("byteorder"), "no folder": [(name[2:], data) for name, data in whole()], "nothing else": [("a/b", b"1")],
    "another folder behind": [*whole(), ("other/x", b"1")], "another folder before": [("other/x", b"1"), *whole()],
    "a member before the folder": [("x", b"1"), *whole()], "a member behind the folder": [*whole(), ("x", b"1")],
    "more in the folder": [("b/.hidden", b""), *whole()], "an absolute folder": [("/" + name, data) for name, data in whole()],
    "a folder in a folder": [(name.replace("b/", "b/c/"), data) for name, data in whole()], "the folder as a member": [("b/", b""), *whole()],
}  # fmt: skip
VERSIONS = [b"99", b"x", b"", b"1\n", b"0", b"-1", b" 7", b"7abc", b"+4", b"9" * 20, b"10", b"11", b"0x3", b"\n3"]


@pytest.mark.parametrize("weights_only", [True, False])
@pytest.mark.parametrize("case", [*CASES, *VERSIONS], ids=str)
def test_what_an_archive_must_hold(case, weights_only):
    members = CASES[case] if isinstance(case, str) else of_version(case)
    assert answer(refimpl, members, weights_only) == answer(real_torch, members, weights_only)


def test_an_archive_with_two_members_of_one_name_is_refused():
    with pytest.warns(UserWarning, match="Duplicate name"):
        assert answer(refimpl, [*whole(), ("b/data/0", b"\0" * 8)], True)[0] == "RuntimeError"
