"""Execution: a case run on a backend, its outcome as plain data, and the notes that outlive a process that dies."""
