"""A collection of captures outside of the project, for broad tests: $NETCASE_CORPUS, or ../shared/corpus.

Its index.tsv names the files, one a line, in its first column. Most are tiny, and starting tshark
takes longer than reading them; where the single file does not matter they are read in groups.

SPDX-License-Identifier: GPL-2.0-or-later
"""
import concurrent.futures
import itertools
import os
import pathlib

from netcase_tshark import JOBS, TREE, Skip

FOLDER = pathlib.Path(os.environ.get("NETCASE_CORPUS", TREE.parent / "shared" / "corpus"))
GROUP_SIZE = 100


def names():
    """The names of the captures in the collection."""
    index = FOLDER / "index.tsv"
    if not index.exists():
        raise Skip(f"there is no collection of captures at {FOLDER} (set NETCASE_CORPUS)")
    lines = index.read_text(encoding="utf-8").splitlines()[1:]
    return sorted(name for name in (line.split("\t")[0] for line in lines) if (FOLDER / name).exists())


def join(host, files, name):
    """One capture of all of them, or None, as one of them is cut or strange."""
    joined = host.folder / f"{name}-{len(files)}.pcapng"
    result = host.run(["mergecap", "-a", "-w", joined, *files])
    if result.status == 0 and not result.err:
        return joined
    joined.unlink(missing_ok=True)
    return None


def can_be_joined(host, file, number):
    joined = join(host, [file], f"alone-{number}")
    if joined:
        joined.unlink()
    return bool(joined)


def groups(host, files, name="collection"):
    """Captures of up to GROUP_SIZE files, named after the place of the first. What can't be joined stays alone."""
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        sound = list(pool.map(lambda number: can_be_joined(host, files[number], number), range(len(files))))
    yield from itertools.compress(files, [not one for one in sound])
    joinable = list(itertools.compress(files, sound))
    for start in range(0, len(joinable), GROUP_SIZE):
        some = joinable[start:start + GROUP_SIZE]
        joined = join(host, some, f"{name}-{start}")
        yield from [joined] if joined else some
