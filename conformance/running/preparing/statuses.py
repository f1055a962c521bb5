"""What the commands exit with."""

# Of `run`; the other commands use those that apply.
PASSED, FAILED, INTERRUPTED, UNUSABLE, NOTHING, ADAPTER = range(6)
STATUSES = """\
exit status:
  0  nothing failed
  1  something failed: a backend, or the run itself
  2  interrupted: the report holds what was judged before; --resume goes on from there
  3  it could not be run: an argument, a file or a backend that cannot be used
  4  nothing was judged: the selection leaves nothing
  5  an adapter is at fault, which says nothing of its library: see the report"""
