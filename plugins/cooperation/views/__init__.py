"""The pages: past cooperation, documents, references, and what everybody may read of them."""

from plugins.cooperation.views import documents as _documents
from plugins.cooperation.views import links as _links
from plugins.cooperation.views import public as _public
from plugins.cooperation.views import records as _records
from plugins.cooperation.views import references as _references
from plugins.cooperation.views.base import blueprint, link

__all__ = ["_documents", "_links", "_public", "_records", "_references", "blueprint", "link"]
