"""What ``pytest --pyargs conformance`` collects."""
