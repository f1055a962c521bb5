"""A device of one's own: the Kernels protocol of refimpl.backend, implemented and registered.

The toy device keeps its elements in a bytearray that only it can read. It starts as every new device may start: the
storage is its own, and each computation is sent to the host's kernels and back. Then it learns one thing itself, addition.
docs/adding-a-device.md walks through this file.
"""

from array import array
from collections import Counter
from operator import add

import refimpl as torch
from refimpl.backend import Storage, View, register_device
from refimpl.cpu import CPU
from refimpl.layout import contiguous_strides

# which arguments of a primitive are written (positions after the name of the primitive)
WRITTEN = {
    "fill": (0,), "copy": (0,), "map": (1,), "reduce": (1,), "arg_reduce": (1,), "scan": (1,), "matmul": (0,),
    "gather": (0,), "scatter": (1,), "index": (0,), "index_put": (0,), "sort": (0, 1), "random": (1,),
}  # fmt: skip


def addresses(view):
    """Where the elements of a view lie in its storage, counted in elements, in row-major order."""
    found = [view.offset]
    for size, stride in zip(view.shape, view.strides):
        found = [a + i * stride for a in found for i in range(size)]
    return found


class ToyKernels:
    """The device. What it does not define goes through :meth:`on_host`."""

    device_type = "toy"
    device_index = 0
    overrides = {}

    def __init__(self):
        self.calls = Counter()

    # -- storage: what every device must do itself --------------------------------------------------
    def allocate(self, nbytes):
        return Storage(self, nbytes, bytearray(nbytes))

    def from_bytes(self, data):
        return Storage(self, len(data), bytearray(data))

    def to_bytes(self, view):
        size, data = view.dtype.itemsize, view.storage.data
        return b"".join(data[a * size : (a + 1) * size] for a in addresses(view))

    def write(self, view, data):
        """Put bytes, the elements in row-major order, into a view."""
        size = view.dtype.itemsize
        for k, a in enumerate(addresses(view)):
            view.storage.data[a * size : (a + 1) * size] = data[k * size : (k + 1) * size]

    def data_ptr(self, storage):
        return id(storage.data) if storage.nbytes else 0

    def resize(self, storage, nbytes):
        storage.data[nbytes:] = bytes(max(0, nbytes - storage.nbytes))
        storage.nbytes = nbytes

    def synchronize(self):
        pass

    def tolist(self, view):
        return CPU.tolist(self.to_host(view))

    # -- computation: on the host, unless the device knows better --------------------------------------
    def to_host(self, argument):
        """A view as a contiguous view on the host; lists of views likewise; anything else as it is."""
        if isinstance(argument, (list, tuple)):
            return [self.to_host(a) for a in argument]
        if not isinstance(argument, View):
            return argument
        storage = CPU.from_bytes(self.to_bytes(argument))
        return View(storage, 0, argument.shape, contiguous_strides(argument.shape), argument.dtype)

    def on_host(self, name, arguments, parameters):
        self.calls[f"{name} on the host"] += 1
        sent = [self.to_host(a) for a in arguments]
        getattr(CPU, name)(*sent, **parameters)
        for i in WRITTEN[name]:
            self.write(arguments[i], CPU.to_bytes(sent[i]))

    def __getattr__(self, name):
        if name not in WRITTEN:
            raise AttributeError(name)
        return lambda *arguments, **parameters: self.on_host(name, arguments, parameters)

    def nonzero(self, input):
        found = CPU.nonzero(self.to_host(input))
        return View(self.from_bytes(CPU.to_bytes(found)), 0, found.shape, contiguous_strides(found.shape), found.dtype)

    def map(self, name, out, inputs, dtype):
        """Addition of float32 by the device itself; any other function on the host."""
        views = all(isinstance(i, View) and i.dtype is torch.float32 for i in inputs)
        if name != "add" or not views or not dtype is out.dtype is torch.float32:
            return self.on_host("map", (name, out, inputs, dtype), {})
        self.calls["map on the device"] += 1
        a, b = (array("f", self.to_bytes(view)) for view in inputs)
        return self.write(out, array("f", map(add, a, b)).tobytes())


toy = ToyKernels()
register_device(toy)


def train(device):
    """An ordinary program: nothing in it knows about the device but the argument."""
    torch.manual_seed(0)
    x = torch.randn(8, 3).to(device)
    y = (x * torch.tensor([1.0, -2.0, 0.5]).to(device)).sum(dim=1, keepdim=True)
    model = torch.nn.Linear(3, 1).to(device)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
    return model.weight.detach(), loss.item()


def backend():
    """The device as a backend of the conformance suite: ``python -m conformance run --backend examples.own_device:backend``."""
    from conformance.backends.refimpl_backend import Refimpl

    return Refimpl("toy")


if __name__ == "__main__":
    print(torch.arange(3, device="toy") + 1)
    weight, loss = train("toy")
    print(weight)
    on_host, loss_on_host = train("cpu")
    print("same as on the host:", torch.equal(weight.cpu(), on_host) and loss == loss_on_host)
    print("computed by the device itself:", toy.calls["map on the device"] > 0)
