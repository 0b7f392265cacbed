"""The table on the terminal, the CSV file that keeps the last figures of every row, and the chart made of it."""

import csv
import os
import platform
import subprocess

FIELDS = ('row', 'pipeline', 'what', 'ours', 'theirs', 'our_figure', 'their_figure', 'unit', 'ratio', 'ratio_min', 'ratio_max',
          'target', 'rounds', 'our_cpu_us', 'their_cpu_us', 'others_cpu', 'commit', 'date')
NOISE_LIMIT = 0.10


def read_table(path):
    if not os.path.exists(path):
        return []
    with open(path, newline='') as file:
        return list(csv.DictReader(file))


def write_table(path, new):
    """Replaces the rows measured now, keeps the others."""
    measured = {(line['row'], str(line['pipeline'])) for line in new}
    kept = [line for line in read_table(path) if (line['row'], line['pipeline']) not in measured]
    lines = kept + [{key: str(line.get(key, '')) for key in FIELDS} for line in new]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', newline='') as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        writer.writerows(lines)
    return lines


def replace_rows(path, fields, new):
    """Like write_table, for other tables: whatever stood under the names of the new rows goes."""
    names = {line['row'] for line in new}
    kept = [line for line in read_table(path) if line['row'] not in names]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', newline='') as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(kept + new)


def noise_of(table):
    """What a chart must say of itself when it was not measured on an idle machine."""
    worst = max((float(line['others_cpu']) for line in table), default=0)
    return f'. NOISY: others used up to {worst:.0%} of the machine' if worst > NOISE_LIMIT else ''


def print_header():
    print(f'{"row":16} {"P":>2} {"Quorate":>9} {"Redis":>9} {"ratio":>6} {"(min-max)":>12} {"target":>7}       '
          f'{"CPU us/op":>12} {"others":>6}')


def print_line(line):
    is_noisy = line['others_cpu'] > NOISE_LIMIT
    verdict = '' if line['target'] == '' else ('ok' if line['is_reached'] else 'BELOW')
    print(f'{line["row"]:16} {line["pipeline"]:>2} {line["our_figure"]:>9,.0f} {line["their_figure"]:>9,.0f} '
          f'{line["ratio"]:>6.2f} {line["ratio_min"]:>5.2f}-{line["ratio_max"]:<5.2f} {line["target"]:>7}  {verdict:5} '
          f'{line["our_cpu_us"]:>5.1f}/{line["their_cpu_us"]:<5.1f} {line["others_cpu"]:>6.0%}{" NOISY" if is_noisy else ""}',
          flush=True)


def first_line(words):
    try:
        done = subprocess.run(words, capture_output=True, text=True)
        return done.stdout.strip().split('\n')[0]
    except OSError:
        return '?'


def machine():
    model = '?'
    with open('/proc/cpuinfo') as file:
        for line in file:
            if line.startswith('model name'):
                model = line.split(':', 1)[1].strip()
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30
    return f'{os.cpu_count()} x {model}, {memory:.0f} GB, Linux {platform.release()}'


def versions(build):
    return [first_line([os.path.join(build, 'quorate-server'), '--version']), first_line(['redis-server', '--version'])]


def commit(root):
    words = ['git', '-C', root]
    name = first_line([*words, 'rev-parse', '--short', 'HEAD'])
    return name + ('+' if first_line([*words, 'status', '--porcelain', '--untracked-files=no']) else '')
