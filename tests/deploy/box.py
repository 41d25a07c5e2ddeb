"""deploy/box/nginx.conf before a running service, and the mount that it reads the storage through."""

import re
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from nginx import Nginx
from service import Service, free_port

BOX = Path(__file__).parents[2] / "deploy" / "box"
CONFIGURATION = (BOX / "nginx.conf").read_text()
MOUNT = 'mount -o "$0" "$1" "$2" && shift 2 && exec "$@"'


def mounted(storage: Path, place: Path) -> list[str]:
    """What starts a command that sees the storage at `place`, as the line for /etc/fstab in nginx.conf says."""
    (options,) = re.findall(r"^# +/var/lib/imgsrv /srv/imgsrv none (\S+) 0 0$", CONFIGURATION, re.MULTILINE)
    return ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, options, str(storage), str(place)]


@cache
def can_mount() -> bool:
    with TemporaryDirectory() as folder:
        done = subprocess.run([*mounted(Path(folder), Path(folder)), "true"], check=False, capture_output=True)
    return done.returncode == 0


def in_front(service: Service, folder: Path, private: bool = False, base: str = "", readers: int = 100) -> Nginx:
    """nginx with the project's configuration before a running service."""
    port, seen = free_port(), service.storage
    if can_mount():
        seen = folder / "seen"
        seen.mkdir()
    text = CONFIGURATION.replace("listen 80;", f"listen 127.0.0.1:{port};").replace(" /srv/imgsrv/", f" {seen}/")
    text = text.replace("127.0.0.1:8001", f"127.0.0.1:{service.port}")
    text = text.replace("server_name photos.example.com;", "server_name localhost;")
    text = text.replace('"^/projects/', f'"^{base}/projects/')
    text = text.replace("limit_conn imgsrv_readers 100;", f"limit_conn imgsrv_readers {readers};")
    if private:
        text = text.replace("# auth_request", "auth_request")
    return Nginx(text, port, folder, mounted(service.storage, seen) if can_mount() else ())
