"""The embedded stack with its real servers, each test in a home of its own in /tmp."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from minio import Minio
from minio.error import S3Error

from config.stack import Endpoints, Stack, StackError, StackNotRunning, endpoints
from config.stack.endpoints import GIVEN_BY, PLACEHOLDERS
from config.stack.home import REPOSITORY
from config.stack.processes import arguments, find, is_gone
from config.stack.unprivileged import unprivileged

pytestmark = pytest.mark.stack
PARTS = ("postgres", "broker", "s3")


@pytest.fixture(autouse=True)
def _nothing_given(monkeypatch: pytest.MonkeyPatch) -> None:
    _unset(monkeypatch)


def _unset(patch: pytest.MonkeyPatch) -> None:
    for name in [*PLACEHOLDERS, "s3_public_endpoint"]:
        patch.delenv(name.upper(), raising=False)


@pytest.fixture(scope="module")
def running() -> Iterator[Stack]:
    """A stack that stays up, for the tests that do not need it stopped."""
    for path in _home():
        with pytest.MonkeyPatch.context() as patch:
            _unset(patch)
            begun = time.monotonic()
            with Stack(path) as stack:
                assert time.monotonic() - begun < 10
                yield stack


@pytest.fixture(scope="module")
def shared_home() -> Iterator[Path]:
    """One home for the tests that only need some data in it."""
    yield from _home()


@pytest.fixture
def home() -> Iterator[Path]:
    yield from _home()


def _home() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="jiebang-stack-"))
    yield path
    Stack(path).down()
    shutil.rmtree(path)


def pid_of(home: Path, part: str) -> int:
    return int(json.loads((home / "stack.json").read_text())["parts"][part]["pid"])


def s3(at: Endpoints) -> Minio:
    netloc = at.s3_endpoint.removeprefix("http://")
    return Minio(netloc, at.s3_access_key, at.s3_secret_key, secure=False, region="us-east-1")


def leave_a_mark(at: Endpoints, word: str) -> None:
    """Write through every door: a row, a broker key, an object."""
    with psycopg.connect(at.database_url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS mark (word text)")
        connection.execute("INSERT INTO mark VALUES (%s)", [word])
    redis.Redis.from_url(at.broker_url).set("mark", word)
    if not s3(at).bucket_exists("marks"):
        s3(at).make_bucket("marks")
    s3(at).put_object("marks", word, io.BytesIO(word.encode()), len(word.encode()))


def has_mark(at: Endpoints, word: str) -> bool:
    with psycopg.connect(at.database_url) as connection:
        row = connection.execute("SELECT 1 FROM mark WHERE word = %s", [word]).fetchone()
    names = {found.object_name for found in s3(at).list_objects("marks")}
    assert (row is not None) == (word in names)
    return row is not None and s3(at).get_object("marks", word).read() == word.encode()


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "config.stack", "--home", str(home), *arguments]


def run(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *arguments),
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_an_empty_home_is_up_in_ten_seconds_and_every_part_takes_data(running: Stack) -> None:
    leave_a_mark(running.endpoints, "揭榜")
    assert has_mark(running.endpoints, "揭榜")


def test_data_and_addresses_stay_when_it_is_started_again(shared_home: Path) -> None:
    with Stack(shared_home) as stack:
        before = stack.endpoints
        leave_a_mark(before, "again")
    with Stack(shared_home) as stack:
        assert stack.endpoints == before
        assert has_mark(before, "again")


def test_the_database_sees_chinese_letters_as_letters(running: Stack) -> None:
    with psycopg.connect(running.endpoints.database_url) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        row = connection.execute("SELECT similarity('揭榜挂帅', '揭榜')").fetchone()
        assert row is not None
        assert row[0] > 0.3


def test_secrets_are_readable_by_their_owner_only(running: Stack) -> None:
    for name in ("keys.json", "stack.json", "broker/valkey.conf"):
        assert stat.S_IMODE((running.home.path / name).stat().st_mode) == 0o600


def test_nobody_gets_in_without_the_keys(running: Stack) -> None:
    at = running.endpoints
    port = at.database_url.rsplit(":", 1)[1].split("/")[0]
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(f"postgresql://jiebang:wrong@127.0.0.1:{port}/jiebang")
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=int(at.broker_url.rsplit(":", 1)[1].split("/")[0])).ping()
    with pytest.raises(S3Error, match="InvalidAccessKeyId"):
        Minio(at.s3_endpoint.removeprefix("http://"), "a" * 20, "b" * 40, secure=False).list_buckets()


@pytest.mark.parametrize("part", PARTS)
def test_a_killed_server_is_replaced_and_the_others_are_left_alone(running: Stack, part: str) -> None:
    home = running.home.path
    leave_a_mark(running.endpoints, f"before {part} died")
    before = {name: pid_of(home, name) for name in PARTS}
    os.kill(before[part], signal.SIGKILL)
    with Stack(home) as again:
        after = {name: pid_of(home, name) for name in PARTS}
        assert {name for name in PARTS if before[name] != after[name]} == {part}
        assert has_mark(again.endpoints, f"before {part} died")


def test_all_servers_killed_at_once_come_back_with_their_data(shared_home: Path) -> None:
    with Stack(shared_home) as stack:
        leave_a_mark(stack.endpoints, "before the power failed")
        for part in PARTS:
            os.kill(pid_of(shared_home, part), signal.SIGKILL)
    with Stack(shared_home) as stack:
        assert has_mark(stack.endpoints, "before the power failed")


def test_a_pid_file_that_names_a_stranger_does_not_stop_postgresql(shared_home: Path) -> None:
    with Stack(shared_home):
        pid_file = shared_home / "postgres" / "postmaster.pid"
        said = pid_file.read_text()
        os.kill(pid_of(shared_home, "postgres"), signal.SIGKILL)
    stranger = subprocess.Popen(["sleep", "60"])
    try:
        pid_file.write_text(said.replace(said.split("\n", 1)[0], str(stranger.pid), 1))
        with Stack(shared_home) as stack:
            assert has_mark(stack.endpoints, "before the power failed")
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_pid_file_that_names_a_dead_server_nobody_has_reaped_does_not_stop_postgresql(shared_home: Path) -> None:
    with Stack(shared_home):
        pid_file = shared_home / "postgres" / "postmaster.pid"
        said = pid_file.read_text()
        os.kill(pid_of(shared_home, "postgres"), signal.SIGKILL)
    same_user = unprivileged(shared_home / "postgres")
    corpse = subprocess.Popen(["sleep", "60"], **same_user)  # type: ignore[call-overload]
    try:
        corpse.kill()
        while not is_gone(corpse.pid):  # without waiting for it: it stays a zombie
            time.sleep(0.01)
        pid_file.write_text(said.replace(said.split("\n", 1)[0], str(corpse.pid), 1))
        with Stack(shared_home) as stack:
            assert has_mark(stack.endpoints, "before the power failed")
    finally:
        corpse.wait()


def test_a_stack_in_use_is_shared_and_stopped_by_the_last_to_leave(shared_home: Path) -> None:
    first, second = Stack(shared_home), Stack(shared_home)
    first.start()
    pid = pid_of(shared_home, "postgres")
    second.start()
    assert pid_of(shared_home, "postgres") == pid
    first.leave()
    assert arguments(pid)
    second.leave()
    assert not arguments(pid)


def test_servers_that_were_started_to_stay_stay(shared_home: Path) -> None:
    assert run(shared_home, "up").returncode == 0
    pids = [pid_of(shared_home, part) for part in PARTS]
    with Stack(shared_home):
        pass
    assert all(arguments(pid) for pid in pids)
    done = run(shared_home, "down")
    assert (done.returncode, done.stderr) == (0, "")
    assert not any(arguments(pid) for pid in pids)
    assert run(shared_home, "status").returncode == 1


def test_a_killed_runner_takes_its_command_along_and_the_next_one_adopts_the_servers(
    shared_home: Path,
) -> None:
    runner = subprocess.Popen(command(shared_home, "run", "--", "sleep", "60"), cwd=REPOSITORY)
    child = Path(f"/proc/{runner.pid}/task/{runner.pid}/children")
    sleeper: list[int] = []

    def command_runs() -> bool:
        pids = map(int, child.read_text().split())
        sleeper[:] = [pid for pid in pids if arguments(pid)[:1] == ["sleep"]]
        return bool(sleeper)

    wait_until(command_runs)
    pids = {part: pid_of(shared_home, part) for part in PARTS}
    runner.kill()
    runner.wait()
    wait_until(lambda: not arguments(sleeper[0]))
    with Stack(shared_home):
        assert {part: pid_of(shared_home, part) for part in PARTS} == pids
    assert not any(arguments(pid) for pid in pids.values())


def test_a_parent_that_dies_before_its_child_is_tied_to_it_leaves_no_orphan_behind(home: Path) -> None:
    parent = f"""
import os, subprocess, time
from pathlib import Path
from config.stack.command import die_with_parent
tie, me, forked = die_with_parent(), os.getpid(), Path({str(home)!r})
def late():
    (forked / "child").write_text(str(os.getpid()))
    while os.getppid() == me:
        time.sleep(0.01)
    tie()
subprocess.Popen(["sleep", "60"], preexec_fn=late)
"""
    process = subprocess.Popen([sys.executable, "-c", parent], cwd=REPOSITORY)
    wait_until(lambda: (home / "child").exists() and bool((home / "child").read_text()))
    process.kill()
    process.wait()
    wait_until(lambda: is_gone(int((home / "child").read_text())))


def test_ctrl_c_stops_the_command_and_then_the_servers(shared_home: Path) -> None:
    runner = subprocess.Popen(
        command(shared_home, "run", "--", "sh", "-c", "trap 'exit 7' INT; echo up; while :; do sleep 0.1; done"),
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert runner.stdout is not None
    assert runner.stdout.readline() == b"up\n"
    pids = [pid_of(shared_home, part) for part in PARTS]
    runner.send_signal(signal.SIGINT)
    assert runner.wait(30) == 7
    assert not any(arguments(pid) for pid in pids)


def test_the_exit_code_of_the_command_is_passed_on(home: Path) -> None:
    elsewhere = {name.upper(): "redis://elsewhere" for name in PLACEHOLDERS}
    assert run(home, "run", "--", "sh", "-c", "exit 3", **elsewhere).returncode == 3
    assert run(home, "run", "--", "sh", "-c", "kill -TERM $$", **elsewhere).returncode == 128 + 15


def test_a_command_that_does_not_exist_is_one_line(home: Path) -> None:
    elsewhere = {name.upper(): "redis://elsewhere" for name in PLACEHOLDERS}
    done = run(home, "run", "--", "no-such-command", **elsewhere)
    assert (done.returncode, done.stderr) == (
        1,
        "no-such-command could not be run: No such file or directory.\n",
    )


def test_fresh_forgets_earlier_data_but_not_under_somebody_else(shared_home: Path) -> None:
    with Stack(shared_home) as stack:
        leave_a_mark(stack.endpoints, "old")
        with Stack(shared_home, fresh=True) as second:
            assert has_mark(second.endpoints, "old")
            assert waits_for_the_disk(second.endpoints)
    with Stack(shared_home, fresh=True) as stack, psycopg.connect(stack.endpoints.database_url) as connection:
        assert connection.execute("SELECT to_regclass('mark')").fetchone() == (None,)
        assert not s3(stack.endpoints).bucket_exists("marks")
        assert not waits_for_the_disk(stack.endpoints)
    with Stack(shared_home) as stack:
        assert waits_for_the_disk(stack.endpoints)


def waits_for_the_disk(given: Endpoints) -> bool:
    with psycopg.connect(given.database_url) as connection:
        return connection.execute("SHOW fsync").fetchone() == ("on",)


def test_two_homes_run_side_by_side(running: Stack, shared_home: Path) -> None:
    with Stack(shared_home) as other:
        leave_a_mark(running.endpoints, "one")
        leave_a_mark(other.endpoints, "other")
        assert not has_mark(running.endpoints, "other")
        for field in PLACEHOLDERS:
            assert getattr(running.endpoints, field) != getattr(other.endpoints, field)


def test_each_part_can_be_replaced_by_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somewhere/else")
    monkeypatch.setenv("S3_ENDPOINT", "https://s3.example")
    monkeypatch.setenv("S3_ACCESS_KEY", "theirs")
    monkeypatch.setenv("S3_SECRET_KEY", "secret")
    with Stack(home) as stack:
        at = stack.endpoints
        assert (at.database_url, at.s3_endpoint, at.s3_access_key) == (
            "postgresql://somewhere/else",
            "https://s3.example",
            "theirs",
        )
        assert redis.Redis.from_url(at.broker_url).ping()
        assert not (home / "postgres").exists()
        assert not (home / "s3").exists()


def test_an_address_that_nobody_gives_is_asked_for_with_the_cure(home: Path) -> None:
    with pytest.raises(StackNotRunning, match="make stack"):
        endpoints(home=home)
    assert endpoints(required=False, home=home).broker_url == PLACEHOLDERS["broker_url"]


def test_keys_without_a_store_of_their_own_are_not_used(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ACCESS_KEY", "left over from something else")
    assert endpoints(required=False, home=home).s3_access_key == PLACEHOLDERS["s3_access_key"]


def test_a_store_without_keys_names_what_is_missing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part, variable in GIVEN_BY.items():
        monkeypatch.setenv(variable, f"redis://{part}")
    with pytest.raises(StackNotRunning, match="S3_ACCESS_KEY, S3_SECRET_KEY unknown"):
        endpoints(home=home)


def test_an_occupied_web_port_is_one_line_before_anything_starts(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run(home, "run", "--port", str(port), "--", "true")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"Port {port} is in use" in done.stderr
    assert "JIEBANG_PORT=" in done.stderr
    assert not list(home.iterdir())


def test_a_port_that_a_stranger_took_meanwhile_is_changed(shared_home: Path) -> None:
    with Stack(shared_home) as stack:
        before = stack.endpoints
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", int(before.broker_url.rsplit(":", 1)[1].split("/")[0])))
        taken.listen()
        with Stack(shared_home) as stack:
            assert stack.endpoints.broker_url != before.broker_url
            assert stack.endpoints.database_url == before.database_url


def test_a_full_disk_is_one_line_with_the_cure(home: Path) -> None:
    disk = home / "small"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=100m", "tmpfs", str(disk)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        done = run(disk / "jiebang", "up")
    finally:
        subprocess.run(["umount", str(disk)], check=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "500 MB needed" in done.stderr
    assert "JIEBANG_HOME" in done.stderr


def test_data_of_another_postgresql_is_refused_with_the_cure(home: Path) -> None:
    (home / "postgres").mkdir()
    (home / "postgres" / "PG_VERSION").write_text("15\n")
    with pytest.raises(StackError, match="made by PostgreSQL 15"):
        Stack(home).start()
    assert not find([f"-dir={home}/s3", str(home / "broker" / "valkey.conf")])
