"""Damage to the files of a node that is not running."""


def flip(path, at):
    """One bit of the byte at that position."""
    with open(path, "r+b") as file:
        file.seek(at)
        byte = file.read(1)
        file.seek(at)
        file.write(bytes([byte[0] ^ 0x10]))
