"""Rows of the operations that look for elements: different ones, places in sorted sequences, histograms."""
