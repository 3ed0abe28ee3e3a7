"""Every case of the matrix, in the order in which a run can meet them."""

from __future__ import annotations

from matrix.cases_downloads import CASES as DOWNLOADS
from matrix.cases_exports import CASES as EXPORTS
from matrix.cases_login import CASES as LOGIN
from matrix.cases_records import CASES as RECORDS
from matrix.cases_start import CASES as START
from matrix.cases_tables import CASES as TABLES

CASES = (*START, *LOGIN, *EXPORTS, *DOWNLOADS, *RECORDS, *TABLES)
