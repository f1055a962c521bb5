"""Programs that import torch run on refimpl, and print what they print with torch."""

import copy
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from side_by_side import assert_same

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


IMPORTS = """
from torch.autograd import Function, Variable
from torch.autograd.function import once_differentiable
from torch.autograd.grad_mode import no_grad
from torch.distributions.multivariate_normal import _batch_mahalanobis, _batch_mv, _precision_to_scale_tril
from torch.distributions.normal import Normal
from torch.distributions.utils import _standard_normal, _sum_rightmost
from torch.nn.common_types import _size_2_t
from torch.nn.init import xavier_uniform_, _calculate_fan_in_and_fan_out
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, Conv2d
from torch.nn.modules.loss import _Loss, _WeightedLoss
from torch.nn.modules.module import Module, _addindent
from torch.nn.modules.transformer import _get_clones
from torch.nn.modules.utils import _pair
from torch.nn.parallel import DataParallel
from torch.nn.parameter import Parameter, UninitializedParameter
from torch.nn.utils.clip_grad import clip_grad_norm_
from torch.nn.utils.parametrize import register_parametrization
from torch.nn.utils.stateless import functional_call
from torch.optim.adamw import AdamW
from torch.optim.lr_scheduler import _LRScheduler
from torch.optim.optimizer import Optimizer, ParamsT, required
from torch.storage import UntypedStorage
from torch.testing import make_tensor
from torch.torch_version import TorchVersion
from torch.types import Device, Number
from torch.utils._pytree import tree_map
from torch.utils.data._utils.collate import default_collate
from torch.utils.data.dataset import Dataset, Subset
from torch.utils.data.distributed import DistributedSampler
from torch.utils.data.sampler import BatchSampler, Sampler
from torch.utils.hooks import RemovableHandle
import torch, torch.cuda.amp, torch.multiprocessing as mp, torch.nn.utils.prune as prune
names = sorted(name for name in globals() if not name.startswith("__"))
print([(name, getattr(globals()[name], "__name__", None)) for name in names if isinstance(globals()[name], type)])
print(isinstance(Conv2d(1, 1, 1), _ConvNd), _pair(3), tree_map(len, {"a": ["bc"]}), isinstance(torch.ones(1), Variable), ParamsT)
"""


def test_what_programs_import_is_where_they_look_for_it(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(IMPORTS)
    assert run(path, "-m", "refimpl.as_torch") == run(path)


def test_a_program_has_its_own_future_imports(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import inspect, torch\nclass Module(torch.nn.Module):\n    def forward(self, x: torch.Tensor) -> int: ...\n"
                    "print(inspect.signature(Module.forward))\n")
    assert run(path, "-m", "refimpl.as_torch") == "(self, x: torch.Tensor) -> int\n"


CLASSES = """
import pickle, torch
from torch import nn
parameter = nn.Parameter(torch.ones(2))
optimizer = torch.optim.Adafactor([parameter])
known = [
    torch.ones(1), parameter, nn.Linear(1, 1), nn.Module(), torch.float32, torch.device("cpu"), torch.Size([1]), torch.ones(2).max(0),
    torch.Generator(), torch.strided, torch.contiguous_format, torch.iinfo(torch.int8), torch.ones(1).untyped_storage(),
    torch.optim.SGD([parameter], 0.1), optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 1), torch.distributions.Normal(0.0, 1.0),
    torch.distributions.transforms.ExpTransform(), torch.utils.data.DataLoader([1]), torch.utils.data.Subset([1], [0]),
    torch.no_grad(), torch.amp.GradScaler("cpu"), torch.linalg.svd(torch.eye(2)),
    nn.utils.rnn.pack_sequence([torch.ones(1)]), (parameter + 1).grad_fn, torch.autograd.Function(),
]
print(*map(type, known), sep="\\n")
print([type(pickle.loads(pickle.dumps(x))) for x in known[:7]])

class Own(torch.Tensor): pass
class Wide(torch.distributions.Normal): pass
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x**3
    @staticmethod
    def backward(ctx, g): return g
print(torch.ones(2).as_subclass(Own), parameter, Wide(torch.zeros(1), 1.0).expand([3]), repr(Cube.apply(parameter).grad_fn).partition(" object")[0])
"""


def test_classes_say_that_they_are_torchs(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(CLASSES)
    assert run(path, "-m", "refimpl.as_torch") == run(path)


PROCESSES = """
import torch
import torch.multiprocessing as mp
from torch.utils.data import DataLoader, Dataset


class Squares(Dataset):
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return torch.tensor(i * i)


def work(number, queue):
    queue.put((number, (torch.ones(2) * number).tolist(), torch.__version__.split("+")[1]))


if __name__ == "__main__":
    queue = mp.get_context("spawn").SimpleQueue()
    mp.spawn(work, (queue,), nprocs=1)
    print(queue.get(), [batch.tolist() for batch in DataLoader(Squares(), 2, num_workers=1, multiprocessing_context="spawn")])
"""


def test_new_processes_of_a_program_run_on_refimpl_too(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROCESSES)
    assert run(path, "-m", "refimpl.as_torch") == "(0, [0.0, 0.0], 'refimpl') [[0, 1], [4, 9]]\n"


def test_both_names_are_one_module():
    program = ("import refimpl.as_torch, refimpl, torch, torch.nn.functional as F, torch.optim.lr_scheduler\n"
               "assert torch is refimpl and F is refimpl.nn.functional and refimpl.nn.__spec__.name == 'refimpl.nn'\n"
               "import refimpl.as_torch as again\nagain.install()")  # fmt: skip
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT, timeout=120)


def test_a_compiled_module_holds_the_module():
    def program(torch):
        nn = torch.nn
        torch.manual_seed(0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled, layers = torch.compile(nn.Linear(2, 1)), torch.compile(nn.Sequential(nn.ReLU(), nn.Dropout()))
            again = torch.compile(backend="eager")(nn.Tanh())
        seen = [repr(compiled), type(compiled).__name__, isinstance(compiled, nn.Linear), list(compiled.state_dict())]
        seen += [compiled.in_features, repr(again), copy.deepcopy(compiled)._orig_mod is compiled._orig_mod]
        seen += [[name for name, _ in each.named_modules()] for each in (compiled, layers)] + [len(layers), [n for n, _ in layers.named_children()]]
        layers.eval()
        compiled.extra, original = 3, compiled._orig_mod
        seen += [layers._orig_mod[1].training, layers.training, original.extra, compiled.weight is original.weight, "extra" in dir(compiled)]
        original.eval()
        seen += [compiled.training, compiled.half() is compiled, original.weight.dtype == torch.float16]
        del compiled.extra
        torch._dynamo.config.suppress_errors = True
        torch._dynamo.reset()
        seen += [torch._dynamo.config.suppress_errors, torch._dynamo.eval_frame.OptimizedModule is type(compiled)]
        return [*seen, hasattr(original, "extra"), lambda: compiled.nothing, lambda: len(compiled), lambda: layers[0], lambda: torch.compile(3),
                lambda: torch.compile(original, mode="default", options={}), lambda: compiled.load_state_dict(original.state_dict())]

    assert_same(program)


def test_compile_hands_back_what_it_got():
    import refimpl

    with pytest.warns(UserWarning, match="compiles nothing"):
        assert refimpl.compile(len) is len
    with pytest.warns(UserWarning, match="compiles nothing"):
        assert refimpl.compile(dynamic=True)(len) is len
