#!/usr/bin/python3
"""Writes engine/command_specs/GROUP.cpp: facts (arity, flags, keys, ACL categories, tips) from a running redis-server 7.0,
summaries in our own words. usage: tools/make_command_table.py [PORT]. Run it when a family of commands is added."""
import socket
import sys
from pathlib import Path

from command_summaries import EXTRA, FIELD_TIMES, SUMMARIES

READ, WRITE, LOCAL = "kRead", "kWrite", "kLocal"
# Reads that may have to change bytes: the function that then runs through the log, and the one that says so.
MAY_WRITE = {"sort_ro": ("sort_ro_in_log", "sort_ro_wants_write"), "pfcount": ("pfcount_and_keep", "pfcount_wants_write"),
             "eval_ro": ("eval_ro_and_keep", "eval_ro_wants_write")}
# Scripts: Redis has no flag that says where they belong.
SCOPES = {**dict.fromkeys(("eval", "evalsha", "script|load", "script|flush"), WRITE),
          **dict.fromkeys(("eval_ro", "evalsha_ro", "script|exists"), READ)}
# Commands whose function has another name than their own.
FUNCTIONS = {"substr": "getrange", "restore-asking": "restore"}
HEADERS = {"geo": ["geo"], "scripting": ["scripts", "server"], "bitmap": ["bitmaps"], "hyperloglog": ["hyperloglogs"], "stream": ["streams"], "list": ["lists"], "sorted-set": ["sorted_sets"], "hash": ["hashes"], "set": ["sets"], "string": ["strings"], "generic": ["dump", "expire", "generic", "sort"], "server": ["dump", "generic", "server"]}
# Where later versions of Redis take more arguments, and Quorate does too.
ARITY = {"zrank": -3, "zrevrank": -3}
FLAGS = {
    "write": "Write", "readonly": "Readonly", "denyoom": "DenyOom", "admin": "Admin", "pubsub": "Pubsub",
    "noscript": "NoScript", "blocking": "Blocking", "loading": "Loading", "stale": "Stale", "skip_monitor": "SkipMonitor",
    "skip_slowlog": "SkipSlowlog", "asking": "Asking", "fast": "Fast", "no_auth": "NoAuth",
    "may_replicate": "MayReplicate", "no_multi": "NoMulti", "movablekeys": "MovableKeys", "allow_busy": "AllowBusy",
    "module": "Module", "no_mandatory_keys": None, "no_async_loading": "NoAsyncLoading", "sentinel": None, "only_sentinel": None,
}


class Redis:
    def __init__(self, port):
        self.file = socket.create_connection(("127.0.0.1", port)).makefile("rwb")

    def call(self, *words):
        self.file.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w.encode()) for w in words))
        self.file.flush()
        return self.reply()

    def reply(self):
        line = self.file.readline()[:-2]
        kind, rest = line[:1], line[1:].decode()
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))] if int(rest) >= 0 else None
        if kind == b"$":
            if int(rest) < 0:
                return None
            data = self.file.read(int(rest) + 2)[:-2]
            return data.decode()
        if kind == b":":
            return int(rest)
        if kind == b"-":
            raise RuntimeError(rest)
        return rest


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2]))


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def identifier(name):
    return name.replace("|", "_").replace("-", "_")


def camel(name):
    return "".join(part.capitalize() for part in identifier(name).split("_"))


def scope_of(name, flags):
    if name in SCOPES:
        return SCOPES[name]
    if name in ("type", "pfselftest", "object|encoding", "object|refcount", "object|idletime", "object|freq", "object|help", "xgroup|help", "xinfo|help"):
        return READ
    if "write" in flags:
        return WRITE
    return READ if "readonly" in flags and "admin" not in flags else LOCAL


def key_spec(spec):
    spec = pairs(spec)
    begin, find = pairs(spec["begin_search"]), pairs(spec["find_keys"])
    begin_spec, find_spec = pairs(begin["spec"]), pairs(find["spec"])
    fields = [".notes = " + quoted(spec.get("notes", "")),
              ".flags = " + quoted(" ".join(spec["flags"])),
              ".begin = KeySpec::Begin::k" + begin["type"].capitalize()]
    if begin["type"] == "index":
        fields.append(f".index = {begin_spec['index']}")
    if begin["type"] == "keyword":
        fields.append(f".keyword = {quoted(begin_spec['keyword'])}, .start_from = {begin_spec['startfrom']}")
    fields.append(".find = KeySpec::Find::k" + find["type"].capitalize())
    if find["type"] == "range":
        fields.append(f".last_key = {find_spec['lastkey']}, .key_step = {find_spec['keystep']}, .limit = {find_spec['limit']}")
    if find["type"] == "keynum":
        fields.append(f".key_step = {find_spec['keystep']}, .keynum_index = {find_spec['keynumidx']}, "
                      f".first_key = {find_spec['firstkey']}")
    return "{" + ", ".join(fields) + "}"


def emit_spec(lines, info, docs, group, parent=None):
    name, arity, flags, first, last, step, acl, tips, specs, subs = info[:10]
    arity = ARITY.get(name, arity)
    extra_subs = [e for e in EXTRA if e[0].split("|")[0] == name and "|" in e[0]] if parent is None else []
    mine = camel(name)
    kept = sorted((s for s in subs if s[0] in SUMMARIES), key=lambda s: s[0])
    if specs:
        lines.append(f"constexpr KeySpec k{mine}Keys[] = {{{', '.join(key_spec(s) for s in specs)}}};")
    if tips:
        lines.append(f"constexpr std::string_view k{mine}Tips[] = {{{', '.join(quoted(t) for t in tips)}}};")
    sub_fields = []
    for sub in kept:
        sub_docs = pairs(pairs(docs.get("subcommands", [])).get(sub[0], []))
        sub_fields.append(emit_spec(lines, sub, sub_docs, group, name))
    for sub in extra_subs:
        sub_fields.append(f'{{.name = "{sub[0]}", .summary = {quoted(SUMMARIES[sub[0]])}, .since = "{sub[2]}", '
                          f'.group = "{group}", .arity = {sub[1]}, .flags = {sub[3]}, '
                          f'.acl_categories = {sub[4]}}}')
    if sub_fields:
        lines.append(f"constexpr CommandSpec k{mine}Subcommands[] = {{\n    " + ",\n    ".join(sub_fields) + "};")
    flag_names = [FLAGS[f] for f in flags if FLAGS[f]]
    scope = scope_of(name, flags)
    is_container = bool(sub_fields) and arity < 0 and name in ("object", "xgroup", "xinfo", "client", "config", "cluster", "acl", "memory", "slowlog", "latency", "function", "script")
    if is_container:
        scope = LOCAL
    fields = [f'.name = "{name}"', f".summary = {quoted(SUMMARIES[name])}",
              f'.since = "{docs.get("since", "")}", .group = "{group}", .arity = {arity}',
              ".flags = " + (" | ".join(f"kFlag{f}" for f in flag_names) or "0"), f".scope = Scope::{scope}",
              ".acl_categories = " + (" | ".join(f"kAcl{a[1:].capitalize()}" for a in acl) or "0")]
    complexity = docs.get("complexity", "")
    if complexity and complexity.count("(") == 1 and complexity.endswith(")"):
        fields.append(f".complexity = {quoted(complexity)}")
    if first or last or step:
        fields.append(f".first_key = {first}, .last_key = {last}, .key_step = {step}")
    if tips:
        fields.append(f".tips = k{mine}Tips")
    if specs:
        fields.append(f".key_specs = k{mine}Keys")
    if sub_fields:
        fields.append(f".subcommands = k{mine}Subcommands")
    function = FUNCTIONS.get(name, identifier(name))
    if scope == WRITE:
        fields.append(f".write = commands::{function}")
    if name in MAY_WRITE:
        fields.append(f".write = commands::{MAY_WRITE[name][0]}")
    if scope == READ:
        fields.append(f".read = commands::{function}")
    if name in MAY_WRITE:
        fields.append(f".wants_write = commands::{MAY_WRITE[name][1]}")
    return "{" + ",\n     ".join(fields) + "}"


# Fields that expire: commands of Redis 7.4 on one key.
def field_times_spec(lines, name, arity, is_write):
    flags, acl = ("Write | kFlagDenyOom | kFlagFast", "Write") if is_write else ("Readonly | kFlagFast", "Read")
    if name == "hpersist":
        flags = "Write | kFlagFast"
    lines.append(f'constexpr KeySpec k{camel(name)}Keys[] = {{{{.notes = "", .flags = "{"RW update" if is_write else "RO access"}", '
                 ".begin = KeySpec::Begin::kIndex, .index = 1, .find = KeySpec::Find::kRange, .last_key = 0, .key_step = 1, .limit = 0}};")
    return (f'{{.name = "{name}", .summary = {quoted(SUMMARIES[name])},\n     .since = "7.4.0", .group = "hash", .arity = {arity},\n     '
            f'.flags = kFlag{flags},\n     .scope = Scope::{WRITE if is_write else READ},\n     .acl_categories = kAcl{acl} | kAclHash | kAclFast,\n     '
            f'.first_key = 1, .last_key = 1, .key_step = 1,\n     .key_specs = k{camel(name)}Keys,\n     '
            f'.{"write" if is_write else "read"} = commands::{name}}}')


def main():
    redis = Redis(int(sys.argv[1]) if len(sys.argv) > 1 else 6379)
    names = [n for n in SUMMARIES if "|" not in n]
    infos = {i[0]: i for i in redis.call("COMMAND", "INFO", *names) if i}
    docs = pairs(redis.call("COMMAND", "DOCS", *names))
    groups = {}
    for name in sorted(infos):
        groups.setdefault(pairs(docs[name])["group"], []).append(name)
    target = Path(__file__).resolve().parent.parent / "engine" / "command_specs"
    for group, members in groups.items():
        lines = []
        specs = [emit_spec(lines, infos[n], pairs(docs[n]), group) for n in members]
        specs += [f'{{.name = "{e[0]}", .summary = {quoted(SUMMARIES[e[0]])}, .since = "{e[2]}", .group = "{group}", '
                  f'.arity = {e[1]}, .flags = {e[3]}, .acl_categories = {e[4]}}}'
                  for e in EXTRA if "|" not in e[0] and e[5] == group]
        specs += [field_times_spec(lines, *e) for e in FIELD_TIMES if group == "hash"]
        headers = "".join(f'#include "engine/commands/{h}.h"\n' for h in HEADERS.get(group, []))
        text = (f"// Generated by tools/make_command_table.py: commands of the group \"{group}\".\n"
                "// clang-format off\n"
                '#include "engine/acl_category.h"\n#include "engine/command_specs/groups.h"\n' + headers +
                '#include "engine/key_spec.h"\n\nnamespace engine::command_specs {\nnamespace {\n\n' + "\n".join(lines) +
                "\n\nconstexpr CommandSpec kSpecs[] = {\n    " + ",\n    ".join(specs) +
                f"}};\n\n}}  // namespace\n\nstd::span<const CommandSpec> {identifier(group)}_group() {{ return kSpecs; }}\n\n"
                "}  // namespace engine::command_specs\n")
        (target / f"{identifier(group)}.cpp").write_text(text)
    declarations = "".join(f"[[nodiscard]] std::span<const CommandSpec> {identifier(g)}_group();\n" for g in sorted(groups))
    listed = ", ".join(f"{identifier(g)}_group()" for g in sorted(groups))
    (target / "groups.h").write_text(
        "// Generated by tools/make_command_table.py: the groups of the command table.\n// clang-format off\n#pragma once\n\n#include <span>\n"
        '#include <vector>\n\n#include "engine/command.h"\n\nnamespace engine::command_specs {\n\n' + declarations +
        "\n[[nodiscard]] inline std::vector<std::span<const CommandSpec>> all_groups() {\n  return {" + listed +
        "};\n}\n\n}  // namespace engine::command_specs\n")


if __name__ == "__main__":
    main()
