"""What asks the database most, once more on each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.plugins.claims.test_decisions import (  # noqa: F401  collected here too
    person,
    reviewer,
    second,
    test_badge_is_on_profile_card_and_in_the_api,
    test_hidden_by_a_decision_stays_hidden_until_an_appeal_was_right,
    test_lookalike_name_of_a_new_organisation_goes_to_a_reviewer,
    test_of_two_claims_accepted_at_once_one_holds,
    test_renaming_is_looked_at_once_and_an_honest_name_not_at_all,
    test_who_has_a_link_to_a_case_does_not_decide_it,
)


@pytest.fixture
def portal(any_app: Flask) -> Iterator[Flask]:
    """A portal with its app context open, once on each engine."""
    with any_app.app_context():
        yield any_app
