"""The specification: a room for each kind of operation, a file a family, one function an operation.

Importing the package imports every file of every room, which puts their operations on the registry.
"""

from importlib import import_module
from pkgutil import walk_packages

for _module in walk_packages(__path__, f"{__name__}."):
    import_module(_module.name)
