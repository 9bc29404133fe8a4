"""What plugins use that let people without an account act.

Name what links are for in the hook `link_purposes`, `send` them inside a transaction, and let the page
behind them begin with `find`. A mailed link only opens a page: programs that read mail open links too,
so nothing happens before somebody sends the page's form.
"""

from plugins.links.models import Link
from plugins.links.service import Purpose, close, links_of, send, send_again, use
from plugins.links.views import find, hint

__all__ = ["Link", "Purpose", "close", "find", "hint", "links_of", "send", "send_again", "use"]
