#!/usr/bin/env python3
"""Captures of strangers that an early netcase misjudged, and controls that it judged well, are judged well.

usage: examples.py [--quick] [PART-OF-A-NAME...]

They are no part of the project: $NETCASE_EXAMPLES, or ../shared/examples. tests/examples/expected.tsv has what is expected.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib
import sys

import expected
from netcase_tshark import TREE

FOLDER = pathlib.Path(os.environ.get("NETCASE_EXAMPLES", TREE.parent / "shared" / "examples"))

if __name__ == "__main__":
    sys.exit(expected.run("examples", FOLDER, TREE / "tests" / "examples" / "expected.tsv"))
