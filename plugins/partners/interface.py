"""What plugins that build on partners use: the codes of profiles and what their hooks answer with."""

from plugins.partners.codes import PROJECT_ROLES, field_name, is_field
from plugins.partners.documents import learn_projects
from plugins.partners.hookspecs import Also, ProjectPart, Widening

__all__ = [
    "PROJECT_ROLES", "Also", "ProjectPart", "Widening", "field_name", "is_field", "learn_projects",
]  # fmt: skip
