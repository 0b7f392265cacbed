"""The micro-benchmarks, each the median of five repetitions, against the baseline in bench/micro/baseline.json."""

import json
import os
import subprocess

from . import report

REGRESSION = 1.10


def measure(build):
    words = [os.path.join(build, 'bench/quorate-micro'), '--benchmark_format=json', '--benchmark_repetitions=5',
             '--benchmark_report_aggregates_only=true', '--benchmark_min_time=0.1']
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    found = {}
    for entry in json.loads(done.stdout)['benchmarks']:
        if entry['aggregate_name'] == 'median':
            found[entry['run_name']] = entry['cpu_time']
    return found


def run(root, build, saves):
    path = os.path.join(root, 'bench/micro/baseline.json')
    found = measure(build)
    baseline = {}
    if os.path.exists(path):
        with open(path) as file:
            saved = json.load(file)
        baseline = saved['nanoseconds']
        print(f'baseline: {saved["machine"]}, commit {saved["commit"]}')
        if saved['machine'] != report.machine():
            print(f'this machine: {report.machine()}: another one, so only the shape of the figures can be compared')
    worse = 0
    print(f'{"":40} {"ns now":>10} {"baseline":>10}')
    for name, now in found.items():
        before = baseline.get(name)
        is_worse = before is not None and now > before * REGRESSION
        worse += is_worse
        was = '' if before is None else f'{before:>10.1f} {now / before - 1:>+7.0%}'
        print(f'{name:40} {now:>10.1f} {was}{"  SLOWER" if is_worse else ""}')
    if saves:
        with open(path, 'w') as file:
            json.dump({'machine': report.machine(), 'commit': report.commit(root), 'nanoseconds': found}, file, indent=1)
            file.write('\n')
        print(f'saved to {path}')
        return 0
    print(f'{worse} slower by more than {REGRESSION - 1:.0%}')
    return 1 if worse else 0
