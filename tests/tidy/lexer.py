"""A light reading of C++ for tidy: comments and literals blanked, brace blocks found. Not a parser; it knows this house's style."""

import re

_TOKEN = re.compile(
    r'R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])*'"
    r"|//[^\n]*|/\*.*?\*/",
    re.S)

_CONTAINER = re.compile(r'\b(namespace|class|struct|union|enum|extern\s*"\s*")\b')


def blanked(text):
    """The text with comments and the insides of literals replaced by blanks; every line keeps its number and length."""
    def blank(match):
        piece = match.group(0)
        body = re.sub(r'[^\n]', ' ', piece)
        return piece[0] + body[1:-1] + piece[-1] if piece[0] in '"\'' else body
    return _TOKEN.sub(blank, text)


def without_preprocessor(code):
    lines, is_continued = [], False
    for line in code.split('\n'):
        is_directive = is_continued or line.lstrip().startswith('#')
        is_continued = is_directive and line.endswith('\\')
        lines.append('' if is_directive else line)
    return '\n'.join(lines)


class Block:
    def __init__(self, kind, head, first_line):
        self.kind, self.head, self.first_line, self.last_line = kind, head, first_line, first_line


def kind_of(head, parent):
    """What a '{' opens, judged by the statement in front of it."""
    text = head.strip()
    if parent not in ('container', 'namespace'):
        return 'inner'
    if re.match(r'(inline\s+)?namespace\b|extern\b', text):
        return 'namespace'
    if text.endswith(('=', ',', '(')):
        return 'inner'
    if '(' in text and not re.match(r'(template\s*<[^;]*>\s*)?(class|struct|union|enum)\b', text):
        is_initialiser = re.search(r'\)[^;]*?:[^:]', text) and re.search(r'[\w>]$', text)
        return 'initialiser' if is_initialiser and not re.search(r'\b(const|noexcept|override)$', text) else 'function'
    return 'container' if _CONTAINER.search(text) else 'inner'


def blocks_and_statements(text):
    """All brace blocks, and the statements (scope kind, text, line) that end with ';'."""
    code = without_preprocessor(blanked(text))
    blocks, statements, stack = [], [], [Block('namespace', '', 1)]
    head, head_line, line, depth = '', 0, 1, 0
    for c in code:
        if c == '\n':
            line += 1
        if c in '()':
            depth += 1 if c == '(' else -1
        if c == '{':
            kind = kind_of(head, stack[-1].kind) if depth == 0 else 'inner'
            stack.append(Block(kind, head, head_line or line))
            if kind in ('namespace', 'container', 'function') or stack[-2].kind == 'function':
                head, head_line = '', 0
            else:
                head += '{'
            stack[-1].saved_depth, depth = depth, 0
        elif c == '}' and len(stack) > 1:
            block = stack.pop()
            block.last_line, depth = line, block.saved_depth
            blocks.append(block)
            if block.kind in ('namespace', 'container', 'function') or stack[-1].kind == 'function':
                head, head_line = '', 0
            else:
                head += '}'
        elif c == ';' and depth == 0:
            statements.append((stack[-1].kind, head.strip(), head_line or line))
            head, head_line = '', 0
        else:
            if not head_line and not c.isspace():
                head_line = line
            head += c if head_line else ''
            if stack[-1].kind == 'container' and re.fullmatch(r'\s*(public|private|protected)\s*:', head):
                head, head_line = '', 0
    return blocks, statements
