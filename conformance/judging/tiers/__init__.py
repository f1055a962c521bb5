"""What a backend's capabilities allow it beyond torch: subnormals flushed to zero, a wider dtype on the way, elements that are not looked at."""
