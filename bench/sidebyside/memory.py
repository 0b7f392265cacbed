"""Resident bytes after loading, beside redis-server with the same data (issue "Every Redis data type"): of the whole process,
caches and buffers included, and of the data alone, that is above what the empty process has. Of small collections the data
alone is judged, with caches that were full before. A row of its own measures what a
gigabyte of overwrites leaves behind: log cache, SQLite's caches and buffers together."""

import datetime
import os
import shutil
import time

from . import report
from .memory_data import DATA_SETS, Loader, command, overwrites

SETTLE_S = 12.0             # jemalloc, in both, gives freed memory back within 10 s
CACHES_BYTES_MAX = 64 * 2**20
CACHES_COMMANDS = 1_000_000
FILL_COMMANDS = 60_000      # of 1 KB: caches and buffers are as full as they get
FIELDS = ('row', 'what', 'count', 'our_rss', 'their_rss', 'ratio', 'our_empty', 'their_empty', 'our_bytes_each',
          'their_bytes_each', 'data_ratio', 'judged_ratio', 'target', 'aim', 'commit', 'date')


def loaded(catalogue, measurer, name, commands, fills_caches=False):
    """Resident bytes empty and after loading; both servers get the same time to fall idle."""
    system = catalogue.make(name)
    measurer.commands[name] = [' '.join(line) for line in system.command_lines]
    try:
        system.start(os.path.join(measurer.data, name))
        if fills_caches:
            Loader(system.client_port).load(overwrites(FILL_COMMANDS))
            Loader(system.client_port).load([command(b'FLUSHALL')])
            time.sleep(SETTLE_S)
        empty = system.resident_bytes()
        Loader(system.client_port).load(commands)
        time.sleep(SETTLE_S)
        return empty, system.resident_bytes()
    finally:
        system.stop()


def line_of(data_set, ours, theirs, count):
    (our_empty, our_rss), (their_empty, their_rss) = ours, theirs
    our_data, their_data = our_rss - our_empty, their_rss - their_empty
    return {'row': data_set.name, 'what': data_set.what, 'count': count, 'our_rss': our_rss, 'their_rss': their_rss,
            'ratio': our_rss / their_rss, 'our_empty': our_empty, 'their_empty': their_empty,
            'our_bytes_each': our_data / count, 'their_bytes_each': their_data / count, 'data_ratio': our_data / their_data,
            'judged_ratio': our_data / their_data if data_set.judges_data else our_rss / their_rss,
            'target': data_set.target, 'aim': data_set.aim}


def print_header():
    print(f'{"row":24} {"count":>9} {"Quorate":>9} {"Redis":>9} {"ratio":>6} {"target":>6}        '
          f'{"bytes each, above empty":>24} {"ratio":>6}')


def print_line(line):
    verdict = 'ok' if line['judged_ratio'] <= line['target'] else 'ABOVE'
    print(f'{line["row"]:24} {line["count"]:>9,} {line["our_rss"] / 2**20:>6,.1f} MB {line["their_rss"] / 2**20:>6,.1f} MB '
          f'{line["ratio"]:>6.2f} {line["target"]:>6}  {verdict:5} {line["our_bytes_each"]:>11,.1f} {line["their_bytes_each"]:>12,.1f} '
          f'{line["data_ratio"]:>6.2f}', flush=True)


def measure_caches(catalogue, measurer, scale):
    _, rss = loaded(catalogue, measurer, 'one', overwrites(int(CACHES_COMMANDS * scale)))
    is_reached = rss <= CACHES_BYTES_MAX
    print(f'{"memory-caches":16} the whole process after {CACHES_COMMANDS * scale / 1e6:g} GB of overwrites of 1 MB: '
          f'{rss / 2**20:.1f} MB, at most {CACHES_BYTES_MAX >> 20}  {"ok" if is_reached else "ABOVE"}', flush=True)
    return is_reached


def run(catalogue, measurer, options, root):
    """`options.rows`: "memory" or names of rows; `options.scale`: a part of each data set. 1 if a target is missed."""
    names = [name for name in options.rows if name != 'memory']
    unknown = set(names) - {data_set.name for data_set in DATA_SETS} - {'memory-caches'}
    if unknown:
        raise SystemExit(f'bench: no such row: {" ".join(sorted(unknown))}')
    date, commit = datetime.datetime.now().strftime('%Y-%m-%d %H:%M'), report.commit(root)
    print(f'{date}, commit {commit}; {report.machine()}', *report.versions(options.build), sep='\n')
    print(f'resident bytes (RSS) {SETTLE_S:g} s after loading, caches included\n')
    print_header()
    lines, is_reached = [], True
    for data_set in DATA_SETS:
        if names and data_set.name not in names:
            continue
        count = int(data_set.count * options.scale)
        ours = loaded(catalogue, measurer, 'one', data_set.commands(count), data_set.judges_data)
        theirs = loaded(catalogue, measurer, 'redis-memory', data_set.commands(count), data_set.judges_data)
        line = line_of(data_set, ours, theirs, count)
        print_line(line)
        is_reached &= line['judged_ratio'] <= data_set.target
        lines.append({**{key: round(value, 3) if isinstance(value, float) else value for key, value in line.items()},
                      'commit': commit, 'date': date})
        report.replace_rows(os.path.join(options.out, 'memory.csv'), FIELDS, lines)
    if not names or 'memory-caches' in names:
        is_reached &= measure_caches(catalogue, measurer, options.scale)
    print('\nservers were started with:')
    for name, words in measurer.commands.items():
        print(f'  {name}:', *words, sep='\n    ')
    if options.save and lines:
        shutil.copy(os.path.join(options.out, 'memory.csv'), os.path.join(root, 'bench/results/memory.csv'))
    return 0 if is_reached else 1
