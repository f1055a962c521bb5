"""Before a run: what commands exit with, what cannot be used, which tasks a selection means, and the command that makes a report again."""
