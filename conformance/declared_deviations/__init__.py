"""Declared deviations: what a backend is known to do otherwise than torch, and has not mended."""
