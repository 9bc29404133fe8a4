"""What plugins that require Operation may use: copies of the database, the doctor, leaving plugins."""

from plugins.operation.doctor import examine
from plugins.operation.leaving import (
    LEAVING,
    Leaving,
    leave,
    leaving_refusals,
    plan_leaving,
    plugins,
    tables_of,
)
from plugins.operation.storage import backup, backups, delete, made_at

__all__ = [
    "LEAVING", "Leaving", "backup", "backups", "delete", "examine", "leave", "leaving_refusals",
    "made_at", "plan_leaving", "plugins", "tables_of",
]  # fmt: skip
