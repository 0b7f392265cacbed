#!/usr/bin/python3
"""Writes matrix.md, every command of Redis 7.0 and what of it Quorate answers, and arguments.json, the arguments of
those that it has, for families/arguments.py; both servers are asked.

redis-compat/matrix.py [--check]

With --check nothing is written; the exit code is 1 if they are not what would be written, or if
COMMAND INFO of a command that both have differs in arity, flags, keys, ACL categories or tips.
"""

import json
import os
import re
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from compat.connection import Connection  # noqa: E402
from compat.servers import Servers  # noqa: E402

FILE = os.path.join(HERE, "matrix.md")
ARGUMENTS = os.path.join(HERE, "arguments.json")

# families/arguments.py shows commands of these groups that no other family names.
DATA_GROUPS = {"string", "list", "set", "hash", "sorted-set", "stream", "bitmap", "generic"}

# What is missing of a command that is there.
PARTIAL = {}

# What COMMAND INFO says otherwise than Redis 7.0 on purpose: these take options of later versions.
LATER = {("zrank", "arity"), ("zrevrank", "arity")}


def plain(reply):
    """A reply as Python values: text, integers, lists."""
    kind, value = reply
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if kind == b":":
        return int(value)
    return value.decode("latin-1") if isinstance(value, bytes) else value


def table(address):
    """name -> (arity, flags, keys, ACL categories, tips, key specs), subcommands as parent|name."""
    connection = Connection(address)
    found = {}

    def take(info):
        name, arity, flags, first, last, step, acl, tips, specs, subcommands = info
        found[name] = {"arity": arity, "flags": sorted(flags), "keys": [first, last, step], "acl": sorted(acl),
                       "tips": sorted(tips), "key specs": specs}
        for one in subcommands:
            take(one)

    for info in plain(connection.call("COMMAND")):
        take(info)
    connection.close()
    return found


def docs(address):
    """name -> what COMMAND DOCS says, subcommands as parent|name."""
    connection = Connection(address)
    flat = plain(connection.call("COMMAND", "DOCS"))
    connection.close()
    found = {}

    def take(pairs):
        for name, about in zip(pairs[::2], pairs[1::2]):
            found[name] = dict(zip(about[::2], about[1::2]))
            take(found[name].get("subcommands", []))

    take(flat)
    return found


def arguments(flat):
    """The facts of an argument and those inside it."""
    about = dict(zip(flat[::2], flat[1::2]))
    kept = {name: about[name] for name in ("name", "type", "token", "flags") if name in about}
    if "arguments" in about:
        kept["arguments"] = [arguments(one) for one in about["arguments"]]
    return kept


def shapes(ours, theirs, told):
    """A line of JSON for each command with a grammar of arguments that both have."""
    for name in sorted(set(ours) & set(theirs)):
        about = theirs[name]
        shape = {"name": name, "group": told[name]["group"], "arity": about["arity"], "flags": about["flags"],
                 "tips": about["tips"], "arguments": [arguments(one) for one in told[name].get("arguments", [])]}
        yield json.dumps(shape)


def families():
    """name of each family -> the words of its grammar."""
    found = {}
    for file in sorted(os.listdir(os.path.join(HERE, "families"))):
        if file == "arguments.py":
            continue
        with open(os.path.join(HERE, "families", file), encoding="utf-8") as source:
            found[file[:-3]] = set(re.findall(r"[a-z_|-]+", source.read().lower().replace(" ", "|")))
    return found


def family_of(name, words_of):
    """The family whose grammar has all words of the name; "" if none has."""
    for family, words in words_of.items():
        whole = set("|".join(words).split("|"))
        if all(word in whole for word in name.split("|")):
            return family
    return ""


def rows(ours, theirs, group_of):
    """(name, group, state, test) of every command of Redis, by group and name."""
    words_of = families()
    parents = {name.split("|")[0] for name in theirs if "|" in name}
    for name in sorted(theirs, key=lambda one: (group_of[one.split("|")[0]], one)):
        group = group_of[name.split("|")[0]]
        if name not in ours:
            yield name, group, "absent", ""
            continue
        missing = PARTIAL.get(name)
        if missing is None and name in parents:
            lacking = sorted(one.split("|")[1] for one in theirs if one.startswith(name + "|") and one not in ours)
            missing = "without " + ", ".join(lacking) if lacking else None
        family = family_of(name, words_of) or ("arguments" if group in DATA_GROUPS else "")
        yield name, group, "partial: " + missing if missing else "full", family and f"families/{family}.py"


def render(lines):
    lines = list(lines)
    counts = {state: sum(1 for line in lines if line[2].split(":")[0] == state)
              for state in ("full", "partial", "absent")}
    text = ["# Commands of Redis 7.0", "",
            "Written by `redis-compat/matrix.py` from what both servers answer to COMMAND; do not edit.", "",
            "%(full)d full, %(partial)d partial, %(absent)d absent. Full: the command with its subcommands and options is "
            "there; a line without a test is shown by no grammar. Wrong types, numbers of arguments and "
            "ranges of numbers of all of them: families/arguments.py." % counts, "",
            "| command | group | state | shown by |", "|---|---|---|---|"]
    text += ["| %s | %s | %s | %s |" % (line[0].replace("|", " ").upper(), *line[1:]) for line in lines]
    return "\n".join(text) + "\n"


def disagreements(ours, theirs):
    """What COMMAND INFO says otherwise than Redis."""
    for name in sorted(set(ours) & set(theirs)):
        for field, value in theirs[name].items():
            if ours[name][field] != value and (name, field) not in LATER:
                yield f"{name}: {field}: redis-server {value}, quorate {ours[name][field]}"


def stale(path, text):
    """Whether the file says something else."""
    if not os.path.exists(path):
        return True
    with open(path, encoding="ascii") as file:
        return file.read() != text


def main():
    with Servers("node") as servers:
        ours, theirs, told = table(servers.target), table(servers.oracle), docs(servers.oracle)
    group_of = {name: about["group"] for name, about in told.items()}
    texts = {FILE: render(rows(ours, theirs, group_of)), ARGUMENTS: "\n".join(shapes(ours, theirs, told)) + "\n"}
    failed = list(disagreements(ours, theirs))
    for path, text in texts.items():
        if "--check" in sys.argv[1:]:
            if stale(path, text):
                failed.append(f"{os.path.basename(path)} is not up to date: run redis-compat/matrix.py")
        else:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
    for line in failed:
        print(line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
