"""What plugins that build on partners use: the codes of profiles and what their hooks answer with."""

from plugins.partners.codes import (
    PROJECT_ROLES,
    ROLES,
    commitment_name,
    field_codes,
    field_name,
    is_field,
    key_name,
    keys,
    name_of,
    parents,
)
from plugins.partners.documents import KIND, learn_projects, refresh
from plugins.partners.exports import KINDS as FILE_KINDS
from plugins.partners.exports import heads, respond, row_of
from plugins.partners.filters import clean, printable
from plugins.partners.forms import LANGUAGES
from plugins.partners.hookspecs import Also, ProjectPart, Quality, Shown, Widening
from plugins.partners.pages import about, place, value_label
from plugins.partners.quality import likely, words
from plugins.partners.queries import projects
from plugins.partners.search import day_number, occupations_in
from plugins.partners.workflow import PROFILE

__all__ = [
    "FILE_KINDS", "KIND", "LANGUAGES", "PROFILE", "PROJECT_ROLES", "ROLES", "Also",
    "ProjectPart", "Quality", "Shown", "Widening", "about", "clean", "commitment_name", "day_number",
    "field_codes", "field_name", "heads", "is_field", "key_name", "keys", "learn_projects", "likely", "name_of", "occupations_in", "parents",
    "place", "printable", "projects", "refresh", "respond", "row_of", "value_label", "words",
]  # fmt: skip
