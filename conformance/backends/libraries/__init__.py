"""Adapters of single libraries."""
