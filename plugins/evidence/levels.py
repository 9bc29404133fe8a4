"""The ways of signing as people read of them: what each is called, and honestly what it proves."""

from __future__ import annotations

from portal.i18n import _


def level(name: str) -> tuple[str, str]:
    """Return what a way of signing is called, and what it proves."""
    names = {
        "click": (
            _("signed here"),
            _(
                "A simple electronic signature: the person proved again who they are and signed "
                "the text that was shown."
            ),
        ),
        "link": (
            _("signed by a mailed link"),
            _(
                "A simple electronic signature: whoever opened the link that was mailed to the "
                "signer's address signed the text that was shown."
            ),
        ),
        "passkey": (
            _("signed with a passkey"),
            _(
                "A simple electronic signature: a key that the signer alone holds signed the very "
                "text that was shown."
            ),
        ),
        "paper": (
            _("signed on paper"),
            _("A scan of the paper is kept; an organisation attests that it is genuine."),
        ),
        "outside": (
            _("signed in the PDF, with another tool"),
            _(
                "The signed PDF is kept. Its text is this one, and nothing in it was changed. Whose "
                "certificate signed it is what the certificate says."
            ),
        ),
    }
    return names.get(name, (name, ""))
