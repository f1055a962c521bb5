"""What torch's compilers are made of, as backends: references and decompositions that torch writes in Python, and graphs of ``torch.export``."""
