"""Pages of the requests plugin: each module adds its own to the one blueprint."""

from plugins.requests.views import answers, enquiries, fits, own, public
from plugins.requests.views.base import blueprint

__all__ = ["answers", "blueprint", "enquiries", "fits", "own", "public"]
