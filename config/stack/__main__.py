"""python -m config.stack up | down | status | run [--port N] [--fresh] -- COMMAND…"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from config.stack.command import run
from config.stack.endpoints import GIVEN_BY, is_given
from config.stack.errors import StackError
from config.stack.failures import explain_file
from config.stack.home import Home
from config.stack.processes import is_ours
from config.stack.stack import PARTS, Stack


def main() -> int:
    """Carry out one subcommand; errors become one line on stderr and exit code 1."""
    parser = argparse.ArgumentParser(prog="python -m config.stack", description=(__doc__ or ""))
    parser.add_argument("--home", type=Path, help="folder of the stack instead of JIEBANG_HOME")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("up", help="start the servers and leave them running")
    verbs.add_parser("down", help="stop the servers")
    verbs.add_parser("status", help="say what runs where; exit code 1 when a part does not")
    runner = verbs.add_parser("run", help="start what is missing, run the command, stop what it started")
    runner.add_argument("--port", type=int, help="a port the command needs, checked before anything starts")
    runner.add_argument("--fresh", action="store_true", help="first delete the data of earlier runs")
    runner.add_argument("command", nargs="+", metavar="COMMAND")
    options = parser.parse_args()
    try:
        if options.verb == "run":
            return run(options.command, options.home, options.port, options.fresh)
        if options.verb == "down":
            Stack(options.home).down()
            return 0
        if options.verb == "up":
            Stack(options.home, detached=True).start()
        return status(Home(options.home))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"{explain_file(error, Home(options.home))}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def status(home: Home) -> int:
    """One line per part: where it is, or that it is not running."""
    noted = home.read_state().get("parts", {})
    missing = 0
    for kind in PARTS:
        part = noted.get(kind.name, {})
        if is_given(kind.name):
            line = f"given by {GIVEN_BY[kind.name]}"
        elif part and is_ours(part["pid"], part["marks"]):
            line = f"running on 127.0.0.1:{part['ports'][0]}, pid {part['pid']}"
        else:
            line = "not running (`make stack` starts it)"
            missing += 1
        sys.stdout.write(f"{kind.title:14} {line}\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
