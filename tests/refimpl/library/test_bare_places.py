"""refimpl where little is allowed: the standard library alone, no threads, processes or C functions, no file written, no current directory."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
from places import ROOT

# What a browser's Python has not, and nothing is started or written.
RESTRICTED = f"""
import sys
for name in ("ctypes", "_ctypes", "subprocess", "_posixsubprocess", "multiprocessing", "_multiprocessing", "mmap", "socket", "ssl", "select",
             "concurrent.futures", "readline", "fcntl", "resource", "pwd", "grp", "termios", "curses", "dbm", "sqlite3", "tkinter"):
    sys.modules[name] = None
import _thread
def refused(*args, **kwargs):
    raise RuntimeError("can't start new thread")
_thread.start_new_thread = refused
def watched(event, args):
    writes = event == "open" and (isinstance(args[1], str) and set(args[1]) & set("wax+") or isinstance(args[2], int) and args[2] & 3)
    if writes or event in ("os.mkdir", "os.rename", "os.remove", "os.fork", "os.exec", "os.posix_spawn", "os.system", "socket.connect"):
        raise PermissionError(f"{{event}} {{args}}")
sys.addaudithook(watched)
sys.path.insert(0, {str(ROOT)!r})
"""

PROGRAM = """
import io
import refimpl as torch
from refimpl import nn

torch.manual_seed(0)
x = torch.randn(4, 3)
model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
for _ in range(3):
    optimizer.zero_grad()
    loss = nn.functional.mse_loss(model(x), x[:, :1])
    loss.backward()
    optimizer.step()
print(loss)
print(torch.linalg.svdvals(x), torch.fft.fft(x[0]), torch.special.erf(x[0]), x.sort(dim=0).indices)
buffer = io.BytesIO()
torch.save(model.state_dict(), buffer)
buffer.seek(0)
print({name: tuple(value.shape) for name, value in torch.load(buffer).items()})
print(torch.func.grad(lambda t: (t * t).sum())(x[0]), torch.distributions.Normal(0.0, 1.0).log_prob(torch.tensor(0.5)))
batches = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x), batch_size=2, shuffle=True)
print([len(batch) for batch, in batches])
try:
    torch.ones(2) + torch.ones(3)
except RuntimeError as error:
    print(error)
print(torch.vmap(torch.sum)(x))
"""


def run(program, *flags, cwd=None, env=None):
    return subprocess.run([sys.executable, *flags, "-c", program], cwd=cwd, env=env, capture_output=True, text=True)


@pytest.fixture(scope="module")
def expected():
    done = run(f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}")
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_standard_library_alone_without_threads_processes_or_c_functions(expected):
    """``-I -S``: no environment, no site-packages, no current directory on the path."""
    done = run(RESTRICTED + PROGRAM, "-I", "-S")
    assert done.stdout == expected, done.stderr


def test_what_is_forbidden_is_seen(tmp_path):
    for line in ("import ctypes", "import threading; threading.Thread(target=print).start()", f"open({str(tmp_path / 'file')!r}, 'w')"):
        done = run(f"{RESTRICTED}\n{line}", "-I", "-S")
        assert done.returncode == 1 and done.stderr


def test_every_module_can_be_imported_so_but_what_hands_out_memory_or_processes():
    """Which need ctypes and multiprocessing, and say so."""
    program = RESTRICTED + textwrap.dedent("""
        import importlib, pkgutil, refimpl
        failed = {}
        for module in pkgutil.walk_packages(refimpl.__path__, "refimpl."):
            if not module.name.endswith("__main__"):
                try:
                    importlib.import_module(module.name)
                except ImportError as error:
                    failed[module.name] = error.name
        print(failed)
    """)
    done = run(program, "-I", "-S")
    assert done.returncode == 0, done.stderr
    failed = eval(done.stdout)
    assert set(failed) <= {"refimpl.exchange.dlpack", "refimpl.multiprocessing", "refimpl.utils.dlpack"}, failed


def test_a_current_directory_that_is_gone(expected, tmp_path):
    """Windows does not let it be removed: there the program runs in an empty one."""
    gone = tmp_path / "gone"
    gone.mkdir()
    leave = "import contextlib, os, sys\nwith contextlib.suppress(PermissionError): os.rmdir(os.getcwd())\n"
    done = run(f"{leave}sys.path.insert(0, {str(ROOT)!r})\n{PROGRAM}", "-I", "-S", cwd=gone)
    assert done.stdout == expected, done.stderr


def test_without_the_names_of_a_file(expected):
    """As in a notebook's cell: no ``__file__``, another standard output."""
    program = f"""
import io, sys
sys.path.insert(0, {str(ROOT)!r})
out, sys.stdout = sys.stdout, io.StringIO()
exec(compile({PROGRAM!r}, "<cell>", "exec"), {{"__name__": "cell"}})
out.write(sys.stdout.getvalue())
"""
    done = run(program)
    assert done.stdout == expected, done.stderr
