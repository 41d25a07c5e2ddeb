"""One frozen Settings, read once from the variables IMGSRV_* and then passed as an argument.

The field `lock_timeout` is the variable IMGSRV_LOCK_TIMEOUT. An invalid value raises SettingsError with
one line: the variable, its value and what it may be. An unknown variable with our prefix raises it too,
since a misspelt limit would not apply.
"""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import cache
from pathlib import Path
from typing import Any

from core import machine
from core.errors import SettingsError
from core.sizes import STANDARD, Sizes, parse

PREFIX = "IMGSRV_"
QUOTAS = ("project_max_images", "project_max_bytes", "total_max_images", "total_max_bytes")
_CONVERTERS: dict[Any, tuple[Callable[[str], Any], str]] = {  # by the type of a field
    int: (int, "a whole number"),
    float: (float, "a number"),
    Path: (Path, "a folder"),
    str: (str, "text"),
    bool: (lambda text: {"yes": True, "no": False}[text.lower()], "yes or no"),
    Sizes: (parse, "sizes"),
}


def _number(default: float, low: float, high: float) -> Any:
    """A field for a number within these bounds."""
    return field(default=default, metadata={"bounds": (low, high)})


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest upload and the most memory that its decode may take, both in bytes."""

    max_upload_bytes: int = 100_000_000
    decode_memory: int = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity, so that caches need not hash every field
class Settings:
    """Sizes are in bytes, times in seconds; 0 for `decode_workers` means one per core.

    One picture may take `decode_memory`, `decode_cpu_seconds` and `decode_seconds`. A picture whose header shows that
    it would need more memory is rejected before it is decoded.

    An upload that is not listed `abandoned_after` seconds after its files were written will never be listed: doctor
    may move its files to the quarantine, which keeps everything for `quarantine_days`. A resumable upload expires
    `upload_expires_after` its last byte. Each scheduled sweep checks the lengths of one image in `sweep_lengths`,
    and the contents of one in `sweep_contents`, other images each time; 0 means none.

    A body may pause for `idle_timeout` and take `body_timeout` in all. A process holds at most `max_connections`.

    With `secret`, `secret_file` or `authorizer` changes need a token, and with `private_reads` reads do too. Without
    any of these the service answers only this machine, unless `public` allows everybody everything. An authorizer's
    tokens name their project in the claim `project_claim`, and their scopes begin with `scope_prefix`. With
    `edge_secret` a request must carry that secret in `x-edge-secret`, which a CDN in front adds. A token expires
    at most `token_life` ahead; a signed URL is valid for at least `url_life` (core/access).

    URLs begin with `base_path`, the path under which the service is mounted (core/web/base.py).

    A project holds at most `project_max_images` and `project_max_bytes` (core/projects/quota.py), all projects together
    at most `total_max_images` and `total_max_bytes` (core/volume/tally.py); 0 means no limit.

    On one box a client may send `requests_per_minute`, `uploads_per_minute` of them uploads (serving/rates.py); 0: any.
    `metrics_token` allows other machines to read /metrics (serving/metrics.py). `metrics_namespace` is the CloudWatch
    namespace of a Lambda's metrics (core/emf.py). `resource_policy` is the Cross-Origin-Resource-Policy of pictures.

    A file over `max_response_bytes` is sent through the S3 bucket named `bucket`, if there is one (core/web/bucket.py).
    """

    storage_root: Path = Path("storage")
    base_path: str = ""
    max_upload_bytes: int = _number(Limits().max_upload_bytes, 1, 1 << 40)
    decode_memory: int = _number(Limits().decode_memory, 1, 1 << 40)
    sizes: Sizes = field(default_factory=lambda: STANDARD)
    lock_timeout: float = _number(10.0, 0, 3600)
    decode_workers: int = _number(0, 0, 1024)
    decode_queue: int = _number(64, 0, 100_000)
    decode_cpu_seconds: int = _number(30, 1, 86_400)
    decode_seconds: float = _number(60.0, 1, 86_400)
    max_request_bytes: int = _number(0, 0, 1 << 40)
    max_response_bytes: int = _number(0, 0, 1 << 40)
    bucket: str = ""
    max_connections: int = _number(1000, 1, 1_000_000)
    idle_timeout: float = _number(30.0, 0.1, 3600)
    body_timeout: float = _number(900.0, 0.1, 86_400)
    log_level: str = "INFO"
    abandoned_after: float = _number(3600.0, 0, 1 << 31)
    quarantine_days: int = _number(30, 0, 36_500)
    sweep_lengths: int = _number(30, 0, 1_000_000)
    sweep_contents: int = _number(1825, 0, 1_000_000)
    upload_expires_after: float = _number(86_400.0, 0, 1 << 31)
    secret: str = field(default="", repr=False)
    secret_file: str = ""
    authorizer: bool = False
    project_claim: str = "project"
    scope_prefix: str = ""
    public: bool = False
    edge_secret: str = field(default="", repr=False)
    private_reads: bool = False
    token_life: float = _number(86_400.0, 1, 1 << 31)
    url_life: float = _number(3600.0, 1, 1 << 31)
    project_max_images: int = _number(0, 0, 1 << 60)
    project_max_bytes: int = _number(0, 0, 1 << 60)
    total_max_images: int = _number(0, 0, 1 << 60)
    total_max_bytes: int = _number(0, 0, 1 << 60)
    requests_per_minute: int = _number(0, 0, 10_000_000)
    uploads_per_minute: int = _number(0, 0, 10_000_000)
    metrics_token: str = field(default="", repr=False)
    metrics_namespace: str = ""
    resource_policy: str = ""
    browser_age: int = _number(86_400, 0, 31_536_000)
    edge_age: int = _number(86_400, 0, 31_536_000)

    def __post_init__(self) -> None:
        # The root itself may be a link; links below it are not followed (core/volume/opening.py).
        object.__setattr__(self, "storage_root", self.storage_root.resolve())
        for setting in fields(self):
            value, bounds = getattr(self, setting.name), setting.metadata.get("bounds")
            if bounds and not bounds[0] <= value <= bounds[1]:
                raise _unusable(setting.name, value, f"a number from {bounds[0]} to {bounds[1]}")
        if self.base_path and not _is_base(self.base_path):
            wanted = "a path like /photos, of letters, digits, '-', '.', '_' and '~', that is none of the service's own"
            raise _unusable("base_path", self.base_path, wanted)
        policies = ("same-origin", "same-site", "cross-origin")
        if self.resource_policy and self.resource_policy not in policies:
            raise _unusable("resource_policy", self.resource_policy, "empty or one of " + ", ".join(policies))
        if self.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise _unusable("log_level", self.log_level, "DEBUG, INFO, WARNING or ERROR")

    @property
    def limits(self) -> Limits:
        return Limits(self.max_upload_bytes, self.decode_memory)

    @property
    def has_total(self) -> bool:
        """Whether all projects together have a quota."""
        return self.total_max_images > 0 or self.total_max_bytes > 0

    @property
    def workers(self) -> int:
        """How many pictures this process decodes at once: one per core that it may run on, unless set."""
        return self.decode_workers or cores()

    @property
    def worker_memory(self) -> int:
        """Bytes of a worker's address space: the interpreter, its libraries, one picture, and the gaps between them."""
        return 400_000_000 + self.decode_memory * 5 // 4

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Reads Settings from the environment; SettingsError names the first invalid variable."""
        known = {PREFIX + f.name.upper(): f for f in fields(cls)}
        values: dict[str, Any] = {}
        if memory := environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE"):  # MiB; a quarter is for everything but the picture
            values["decode_memory"] = (int(memory) << 20) * 3 // 4
        elif there := machine.memory():
            values["decode_memory"] = min(Limits().decode_memory, there * 3 // 4)
        for variable, text in environ.items():
            if not variable.startswith(PREFIX):
                continue
            if variable not in known:
                raise SettingsError(f"{variable} is not a setting; there are {', '.join(sorted(known))}")
            setting = known[variable]
            convert, wanted = _CONVERTERS[setting.type]
            try:
                values[setting.name] = convert(text)
            except SettingsError:
                raise
            except (ValueError, KeyError):
                raise _unusable(setting.name, text, wanted) from None
        if environ.get(PREFIX + "STORAGE_ROOT") == "":
            raise _unusable("storage_root", "", "a folder")
        return cls(**values)


def cores() -> int:
    """The number of processor cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_is_base = re.compile(
    r"(?!/(?:projects|limits|healthz|docs|page|openapi\.json)(?:/|$))(?:/(?!\.{1,2}(?:/|$))[\w.~-]+)+", re.ASCII
).fullmatch
_chosen: list[Settings] = []


def use(settings: Settings) -> None:
    """Makes `settings` the settings of this process, instead of those in its environment."""
    _chosen[:] = [settings]
    current.cache_clear()


@cache
def current() -> Settings:
    """The Settings of this process: those given to `use`, or else those in the environment at the first call."""
    return _chosen[0] if _chosen else Settings.from_env()


def _unusable(name: str, value: object, wanted: str) -> SettingsError:
    return SettingsError(f"{PREFIX}{name.upper()}={str(value)!r} cannot be used: it must be {wanted}")
