"""Running the suite: processes that are watched, results as they come, crashes, resumption."""
