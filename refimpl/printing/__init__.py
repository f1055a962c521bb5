"""Tensors as text: as torch prints them in Python (:mod:`.tensors`), and as its C++ does (:mod:`.in_cpp`)."""
