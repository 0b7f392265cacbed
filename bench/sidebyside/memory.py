"""Bytes of resident memory per key, filled with the same keys by the same generator."""

import os
import subprocess


def grown_by(catalogue, measurer, name, keys, value_bytes):
    system = catalogue.make(name)
    try:
        system.start(os.path.join(measurer.data, name))
        before = system.resident_bytes()
        words = measurer.load_command(system, ('--keys', str(keys), '--value-bytes', str(value_bytes), '--fill', '--mix', 'get'))
        words[words.index('--seconds') + 1] = '0.5'
        subprocess.run(words, capture_output=True, check=True)
        return (system.resident_bytes() - before) / keys
    finally:
        system.stop()


def run(catalogue, measurer, keys):
    print(f'resident bytes per key of {keys:,} keys\n{"value":>8} {"one":>8} {"Redis":>8} {"ratio":>6}')
    for value_bytes in (16, 100, 1000):
        ours = grown_by(catalogue, measurer, 'one', keys, value_bytes)
        theirs = grown_by(catalogue, measurer, 'redis-memory', keys, value_bytes)
        print(f'{value_bytes:>8} {ours:>8.0f} {theirs:>8.0f} {ours / theirs:>6.2f}', flush=True)
    return 0
