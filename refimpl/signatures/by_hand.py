"""What torch's wheel does not tell of its signatures, because it stands in C++ sources that the wheel does not hold.

``torch.txt`` has everything else. The lines here were read from messages of torch 2.13.
"""

# By space, the signatures of parsers that are written by hand in torch/csrc: python_torch_functions_manual.cpp, tensor_new.cpp, Device.cpp,
# TypeInfo.cpp.
SIGNATURES: dict[str, str] = {
    "torch": """
tensor(PyObject* data, *, ScalarType? dtype=None, Device? device=None, bool pin_memory=False, bool requires_grad=False)
as_tensor(PyObject* data, *, ScalarType? dtype=None, Device? device=None)
asarray(PyObject* obj, *, ScalarType? dtype=None, Device? device=None, bool? copy=None, bool? requires_grad=None)
frombuffer(PyObject* buffer, *, ScalarType dtype, int64_t count=-1, int64_t offset=0, bool requires_grad=False)
range(Scalar start, Scalar end, Scalar step=1, *, Tensor out=None, ScalarType dtype=None, Layout layout=None, Device device=None, \
bool requires_grad=False)
nonzero(Tensor input, *, bool as_tuple=False, Tensor out=None)
numel(Tensor input)
get_device(Tensor input)
device(Device device)
device(c10::string_view type, int64_t? index=-1)
finfo(ScalarType type)
finfo()
iinfo(ScalarType type)
""",
    "Tensor": """
new_tensor(PyObject* data, *, ScalarType? dtype=None, Device? device=None, bool requires_grad=False)
new(*, Device? device=None)
new(Storage storage)
new(Tensor other)
new(SymIntArrayRef size, *, Device? device=None)
new(PyObject* data, *, Device? device=None)
""",
}

# What methods of hand-written parsers return, where that is no tensor.
RESULTS = {"type": "Any", "nonzero": "Any"}

# Methods that torch writes in Python, but that hand their arguments on as they are, with their tensor, to the function's parser of the same name; to
# that of another function if the first of them is no int. (A function of the same name calls the method.)
PASSED_ON = {"split": ("split_with_sizes",), "istft": ()}
# Those that do so, without their tensor, to the method's parser of the same name.
METHODS_PASSED_ON = frozenset(("unflatten",))

# Functions (and their in-place forms) whose tensor arguments may be numbers: `should_allow_numbers_as_tensors` in python_arg_parser.cpp.
NUMBERS_AS_TENSORS = frozenset("add sub mul div subtract multiply divide true_divide floor_divide copy_ to".split())
