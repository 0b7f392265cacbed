#!/usr/bin/python3
"""tidy itself: every planted violation is seen, and nothing is seen in a file that keeps the rules."""

import os
import subprocess
import sys
import tempfile
import unittest

import class_sizes
import tidy


def violations(files):
    """(rule, line) pairs of a tree made of {path: text}."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), 'w', encoding='utf-8') as file:
                file.write(text)
        return [(rule, number) for _, number, rule, _ in tidy.check_tree(root)]


def cpp(folder, *lines):
    """The violations of one file whose top comment is line 1."""
    return violations({f'{folder}/a.cpp': '\n'.join(('// A file.',) + lines) + '\n'})


CLEAN = '''// A header that keeps every rule.
#pragma once

#include <string>

#include "base/check.h"

namespace resp {

inline constexpr int kLimit = 3;
inline const char* const kNames[] = {"a", "b{"};

// Has a constructor with an initialiser list, and a word like time() as a member.
class Value {
 public:
  explicit Value(int size) : size_{size}, at_(0) { CHECK(size > 0); }
  int time() const { return size_; }
  int later(const Value& other) const { return other.time(); }

 private:
  int size_ = 0;  // a steady_clock in a comment is no clock
  int at_;
};

int longest(const std::string& text = "std::thread {");

}  // namespace resp
'''


class Clean(unittest.TestCase):
    def test_a_file_that_keeps_the_rules_has_no_violation(self):
        self.assertEqual(violations({'resp/value.h': CLEAN}), [])


class Layers(unittest.TestCase):
    def test_every_forbidden_edge_is_seen(self):
        forbidden = {
            'base': ('resp', 'raft', 'engine', 'persistence', 'node', 'server', 'tests', 'bench'),
            'resp': ('raft', 'engine', 'persistence', 'node', 'server'),
            'raft': ('resp', 'engine', 'persistence', 'node', 'server'),
            'engine': ('raft', 'persistence', 'node', 'server'),
            'persistence': ('resp', 'engine', 'node', 'server'),
            'node': ('server', 'tests', 'bench'),
            'bench': ('raft', 'engine', 'persistence', 'node', 'server'),
        }
        for folder, targets in forbidden.items():
            for target in targets:
                self.assertEqual(cpp(folder, f'#include "{target}/x.h"'), [('layer', 2)], (folder, target))

    def test_every_allowed_edge_passes(self):
        for folder, targets in tidy.MAY_INCLUDE.items():
            for target in targets or ():
                name = target if target.endswith('.h') else f'{target}/x.h'
                self.assertEqual(cpp(folder, f'#include "{name}"'), [], (folder, name))
        self.assertEqual(cpp('server', '#include "node/service.h"', '#include "persistence/sqlite_store.h"'), [])

    def test_only_the_interface_of_persistence_is_open_to_node(self):
        self.assertEqual(cpp('node', '#include "persistence/sqlite_store.h"'), [('layer', 2)])

    def test_only_the_types_of_raft_are_open_to_persistence(self):
        self.assertEqual(cpp('persistence', '#include "raft/raft.h"'), [('layer', 2)])

    def test_libraries_have_one_home(self):
        for name, home in (('sqlite3.h', 'persistence'), ('uv.h', 'server'), ('spdlog/spdlog.h', 'server'), ('lua.h', 'engine')):
            self.assertEqual(cpp(home, f'#include <{name}>'), [], name)
            for other in ('base', 'node', 'resp'):
                self.assertEqual(cpp(other, f'#include <{name}>'), [('layer', 2)], (other, name))

    def test_rooms_look_down_only(self):
        for folder, rooms in tidy.ROOMS.items():
            for room, allowed in rooms.items():
                for other in rooms:
                    seen = cpp(f'{folder}/{room}', f'#include "{folder}/{other}/x.h"')
                    self.assertEqual(seen, [] if other in allowed or other == room else [('layer', 2)], (room, other))
                self.assertEqual(cpp(f'{folder}/{room}', f'#include "{folder}/x.h"'), [('layer', 2)], room)
                self.assertEqual(cpp(folder, f'#include "{folder}/{room}/x.h"'), [], room)

    def test_a_replica_knows_no_connection(self):
        for name, is_seen in (('node/clients/session.h', True), ('node/clients/clients.h', True), ('resp/parser.h', True),
                              ('resp/input_buffer.h', True), ('resp/reply_writer.h', False), ('node/config/config.h', False),
                              ('engine/engine.h', False), ('node/service.h', True)):
            self.assertEqual(cpp('node/replica', f'#include "{name}"'), [('layer', 2)] if is_seen else [], name)
        self.assertEqual(cpp('node/clients', '#include "resp/parser.h"'), [])
        self.assertEqual(cpp('node/clients/commands', '#include "node/consensus/x.h"'), [('layer', 2)])

    def test_the_picture_of_the_rooms_is_what_the_includes_say(self):
        tool = os.path.join(os.path.dirname(__file__), '..', '..', 'tools', 'architecture.py')
        seen = subprocess.run([sys.executable, '-B', tool, '--check'], capture_output=True, text=True)
        self.assertEqual((seen.returncode, seen.stderr), (0, ''))

    def test_includes_are_named_from_the_root(self):
        self.assertEqual(cpp('resp', '#include "parser.h"'), [('layer', 2)])


class Bans(unittest.TestCase):
    def test_banned_headers_are_seen_in_every_pure_folder(self):
        for folder in tidy.PURE:
            for name in ('thread', 'mutex', 'atomic', 'ctime', 'random', 'iostream', 'sstream', 'unordered_map', 'unistd.h'):
                self.assertEqual(cpp(folder, f'#include <{name}>'), [('ban', 2)], (folder, name))

    def test_the_rest_of_the_house_may_use_them(self):
        for folder in ('server', 'tests', 'bench', 'persistence'):
            self.assertEqual(cpp(folder, '#include <thread>', '#include <unordered_map>'), [], folder)

    def test_unordered_needs_a_reason(self):
        self.assertEqual(cpp('engine', '#include <unordered_map>  // tidy: lookup only: never iterated, see find()'), [])
        self.assertEqual(cpp('engine', '#include <unordered_map>  // tidy: lookup only'), [('ban', 2)])
        self.assertEqual(cpp('engine', '#include <thread>  // tidy: lookup only: no'), [('ban', 2)])

    def test_banned_words_are_seen_in_code_only(self):
        for line in ('auto t = std::chrono::steady_clock::now();', 'auto t = time(nullptr);', 'std::random_device d;',
                     'int r = rand();', 'const char* home = getenv("HOME");'):
            self.assertEqual(cpp('node', 'void f() {', line, '}'), [('ban', 3)], line)
        self.assertEqual(cpp('node', '// steady_clock', 'const char* const kText = "random_device rand()";'), [])

    def test_mutable_globals_and_statics_are_seen(self):
        for line in ('int counter = 0;', 'static std::string name;', 'std::map<int, int> table{};', 'thread_local int x = 1;'):
            self.assertIn(('global', 3), cpp('raft', 'namespace raft {', line, '}'), line)
        self.assertEqual(cpp('raft', 'void f() {', 'static int calls = 0;', '}'), [('global', 3)])
        self.assertEqual(cpp('raft', 'void f() {', 'static const int kCalls = 0;', '}'), [])
        self.assertEqual(cpp('raft', 'constexpr int kOne = 1;', 'int f(int x);', 'using A = int;'), [])


class Sizes(unittest.TestCase):
    def function(self, body, head='int f(int x)'):
        return cpp('raft', 'namespace raft {', head + ' {', *['  x += 1;'] * body, '}', '}')

    def test_a_function_may_have_sixty_lines(self):
        self.assertEqual(self.function(58), [])
        self.assertEqual(self.function(59), [('function-length', 3)])

    def test_members_constructors_and_templates_are_functions_too(self):
        for head in ('Value::Value(int x) : size_{x}', 'void Value::f() const noexcept', 'template <class T> T f(T x)',
                     'auto f(int x) -> int', 'struct A { int b; }; int f(int x)', 'bool operator()(int x)'):
            self.assertEqual(self.function(59, head), [('function-length', 3)], head)

    def test_a_class_or_table_is_no_function(self):
        self.assertEqual(self.function(99, 'constexpr Spec kTable[] ='), [])

    def test_a_file_may_have_400_lines_a_test_500_and_a_header_199(self):
        for folder, most in (('raft', 400), ('tests/raft', 500)):
            self.assertEqual(cpp(folder, *[''] * (most - 1)), [])
            self.assertEqual(cpp(folder, *[''] * most), [('file-length', 1)])
        header = '// A header.\n#pragma once\n'
        self.assertEqual(violations({'raft/a.h': header + '\n' * 197}), [])
        self.assertEqual(violations({'raft/a.h': header + '\n' * 198}), [('header-length', 1)])

    def test_a_line_may_have_100_columns(self):
        self.assertEqual(cpp('raft', '// ' + 'x' * 97), [])
        self.assertEqual(cpp('raft', '// ' + 'x' * 98), [('columns', 2)])


class ClassSizes(unittest.TestCase):
    def sizes(self, *lines):
        return list(class_sizes.sizes('\n'.join(('// A file.', '#pragma once') + lines) + '\n'))

    def test_methods_and_members_are_told_apart(self):
        self.assertEqual(self.sizes(
            'class A final : public B {', ' public:', '  explicit A(int x) : x_{x} {}', '  ~A();', '  A(const A&) = delete;',
            '  [[nodiscard]] int x() const { return x_; }', '  template <class T>', '  void f(T t) { g({t, 1}); }',
            '  using Done = std::function<void(int)>;', '  static constexpr int kMost = f(3);', ' private:',
            '  struct Inner {', '    int a = 0, b = 0;', '    void h();', '  };', '  enum class E { kOne, kTwo };', '  Inner inner_{1, 2};',
            '  std::map<int, int> x_, y_{};', '  std::function<void(int, int)> done_;', '  int p_ = f(1), q_ = 0;', '};'),
            [('A', 3, 5, 6), ('Inner', 14, 1, 2)])

    def test_a_class_in_node_may_have_thirty_methods_and_twenty_five_members(self):
        def body(methods, members):
            return {'node/a.h': '// A.\n#pragma once\nclass A {\n' + ''.join(f'  void f{i}();\n' for i in range(methods)) +
                                ''.join(f'  int m{i}_;\n' for i in range(members)) + '};\n'}
        self.assertEqual(violations(body(30, 25)), [])
        self.assertEqual(violations(body(31, 0)), [('class-size', 3)])
        self.assertEqual(violations(body(0, 26)), [('class-size', 3)])


class Form(unittest.TestCase):
    def test_a_header_needs_pragma_once_and_a_top_comment(self):
        self.assertEqual(violations({'raft/a.h': '// A header.\n'}), [('pragma-once', 1)])
        self.assertEqual(violations({'raft/a.h': '#pragma once\n'}), [('top-comment', 1)])

    def test_a_source_needs_a_top_comment_unless_its_header_has_it(self):
        self.assertEqual(violations({'raft/a.cpp': 'int f();\n'}), [('top-comment', 1)])
        self.assertEqual(violations({'raft/a.cpp': 'int f();\n', 'raft/a.h': '// A.\n#pragma once\n'}), [])

    def test_tabs_and_trailing_blanks_are_seen(self):
        self.assertEqual(cpp('raft', 'int f(); '), [('blanks', 2)])
        self.assertEqual(cpp('raft', '\tint f();'), [('blanks', 2)])


class Exceptions(unittest.TestCase):
    def tree(self, exception):
        return {'raft/a.h': '// A header.\n', 'tests/tidy/exceptions.txt': exception + '\n'}

    def test_an_exception_excepts_its_rule_in_its_file(self):
        self.assertEqual(violations(self.tree('pragma-once raft/a.h included twice on purpose')), [])
        self.assertEqual(violations(self.tree('pragma-once raft/* included twice on purpose')), [])

    def test_an_exception_that_excepts_nothing_is_reported(self):
        self.assertEqual(violations(self.tree('columns raft/a.h wide')), [('pragma-once', 1), ('exception', 1)])

    def test_an_exception_needs_a_reason(self):
        with self.assertRaises(SystemExit):
            violations(self.tree('pragma-once raft/a.h'))


if __name__ == '__main__':
    unittest.main()
