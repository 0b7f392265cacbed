"""Shortens a script that shows a difference: removes ever smaller pieces as long as some difference
remains."""

TRIES_MAX = 400


def shrink(script, differs):
    """`differs(script)` -> Difference or None. Returns the shortest script found and its difference."""
    difference = differs(script)
    if difference is None:
        return script, None
    units = cut(script, difference)
    tries, piece = 0, max(len(units) // 2, 1)
    while piece >= 1 and tries < TRIES_MAX:
        at, is_shorter = 0, False
        while at < len(units) and tries < TRIES_MAX:
            candidate = sum(units[:at] + units[at + piece:], [])
            tries += 1
            found = differs(candidate) if candidate else None
            if found is None:
                at += piece
            else:
                units, difference, is_shorter = cut(candidate, found), found, True
        if not is_shorter:
            piece //= 2
    return sum(units, []), difference


def cut(script, difference):
    """The script up to the difference, as units that stay together: steps with the same glue."""
    units = []
    for number, step in enumerate(script):
        is_glued = units and step.glue and units[-1][-1].glue == step.glue
        if number > difference.index and not is_glued:
            break
        if is_glued:
            units[-1].append(step)
        else:
            units.append([step])
    return units
