#!/usr/bin/python3
"""The house rules that a machine can check: tidy.py ROOT prints each violation as FILE:LINE: RULE: TEXT and fails if there is one.

Layering is the table of DESIGN.md section 2; the rest is STYLE.md. Exceptions stand in tests/tidy/exceptions.txt, each with its
reason; an exception that no longer excepts anything is reported too.
"""

import fnmatch
import os
import re
import sys

from class_sizes import sizes
from lexer import blanked, blocks_and_statements

FOLDERS = ('base', 'resp', 'raft', 'engine', 'persistence', 'node', 'server', 'bench', 'tests')
# Folder -> folders, or single headers, that it may include besides itself. None: everything.
MAY_INCLUDE = {
    'base': (),
    'resp': ('base',),
    'raft': ('base',),
    'engine': ('base', 'resp'),
    'persistence': ('base', 'raft/types.h'),
    'node': ('base', 'resp', 'raft', 'engine', 'persistence/storage.h'),
    'server': None,
    'bench': ('base', 'resp'),
    'tests': None,
}
# Folder -> its rooms, each with those of its own folder that it may include besides itself. What lies in no room stands
# on top and may include them all; no room may include that.
ROOMS = {
    'node': {
        'messages': (),
        'config': ('messages',),
        'disk': ('messages',),
        'peers': ('messages',),
        'consensus': ('messages', 'peers'),
        'replica': ('messages', 'config'),
        'clients': ('messages', 'config', 'replica'),
    },
    'engine': {
        'types': (),
        'rules': ('types',),
        'keyspace': ('types',),
        'rdb': ('types', 'rules'),
        'checkpoint': ('types', 'keyspace', 'rdb'),
        'command': (),
        'users': ('command',),
        'elements': ('command', 'rules'),
        'scripts': ('types', 'rules', 'command'),
        'state': ('types', 'rules', 'keyspace', 'rdb', 'checkpoint', 'command', 'users', 'elements', 'scripts'),
        'context': ('types', 'rules', 'keyspace', 'command', 'users', 'elements', 'scripts', 'state'),
        'commands': ('types', 'rules', 'keyspace', 'rdb', 'command', 'users', 'elements', 'scripts', 'state', 'context'),
        'apply': ('types', 'rules', 'keyspace', 'command', 'users', 'elements', 'state', 'context'),
    },
}
# Room -> what it may include of a lower folder, where that is not all. A replica answers into a place that it is given: it
# knows no session, no parser, no connection.
ROOM_ONLY = {'node/replica': {'resp': ('resp/reply_writer.h',)}}
# Libraries of the system -> the only folders that may include them (tests may always).
LIBRARY_HOME = (
    (r'sqlite3(ext)?\.h$', ('persistence',)),
    (r'uv(/|\.h$)', ('server',)),
    (r'spdlog/', ('server',)),
    (r'openssl/', ('server',)),
    (r'(lua|lauxlib|lualib|luaconf)\.h(pp)?$', ('engine',)),
    (r'hiredis/|gtest/|gmock/', ()),
)
PURE = ('base', 'resp', 'raft', 'engine', 'node')
BANNED_HEADERS = {
    'thread': 'thread mutex shared_mutex condition_variable future stop_token semaphore latch barrier atomic pthread.h threads.h',
    'clock': 'ctime time.h sys/time.h',
    'random device': 'random sys/random.h',
    'iostream': 'iostream fstream sstream ostream istream iomanip streambuf syncstream',
    'unordered container': 'unordered_map unordered_set',
    'operating system': 'filesystem unistd.h fcntl.h dirent.h signal.h csignal poll.h sys/socket.h sys/epoll.h sys/stat.h',
}
BANNED_WORDS = (
    ('thread', r'\bthread_local\b|\bpthread_\w+'),
    ('clock', r'\b(system_clock|steady_clock|high_resolution_clock|utc_clock|clock_gettime|gettimeofday|localtime\w*)\b'
              r'|(?<![\w.>])(std::)?time\s*\(\s*(nullptr|NULL|0|&)'),
    ('random device', r'\brandom_device\b|\b(getrandom|getentropy|arc4random\w*|srand|rand)\s*\('),
    ('operating system', r'\b(getenv|setlocale)\s*\('),
)
# The one place that may keep something per thread: the C library asks on nobody's behalf (docs/decisions/scripts.md).
PER_THREAD = {'engine/scripts/charged_libc.cpp': 'thread_local lua_State* running'}
LOOKUP_ONLY = re.compile(r'//\s*tidy: lookup only\b.*\w')
# Of classes in these folders: what a reader can hold in mind.
SMALL_CLASSES = ('node',)
METHODS_MAX, MEMBERS_MAX = 30, 25
FILE_LINES_MAX, TEST_LINES_MAX, HEADER_LINES_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 400, 500, 199, 60, 100


class Source:
    def __init__(self, root, path):
        self.path, self.folder = path, path.split('/')[0]
        with open(os.path.join(root, path), encoding='utf-8') as file:
            self.text = file.read()
        self.lines = self.text.split('\n')
        self.code_lines = blanked(self.text).split('\n')
        self.is_header = path.endswith('.h')
        self.is_pure = self.folder in PURE

    def includes(self):
        for number, line in enumerate(self.lines, 1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"](.*)', line)
            if match:
                yield number, match.group(2), match.group(3), match.group(1) == '"'


def may_enter_folder(path, name):
    """Whether a file's room may include this file of another folder."""
    only = ROOM_ONLY.get(room_of(path), {}).get(name.split('/')[0])
    return only is None or name in only


def room_of(path):
    """The room of a file, as FOLDER/ROOM; its folder if it stands in none."""
    parts = path.split('/')
    is_in_room = len(parts) > 2 and parts[1] in ROOMS.get(parts[0], ())
    return '/'.join(parts[:2]) if is_in_room else parts[0]


def may_enter(path, name):
    """Whether a file may include what lies in a room of its own folder, or on top of the rooms."""
    here, there = room_of(path), room_of(name)
    folder = path.split('/')[0]
    if folder not in ROOMS or name.split('/')[0] != folder or here in (folder, there):
        return True
    return there != folder and there.split('/')[1] in ROOMS[folder][here.split('/')[1]]


def check_layers(source):
    allowed = MAY_INCLUDE[source.folder]
    for number, name, _, is_own in source.includes():
        target = name.split('/')[0]
        if is_own and '/' not in name and source.folder != 'tests':
            yield number, 'layer', f'"{name}" is not named from the root of the repository'
        elif target in FOLDERS and allowed is not None and target != source.folder:
            if target not in allowed and name not in allowed:
                yield number, 'layer', f'{source.folder}/ may not include "{name}"'
        if is_own and not (may_enter(source.path, name) and may_enter_folder(source.path, name)):
            yield number, 'layer', f'{room_of(source.path)}/ may not include "{name}"'
        for pattern, homes in LIBRARY_HOME:
            if re.match(pattern, name) and source.folder not in homes + ('tests',):
                yield number, 'layer', f'{source.folder}/ may not include <{name}>'


def check_bans(source):
    if not source.is_pure:
        return
    for number, name, rest, _ in source.includes():
        for ban, names in BANNED_HEADERS.items():
            if name in names.split() and not (ban == 'unordered container' and LOOKUP_ONLY.search(rest)):
                yield number, 'ban', f'{ban}: <{name}>'
    for number, line in enumerate(source.code_lines, 1):
        for ban, pattern in BANNED_WORDS:
            match = re.search(pattern, line)
            if match and PER_THREAD.get(source.path, '\n') not in line:
                yield number, 'ban', f'{ban}: {match.group(0)}'


def is_mutable(statement):
    if re.match(r'(using|typedef|extern|friend|template|class|struct|enum|union|static_assert|__extension__ typedef|return|namespace|public|private)\b', statement):
        return False
    return not re.search(r'\b(const|constexpr|constinit const|operator)\b', statement.split('=')[0])


def check_globals(source, statements):
    for scope, statement, number in statements:
        if not source.is_pure or not statement:
            continue
        before = re.split(r'[={]', statement)[0]
        is_variable = '(' not in before and re.match(r'[\w:<>,\s*&\[\]]+[\s>*&]\w+\s*(\[.*\])?\s*$', before)
        if scope == 'namespace' and is_variable and is_mutable(statement) and before.strip() != PER_THREAD.get(source.path):
            yield number, 'global', f'mutable global: {before.strip()}'
        if scope in ('function', 'inner') and re.match(r'static\b', statement) and is_mutable(statement):
            yield number, 'global', f'mutable static: {before.strip()}'


def check_sizes(source, blocks):
    count = len(source.lines) - (1 if source.lines[-1] == '' else 0)
    most = TEST_LINES_MAX if source.folder == 'tests' else FILE_LINES_MAX
    if count > most:
        yield 1, 'file-length', f'{count} lines, at most {most}'
    if source.is_header and count > HEADER_LINES_MAX:
        yield 1, 'header-length', f'{count} lines, at most {HEADER_LINES_MAX}'
    for block in blocks:
        size = block.last_line - block.first_line + 1
        if block.kind == 'function' and size > FUNCTION_LINES_MAX:
            name = ' '.join(block.head.split())[:60]
            yield block.first_line, 'function-length', f'{size} lines, at most {FUNCTION_LINES_MAX}: {name}'
    for number, line in enumerate(source.lines, 1):
        if len(line) > COLUMNS_MAX:
            yield number, 'columns', f'{len(line)} columns, at most {COLUMNS_MAX}'


def check_classes(source):
    if source.folder not in SMALL_CLASSES or not source.is_header:
        return
    for name, number, methods, members in sizes(source.text):
        if methods > METHODS_MAX or members > MEMBERS_MAX:
            yield number, 'class-size', (f'{name} has {methods} methods and {members} members, '
                                         f'at most {METHODS_MAX} and {MEMBERS_MAX}')


def check_form(source, root):
    if source.is_header and not re.search(r'^#pragma once$', source.text, re.M):
        yield 1, 'pragma-once', 'a header needs #pragma once'
    has_own_header = os.path.exists(os.path.join(root, re.sub(r'\.cpp$', '.h', source.path)))
    needs_comment = source.is_header or (source.folder != 'tests' and not has_own_header)
    if needs_comment and not source.lines[0].startswith('//'):
        yield 1, 'top-comment', 'a file opens with a comment that says what it is for'
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip() or '\t' in line:
            yield number, 'blanks', 'tab or blank at the end of the line'


def violations_of(root, path):
    source = Source(root, path)
    blocks, statements = blocks_and_statements(source.text)
    found = [*check_layers(source), *check_bans(source), *check_globals(source, statements),
             *check_sizes(source, blocks), *check_classes(source), *check_form(source, root)]
    return [(path, number, rule, text) for number, rule, text in found]


def source_paths(root):
    for folder in FOLDERS:
        for base, _, names in sorted(os.walk(os.path.join(root, folder))):
            for name in sorted(names):
                if name.endswith(('.h', '.cpp')):
                    yield os.path.relpath(os.path.join(base, name), root)


def exceptions_of(root):
    """{(rule, path pattern)} of lines `RULE PATH REASON`; in a path * stands for anything."""
    path = os.path.join(root, 'tests/tidy/exceptions.txt')
    if not os.path.exists(path):
        return set()
    with open(path, encoding='utf-8') as file:
        lines = [line.split(None, 2) for line in file if line.strip() and not line.startswith('#')]
    for words in lines:
        if len(words) < 3:
            raise SystemExit(f'{path}: an exception needs RULE PATH REASON: {" ".join(words)}')
    return {(rule, name) for rule, name, _ in lines}


def check_tree(root):
    """All violations that no exception names, and a violation for each exception that is no longer needed."""
    found = [violation for path in source_paths(root) for violation in violations_of(root, path)]
    exceptions = exceptions_of(root)
    needed, left = set(), []
    for violation in found:
        excepting = {(rule, pattern) for rule, pattern in exceptions
                     if rule == violation[2] and fnmatch.fnmatch(violation[0], pattern)}
        needed |= excepting
        left += [] if excepting else [violation]
    return left + [(path, 1, 'exception', f'the exception from {rule} is no longer needed: remove it')
                   for rule, path in sorted(exceptions - needed)]


def main():
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else '.')
    found = check_tree(root)
    for path, number, rule, text in found:
        print(f'{path}:{number}: {rule}: {text}')
    print(f'tidy: {len(found)} violations in {len(list(source_paths(root)))} files')
    return 1 if found else 0


if __name__ == '__main__':
    sys.exit(main())
