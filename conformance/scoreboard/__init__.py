"""How torch-like a backend is, property by property: ``python -m conformance.scoreboard --backend array_api:numpy``.

A conformance run stops at an operation's first failures and shrinks them. A scoreboard is for backends that never meant to
be torch: here every example is judged to the end, nothing is shrunk, and what is counted is how often each property agrees.
What a backend cannot do is listed once for each missing piece, apart from what it does differently.

:mod:`.surveys` judges an operation, :mod:`.watched` many of them in a process that may end, :mod:`.page_text` writes the page.
"""
