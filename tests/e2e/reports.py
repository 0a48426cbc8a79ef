#!/usr/bin/env python3
"""Problem reports of strangers, rebuilt as captures, get the findings, severities and causes that an expert would give them.

usage: reports.py [--quick] [PART-OF-A-NAME...]

They are no part of the project: $NETCASE_REPORTS, or ../shared/reports. tests/reports/expected.tsv has what is expected.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import sys

import expected
from netcase_tshark import TREE

FOLDER = pathlib.Path(os.environ.get("NETCASE_REPORTS", TREE.parent / "shared" / "reports"))

if __name__ == "__main__":
    sys.exit(expected.run("reports", FOLDER, TREE / "tests" / "reports" / "expected.tsv"))
