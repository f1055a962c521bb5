"""Judging a case: outcomes, comparators, bounds, and what deviates."""
