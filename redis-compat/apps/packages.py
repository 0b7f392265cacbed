"""The npm packages that the programs here need, as package-lock.json says; nothing of them lies in the source tree."""

import os
import shutil
import subprocess

from compat.servers import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALLED = os.path.join(ROOT, "build/apps")
MODULES = os.path.join(INSTALLED, "node_modules")


def install():
    """Done once for each package-lock.json."""
    lock = os.path.join(HERE, "package-lock.json")
    done = os.path.join(INSTALLED, "installed.json")
    with open(lock, "rb") as wanted:
        if os.path.exists(done) and open(done, "rb").read() == wanted.read():
            return
    os.makedirs(INSTALLED, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(os.path.join(HERE, name), INSTALLED)
    subprocess.run(["npm", "ci", "--omit=optional", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"],
                   cwd=INSTALLED, check=True)
    shutil.copy(lock, done)
