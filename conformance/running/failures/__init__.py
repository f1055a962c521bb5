"""Failures: how many examples fail and how far off the worst is, how each showed when it was run again, and each as plain data."""
