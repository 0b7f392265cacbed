"""How many methods and data members a class declares, by a light reading of a header."""

import re

from lexer import blanked, without_preprocessor

_CLASS = re.compile(r'\b(?:class|struct)\s+(?:\[\[\w+\]\]\s*)?([\w:]+)(?:\s+final)?\s*(?::[^{;()]*)?\{')
_NO_MEMBER = re.compile(r'(using|typedef|friend|enum|union|class|struct|static_assert|static constexpr|template\s*<[^;]*>\s*(class|struct)) *\b')
_LABEL = re.compile(r'\b(public|private|protected)\s*:(?!:)')


def declarations(code, at):
    """The declarations in the body that opens at `at`, what stands in inner braces left out."""
    depth, current, found = 0, '', []
    for c in code[at:]:
        if c == '{':
            depth += 1
            current += '' if depth == 1 else '{' if depth == 2 else ''
        elif c == '}':
            depth -= 1
            if depth == 0:
                return found
            if depth == 1:
                current += '}'
                if re.search(r'\)[^={]*(:[^:].*)?\{\}$', current, re.S) and '= default' not in current:  # a function's body
                    found.append(current)
                    current = ''
        elif c == ';' and depth == 1:
            found.append(current)
            current = ''
        elif depth == 1:
            current += c
    return found


def without_arguments(text):
    """Without what stands in <>, so that commas between members can be counted."""
    while re.search(r'<[^<>]*>', text):
        text = re.sub(r'<[^<>]*>', '', text)
    return text


def sizes(text):
    """(name, line, methods, members) of each class and struct with a body."""
    code = without_preprocessor(blanked(text))
    for match in _CLASS.finditer(code):
        if re.search(r'\benum\s+$', code[:match.start()]):
            continue
        methods = members = 0
        for one in declarations(code, match.end() - 1):
            one = ' '.join(_LABEL.sub(' ', one).split())
            bare = re.sub(r'^(\[\[\w+\]\] *)+', '', one)
            if not bare or _NO_MEMBER.match(bare):
                continue
            if '(' in without_arguments(bare).split('=')[0]:
                methods += 1
            else:
                members += 1 + re.sub(r'=[^,]*', '', without_arguments(bare)).count(',')
        yield match.group(1), code.count('\n', 0, match.start()) + 1, methods, members
