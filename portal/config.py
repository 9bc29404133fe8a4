"""Every setting of the installation: name, default, unit and one sentence.

Values come from the environment (`PORTAL_` and the name in capitals); `create_app()` takes
overrides for tests. `docs/settings.md` is generated from this table.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, fields
from dataclasses import field as dataclass_field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from portal.errors import ConfigError

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def setting(default: Any, sentence: str, unit: str = "") -> Any:
    """Declare a setting with what its documentation needs."""
    return dataclass_field(default=default, metadata={"sentence": sentence, "unit": unit})


@dataclass(frozen=True)
class Config:
    """The settings of one installation."""

    instance: str = setting("instance", "Folder for everything this site owns.", "path")
    database_url: str = setting(
        "", "SQLite file in the instance folder when empty, or postgresql://...", "URL"
    )
    base_url: str = setting(
        "http://127.0.0.1:8000", "Address under which people reach the portal.", "URL"
    )
    secret_key: str = setting(
        "", "Signs cookies and links; made on first start and kept in the instance folder."
    )
    mail_url: str = setting(
        "", "smtp://user:password@host:port, or empty: mails become files under mail/.", "URL"
    )
    mail_from: str = setting("portal@localhost", "Sender of the portal's mails.", "address")
    operator_mail: str = setting(
        "operator@localhost", "Where reports of wrong facts and removals go.", "address"
    )
    site_name: str = setting("Tessera", "Name shown in the title, the bar and mails.")
    safe_mode: bool = setting(False, "Start without any plugin that is not part of the house.")
    trusted_hosts: str = setting(
        "", "Host names answered besides the one of the base URL, separated by commas."
    )
    proxy_hops: int = setting(
        0, "Reverse proxies in front whose forwarded headers are believed.", "count"
    )
    session_days: int = setting(14, "How long a sign-in lasts without being used.", "days")
    max_upload_mib: int = setting(20, "Largest request body accepted.", "MiB")
    threads: int = setting(4, "Requests one web process answers at a time.", "count")
    kept_days: int = setting(30, "How long finished jobs and delivered events are kept.", "days")
    backup_hours: int = setting(
        24, "Time between two backups of the database by the worker; 0 for none.", "hours"
    )
    backup_keep: int = setting(7, "Backups that are kept; older ones are deleted.", "count")
    log_format: str = setting("text", "How lines are logged to stderr: text or json.")
    metrics_token: str = setting(
        "", "Opens /metrics to who sends it as a bearer token; without it the page is not there."
    )
    testing: bool = setting(False, "Set by tests: errors are raised instead of shown.")

    @classmethod
    def from_environment(cls, **overrides: Any) -> Self:
        """Read the environment; `overrides` win. Raises ConfigError naming variable and remedy."""
        values: dict[str, Any] = {}
        for item in fields(cls):
            raw = os.environ.get(f"PORTAL_{item.name.upper()}")
            if raw is not None:
                values[item.name] = _parse(item.name, raw, item.type)
        values.update(overrides)
        return cls(**values)

    @property
    def instance_path(self) -> Path:
        """The instance folder, absolute."""
        return Path(self.instance).resolve()

    @property
    def database(self) -> str:
        """The database's URL, the default filled in."""
        return self.database_url or f"sqlite:///{self.instance_path / 'portal.db'}"

    @property
    def hosts(self) -> list[str]:
        """Every host name the portal answers to."""
        own = urlsplit(self.base_url).hostname or "localhost"
        extra = [host.strip() for host in self.trusted_hosts.split(",") if host.strip()]
        return [own, *extra]

    def signing_key(self) -> str:
        """Return the secret key, making and keeping one on first use."""
        if self.secret_key:
            return self.secret_key
        path = self.instance_path / "secret.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            _write_private(path, secrets.token_urlsafe(48))
        return path.read_text(encoding="ascii").strip()


def _parse(name: str, raw: str, kind: Any) -> Any:
    variable = f"PORTAL_{name.upper()}"
    if kind == "int":
        try:
            return int(raw)
        except ValueError:
            raise ConfigError(f"{variable} is {raw!r}. Write it as digits.") from None
    if kind == "bool":
        if raw.lower() in TRUE | FALSE:
            return raw.lower() in TRUE
        raise ConfigError(f"{variable} is {raw!r}. Write 1 or 0.")
    return raw


def _write_private(path: Path, text: str) -> None:
    """Write once, readable by the owner alone; a process that lost the race reads the winner's."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
