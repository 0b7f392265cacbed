"""A bar chart as SVG: one bar per row and pipeline, its length the ratio on a logarithmic scale, a tick where the target is."""

import math
from html import escape

WIDTH, LABEL, BAR, GAP, TOP = 860, 330, 18, 8, 64
RATIO_MIN, RATIO_MAX = 0.25, 16.0
COLOURS = {'1': '#3b6ea5', '16': '#c8702a'}


def place(ratio):
    share = math.log(min(max(ratio, RATIO_MIN), RATIO_MAX) / RATIO_MIN) / math.log(RATIO_MAX / RATIO_MIN)
    return LABEL + share * (WIDTH - LABEL - 70)


def text(x, y, words, size=12, anchor='start', colour='#222'):
    return (f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">'
            f'{escape(words)}</text>')


def bar(y, line):
    ratio, end = float(line['ratio']), place(float(line['ratio']))
    start = place(1.0)
    colour = COLOURS.get(line['pipeline'], '#555')
    parts = [text(LABEL - 8, y + 13, f'{line["row"]}, pipeline {line["pipeline"]}', anchor='end'),
             f'<rect x="{min(start, end):.1f}" y="{y}" width="{abs(end - start):.1f}" height="{BAR}" fill="{colour}"/>',
             text(max(start, end) + 6, y + 13, f'{ratio:.2f}')]
    if line['target'] not in ('', None):
        x = place(float(str(line['target']).lstrip('<')))
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{y - 2}" y2="{y + BAR + 2}" stroke="#111" stroke-width="2"/>')
    return parts


def chart(lines, caption):
    lines = [line for line in lines if line['unit'] == 'ops/s']
    height = TOP + len(lines) * (BAR + GAP) + 40
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             text(16, 24, 'Quorate beside redis-server: ratio of throughput (longer to the right is better)', 15),
             text(16, 42, caption, 11, colour='#555')]
    for ratio in (0.25, 0.5, 1, 2, 4, 8, 16):
        x = place(ratio)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 8}" y2="{height - 28}" stroke="{"#888" if ratio == 1 else "#ddd"}"/>')
        parts.append(text(x, height - 12, f'{ratio:g}', 11, 'middle', '#555'))
    for number, line in enumerate(lines):
        parts += bar(TOP + number * (BAR + GAP), line)
    return '\n'.join(parts + ['</svg>', ''])
