"""What a long life meets (issue "Fast"): checkpoints under load, a start with 5 million keys, a node that
was away, the leader's death. Each row says its figure and the bound it must keep."""

import datetime
import os
import shutil
from dataclasses import dataclass

from . import report

FIELDS = ('row', 'what', 'figure', 'unit', 'limit', 'is_reached', 'detail', 'commit', 'date')


@dataclass
class Finding:
    row: str
    what: str
    figure: float
    unit: str
    limit: float               # the figure may be at most this; None: told, not judged
    detail: str = ''

    @property
    def is_reached(self):
        return self.limit is None or self.figure <= self.limit


def print_finding(finding):
    verdict = '' if finding.limit is None else ('ok' if finding.is_reached else 'ABOVE')
    limit = '' if finding.limit is None else f'<= {finding.limit:g}'
    print(f'{finding.row:18} {finding.figure:>10,.2f} {finding.unit:8} {limit:>9} {verdict:5} {finding.what}'
          f'{"; " + finding.detail if finding.detail else ""}', flush=True)


def rows():
    from . import life_cluster, life_one
    return {'life-checkpoint': life_one.checkpoint, 'life-start': life_one.start,
            'life-away': life_cluster.away, 'life-failover': life_cluster.failover}


def run(catalogue, measurer, options, root):
    """`options.rows`: "life" or names of rows; `options.scale`: a part of each number of keys. 1 if a bound is not kept."""
    known = rows()
    names = [name for name in options.rows if name != 'life'] or list(known)
    unknown = set(names) - set(known)
    if unknown:
        raise SystemExit(f'bench: no such row: {" ".join(sorted(unknown))}\nrows: {" ".join(known)}')
    date, commit = datetime.datetime.now().strftime('%Y-%m-%d %H:%M'), report.commit(root)
    print(f'{date}, commit {commit}; {report.machine()}', *report.versions(options.build), sep='\n')
    if options.scale != 1:
        print(f'with {options.scale:g} of the keys')
    lines, is_reached = [], True
    for name in names:
        for finding in known[name](catalogue, measurer, options.scale):
            print_finding(finding)
            is_reached &= finding.is_reached
            lines.append({'row': finding.row, 'what': finding.what, 'figure': round(finding.figure, 3), 'unit': finding.unit,
                          'limit': '' if finding.limit is None else finding.limit, 'is_reached': finding.is_reached,
                          'detail': finding.detail, 'commit': commit, 'date': date})
        report.replace_rows(os.path.join(options.out, 'life.csv'), FIELDS, lines)
    if options.save:
        shutil.copy(os.path.join(options.out, 'life.csv'), os.path.join(root, 'bench/results/life.csv'))
    return 0 if is_reached else 1
