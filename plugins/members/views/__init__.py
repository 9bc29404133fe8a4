"""The pages: of an organisation's people, of mailed links, of requests to join, of Site Setup."""

from plugins.members.views import asking as _asking
from plugins.members.views import links as _links
from plugins.members.views import own as _own
from plugins.members.views import site as _site
from plugins.members.views.base import link, pages

__all__ = ["_asking", "_links", "_own", "_site", "link", "pages"]
