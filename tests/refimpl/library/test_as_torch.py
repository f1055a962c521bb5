"""Programs that import torch run on refimpl, and print what they print with torch."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]

PROGRAM = """
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.backends.cudnn as cudnn
from torch import optim, Tensor
from torch.nn import Module, Parameter
from torch.nn.modules.loss import CrossEntropyLoss
from torch.nn.utils import clip_grad_norm_, parameters_to_vector
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import StepLR
from torch.utils.checkpoint import checkpoint
from torch.utils.data import DataLoader, TensorDataset

cudnn.benchmark = True
torch.backends.cudnn.deterministic = True
print(torch.cuda.is_available(), torch.backends.mps.is_available(), torch.version.cuda, torch.jit.is_scripting(), torch.compiler.is_compiling())
torch.manual_seed(0)
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = optim.Adam(model.parameters(), lr=0.01)
schedule = StepLR(optimizer, 1, 0.5)
x, y = torch.randn(20, 4), torch.randint(0, 2, (20,))
criterion = CrossEntropyLoss()
for epoch in range(3):
    for inputs, labels in DataLoader(TensorDataset(x, y), 8, shuffle=True):
        optimizer.zero_grad()
        loss = criterion(model(inputs), labels)
        loss.backward()
        total = clip_grad_norm_(model.parameters(), 0.5)
        optimizer.step()
    schedule.step()
    print(epoch, f"{loss.item():.4f} {total.item():.4f}", schedule.get_last_lr())
z = torch.randn(2, 4, requires_grad=True)
checkpoint(model, z, use_reentrant=False).sum().backward()
print([f"{g:.4f}" for g in z.grad.reshape(-1).tolist()], parameters_to_vector(model.parameters()).shape)
print(pad_sequence([torch.ones(2), torch.zeros(3)], batch_first=True), isinstance(z, Tensor), isinstance(model[0].weight, Parameter))
torch.save(model.state_dict(), "model.pt")
print(model.load_state_dict(torch.load("model.pt")))
"""


def run(path, *command):
    done = subprocess.run([sys.executable, *command, str(path)], capture_output=True, text=True, cwd=path.parent, timeout=300,
                          env={"PYTHONPATH": str(ROOT), "PATH": ""})
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_program_prints_the_same(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    assert run(path, "-m", "refimpl.as_torch") == run(path)


@pytest.mark.parametrize(("program", "said"), [
    ("import torch, refimpl.as_torch", "RuntimeError: torch has been imported already"),
    ("import refimpl.as_torch\nimport torch.nothing.here", "ModuleNotFoundError: refimpl does not have torch.nothing"),
    ("import refimpl.as_torch, torch\ntorch.jit.script(print)", "NotImplementedError: torch.jit.script: refimpl has no TorchScript"),
])  # fmt: skip
def test_what_is_not_there_is_said(program, said):
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 1 and done.stderr.strip().splitlines()[-1].startswith(said)


def test_both_names_are_one_module():
    program = ("import refimpl.as_torch, refimpl, torch, torch.nn.functional as F, torch.optim.lr_scheduler\n"
               "assert torch is refimpl and F is refimpl.nn.functional and refimpl.nn.__spec__.name == 'refimpl.nn'\n"
               "import refimpl.as_torch as again\nagain.install()")  # fmt: skip
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=120)


def test_compile_hands_back_what_it_got():
    import refimpl

    with pytest.warns(UserWarning, match="compiles nothing"):
        assert refimpl.compile(len) is len
    with pytest.warns(UserWarning, match="compiles nothing"):
        assert refimpl.compile(dynamic=True)(len) is len
