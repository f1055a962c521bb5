"""What programs ask of torch's version: the one whose behaviour this package has."""

__all__ = ["__version__", "cuda", "debug", "git_version", "hip", "xpu"]

__version__ = "2.13.0"
debug = False
cuda = None
hip = None
xpu = None
git_version = "refimpl"
