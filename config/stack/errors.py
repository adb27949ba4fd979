"""What can go wrong with the stack, said in one line that names the cure."""


class StackError(Exception):
    """Shown to the person at the keyboard as it is, without a traceback."""


class StackNotRunning(StackError):
    """An address is needed, but neither the environment nor a running stack gives it."""


class PortTaken(StackError):
    """Somebody took a port between our look and the server's start; other ports will do."""
