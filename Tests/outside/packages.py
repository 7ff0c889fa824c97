"""packages.py - Python packages from PyPI for a check, in an environment of their own that the check itself makes."""
import os
import subprocess
import sys
from importlib import metadata

from program import ROOT

ENVIRONMENT = ROOT / ".build" / "outside-python"


def has(requirement):
    name, _, version = requirement.partition("==")
    try:
        return metadata.version(name) == version
    except metadata.PackageNotFoundError:
        return False


def need(*requirements):
    """Goes on if this Python has every `name==version`; else starts the script anew under one that does."""
    if all(has(requirement) for requirement in requirements):
        return
    python = ENVIRONMENT / "bin" / "python"
    if sys.prefix == str(ENVIRONMENT):
        raise SystemExit(f"{python} lacks {' '.join(requirements)} though pip has installed them")
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *requirements], check=True)
    os.execv(python, [python, *sys.argv])
