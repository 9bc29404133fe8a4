"""What plugins that require notices may use; others ask the hook `notice_tell`."""

from plugins.notices.service import notify

__all__ = ["notify"]
