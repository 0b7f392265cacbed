#!/usr/bin/python3
"""docs/operations.md names every line that the server can write to its log: log_lines_test.py ROOT takes the
words of each call that writes one out of the source and looks for them in that page's tables."""

import glob
import os
import re
import sys

FOLDERS = ('raft', 'node', 'server', 'persistence')
# What writes a line, or a part of one that says why.
CALLS = re.compile(r'\b(note|say_of_peer|say|line|notice|warning|refuse|drop)\(|lines\.push_back\(|\bfatal = ')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def call_text(text, start):
    """From `start` to the end of the statement or the closing bracket, strings skipped over."""
    depth, at = 0, start
    while at < len(text):
        if text[at] == '"':
            at = LITERAL.match(text, at).end()
            continue
        if text[at] in '({':
            depth += 1
        elif text[at] in ')}':
            depth -= 1
            if depth <= 0 and not text[start:at].startswith('fatal'):
                break
        elif text[at] == ';':
            break
        at += 1
    return text[start:at]


def without_comments(text):
    return re.sub(r'(?m)//.*$', '', text)


def said_in(path):
    """(words) of each line written in this file: its literals, adjacent ones joined."""
    with open(path, encoding='utf-8') as file:
        text = re.sub(r'"\s*\n\s*"', '', without_comments(file.read()))
    for call in CALLS.finditer(text):
        for literal in LITERAL.findall(call_text(text, call.start())):
            words = literal.strip(' ,:();').strip()
            if len(words.split()) >= 2 and re.search('[a-z]{2}', words):  # not the pattern of a line
                yield text.count('\n', 0, call.start()) + 1, words


def main(root):
    with open(os.path.join(root, 'docs/operations.md'), encoding='utf-8') as file:
        page = re.sub(r'\s+', ' ', file.read())
    missing = []
    for folder in FOLDERS:
        for path in sorted(glob.glob(os.path.join(root, folder, '**/*.cpp'), recursive=True)):
            if path.endswith('node/clients/commands/info.cpp'):  # its line() is one of INFO
                continue
            missing += [f'{os.path.relpath(path, root)}: "{words}"' for _, words in said_in(path) if words not in page]
    for line in missing:
        print(f'docs/operations.md does not name {line}')
    return 1 if missing else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else '.'))
