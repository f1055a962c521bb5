"""Recurrent networks: one step of them, and layers over whole sequences."""
