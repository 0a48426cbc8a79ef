"""A collection of captures outside of the project, for broad tests: $NETCASE_CORPUS, or ../shared/corpus.

Its index.tsv names the files, one a line, in its first column. Most are tiny, and starting tshark
takes longer than reading them; where the single file does not matter they are read in groups.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import os
import pathlib

from netcase_tshark import TREE, Skip

FOLDER = pathlib.Path(os.environ.get("NETCASE_CORPUS", TREE.parent / "shared" / "corpus"))
GROUP_SIZE = 100


def names():
    """The names of the captures in the collection."""
    index = FOLDER / "index.tsv"
    if not index.exists():
        raise Skip(f"there is no collection of captures at {FOLDER} (set NETCASE_CORPUS)")
    lines = index.read_text(encoding="utf-8").splitlines()[1:]
    return sorted(name for name in (line.split("\t")[0] for line in lines) if (FOLDER / name).exists())


def groups(host, files, name="collection"):
    """Captures of up to GROUP_SIZE files in a row, named after the first. What can't be joined, as it is cut or strange, stays alone."""
    if len(files) == 1:
        yield files[0]
    elif len(files) > GROUP_SIZE:
        for start in range(0, len(files), GROUP_SIZE):
            yield from groups(host, files[start:start + GROUP_SIZE], f"{name}-{start}")
    else:
        joined = host.folder / f"{name}-{len(files)}.pcapng"
        result = host.run(["mergecap", "-a", "-w", joined, *files])
        if result.status == 0 and not result.err:
            yield joined
        else:
            joined.unlink(missing_ok=True)
            half = len(files) // 2
            yield from groups(host, files[:half], name)
            yield from groups(host, files[half:], f"{name}-{half}")
