"""Every route, with every method, as every kind of visitor: who gets in, and what they get to see.

The cells come from the app's own addresses and its access table. A new route needs a line in
`tests/access_rows.txt` (`python -m tests.test_access_matrix` writes it anew; a change of it is what
a reviewer looks at), and one in OWNERS when its view decides about an object.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from plugins.agreements import negotiating
from plugins.agreements import service as agreements
from plugins.agreements.models import Agreement
from plugins.claims import service as claims
from plugins.claims.queries import case as case_of
from plugins.drafts import service as drafts
from plugins.members import invitations as inviting
from plugins.members.models import Invitation, JoinRequest, Signer
from plugins.mobilities import service as mobilities
from plugins.mobilities.models import Mobility, ParticipantRow, PlacementRow
from plugins.notices import feed
from plugins.notices import service as notices
from plugins.partners import publishing
from plugins.ratings import models as rated
from plugins.requests import enquiring, telling
from plugins.requests import service as requests
from plugins.saved import service as saved
from plugins.saved.models import Entry, Note, SavedSearch
from plugins.signin import recovery
from plugins.signin import service as signin
from plugins.signin.models import Factor, Identity, Recovery
from plugins.tasks import interface as sharing
from plugins.tokens import rules as tokens
from plugins.tokens import service as tokens_service
from portal import db, mail
from portal.app import create_app
from portal.clock import FixedClock
from portal.config import Config
from portal.context import ANONYMOUS, Actor, Context
from portal.organisations import policy
from portal.organisations.models import Organisation, OrganisationIdentifier, OrganisationName
from portal.organisations.service import announce
from portal.people import login
from portal.people.models import Account
from portal.people.service import Visit
from portal.web import access
from portal.web.access import ADMIN, ANYONE, REVIEWER, Listed
from tests import factories, faults
from tests.conftest import NOON
from tests.factories import make_account, make_member, make_organisation, sign_in

ROWS = Path(__file__).with_name("access_rows.txt")
MISSING = "not-there-000000"

OF_A = {"member_a", "editor_a", "admin_a"}
EDIT_A = {"editor_a", "admin_a"}
STAFF = {"reviewer", "administrator"}
EVERYBODY = OF_A | STAFF | {"nobody", "member_b", "stranger"}
# Programs with a token, and as whom each acts in the API: one that may change everything its owner
# may, one that may read, one for another organisation alone, and that of the disabled person.
TOKENS = {
    "token_write": "admin_a",
    "token_read": "admin_a",
    "token_elsewhere": "elsewhere",
    "token_disabled": "disabled",
}
ACTORS = ("anonymous", "link_holder", "disabled", *sorted(EVERYBODY), *TOKENS)
API = "/api/"


# Who may do it with an object of A, and who else may know that it is there (403 instead of 404).
OWNERS: dict[str, tuple[set[str], set[str]]] = {
    "organisations.detail": (OF_A | {"administrator"}, set()),
    "organisations.edit": (EDIT_A | {"administrator"}, {"member_a"}),
    "directory.switch": ({"admin_a", "administrator"}, {"member_a", "editor_a"}),
    **dict.fromkeys(
        (
            f"directory.{name}"
            for name in (
                "entry",
                "edit_name",
                "add_name",
                "add_number",
                "remove_name",
                "remove_number",
            )
        ),
        (EDIT_A | {"administrator"}, {"member_a"}),
    ),
    "partners.edit": (EDIT_A, EVERYBODY - EDIT_A),
    "organisations.remove_member": ({"admin_a", "administrator"}, {"member_a", "editor_a"}),
    "setup.organisation": ({"administrator"}, set()),
    "members.index": (OF_A | {"administrator"}, set()),
    "members.leave": (OF_A, {"administrator"}),
    **dict.fromkeys(
        (
            f"members.{name}"
            for name in """invite signatory hand_over settle end_signatory change_role decide""".split()
        ),
        ({"admin_a"}, {"member_a", "editor_a", "administrator"}),
    ),
    "partners.publication": (OF_A | STAFF, set()),
    "partners.take_step": (set(), set()),  # a step that is not there; its service refuses by role
    "versions.index": (OF_A | {"administrator"}, set()),
    "versions.restore": (EDIT_A | {"administrator"}, {"member_a"}),
    "drafts.resume": ({"member_a"}, set()),
    "drafts.discard": ({"member_a"}, set()),
    "claims.decide": (STAFF, set()),
    "claims.verify": ({"admin_a"}, set()),
    **dict.fromkeys(("claims.appeal", "claims.statement_page"), (set(), set())),  # nothing decided
    "tasks.move": (STAFF, set()),
    "tasks.take": (STAFF, set()),
    **dict.fromkeys(
        ("tasks.share", "tasks.take_back", "tasks.inherit"),
        ({"admin_a"}, OF_A | STAFF | {"member_b"}),
    ),
    "tokens.revoke": ({"admin_a"}, set()),
    **dict.fromkeys(
        (
            "requests.edit",
            "requests.fits",
            "requests.tell",
            "requests.invite",
            "requests.replies",
            "requests.decide",
        ),
        (EDIT_A, set()),
    ),
    **dict.fromkeys(("saved.show", "saved.take_step"), ({"member_a"}, set())),
    **dict.fromkeys(
        ("saved.kept", "saved.kept_export", "saved.remove", "saved.write_note"), (OF_A, set())
    ),
    "saved.remove_note": ({"member_a", "admin_a"}, {"editor_a"}),
    "saved_api.shortlist": (OF_A, set()),
    **dict.fromkeys(
        (f"agreements.{name}" for name in ("show", "compare", "version_file", "sign")),
        (OF_A | {"member_b"}, set()),
    ),
    **dict.fromkeys(
        (f"agreements.{name}" for name in "clause accept remark agree paper follow reopen".split()),
        (EDIT_A | {"member_b"}, {"member_a"}),
    ),
    **dict.fromkeys(
        (
            f"agreements.{name}"
            for name in ("party_list", "party_order", "send", "remind", "cancel")
        ),
        (EDIT_A, {"member_a", "member_b"}),
    ),
    **dict.fromkeys(  # nothing of the kind is there yet, or the state is another one
        (
            f"agreements.{name}"
            for name in """answer remove_party scan decline give_notice withdraw_notice
                question""".split()
        ),
        (set(), OF_A | {"member_b"}),
    ),
    "outside.upload": (set(), OF_A | {"member_b"}),  # nothing is to be signed yet
    **dict.fromkeys(
        ("verification.document", "verification.bundle_file"), (OF_A | {"member_b"}, set())
    ),
    **dict.fromkeys(
        ("mobilities.show", "mobilities.steps", "mobilities.checklist"),
        (OF_A | {"member_b"}, set()),
    ),
    "mobilities_api.one": (OF_A | {"member_b", "elsewhere"}, set()),
    "mobilities.mark_step": (EDIT_A, OF_A | {"member_b"}),  # its host leads no such step
    "checklists.attach": (EDIT_A, OF_A | {"member_b"}),
    **dict.fromkeys(("checklists.download", "checklists.remove"), (set(), set())),  # no such file
    **dict.fromkeys(
        ("checklists.own_list", "checklists.usual_list"),
        (EDIT_A | {"administrator"}, {"member_a"}),
    ),
    **dict.fromkeys(
        (
            f"mobilities.{name}"
            for name in "edit participant arrangements contact send_link".split()
        ),
        (EDIT_A, set()),
    ),
    **dict.fromkeys(("mobilities.alarm", "mobilities.see_alarm"), (set(), set())),  # no such thing
    "mobilities.workplace": (EDIT_A | {"member_b"}, {"member_a"}),
    "mobilities.report": (set(), OF_A | {"member_b"}),  # nobody reports the end of a plan
    "occasions.mobility": (EDIT_A, {"member_a", "member_b"}),
    # tests/plugins/occasions try one that is there
    **dict.fromkeys(
        (f"occasions.{name}" for name in "consortium keep remove template".split()), (set(), set())
    ),
    "mobilities.answer": (set(), set()),  # a report that is not there
    **dict.fromkeys(
        (f"ratings.{name}" for name in ("give", "withdraw", "received", "reply", "dispute")),
        (EDIT_A, set()),
    ),
    **dict.fromkeys(("ratings.words", "ratings.disputed"), (STAFF, set())),
    **dict.fromkeys(  # one that is not there; tests/plugins/consortia try one that is
        (
            *(
                f"consortia.{name}"
                for name in """edit take_step history members invite remind take_member_step member
                set_contacts ask_contact
                join lead lead_step places one_place places_csv dates remove_date
                programme""".split()
            ),
            *(f"composer.{name}" for name in "partners remove_wish grow".split()),
            *(f"closing.{name}" for name in "show report keep make_archive give_archive".split()),
            *(f"sharing.{name}" for name in "shared take_back".split()),
            *(f"consortium_steps.{name}" for name in "show usual".split()),
            "consortium_health.show",
        ),
        (set(), set()),
    ),
    **dict.fromkeys(  # a consortium that is not there; tests/plugins/meetings try one that is
        (
            f"meetings.{name}"
            for name in """index as_csv new edit show cancel write note_decision add_action actions
            actions_csv finish decisions decisions_csv put decision withdraw switch announcements confirm invite_visitor remove_visitor""".split()
        ),
        (set(), set()),
    ),
    **dict.fromkeys(  # of one that is not there; tests/plugins/documents try one that is
        (
            f"documents.{name}"
            for name in "as_csv add show put describe restore remove bring_back".split()
        ),
        (set(), set()),
    ),
    **dict.fromkeys(  # of one that is not there; tests/plugins/work try one that is
        (
            f"work.{name}"
            for name in """plan switch plan_csv new_package package remove_package hand_over new_item
            item edit_item take_step remove_item budget_page budget_csv shares report_page recurring
            report_csv report_pdf""".split()
        ),
        (set(), set()),
    ),
    "roundtable_consortia.index": (set(), set()),  # tests/plugins/roundtable_consortia
    "requests.reply": (set(), OF_A),  # nobody answers a draft, nor the own request
    "requests.withdraw": (set(), set()),
    "requests.ask": (EDIT_A, EVERYBODY - EDIT_A),
    "requests.enquiry": (EDIT_A | {"member_b"}, set()),
    "requests.take_step": (EDIT_A, {"member_a"}),
    **dict.fromkeys(
        ("signin_step.recovery_page", "signin_step.decide"), ({"administrator"}, set())
    ),
    **dict.fromkeys(
        ("signin_step.rename", "signin_step.remove", "signin_step.sign_out", "signin_step.unlink"),
        ({"admin_a"}, set()),
    ),
    "tokens_api.organisation": (OF_A | {"administrator"}, set()),
    "tokens_api.change_organisation": (EDIT_A | {"administrator"}, {"member_a"}),
}
OF_CONSORTIA = (
    "consortia.",
    "composer.",
    "closing.",
    "consortium_health.",
    "consortium_steps.",
    "sharing.",
    "sharing_api.",
    "occasions.",
    "meetings.",
    "roundtable_consortia.",
    "documents.",
    "work.",
)
OF_MOBILITIES = ("mobilities.", "mobilities_api.", "occasions.")
OF_DRAFT = {"partners.publication", "partners.take_step"}
SHARING = {"tasks.share", "tasks.take_back", "tasks.inherit"}  # a draft that member_b may read
# What is decided about by the person's own session, or by knowing a number or link.
OWN = {
    "signin.index", "signin.update", "signin.change_password", "signin.reset", "signin.verify",
    "organisations.overview", "partners.drafts", "tasks.task_list", "drafts.save", "pages.take_back",
    "tokens.index", "tokens.make", "tokens_api.me", "claims.receipt", "trust.index", "trust.copy",
    "trust.erase", "setup_metrics.show", "welcome.index", "welcome.choose", "welcome.switch",
    "notices.index", "notices.open_notice", "notices.read_all", "notices.settings", "notices.stop",
    "notices.calendar", "notices.change_calendar", "notices.calendar_file", "notices.address",
    "notices.resume", "requests.mine", "requests.new", "requests.enquiries",
    "requests.no_invitations", "members_link.answer", "links.over",
    *(f"mobilities_link.{name}" for name in "person did wrong workplace did_at_work".split()),
    "saved.index_page", "saved.new", "saved.keep", "saved.feed", "saved_api.searches",
    "merging.preview", "merging.merge", "merging.take_back", "merging.apart",
    "mobilities.index", "mobilities.new", "mobilities.bring", "mobilities_api.export", "mobilities_api.index",
    "ratings_link.rate", "ratings_link.withdraw",
}  # fmt: skip
OWN |= {
    *(f"cooperation.{name}" for name in """index export new show correct hand_in document document_file
    ask reference settle_reference words""".split()),
    *(f"cooperation_link.{name}" for name in ("write", "withdraw")),
}  # fmt: skip
OWN |= {f"consortia.{name}" for name in ("new", "as_csv", "as_json", "invitation")}
OWN |= {"sharing.status", "documents.index", "documents.download", "meetings.visitor"}
OWN |= {"meetings.visitor_file"}
OWN |= {"agreements.index", "agreements.new"} | {
    f"reliance.{name}"
    for name in "trust_list trust_sheet settle_ground finish_step recognition deliver".split()
}
OWN |= {
    f"agreements_link.{name}" for name in ("show", "agree", "clause", "remark", "sign", "decline")
}
OWN |= {
    *(f"roundtables_own.{name}" for name in """mine act edit gate people people_file needs
    choose_contact objections allocation allocate""".split()),
    *(f"roundtables.{name}" for name in """draw_file mine new edit take_step copy new_table edit_table
    end_table""".split()),
    *(f"attendance_own.{name}" for name in "attendance check_in revoke groups survey survey_file own act".split()),
    *(f"attendance.{name}" for name in "write_outcomes hide_outcomes moderate".split()),
    *(f"roundtable_invitations.{name}" for name in "invitations invitations_file remove invited answer".split()),
    "roundtable_mail.enter", "roundtable_rules.rules", "roundtable_rules.curve",
    "roundtable_next.move_on", "roundtable_exchange.repeat",
    *(f"roundtable_exchange.{name}" for name in ("calendar_file", "add")),
}  # fmt: skip
OWN |= {
    f"signin_step.{name}"
    for name in """own_steps begin_app add_app confirm_app passkey_question add_passkey renew_codes
    codes_file prove prove_question device_list second_step_page question set_up lost stop begin_link back""".split()
}
# Tables that reading may change: counters and what lives as long as a visit.
COUNTERS = frozenset({"partners_missed_search", "session", "throttle", "people_throttle"})


REQUEST: dict[str, Any] = {
    "title": "Request canary", "text": "A draft.", "lang": "en", "role": "host", "fields": ["0721"],
    **dict.fromkeys(("occupations", "countries", "languages", "modes", "inclusion"), ()),
    **dict.fromkeys(("starts_on", "ends_on", "places", "youngest_age")),
    "closes_on": NOON.date(),
}  # fmt: skip


def make_agreement(app: Flask, first: Organisation, second: Organisation) -> Agreement:
    """Let one organisation send another an agreement."""
    ctx = factories.clocked(app)
    made = agreements.begin(
        ctx, first, "mou", "Agreement canary", role="partner",
        others=[agreements.Asked("partner", second)],
    )  # fmt: skip
    negotiating.send(ctx, made)
    return made


def make_mobility(app: Flask, sending: Organisation, host: Organisation) -> dict[str, str]:
    """Plan a mobility; returns the ids in its addresses."""
    facts = dict.fromkeys(("field", "occupation", "phone", "contact_id"))
    days = {"starts_on": NOON.date(), "ends_on": NOON.date() + timedelta(days=7)}
    person = {"name": "Learner canary", "arrangements": "Needs canary"}
    values = {
        "title": "Mobility canary", "kind": "individual", "mode": "physical", "participants": [person],
    }  # fmt: skip
    made: Mobility = mobilities.plan(
        factories.clocked(app), {**facts, **days, **values, "field": ""}, sending=sending, host=host
    )
    return {
        "mobility": made.public_id,
        "placement_id": PlacementRow.get().public_id,
        "participant_id": ParticipantRow.get().public_id,
    }


def make_ratings(sending: Organisation, host: Organisation) -> dict[str, str]:
    """Ask for a rating, and release one with words and a dispute; returns the ids by page."""
    days = {"starts_on": "2026-10-01", "ended_on": "2026-10-30"}
    ending, again = (
        rated.Ending.create(
            placement=at, placement_key=f"key{at}", mobility=at, sending=sending.id, host=host.id,
            outcome="ended", criteria=1, asked_at=NOON, opens_at=NOON + timedelta(days=14),
            released_at=released_at, **days,
        )
        for at, released_at in ((901, None), (902, NOON))
    )  # fmt: skip
    rated.Invitation.create(
        public_id="rateme", ending=ending, role="sending", organisation=sending.id
    )
    asked = rated.Invitation.create(
        public_id="asked", ending=again, role="host", organisation=host.id, answered_at=NOON
    )
    rating = rated.Rating.create(
        public_id="released", invitation=asked, ending=again, rater=host.id, rated=sending.id,
        role="host", rated_role="sending", state="published", given_at=NOON,
        released_on="2026-11-01",
    )  # fmt: skip
    text = rated.Text.create(
        public_id="words", rating=rating, kind="comment", organisation=host.id, lang="en",
        text="Words canary", state="waiting", written_at=NOON,
    )  # fmt: skip
    disputed = rated.Dispute.create(
        public_id="disputed", rating=rating, organisation=sending.id, reason="untrue",
        text="Dispute canary", created_at=NOON,
    )  # fmt: skip
    return {
        **dict.fromkeys(("ratings.give", "ratings.withdraw"), "rateme"),
        **dict.fromkeys(
            (f"ratings.{name}" for name in ("received", "reply", "dispute")), "released"
        ),
        "ratings.words": text.public_id,
        "ratings.disputed": disputed.public_id,
    }


@dataclass
class World:
    """A portal with organisations A, B and C, an object of A for each kind, and its visitors."""

    app: Flask
    visitors: dict[str, tuple[dict[str, str], str]] = field(default_factory=dict)
    bearers: dict[str, str] = field(default_factory=dict)
    fill: dict[str, str] = field(default_factory=dict)
    canaries: dict[str, set[str]] = field(default_factory=dict)
    cells: int = 0
    faults: list[str] = field(default_factory=list)
    image: sqlite3.Connection = field(default_factory=lambda: sqlite3.connect(":memory:"))
    untouched: Any = None
    written: tuple[int, int] = (0, 0)
    kept: tuple[Any, int] = (None, 0)

    def client(self, actor: str) -> tuple[FlaskClient, str]:
        """Return a browser of its own with the actor's cookies, and a token for forms."""
        client = self.app.test_client()
        cookies, token = self.visitors[actor]
        for name, value in cookies.items():
            client.set_cookie(name, value)
        if actor in self.bearers:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.bearers[actor]}"
        return client, token

    def restore(self) -> None:
        """Put the database back as it was, if something was written since."""
        connection = db.database.connection()
        if connection is not self.kept[0] or connection.total_changes != self.kept[1]:
            self.image.backup(connection)
            self.kept = (connection, connection.total_changes)

    def is_changed(self) -> bool:
        """Whether the database differs from how it was; looks only after something was written."""
        connection = db.database.connection()
        written = (id(connection), connection.total_changes)
        if written == self.written:
            return False
        self.written = written
        return bool(faults.dump(COUNTERS) != self.untouched)

    def fault(self, cell: str, text: str) -> None:
        self.faults.append(f"{cell}: {text}")


def make_world(app: Flask) -> World:
    """Fill a portal with what the matrix needs."""
    world = World(app)
    accounts = {
        name: make_account(
            app,
            name=f"Person {name}",
            email=f"{name.replace('_', '-')}@mail-canary.example",
            role={
                "reviewer": "Reviewer",
                "administrator": "SiteAdmin",
                "disabled": "SiteAdmin",
            }.get(name, "Member"),
        )
        for name in (*sorted(EVERYBODY), "disabled")
    }
    organisations = {
        letter: make_organisation(
            f"Secret canary {letter}", admin=accounts[admin], slug=f"secret-{letter}",
            public_id=f"secretid{letter}", hidden_at=NOON,
        )
        for letter, admin in (("a", "admin_a"), ("b", "member_b"), ("c", "stranger"))
    }  # fmt: skip
    make_member(organisations["a"], accounts["member_a"], "OrgMember")
    make_member(organisations["a"], accounts["editor_a"], "OrgEditor")
    shown = make_organisation("Shown school", admin=accounts["admin_a"], slug="shown-school")
    make_member(shown, accounts["editor_a"], "OrgEditor")
    make_member(shown, accounts["member_a"], "OrgMember")
    draft_school = make_organisation(
        "Draft school canary", admin=accounts["admin_a"], slug="draft-school"
    )
    make_member(draft_school, accounts["editor_a"], "OrgEditor")
    make_member(draft_school, accounts["member_a"], "OrgMember")
    with app.test_request_context():
        of_a = factories.clocked(app).as_actor(_actor(accounts["admin_a"]))
        invited = inviting.invite(
            of_a, organisations["a"], email="invited@mail-canary.example", role="OrgEditor"
        )
    signer = Signer.create(
        public_id="signer", organisation=organisations["a"], name="Head canary", function="head",
        email="head@mail-canary.example", confirmed_at=NOON,
    )  # fmt: skip
    asking = JoinRequest.create(
        public_id="asking", organisation=organisations["a"], account=accounts["stranger"].id,
        message="Asking canary", created_at=NOON, due_at=NOON,
    )  # fmt: skip
    OrganisationName.create(organisation=organisations["a"], kind="alias", name="Also a")
    OrganisationIdentifier.create(organisation=organisations["a"], scheme="pic", value="9" * 9)
    public = make_organisation("Public school", slug="public-school", public_id="publicschool")
    with app.test_request_context():
        ctx = factories.clocked(app).as_actor(_actor(accounts["member_a"]))
        case = claims.open_case(ctx, public, "wrong-fact", message="Case canary")
        publishing.start(factories.clocked(app), draft_school.id, draft_school.public_id, "draft")
        profile = publishing.find("profile", draft_school.id)
        sharing.share(factories.clocked(app), profile, accounts["member_b"], "Viewer")
        draft = drafts.save(ctx, "new", "/organisations/new", [("name", "Draft canary")])
        world.bearers = make_tokens(app, accounts, shown)
        wanted = requests.write(factories.clocked(app), REQUEST, organisation=shown)
        hosts = make_organisation("Host", admin=accounts["member_b"], slug="host-of-b")
        asked = enquiring.ask(factories.clocked(app), shown, hosts, "Enquiry canary")
        planned = make_mobility(app, shown, hosts)
        agreed = make_agreement(app, shown, hosts)
        planned |= make_ratings(shown, hosts)
    for name in accounts:
        client = app.test_client()
        sign_in(client, accounts[name])
        token = factories.csrf_token(client, "/account/")
        world.visitors[name] = (_cookies(client), token)
    search_row, note = make_kept(app, accounts["member_a"], organisations["a"], public)
    owner = accounts["admin_a"]
    elsewhere = sign_in(app.test_client(), owner).get("/account/devices").text
    step: Factor = Factor.create(
        public_id="ownstep", account=owner.id, kind="app", name="App", secret="", created_at=NOON
    )
    outside: Identity = Identity.create(
        public_id="ownlink",
        account=owner.id,
        issuer="https://id.example",
        subject="1",
        linked_at=NOON,
    )
    lost: Recovery = Recovery.create(
        public_id="lostone", account=accounts["stranger"].id, asked_at=NOON
    )
    client = app.test_client()
    token = factories.csrf_token(client)
    world.visitors |= dict.fromkeys(("anonymous", *TOKENS), (_cookies(client), token))
    for name, link in LINKS.items():
        assert client.get(link.make(app, f"holder-{name}")[0]).status_code < 400
    world.visitors["link_holder"] = (_cookies(client), token)
    Account.update(disabled_at=NOON).where(Account.id == accounts["disabled"].id).execute()
    world.fill = {
        "slug": organisations["a"].slug, "slug of all": public.slug, "slug shown": shown.slug,
        "slug of draft": draft_school.slug, "slug of host": hosts.slug, "what": "profile",
        "shared": draft_school.public_id, "case": case.public_id,
        "organisation": organisations["a"].public_id,
        "draft": draft.public_id, "own token": tokens.parts(world.bearers["token_read"])[0],
        "person": accounts["admin_a"].public_id, "request": wanted.slug,
        "enquiry": asked.public_id, "agreement": agreed.public_id,
        **planned, "consortium": MISSING, "report_id": MISSING, "alarm_id": MISSING, "key": "B6",
        "own search": search_row.public_id, "own note": note.public_id, "partner": public.slug,
        "own step": step.public_id,
        "own link": outside.public_id,
        "members.settle": invited.public_id, "members.end_signatory": signer.public_id,
        "members.decide": asking.public_id,
        "recovery": lost.public_id,
        "own device": elsewhere.split("/account/devices/")[1].split("/")[0],
        "plugin": "claims", "kind": "csv", "path": "css/base.css", "name": "css/base.css",
        "reason": "forgot", "token": "x" * 32, "step": "accept", "scope": "portal", "code": "de",
    }  # fmt: skip
    world.canaries = {
        "Secret canary a": OF_A | {"administrator"},
        "Secret canary b": {"member_b", "administrator"},
        "Secret canary c": {"stranger", "administrator"},
        "Draft school canary": OF_A | STAFF | {"member_b"},
        "Case canary": STAFF | {"member_a"},
        "Draft canary": {"member_a"},
        "Enquiry canary": EDIT_A | {"member_b"},
        "Agreement canary": OF_A | {"member_b", "administrator"},  # metadata: mails and log name it
        "invited@mail-canary.example": {"admin_a", "administrator"},  # who sees all mails sent
        "head@mail-canary.example": {"admin_a"},
        "Head canary": {"admin_a"},
        "Asking canary": {"admin_a", "stranger"},
        "Search canary": {"member_a"},
        "Note canary": OF_A,
        "Request canary": OF_A | {"administrator", "elsewhere"},
        **{
            f"{name.replace('_', '-')}@mail-canary.example": {name, "administrator"}
            | (OF_A if name in OF_A else set())
            | (STAFF if name == "member_a" else set())
            | ({"admin_a"} if name == "stranger" else set())  # who asked to join
            for name in accounts
        },
    }
    db.database.connection().backup(world.image)
    return world


def make_kept(
    app: Flask, account: Account, organisation: Organisation, partner: Organisation
) -> tuple[SavedSearch, Note]:
    """Make a search that a person keeps, and a note on the shortlist of an organisation."""
    with app.test_request_context():
        announce(factories.clocked(app), [partner.id])
        entry = Entry.create(
            organisation=organisation.id, partner=partner.id, account=account.id, added_at=NOON
        )
        note = Note.create(
            public_id="ownnote", entry=entry.id, account=account.id, text="Note canary",
            written_at=NOON,
        )  # fmt: skip
        return _search(account, "Search canary"), note


def _search(account: Account, name: str, nonce: str = "") -> SavedSearch:
    made: SavedSearch = SavedSearch.create(
        public_id=f"search{account.id}", account=account.id, kind="partner", state="", name=name,
        rhythm="daily", created_at=NOON, since_seq=0, known=b"", nonce=nonce,
    )  # fmt: skip
    return made


def make_tokens(
    app: Flask, accounts: dict[str, Account], elsewhere: Organisation
) -> dict[str, str]:
    """Make the programs' tokens, each used a moment ago so that its last use is written."""
    ctx, found = factories.clocked(app), {}
    for name, owner in {**TOKENS, "token_elsewhere": "admin_a"}.items():
        scope = "write" if name in {"token_write", "token_disabled"} else "read"
        only = elsewhere.public_id if name == "token_elsewhere" else ""
        mine = ctx.as_actor(_actor(accounts[owner]))
        found[name] = tokens_service.make_token(mine, name=name, scope=scope, organisation=only)[1]
        tokens_service.holder(mine, found[name])
    return found


def _actor(account: Account) -> Actor:
    return Actor(account.id, account.name, frozenset({"Member", account.role}))


def _cookies(client: FlaskClient) -> dict[str, str]:
    names = ("portal_session", "portal_state", "portal_draft")
    found = {name: client.get_cookie(name) for name in names}
    return {name: cookie.value for name, cookie in found.items() if cookie}


def addresses(world: World, rule: Rule, listed: Listed) -> Iterator[tuple[str, str]]:
    """Yield the addresses of a rule: that of an object of A (or a public one), and a missing one."""
    about = listed.endpoint
    is_owned = about in OWNERS
    values: dict[str, Any] = {}
    for name in rule.arguments:
        choices = getattr(rule._converters.get(name), "items", None) or ()
        key = name
        if name == "public_id" and about.startswith("setup."):
            key = "person"
        elif name == "public_id":
            key = "case"
            if about.startswith(("versions.", "tokens_api.", "saved_api.")):
                key = "organisation"
            key = "shared" if about in SHARING else key
            key = "own token" if about.startswith("tokens.") else key
            key = "enquiry" if about == "requests.enquiry" else key
            of_agreement = ("agreements.", "verification.", "outside.")
            key = "agreement" if about.startswith(of_agreement) else key
            key = about if about.startswith("ratings.") else key
            key = "own step" if about.startswith("signin_step.") else key
            key = about if about.startswith("members.") else key
            key = "consortium" if about.startswith(OF_CONSORTIA) else key
            key = "mobility" if about.startswith(OF_MOBILITIES) else key
            key = (
                "recovery" if about in {"signin_step.recovery_page", "signin_step.decide"} else key
            )
        elif name == "slug":
            key = "slug" if is_owned else "slug of all"
            key = "slug shown" if about == "partners.edit" else key
            key = "slug of draft" if about in OF_DRAFT else key
            key = "slug of host" if about == "requests.ask" else key
            of_partners = {"requests.ask", "requests.past_partners"}
            if about.startswith(("requests.", "requests_api.")) and about not in of_partners:
                key = "request"
            key = "consortium" if about.startswith(OF_CONSORTIA) else key
        elif name == "number" and about.startswith("drafts."):
            key = "draft"
        elif name == "number" and about.startswith("signin_step."):
            key = "own device"
        elif name == "number" and about.startswith("saved."):
            key = "own note" if about == "saved.remove_note" else "own search"
        elif about == "saved.feed" and name == "kind":
            values[name] = "atom"
            continue
        elif (
            name == "step" and choices and about.startswith(("consortia.", "roundtables", "work."))
        ):
            values[name] = sorted(choices)[0]
            continue
        elif name == "name" and about in SHARING:
            values[name] = "partners_profile"
            continue
        elif name == "name" and about.startswith(("tasks.", "versions.", "setup.")):
            values[name] = "organisation" if about.startswith("versions.") else "claims_case"
            continue
        elif name == "step" and about.startswith(("requests.", "saved.")):
            values[name] = "publish" if "publish" in choices else sorted(choices)[0]
            continue
        elif name == "key" and about.startswith("agreements."):
            values[name] = "objectives"
            continue
        elif name == "how":
            values[name] = "copy"
            continue
        elif name == "section":
            values[name] = sorted(choices)[0]
            continue
        elif name == "act":
            values[name] = sorted(choices)[0] if choices else "deactivate"
            continue
        values[name] = world.fill.get(key, "1")
    with world.app.test_request_context():
        yield "there", str(rule.build(values)[1])  # type: ignore[index]
        for name in ("slug", "public_id", "number"):
            if is_owned and name in values and (name != "number" or len(values) == 1):
                yield "missing", str(rule.build({**values, name: MISSING})[1])  # type: ignore[index]


def acting_as(actor: str, rule: str) -> str:
    """Return whose rights an actor has at an address: a token's holder counts in the API alone."""
    if actor in TOKENS:
        return TOKENS[actor] if rule.startswith(API) else "anonymous"
    return "anonymous" if actor == "link_holder" else actor


def expected(listed: Listed, actor: str) -> str:
    """Return what the tables say of an actor: in, sign in, forbidden, known or absent."""
    if listed.rule.startswith(API):
        if actor == "token_disabled":
            return "sign in"  # a token that is no good opens not even what is public
        if actor in {"token_read", "token_elsewhere"} and listed.method != "GET":
            return "forbidden"
    actor = acting_as(actor, listed.rule)
    signed_in = actor not in {"anonymous", "disabled"}
    if listed.row.actors != ANYONE and not signed_in:
        return "sign in"
    if listed.row.actors == REVIEWER and actor not in STAFF:
        return "forbidden"
    if listed.row.actors == ADMIN and actor != "administrator":
        return "forbidden"
    if listed.endpoint in OWNERS:
        may_do, may_know = OWNERS[listed.endpoint]
        return "in" if actor in may_do else "known" if actor in may_know else "absent"
    return "in"


def fits(listed: Listed, wanted: str, answer: TestResponse, target: str) -> bool:
    """Whether an answer is what the tables say."""
    status = answer.status_code
    if target == "missing":
        return status == 404 or wanted in {"forbidden", "sign in"}
    if wanted == "sign in":
        to_sign_in = status == 303 and "/account/sign-in" in (answer.location or "")
        return status == 401 or to_sign_in
    is_plain = listed.method == "GET" or listed.rule.startswith(API)
    if wanted == "in" and listed.endpoint in OWNERS and is_plain:
        return status < 400
    if wanted == "in":
        return status < 400 or status in {400, 404, 409, 422, 429}
    return status in {"forbidden": {403}, "known": {403, 404}, "absent": {404}}[wanted]


def visit(world: World, actors: tuple[str, ...], only: str = "") -> World:
    """Try every cell; what is wrong is in `faults`."""
    app = world.app
    listed = {(item.endpoint, item.rule, item.method): item for item in access.table(app)}
    world.untouched = faults.dump(COUNTERS)
    for rule in sorted(app.url_map.iter_rules(), key=lambda item: item.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            row = listed.get((rule.endpoint, rule.rule, method))
            if only and rule.endpoint != only:
                continue
            if row is None:
                world.fault(f"{method} {rule.rule}", "no access row")
                continue
            if row.row.owner and row.endpoint not in OWNERS and row.endpoint not in OWN:
                world.fault(f"{method} {rule.rule}", "add a line to OWNERS or OWN")
            places = dict(addresses(world, rule, row))
            for actor in actors:
                # Elsewhere a token is nothing: one of them shows it.
                if actor not in TOKENS or actor == "token_write" or row.rule.startswith(API):
                    _try(world, actor, row, places)
    return world


def _try(world: World, actor: str, row: Listed, places: dict[str, str]) -> None:
    wanted, seen, reader = expected(row, actor), {}, acting_as(actor, row.rule)
    for target, address in places.items():
        client, token = world.client(actor)
        sent: dict[str, Any] = {}
        if row.method != "GET" and row.rule.startswith(API):
            sent = {"json": {"version": 1, "city": "Riga"}, "headers": {"X-CSRFToken": token}}
        elif row.method != "GET":
            sent = {"data": {"csrf_token": token}}
        answer = client.open(address, method=row.method, **sent)
        cell = f"{row.method} {address} as {actor}"
        world.cells += 1
        if answer.status_code >= 500:
            world.fault(cell, f"answered {answer.status_code}")
        if not fits(row, wanted, answer, target):
            world.fault(cell, f"answered {answer.status_code}, but the table says: {wanted}")
        said = answer.get_data().decode(errors="replace") + str(answer.headers)
        for canary, readers in world.canaries.items():
            if reader not in readers and canary in said:
                world.fault(cell, f"shows {canary!r}")
        if "Content-Security-Policy" not in answer.headers:
            world.fault(cell, "has no security headers")
        if (row.method == "GET" or wanted != "in") and world.is_changed():
            world.fault(cell, "changed what is stored")
            world.restore()
        if row.method != "GET" or row.endpoint in {"signin.verify", "signin.reset"}:
            world.restore()
        if wanted == "absent":
            seen[target] = (
                answer.status_code,
                _plain(answer.get_data().decode(errors="replace"), address),
            )
    if wanted == "absent" and len(seen) == 2 and seen["there"] != seen["missing"]:
        world.fault(f"{row.method} {places['there']} as {actor}", "differs from a missing object")


def _plain(text: str, address: str) -> str:
    """Return a page without what belongs to the visit: address, tokens, keys."""
    text = text.replace(address, "HERE").replace(address.replace("/", "%2F"), "HERE")
    return re.sub(r'(name="(?:csrf_token|_key)" value=")[^"]*', r"\1", text)


def reviewed_rows(app: Flask) -> str:
    """Return the access table as text, a line a route."""
    lines = [f"{item.row.actors:<10} {item.method:<6} {item.rule}" for item in access.table(app)]
    return "\n".join(lines) + "\n"


# Links for whoever has them.


@dataclass(frozen=True)
class Link:
    """A kind of link: `make(app, mark)` gives its address, and what its page shows of its object."""

    make: Callable[[Flask, str], tuple[str, str]]
    lives: timedelta | None


def _mailed(app: Flask, mark: str, verified: bool) -> tuple[str, str]:
    account = make_account(app, email=f"{mark}@mail-canary.example", verified=verified)
    with app.test_request_context():
        if verified:
            signin.request_reset(factories.clocked(app), account.email, Visit("192.0.2.7"))
        text = mail.Outbox.select().order_by(mail.Outbox.id.desc()).get().text
    found = re.search(r"/account/(?:verify|reset)/\S+", text)
    assert found
    return found[0], account.email


def _receipt(app: Flask, mark: str) -> tuple[str, str]:
    entry = make_organisation(f"Entry {mark}")
    with app.test_request_context():
        case = claims.open_case(
            factories.clocked(app).as_actor(ANONYMOUS),
            entry, "removal", message="Please", reply_to="somebody@school.example",
        )  # fmt: skip
    return f"/organisations/receipts/{case.public_id}", entry.name


def _appeal(app: Flask, mark: str) -> tuple[str, str]:
    path, name = _receipt(app, mark)
    with app.test_request_context():
        case = case_of(path.rpartition("/")[2])
        claims.decide_case(factories.clocked(app), case, False, "It stays.")
    return f"{path}/appeal", name


def _stop(app: Flask, mark: str) -> tuple[str, str]:
    is_mine = mark == "mine"
    with app.test_request_context():
        path = notices.stop_path(
            make_account(app).id, "tasks.late" if is_mine else "claims.decided"
        )
    return path, "A review is late" if is_mine else "Your request about an entry was decided"


def _calendar(app: Flask, mark: str) -> tuple[str, str]:
    account = make_account(app, name=f"Person {mark}")
    with app.test_request_context():
        feed.renew(factories.clocked(app).as_actor(_actor(account)))
        return feed.path_of(account.id), account.name


def _invitation(app: Flask, mark: str) -> tuple[str, str]:
    invited = make_organisation(f"Invited {mark}", domain=f"{mark}.example")
    with app.test_request_context():
        db.execute(
            "INSERT INTO requests_invitation (organisation_id, invited_at) VALUES (?, ?)",
            (invited.id, db.utc_text(NOON)),
        )
        return f"/requests/no-invitations/{telling.token_of(invited.id)}", invited.name


def _membership(app: Flask, mark: str) -> tuple[str, str]:
    admin = make_account(app)
    school = make_organisation(f"Inviting {mark}", admin=admin)
    with app.test_request_context():
        ctx = factories.clocked(app).as_actor(_actor(admin))
        row: Invitation = inviting.invite(
            ctx, school, email=f"{mark}@mail-canary.example", role="OrgMember"
        )
        return inviting.path_of(row), school.name


def _stopping(app: Flask, mark: str) -> tuple[str, str]:
    account = make_account(app, email=f"{mark}@mail-canary.example")
    row: Recovery = Recovery.create(
        public_id=f"lost-{account.id}",
        account=account.id,
        asked_at=NOON + timedelta(days=account.id),
    )
    with app.test_request_context():
        token = recovery.link(row)
    at = recovery.may_be_decided_at(row)
    return f"/account/second-step/stop/{token}", f"{at.day} {at:%B} {at.year}"


def _feed(app: Flask, mark: str) -> tuple[str, str]:
    row = _search(make_account(app), f"Search {mark}", nonce=mark)
    with app.test_request_context():
        return f"{saved.feed_path(row)}.atom", row.name


LINKS = {
    "signin.verify": Link(lambda app, mark: _mailed(app, mark, False), timedelta(days=3)),
    "signin.reset": Link(lambda app, mark: _mailed(app, mark, True), timedelta(hours=1)),
    "claims.receipt": Link(_receipt, None),
    "claims.appeal": Link(_appeal, timedelta(days=183, seconds=1)),
    "signin_step.stop": Link(_stopping, None),
    "notices.stop": Link(_stop, None),
    "notices.calendar_file": Link(_calendar, None),
    "requests.no_invitations": Link(_invitation, None),
    "members_link.answer": Link(_membership, timedelta(days=14)),
    "saved.feed": Link(_feed, None),
}
# Open to everyone by other means: a cookie of the browser that wrote it or that has just sent the right
# password, the operator's own token; a link that is over, which shows nothing but how to get a new one
# (tests/plugins/links); links by which participants rate (tests/plugins/ratings)
# or somebody writes a reference (tests/plugins/cooperation).
BY_OTHER_MEANS = {
    "drafts.resume",
    *(f"roundtables_own.{name}" for name in "mine act edit gate".split()),
    "roundtables.draw_file",
    "roundtable_next.move_on",  # tests/plugins/roundtable_next
    *(f"attendance_own.{name}" for name in ("own", "act")),  # tests/plugins/attendance
    *(f"roundtable_invitations.{name}" for name in ("invited", "answer")),
    "links.over",
    *(f"agreements_link.{name}" for name in "show agree clause remark sign decline".split()),
    *(f"consortia.{name}" for name in ("invitation", "as_csv", "as_json")),
    "sharing.status",
    *(f"documents.{name}" for name in ("index", "download")),  # tests/plugins/documents
    *(f"meetings.{name}" for name in ("visitor", "visitor_file")),  # tests/plugins/meetings
    *(f"mobilities_link.{name}" for name in "person did wrong workplace did_at_work".split()),
    "ratings_link.rate",
    "ratings_link.withdraw",
    "cooperation_link.write",
    "cooperation_link.withdraw",
    "setup_metrics.show",
    "signin_step.back",
    "signin_step.lost",
    "signin_step.second_step_page",
    "signin_step.question",
    "signin_step.set_up",
}


@pytest.fixture
def world(app: Flask) -> World:
    return make_world(app)


@pytest.mark.long
def test_no_visitor_gets_or_sees_more_than_the_table_says(world: World) -> None:
    visit(world, ACTORS)

    assert "\n".join(world.faults) == ""
    assert world.cells > 1_900


def test_every_link_for_whoever_has_it_is_known_here(app: Flask) -> None:
    listed = {
        item.endpoint for item in access.table(app) if item.row.actors == ANYONE and item.row.owner
    }

    assert listed == {*LINKS, *BY_OTHER_MEANS}


@pytest.mark.parametrize("name", LINKS)
def test_a_link_opens_its_own_object_for_its_own_time_and_nothing_else(
    name: str, app: Flask, clock: FixedClock
) -> None:
    others = {other: LINKS[other].make(app, f"other-{other.replace('.', '-')}") for other in LINKS}
    address, shown = LINKS[name].make(app, "mine")
    secret = address.rpartition("/")[2]
    client = app.test_client()

    opened = client.get(address)
    assert opened.status_code == 200 and shown in opened.text
    assert not [text for _path, text in others.values() if text in opened.text]

    near_misses = [
        f"{address[:-1]}{'a' if address[-1] != 'a' else 'b'}",
        f"{address}0",
        address[:-1],
    ]
    foreign = [
        path.replace(path.rpartition("/")[2], secret) for key, (path, _text) in others.items()
        if key != name
    ]  # fmt: skip
    for wrong in near_misses + foreign:
        answer = client.get(wrong)
        assert answer.status_code == 404, wrong
        assert shown not in answer.text
    lives = LINKS[name].lives
    clock.moment += lives - timedelta(seconds=1) if lives else timedelta(days=3_650)
    assert client.get(address).status_code == 200
    if lives:
        missing = client.get(near_misses[0])
        clock.moment += timedelta(seconds=1)
        over = client.get(address)
        assert over.status_code == 404
        assert _plain(over.text, address) == _plain(missing.text, near_misses[0])


def test_the_access_table_is_the_one_that_was_reviewed(app: Flask) -> None:
    assert reviewed_rows(app) == ROWS.read_text(encoding="utf-8")


def test_methods_that_a_route_does_not_know_are_refused(app: Flask) -> None:
    client = app.test_client()
    for path in ("/", "/partners", "/account/sign-in", "/healthz"):
        assert client.delete(path).status_code == 405


def test_a_row_that_is_weakened_is_found(app: Flask) -> None:
    reviewed = reviewed_rows(app)
    weakened = 0
    for endpoint, view in app.view_functions.items():
        rows = getattr(view, "access_rows", None)
        if rows and any(row.actors != ANYONE for row in rows):
            view.access_rows = [access.Row(ANYONE, frozenset())]  # type: ignore[attr-defined]
            assert reviewed_rows(app) != reviewed, endpoint
            view.access_rows = rows  # type: ignore[attr-defined]
            weakened += 1
    assert weakened > 20


@pytest.mark.parametrize("endpoint", ["pages.plugins", "claims.case_list", "tasks.task_list"])
def test_a_view_that_no_longer_asks_who_comes_is_found(
    endpoint: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "refuse", lambda row, actor: None)

    assert visit(world, ACTORS, only=endpoint).faults


def test_a_view_that_no_longer_asks_whose_object_it_is_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "may_see_inside", lambda actor, organisation: True)

    found = visit(world, ACTORS, only="organisations.detail").faults

    assert any("as member_b: shows 'Secret canary a'" in text for text in found)
    assert any("the table says: absent" in text for text in found)


def test_a_token_that_may_do_more_than_it_was_made_for_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = tokens_service.holder

    def generous(ctx: Context, token: str) -> Actor | None:
        found = genuine(ctx, token)
        return found and replace(found, scopes=frozenset({"read", "write"}), organisation_id=None)

    monkeypatch.setattr(tokens_service, "holder", generous)

    shown = visit(world, tuple(TOKENS), only="tokens_api.organisation").faults
    changed = visit(world, tuple(TOKENS), only="tokens_api.change_organisation").faults

    assert any("as token_elsewhere: shows 'Secret canary a'" in text for text in shown)
    assert any("as token_read: answered 200" in text for text in changed)


def test_a_page_that_writes_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    genuine = world.app.view_functions["pages.home"]

    def careless() -> Any:
        Organisation.update(city="Riga").execute()
        return genuine()

    careless.access_rows = genuine.access_rows  # type: ignore[attr-defined]
    monkeypatch.setitem(world.app.view_functions, "pages.home", careless)

    found = visit(world, ("anonymous",), only="pages.home").faults

    assert any("changed what is stored" in text for text in found)


if __name__ == "__main__":
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        made = create_app(Config(instance=folder, testing=True))
        ROWS.write_text(reviewed_rows(made), encoding="utf-8")
    sys.stdout.write(f"{ROWS} is written.\n")
