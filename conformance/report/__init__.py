"""The report: one structure, written as JSON, Markdown, HTML and JUnit XML.

The structure is described in ``report.schema.json`` and, for people, in docs/report-schema.md. In short: ``about`` (command, versions,
seed, profile), ``summary`` (counts for each backend), ``operations`` (one row for each operation and backend), ``pages`` (rule and contract
of each operation), ``training`` (one row for each run and backend), ``programs`` (one row for each backend), ``findings`` (about torch),
``declared`` (deviations that are known and not mended), ``causes`` (what the failures come from, each told once), ``missing`` (what
backends do not have, each piece told once), ``errors`` (what went wrong in the run itself), ``comparison`` (with an earlier report, if
asked for).
"""

from .assembly import SCHEMA, build, status, write
from .comparison import compare_reports
from .merging import build_by_versions, merge_reports, read_report

__all__ = ["SCHEMA", "build", "build_by_versions", "compare_reports", "merge_reports", "read_report", "status", "write"]
