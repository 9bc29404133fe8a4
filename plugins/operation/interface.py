"""What plugins that require Operation may use: copies of the database, and what the doctor says."""

from plugins.operation.doctor import examine
from plugins.operation.storage import backup, backups, delete, made_at

__all__ = ["backup", "backups", "delete", "examine", "made_at"]
