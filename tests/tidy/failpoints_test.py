#!/usr/bin/python3
"""Every failpoint of base/failpoint.h stands at one place at least of persistence/, node/ or server/ and is known to
tests/cluster/failpoint_test.py: failpoints_test.py ROOT [PROGRAM]; a PROGRAM that is released knows nothing of them."""

import glob
import os
import re
import sys

FOLDERS = ('persistence', 'node', 'server')


def text_of(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as file:
        return file.read()


def names_of(root):
    return re.findall(r'^    \{"([a-z.-]+)",', text_of(root, 'base/failpoint.h'), re.M)


def main(root, program=None):
    names = names_of(root)
    sources = [text_of(root, os.path.relpath(path, root)) for folder in FOLDERS
               for path in glob.glob(os.path.join(root, folder, '**/*.cpp'), recursive=True)]
    passed = set(re.findall(r'FAILPOINT(?:_IF)?\(\s*"([^"]+)"', '\n'.join(sources)))
    tested = set(re.findall(r'[\'"]([a-z-]+\.[a-z-]+)(?:[:@][^\'"]*)?[\'"]', text_of(root, 'tests/cluster/failpoint_test.py')))
    found = [f'{name} is passed nowhere' for name in names if name not in passed]
    found += [f'{name} is not tested' for name in names if name not in tested]
    if program:
        with open(program, 'rb') as file:
            content = file.read()
        found += [f'{program} knows {name}' for name in [*names, 'QUORATE_FAILPOINT'] if name.encode() in content]
    print('\n'.join(found + [f'failpoints: {len(names)}, {len(found)} faults']))
    return 1 if found or not names else 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
