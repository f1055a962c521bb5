"""Layers by kind. Torch's paths of them (``nn.modules.conv``) are made in :mod:`refimpl.nn.modules`."""
