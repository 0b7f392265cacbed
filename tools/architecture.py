#!/usr/bin/python3
"""Draws docs/architecture.svg from the include graph: each folder a box, each room in it a line, the ways between them, and the path of a SET.

tools/architecture.py [--check]    --check: writes nothing, fails if the picture is not what the includes say now
"""

import os
import re
import subprocess
import sys
from html import escape

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PICTURE = os.path.join(ROOT, 'docs', 'architecture.svg')
# From the ground up; folders of one row do not know each other, unless an arrow says so.
ROWS = (('base',), ('resp', 'raft'), ('engine', 'persistence'), ('node',), ('server',))
ABOUT = {
    'base': 'bytes, ids, time, CRC, limits', 'resp': 'the protocol', 'raft': 'consensus, one file a chapter',
    'engine': 'the deterministic Redis', 'persistence': 'segment log, SQLite store', 'node': 'the machines of a node',
    'server': 'libuv, threads, main',
}
PATH_OF_A_SET = (
    ('server', 'bytes of a socket'), ('node/clients', 'parsed, checked'), ('node/replica', 'into the open batch'),
    ('node/consensus', 'one log entry, to the peers'), ('node/disk', 'synced'), ('node/consensus', 'a majority has it'),
    ('node/replica', 'applied in log order'), ('engine/apply', 'the command runs'), ('node/clients', 'its reply'),
    ('server', 'written to the socket'),
)
BOX_WIDTH, LINE, TOP, GAP = 330, 17, 24, 46


def sources():
    listed = subprocess.run(['git', '-C', ROOT, 'ls-files', '*.h', '*.cpp'], check=True, capture_output=True, text=True)
    return [path for path in listed.stdout.split() if path.split('/')[0] in ABOUT]


def room_of(path):
    parts = path.split('/')
    return '/'.join(parts[:2]) if parts[0] in ('engine', 'node') and len(parts) > 2 else parts[0]


def edges(paths):
    """(from, to) of rooms and folders, each once."""
    found = set()
    for path in paths:
        with open(os.path.join(ROOT, path), encoding='utf-8') as file:
            for name in re.findall(r'^#include "([^"]+)"', file.read(), re.M):
                if name.split('/')[0] in ABOUT and room_of(name) != room_of(path):
                    found.add((room_of(path), room_of(name)))
    return found


def rooms_in_order(folder, rooms, graph):
    """From the ground up: a room stands above all that it includes."""
    height, left = {}, {room for room in rooms if room.startswith(folder + '/')}
    while left:
        free = sorted(room for room in left if not any(a == room and b in left for a, b in graph))
        if not free:
            raise SystemExit(f'the rooms of {folder}/ include each other in a circle: {sorted(left)}')
        for room in free:
            height[room] = len(height)
        left -= set(free)
    return sorted(height, key=height.get)


def box(folder, rooms, graph, x, y):
    height = TOP + 22 + LINE * len(rooms)
    lines = [f'<rect x="{x}" y="{y}" width="{BOX_WIDTH}" height="{height}" rx="6" class="box"/>',
             f'<text x="{x + 12}" y="{y + 20}" class="name">{folder}/</text>',
             f'<text x="{x + 110}" y="{y + 20}" class="about">{escape(ABOUT[folder])}</text>']
    for number, room in enumerate(reversed(rooms)):
        below = sorted(b.split('/')[1] for a, b in graph if a == room and b.startswith(folder + '/'))
        at = y + TOP + 18 + LINE * number
        lines.append(f'<text x="{x + 12}" y="{at}" class="room">{room.split("/")[1]}</text>')
        lines.append(f'<text x="{x + 110}" y="{at}" class="small">{escape(" ".join(below))}</text>')
    return lines, height


def draw():
    graph = edges(sources())
    rooms = {room for edge in graph for room in edge if '/' in room}
    lines, places, y = [], {}, 20
    for row in reversed(ROWS):
        heights = []
        for number, folder in enumerate(row):
            x = 20 + number * (BOX_WIDTH + 40)
            drawn, height = box(folder, rooms_in_order(folder, rooms, graph), graph, x, y)
            lines += drawn
            heights.append(height)
            places[folder] = (x, y, height)
        y += max(heights) + GAP
    for one, other in sorted({(a.split('/')[0], b.split('/')[0]) for a, b in graph}):
        if one != other and abs(row_of(one) - row_of(other)) == 1:
            (x1, y1, h1), (x2, y2, _) = places[one], places[other]
            lines.append(f'<path d="M {x1 + BOX_WIDTH / 2} {y1 + h1} L {x2 + BOX_WIDTH / 2} {y2 - 4}" class="arrow"/>')
    lines += story(20 + 2 * (BOX_WIDTH + 40), 20)
    return page(lines, 40 + 3 * (BOX_WIDTH + 40), y)


def row_of(folder):
    return next(number for number, row in enumerate(ROWS) if folder in row)


def story(x, y):
    lines = [f'<text x="{x}" y="{y + 20}" class="name">The path of a SET</text>']
    for number, (place, what) in enumerate(PATH_OF_A_SET, 1):
        at = y + 26 + 24 * number
        lines.append(f'<text x="{x}" y="{at}" class="room">{number}. {place}</text>')
        lines.append(f'<text x="{x + 150}" y="{at}" class="about">{escape(what)}</text>')
    at = y + 26 + 24 * (len(PATH_OF_A_SET) + 2)
    lines.append(f'<text x="{x}" y="{at}" class="small">Beside a room: the rooms of its folder that it includes.</text>')
    lines.append(f'<text x="{x}" y="{at + LINE}" class="small">An arrow: the folder above includes the one below.</text>')
    return lines


def page(lines, width, height):
    style = ('text{font-family:sans-serif;fill:#222}.box{fill:#f6f6f2;stroke:#888}.name{font-size:15px;font-weight:bold}'
             '.about{font-size:12px}.room{font-size:12px;font-weight:bold}.small{font-size:11px;fill:#666}'
             '.arrow{stroke:#888;fill:none;marker-end:url(#head)}')
    head = '<marker id="head" markerWidth="8" markerHeight="8" refX="6" refY="3" orient="auto"><path d="M0,0 L6,3 L0,6 z" fill="#888"/></marker>'
    return '\n'.join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
                      f'<style>{style}</style>', f'<defs>{head}</defs>', *lines, '</svg>', ''])


def main():
    picture = draw()
    if '--check' not in sys.argv[1:]:
        with open(PICTURE, 'w', encoding='utf-8') as file:
            file.write(picture)
        return 0
    with open(PICTURE, encoding='utf-8') as file:
        if file.read() == picture:
            return 0
    print('docs/architecture.svg is not what the includes say: run tools/architecture.py', file=sys.stderr)
    return 1


if __name__ == '__main__':
    sys.exit(main())
