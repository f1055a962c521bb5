"""Distributions made of others: batches that count as one event, transformed variables, mixtures."""
