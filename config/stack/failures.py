"""Why a server did not start, in one line with the cure."""

from __future__ import annotations

from config.stack.errors import StackError
from config.stack.home import Home

# Words of the system or the server → the cure.
CURES = {
    "No space left on device": "the disk is full: free some space, or set JIEBANG_HOME elsewhere",
    "< required 1.00%": "less than 1 % of the disk is free: free some space, or set JIEBANG_HOME elsewhere",
    "Disk quota exceeded": "the disk quota is used up: free some space, or set JIEBANG_HOME elsewhere",
    "Cannot allocate memory": "memory is short: close other programmes and start again",
    "Permission denied": "run this as the user it belongs to, or set JIEBANG_HOME to a folder of your own",
    "error while loading shared libraries": "a system library is missing: run `make setup` as root",
}


def explain(title: str, said: str, home: Home, name: str) -> StackError:
    """Turn a server's last words into one line with the cure."""
    for words, cure in CURES.items():
        if words in said:
            return StackError(f"{title} did not start: {cure}.")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if "FATAL" in line or "rror" in line), "")
    detail = last or (lines[-1] if lines else "it said nothing")
    return StackError(f"{title} did not start: {detail[:300]} (all of it in {home.log(name)}).")


def explain_file(error: OSError, home: Home) -> StackError:
    """The same for a file that we ourselves could not read or write."""
    said = error.strerror or str(error)
    cure = next((cure for words, cure in CURES.items() if words in said), said)
    return StackError(f"{error.filename or home.path}: {cure}.")
