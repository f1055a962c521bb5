"""Accuracy: elements as numbers, the floating point formats, and what it takes to keep an accuracy contract."""
