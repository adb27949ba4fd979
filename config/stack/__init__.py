"""The embedded stack: PostgreSQL, Valkey and an S3 store from wheels, started when none is given.

`endpoints()` tells where the three parts are; `Stack` starts and stops those that the environment
does not name; `python -m config.stack` does the same from the command line. No Django here.
"""

from config.stack.endpoints import Endpoints, endpoints
from config.stack.errors import StackError, StackNotRunning
from config.stack.stack import Stack

__all__ = ["Endpoints", "Stack", "StackError", "StackNotRunning", "endpoints"]
