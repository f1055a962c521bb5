"""Channels moved into images and back."""

from __future__ import annotations

from dataclasses import replace

from ...drawing.pen import Pen
from ..derivatives import refused
from ..rows import Arguments, define
from .shapes_and_slices import FAMILY


def _factor(pen: Pen) -> int:
    return pen.choice((0, -1)) if pen.misbehave(3) else pen.integer(1, 3)


def pixel_shuffle(pen: Pen) -> Arguments:
    r = _factor(pen)
    lead = pen.shape(0, 2, 4, most=20)
    channels = r * r * pen.length((1, 2, 0), most=8) + pen.misbehave(3)
    shape = (*lead, max(channels, 0), pen.length((2, 1, 3), most=40), pen.length((2, 3, 1), most=40))
    return (pen.tensor(shape[len(shape) - 2 :] if pen.misbehave(5) else shape), r), {}


def pixel_unshuffle(pen: Pen) -> Arguments:
    r = _factor(pen)
    height, width = (abs(r) * pen.length((1, 2, 0), most=20) + pen.misbehave(3) for _ in range(2))
    shape = (*pen.shape(0, 2, 4, most=20), pen.length((2, 1, 3), most=8), height, width)
    return (pen.tensor(shape[len(shape) - 2 :] if pen.misbehave(5) else shape), r), {}


def channel_shuffle(pen: Pen) -> Arguments:
    groups = _factor(pen)
    shape = (pen.length((2, 1, 0, 3), most=8), abs(groups) * pen.length((2, 1, 3), most=16) + pen.misbehave(3), *pen.shape(1, 2, 6, most=60))
    return (pen.tensor(shape[: pen.integer(1, 2)] if pen.misbehave(5) else shape), groups), {}


def channels_last_3d(pen: Pen) -> Arguments:
    """Five dimensions, of which the second one lies last in memory."""
    spec = pen.tensor((2, 3, 2, 2, 2), layout="contiguous")
    order = (0, 4, 1, 2, 3)
    return (replace(spec, shape=tuple([spec.shape[d] for d in order]), strides=tuple([spec.strides[d] for d in order])), 1), {}


define("pixel_shuffle", FAMILY, pixel_shuffle, forms="function", differentiable=True, violating=(channels_last_3d,))
define("pixel_unshuffle", FAMILY, pixel_unshuffle, forms="function", differentiable=True, violating=(channels_last_3d,))
define("channel_shuffle", FAMILY, channel_shuffle, forms="function", differentiable=True)
define("native_channel_shuffle", FAMILY, channel_shuffle, forms="function", differentiable=True, derivative=refused)
