"""Every question the core asks plugins: the contract.

The first argument is always `ctx`. A hook is called through the isolating dispatcher with a
failure policy:

- *load*: asked once while plugins load; an error makes the plugin broken, the site starts.
- *isolate*: a plugin that raises loses its contribution; it is logged once and counted.
- *transact*: part of a business transaction; an error aborts the operation.
- *deny*: asked for a permission; an error means no.
- *job*: run by the worker, at least once; an error means another try later.

Silence (None, or no implementation) is always a fine answer.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Protocol

import click
import peewee
import pluggy
from flask import Blueprint
from markupsafe import Markup

from portal.context import Actor, Context
from portal.errors import Conflict

PROJECT = "tessera"
hookimpl = pluggy.HookimplMarker(PROJECT)
_spec = pluggy.HookspecMarker(PROJECT)

LOAD = "load"
ISOLATE = "isolate"
TRANSACT = "transact"
DENY = "deny"
JOB = "job"


def hookspec(
    policy: str, guards: bool | None = None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a hook with its failure policy.

    While a plugin that answers is suspended, what a hook `guards` is unavailable; unless told
    otherwise these are the transactional ones.
    """

    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        function.policy = policy  # type: ignore[attr-defined]
        function.guards = policy == TRANSACT if guards is None else guards  # type: ignore[attr-defined]
        return _spec(function)

    return mark


@dataclass(frozen=True)
class MenuItem:
    """An entry of the top bar; `endpoint` is the plugin's, `order` places it (small first)."""

    label: Any
    endpoint: str
    order: int = 100


@dataclass(frozen=True)
class SetupItem:
    """A page of Site Setup; pages of one section stand together, sections in the order they come."""

    label: Any
    endpoint: str
    section: str = ""
    order: int = 100


@dataclass(frozen=True)
class FooterLink:
    """A link in the footer."""

    label: Any
    endpoint: str
    order: int = 100


@dataclass(frozen=True)
class HomeContribution:
    """What a plugin shows on the home page; the hero of the first plugin that has one is taken."""

    hero: Mapping[str, Any] | None = None
    columns: Sequence[Mapping[str, Any]] = ()
    sections: Sequence[Markup] = ()
    order: int = 100


@dataclass(frozen=True)
class ImportedOrganisation:
    """A row of an organisations file that went in: the core's part is stored, the rest is here."""

    organisation_id: int
    row: Mapping[str, str]
    line: int
    batch_id: int


@dataclass(frozen=True)
class ImportValue:
    """What a row says of a plugin's column, beside what stands there: both written as files do.

    Both are empty where there is nothing.
    """

    organisation_id: int
    column: str
    ours: str
    offered: str


@dataclass(frozen=True)
class ImportProblem:
    """Something in a row that could not be taken; the rest of the row went in."""

    line: int
    column: str
    reason: str


@dataclass(frozen=True)
class HealthCheck:
    """A line of `portal doctor`: state is ok, off or bad; the remedy is for the operator."""

    name: str
    state: str
    detail: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class ImportColumns:
    """Columns of the organisations file that a plugin understands."""

    names: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True)
class WaitingText:
    """What a person typed into a form and did not send: since when, its number, how to discard it."""

    saved_at: datetime
    number: str
    discard_url: str


@dataclass(frozen=True)
class State:
    """A state of a workflow: which roles have which permission there.

    `final` says that an object may stay there for good; `tag` how it is shown: ok, warn, bad, act
    or nothing.
    """

    name: str
    title: Any
    permissions: Mapping[str, Collection[str]]
    final: bool = False
    tag: str = ""


@dataclass(frozen=True)
class Transition:
    """A step from one of its sources to its target, for those with its permission.

    An empty permission means: the portal alone. `four_eyes` leaves out whoever asked for it, whoever
    made the last step and members of the object's organisation, administrators of the site too.
    `guards` are names in the workflow's guards. `review` makes objects in its sources wait on
    the tasks of those who may do it, promised within `promised_days` working days. `automatic`
    steps are done by the portal once the moment in the column `due_field` has come.
    """

    name: str
    title: Any
    sources: Collection[str]
    target: str
    permission: str
    comment_required: bool = False
    four_eyes: bool = False
    guards: Sequence[str] = ()
    review: bool = False
    promised_days: int | None = None
    automatic: bool = False
    due_field: str = ""


@dataclass(frozen=True)
class Workflow:
    """What can happen to an object. `id` begins with the plugin's id.

    Guards look at an object and name the problems, as whole sentences; none is fine.
    """

    id: str
    title: Any
    initial: str
    states: Sequence[State]
    transitions: Sequence[Transition]
    guards: Mapping[str, Callable[[Context, Any], Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class ObjectType:
    """A plugin's noun that the core looks after: who may do what, workflow, sharing, tasks.

    `name` begins with the plugin's id; the model has a column `public_id`. `permissions` hold in
    every state, or at all where there is no workflow. `owner_organisation` and `author` name
    foreign keys; `parent` is (type, foreign key): what is shared there holds here too.
    """

    name: str
    title: Any
    model: Any
    label: Callable[[Any], str]
    url: Callable[[Any], str]
    workflow: str | None = None
    state_field: str = "state"
    version_field: str = "version"
    owner_organisation: str | None = None
    author: str | None = None
    parent: tuple[str, str] | None = None
    shareable: bool = False
    shared_roles: Collection[str] = ("Viewer", "Editor")
    permissions: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RoleSource:
    """A role that a plugin gives: `ids` answers, for an actor, with a query of object ids.

    With `narrows` it heeds the actor's `organisation_id`; other sources give nothing to programs
    that act for one organisation alone.

    The query is built from the actor alone and kept for others with the same roles (`portal.kept`): what
    hangs on the account stands in the database and in the query, not in memory.
    """

    role: str
    ids: Callable[[Actor], peewee.Select]
    narrows: bool = False


@dataclass(frozen=True)
class Task:
    """Something that waits for a person. `taken_by` is the name of who has taken it, if many may."""

    title: str
    url: str
    since: datetime
    due_at: datetime | None = None
    kind: str = ""
    taken_by: str = ""
    take_url: str = ""
    is_mine: bool = False


class Progress(Protocol):
    """How a running job says how far it is."""

    def report(self, share: float, note: str = "") -> None:
        """Show a share (0 to 1) and a short text, and keep the job for another while.

        Ends the job by an exception when somebody cancelled it or the worker stops: call it
        between transactions, where leaving off does no harm.
        """
        ...


@dataclass(frozen=True)
class JobKind:
    """A kind of work for later, named `<plugin>.<verb_noun>`; `run(ctx, payload, progress)` does it.

    It may be run again after a crash: doing it twice must be harmless. With `every` it is queued
    by itself, once in each period of so many seconds. After `attempts` failures it waits for
    somebody to retry it.
    """

    name: str
    run: Callable[[Context, Mapping[str, Any], Progress], None]
    title: Any
    every: int | None = None
    attempts: int = 5


@dataclass(frozen=True)
class EventType:
    """Something that happens, named `<noun>.<verb_past>`; `fields` explains what its payload holds.

    `subject` is the type of what it is about, where that is not the noun.
    """

    name: str
    title: Any
    fields: Mapping[str, str] = field(default_factory=dict)
    subject: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happened to a subject; `account_id` is who did it, if it was a person."""

    id: int
    name: str
    subject_type: str
    subject_id: int
    payload: Mapping[str, Any]
    happened_at: datetime
    account_id: int | None = None


@dataclass(frozen=True)
class VersionedObject:
    """An object with versions, as the actor may see it; `may_restore` says what they may do.

    `is_fictional` marks what was made up for demonstration.
    """

    id: int
    title: str
    url: str
    may_restore: bool
    is_fictional: bool = False


Snapshot = tuple[int, Mapping[str, Any]]
"""Version number and values of an object."""


@dataclass(frozen=True)
class Versioned:
    """A type of object whose versions are kept.

    `find` takes a public id and raises NotFound for people who may not see the versions; `dump`
    gives the object's version number and its values by field, ready for JSON; `restore` puts such
    values back as a verb of its own, which checks the actor. `field_name` names a field, `show`
    writes one of its values as text.
    """

    type: str
    find: Callable[[Context, str], VersionedObject]
    dump: Callable[[int], Snapshot]
    restore: Callable[[Context, int, Mapping[str, Any]], None]
    field_name: Callable[[str], str]
    show: Callable[[str, Any], str]


@hookspec(LOAD)
def blueprint_list(ctx: Context) -> Sequence[Blueprint]:
    """Offer the plugin's pages.

    Called once at start, into a throw-away app first. Every rule needs an access row (`allow`);
    blueprints are named after the plugin and register nothing app-wide.
    """


@hookspec(LOAD)
def command_list(ctx: Context) -> Sequence[tuple[str, click.Command]]:
    """Offer commands: pairs of a group's name ("" for the top) and a click command.

    Plugins may share a group: it is made when the first of them asks for it, or one of them offers
    it at the top with its help. Called when the command line starts; commands of inactive plugins
    are not there, and no plugin can take the place of the core's.
    """


@hookspec(ISOLATE)
def menu_list(ctx: Context) -> Sequence[MenuItem]:
    """Offer entries of the top bar, the same for everybody.

    Called once in each language after plugins were switched; the answer is kept.
    """


@hookspec(ISOLATE)
def setup_list(ctx: Context) -> Sequence[SetupItem]:
    """Offer pages to the side menu of Site Setup, for administrators.

    Called for each page of Site Setup; nobody asks where that is switched off.
    """


@hookspec(ISOLATE)
def footer_list(ctx: Context) -> Sequence[FooterLink]:
    """Offer links of the footer, the same for everybody.

    Called once in each language after plugins were switched; the answer is kept.
    """


@hookspec(ISOLATE)
def account_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer links (label, endpoint) of the account's menu, for this actor.

    Called for each page that a signed-in person sees: ask the actor's roles, and the database for
    one small statement a request at most.
    """


@hookspec(TRANSACT)
def account_unconfirmed(ctx: Context, account_id: int) -> None:
    """Ask the owner of a new account to confirm its address, such as by a mailed link.

    Called inside the transaction, when an administrator created the account, and again when they
    want the owner asked once more. Where nobody answers, only confirmed accounts can be created.
    """


@hookspec(DENY)
def request_actor(ctx: Context, token: str) -> Actor:
    """Say who a program is that sent a token (`Authorization: Bearer`) to an address of the API.

    Called once for such a request, before anything is allowed; the cookie of a session counts for
    nothing then. Answer with an actor that has its scopes, or with nothing for a token that is no
    good: then, and after an error, the program gets 401.
    """


@hookspec(TRANSACT)
def sign_in_check(ctx: Context, account_id: int) -> str:
    """Name the page of a further step for somebody whose password was right; they stay a visitor.

    Called before a session begins; whoever names a page remembers where the browser is, and
    begins the session itself when the step is done. An error lets nobody in.
    """


@hookspec(ISOLATE)
def sign_in_links(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer other ways to sign in (label, endpoint), on the page that asks for a password.

    Each visit of that page asks once; `next` is added to the address.
    """


@hookspec(TRANSACT)
def proof_check(ctx: Context) -> str:
    """Name the page where the actor proves anew who they are, unless they did a short while ago.

    Called before views whose access row says `fresh`, such as changing how people sign in.
    """


@hookspec(TRANSACT, guards=False)
def session_started(ctx: Context, account_id: int, session: str) -> None:
    """Take note of a new session, inside its transaction. `session` is the key of its row."""


@hookspec(TRANSACT, guards=False)
def sessions_ended(ctx: Context, account_id: int) -> None:
    """End what lets a person in beside sessions, such as tokens.

    Called inside the transaction that ends all sessions of an account: with a new password, a new
    role, when it is shut out, and when the person signs out everywhere.
    """


@hookspec(ISOLATE)
def banner_list(ctx: Context) -> Sequence[tuple[Any, str]]:
    """Offer sentences that stand above every page for this actor, each with the endpoint it leads to.

    For what can't wait until somebody looks for it. Called for each page that a signed-in person
    sees: together with `account_links` it may cost one small statement a request.
    """


@hookspec(ISOLATE)
def mail_sending(ctx: Context, mail: Any, message: EmailMessage) -> str:
    """Look at a mail before it goes out; answer with a reason and it does not.

    `mail` is the row of the outbox, which then shows the reason; headers may be added to `message`.
    Called in each attempt.
    """


@hookspec(ISOLATE)
def home_show(ctx: Context) -> HomeContribution:
    """Offer a hero, columns or sections of the home page. Called once per visit of the home page."""


@hookspec(ISOLATE)
def form_waiting(ctx: Context, key: str) -> WaitingText:
    """Offer what the actor typed into a form and did not send. `key` names the form.

    Called when a page shows a form with a name; the first answer is offered above it.
    """


@hookspec(ISOLATE)
def form_fill(ctx: Context, number: str) -> Sequence[tuple[str, str]]:
    """Give back the fields of a form, for a page that was opened with `?draft=` and a number.

    Called before its view, which finds them where it looks anyway, in `request.form`. Answer only
    for whom the text belongs to: a number may be anything.
    """


@hookspec(ISOLATE)
def form_refused(ctx: Context) -> str:
    """Keep what was typed into a form that can't be taken: its token or the sign-in had ended.

    Called with the request at hand; `request.form` may come from another site and hold secrets.
    Answer with the path at which the text waits, empty for text that is only shown for copying.
    """


@hookspec(ISOLATE)
def form_taken(ctx: Context, key: str, number: str) -> None:
    """Forget what was kept of a form, by its name or the number with which it was filled.

    Called when the form was taken, inside the transaction of a keyed request.
    """


@hookspec(ISOLATE)
def organisation_links(ctx: Context, organisation_id: int) -> Sequence[tuple[Any, str]]:
    """Offer links (label, URL) on an organisation's own page. Called once for that page."""


@hookspec(ISOLATE)
def organisation_sections(ctx: Context, organisation_id: int) -> Sequence[Markup]:
    """Offer sections of an organisation's own page, below its people. Called once for that page."""


@hookspec(TRANSACT)
def organisation_checked(ctx: Context, values: Mapping[str, str]) -> Mapping[str, str]:
    """Write the checked facts of an organisation better, such as a name all in capitals.

    Called once for each organisation that is created or changed singly, before it is stored;
    answer with the columns to take instead.
    """


@hookspec(TRANSACT)
def organisation_changed(ctx: Context, ids: Sequence[int]) -> None:
    """Take note that organisations were created, changed, hidden or brought back.

    Called inside the transaction that changed them, once with all ids (up to 1,000). Plugins
    bring their search documents up to date here.
    """


@hookspec(DENY)
def organisation_concealed(ctx: Context, ids: Sequence[int]) -> Sequence[int]:
    """Name those of these organisations that the public must not see, such as drafts.

    Asked for pages about organisations in sight, with the ids that such a page would show. An
    error conceals them all.
    """


@hookspec(TRANSACT)
def organisation_in_use(ctx: Context, ids: Sequence[int]) -> Mapping[int, str]:
    """Say which of these organisations must not be deleted, and why, in a short clause.

    Called with up to 500 ids inside the transaction that would delete them. Leave out those that
    may go; a reason reads on after a colon, such as "somebody asked about it".
    """


@hookspec(TRANSACT)
def organisation_removed(ctx: Context, ids: Sequence[int]) -> None:
    """Let go of organisations that are about to be deleted, inside that transaction."""


@hookspec(LOAD)
def import_columns(ctx: Context) -> ImportColumns:
    """Name the columns of the organisations file that this plugin understands. Called at an import."""


@hookspec(TRANSACT)
def organisation_imported(
    ctx: Context, rows: Sequence[ImportedOrganisation]
) -> Sequence[ImportProblem]:
    """Store a plugin's part of imported rows, and name what could not be taken.

    Called inside the import's transaction with up to 500 rows, before `organisation_changed`.
    """


@hookspec(TRANSACT)
def import_values(ctx: Context, rows: Sequence[ImportedOrganisation]) -> Sequence[ImportValue]:
    """Say what rows say of this plugin's columns, and what stands there now.

    Called inside the import's transaction with new rows, after `organisation_imported`, and with
    rows about entries that were there, whose `batch_id` is 0. The import keeps what sources said and
    decides which values are taken.
    """


@hookspec(TRANSACT)
def import_values_taken(ctx: Context, values: Mapping[int, Mapping[str, str]]) -> None:
    """Write values by organisation and column, worded as `import_values` words them.

    Called inside the transaction of an import or of its undoing, before `organisation_changed`.
    """


@hookspec(TRANSACT)
def import_undone(ctx: Context, batch_id: int) -> None:
    """Take back what a batch brought, inside the transaction that undoes it."""


@hookspec(TRANSACT, guards=False)
def reference_load(ctx: Context) -> None:
    """Load reference data (classifications, templates) into the plugin's own tables.

    Called by `portal init`, and for a plugin alone once it was activated; must be harmless when
    the data is already there. Raise, and the plugin is switched off again.
    """


@hookspec(TRANSACT, guards=False)
def demo_load(ctx: Context) -> None:
    """Load demonstration data into an empty site; called once by `portal demo`."""


@hookspec(ISOLATE)
def plugin_plan(ctx: Context, plugin: str, act: str) -> Sequence[str]:
    """Say in whole sentences what else an act on a plugin would do. Called for each plan of one.

    The acts are install, activate, upgrade, resume and deactivate; nothing is done yet.
    """


@hookspec(ISOLATE)
def plugin_objections(ctx: Context, plugin: str) -> Sequence[str]:
    """Say in whole sentences what speaks against switching a plugin off, such as records in force.

    Called for the plan of deactivating, uninstalling or purging it. The administrator sees the
    sentences and must confirm.
    """


@hookspec(TRANSACT, guards=False)
def plugin_purged(ctx: Context, plugin: str) -> None:
    """Delete what is kept about a plugin outside its own tables, such as search documents.

    Called inside the transaction that removes its tables: on every active plugin, and on the
    plugin itself. Raise, and nothing is purged.
    """


@hookspec(ISOLATE)
def health_check(ctx: Context) -> Sequence[HealthCheck]:
    """Say how the plugin is. Called by `portal doctor` and the health page."""


@hookspec(ISOLATE)
def upkeep_run(ctx: Context) -> None:
    """Do small regular work (merge, expire). Called by the worker about once a minute."""


@hookspec(LOAD)
def workflow_list(ctx: Context) -> Sequence[Workflow]:
    """Offer workflows. Called once at start; each is checked with all its names.

    Roles and permissions are the core's or stand in the manifest of the plugin or of one that it
    requires. `portal plugin check` looks at the graph: every state can be reached, and left unless
    it is final.
    """


@hookspec(LOAD)
def object_type_list(ctx: Context) -> Sequence[ObjectType]:
    """Offer the plugin's object types. Called once at start, after `workflow_list`."""


@hookspec(TRANSACT)
def transition_check(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition
) -> Sequence[str]:
    """Name what stands against a transition, as whole sentences; none is fine.

    Called inside its transaction, before anything is written, for objects of every type.
    """


@hookspec(TRANSACT)
def transition_done(
    ctx: Context, obj_type: ObjectType, obj: Any, transition: Transition, entry: Any
) -> None:
    """Carry out what follows from a transition, inside its transaction.

    Called for objects of every type; `obj` is as stored now, `entry` the new line of its history.
    """


@hookspec(DENY)
def role_sources(ctx: Context, object_type: ObjectType) -> Sequence[RoleSource]:
    """Say who has which of the plugin's roles on objects of a type, as queries of their ids.

    Called once per request and question. An error gives nobody a role.
    """


@hookspec(DENY)
def permission_veto(
    ctx: Context, permission: str, object_type: ObjectType, ids: peewee.Select
) -> peewee.Select:
    """Forbid something that roles would allow: answer with a query of the ids concerned.

    `ids` is a query of the candidates, one or many: narrow it with `Model.id.in_(ids)`. An error
    forbids them all. The plugin's manifest names the permissions in `vetoes`: while the plugin is
    out of order, they are refused with 503.
    """


@hookspec(ISOLATE)
def task_list(ctx: Context) -> Sequence[Task]:
    """Offer what waits for the actor beside reviews. Called once for the page of tasks."""


@hookspec(LOAD)
def job_list(ctx: Context) -> Sequence[JobKind]:
    """Offer kinds of work for later, which `portal.jobs.enqueue` queues by their names.

    Called by the worker in each turn and by pages that list jobs: answer from constants. Jobs of
    a plugin that takes no part are parked until it does again.
    """


@hookspec(LOAD)
def event_list(ctx: Context) -> Sequence[EventType]:
    """Name the events that the plugin emits with `portal.events.emit`. Answer from constants."""


@hookspec(JOB)
def event_happened(ctx: Context, event: Event) -> None:
    """Take note of something that happened, after it was committed.

    Called by the worker, once for each event and plugin, and again when it raised or the worker
    died: doing it twice must be harmless. Events come in no sure order; those that happen while
    the plugin is off are not told later.
    """


@hookspec(ISOLATE)
def version_list(ctx: Context) -> Sequence[Versioned]:
    """Name the types of objects whose versions people may look at, compare and bring back.

    Called for each visit of a page of versions. Tell of each change with
    `portal.versions.changing` around it.
    """


@hookspec(TRANSACT, guards=False)
def object_changed(
    ctx: Context, object_type: str, object_id: int, before: Snapshot, after: Snapshot
) -> None:
    """Keep number and values of an object as they were before a person changed it, and as they are.

    Called inside the transaction, also where nothing but the number changed.
    """


@hookspec(ISOLATE)
def conflict_show(ctx: Context, error: Conflict) -> str:
    """Show both texts when somebody saved an object meanwhile: the page, from `error.forms`.

    Called for pages, not for programs. Without an answer people see both texts, to copy from.
    """
