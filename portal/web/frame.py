"""What every template can use: the frame of the page, addresses, texts, numbers."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

from flask import Flask, current_app, g, get_flashed_messages, has_request_context, request, url_for
from flask.sansio.app import App
from flask.templating import Environment
from flask_wtf.csrf import generate_csrf
from jinja2 import ChoiceLoader, FileSystemLoader, PrefixLoader, Template, pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup
from werkzeug.routing import BuildError

from portal import i18n
from portal.i18n import _
from portal.kernel.hooks import Hooks
from portal.web import language, unsent
from portal.web.heartbeat import beat

HOUSE = Path(__file__).parent.parent.parent / "templates"
INSTALLED_HOUSE = Path(__file__).parent.parent / "house" / "templates"
SHOWN = ("country_name", "day", "moment", "money", "number", "percent")
"""Functions of `portal.i18n` that templates use."""


def init_app(app: Flask, instance: Path, plugins: dict[str, Path]) -> None:
    """Set up the template environment: a site's own templates first, then the house, then plugins."""
    house = HOUSE if HOUSE.is_dir() else INSTALLED_HOUSE
    own = {name: FileSystemLoader(folder / "templates" / name) for name, folder in plugins.items()}
    app.jinja_loader = ChoiceLoader(  # type: ignore[assignment]
        [FileSystemLoader([instance / "templates", house]), PrefixLoader(own)]
    )
    app.jinja_environment = _Environment
    vars(app).pop("jinja_env", None)  # an extension may have had one made already
    env = app.jinja_env
    env.trim_blocks = env.lstrip_blocks = True
    env.add_extension("jinja2.ext.i18n")
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals.update(
        {name: getattr(i18n, name) for name in SHOWN},
        _=_gettext,
        gettext=_gettext,
        ngettext=_ngettext,
        pgettext=_pgettext,
        static_url=app.extensions["portal"].static.url,
        plugin_url=plugin_url,
        csrf_token=generate_csrf,
        form_key=token_urlsafe,
        draft_waiting=unsent.waiting,
    )
    app.context_processor(frame)


class _Template(Template):
    """A template whose macros are made once: here no template has globals of its own.

    Macros that it names in `kept` depend on nothing but what they are called with, as an icon does:
    what they gave once is given again.
    """

    def _get_default_module(self, ctx: Any = None) -> Any:
        if self._module is None:
            module = self.make_module()
            for name in getattr(module, "kept", ()):
                setattr(module, name, lru_cache(maxsize=200)(getattr(module, name)))
            self._module = module
        return self._module


class _Environment(Environment):
    """Templates that were read are given at once; a page asks for ten of them."""

    template_class = _Template

    def __init__(self, app: App, **options: Any) -> None:
        super().__init__(app, **options)
        self._ready: dict[str, Template] = {}

    def get_template(self, name: Any, parent: Any = None, globals: Any = None) -> Template:
        """Load a template. Names stand in code and templates, so there are few."""
        found = self._ready.get(name)
        if found is None:
            found = self._ready[name] = super().get_template(name, parent, globals)
        return found

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return an attribute; of dicts the entry, at once: a page asks for a hundred of them."""
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


@pass_eval_context
def _gettext(place: EvalContext, message: str, /, **values: Any) -> str:
    """Translate as Jinja's own function does, without its price: a page has a hundred of them."""
    if place.autoescape and not values:
        return i18n.catalogues.ready(i18n.locale(), message)
    return _filled(place, i18n.catalogues.of(i18n.locale()).gettext(message), values)


@pass_eval_context
def _ngettext(place: EvalContext, singular: str, plural: str, num: int, /, **values: Any) -> str:
    text = i18n.catalogues.of(i18n.locale()).ngettext(singular, plural, num)
    return _filled(place, text, {"num": num, **values})


@pass_eval_context
def _pgettext(place: EvalContext, context: str, message: str, /, **values: Any) -> str:
    text = i18n.catalogues.of(i18n.locale()).pgettext(context, message)
    return _filled(place, text, {"context": context, **values})


def _filled(place: EvalContext, text: str, values: dict[str, Any]) -> str:
    """Put values into a text; on pages they are escaped."""
    return (Markup(text) if place.autoescape else text) % values  # noqa: S704


def plugin_url(endpoint: str, **values: Any) -> str:
    """Return the address of a plugin's page, empty when it is not active: templates drop the link.

    Outside a request, where mails are written, it is the path alone.
    """
    registry = current_app.extensions["portal"].registry
    owner = registry.owner(endpoint)
    if owner is None or not registry.is_active(owner):
        return ""
    try:
        if has_request_context():
            return url_for(endpoint, **values)
        return current_app.url_map.bind("").build(endpoint, values)
    except BuildError:
        return ""


def frame() -> dict[str, Any]:
    """Return what base.html needs; called for each template that is rendered."""
    if not has_request_context() or "ctx" not in g:
        return {"locale": "en", "site_name": current_app.config["PORTAL"].site_name}
    heartbeat = beat()
    return {
        **g.ctx.settings,
        "menu": _links("menu_list"),
        "footer_links": _links("footer_list"),
        "languages": language.switch(),
        "account": _account(heartbeat.name) if g.ctx.actor.signed_in else None,
        "banners": _offered("banner_list") if g.ctx.actor.signed_in else [],
        "actor": g.ctx.actor,
        "locale": g.locale,
        "scheme": heartbeat.scheme,
        "messages": get_flashed_messages(with_categories=True),
    }


def _account(name: str) -> dict[str, Any]:
    """Return what the menu of somebody's account holds."""
    links = [(_("My organisations"), "/organisations/"), *_offered("account_links")]
    if g.ctx.actor.is_admin and not any(url.startswith("/setup/") for _label, url in links):
        links.append((_("Add-ons"), "/setup/plugins"))
    return {"name": name, "links": [{"label": label, "url": url} for label, url in links if url]}


def _offered(hook: str) -> list[tuple[str, str]]:
    hooks = current_app.extensions["portal"].registry.hooks
    return [(str(label), plugin_url(str(end))) for label, end in hooks.each(hook, g.ctx)]


def _links(hook: str) -> list[dict[str, Any]]:
    """Return the links of a hook in their order, prepared once per generation and language."""
    portal = current_app.extensions["portal"]
    key = (hook, portal.registry.generation, g.locale)
    prepared = portal.links.get(key)
    if prepared is None:
        prepared = _prepare_links(portal.registry.hooks, hook)
        portal.links.clear() if len(portal.links) > 100 else None
        portal.links[key] = prepared
    here = request.path
    return [
        {"label": label, "url": url, "current": here == url or here.startswith(f"{url}/")}
        for label, url in prepared
    ]


def _prepare_links(hooks: Hooks, hook: str) -> list[tuple[str, str]]:
    # An adapter of its own: a request with a foreign Host header has none, and must not spoil
    # what is kept for everybody.
    addresses = current_app.url_map.bind("localhost")
    found = []
    for plugin, items in hooks.call(hook, g.ctx):
        for item in items:
            try:
                found.append((item.order, str(item.label), addresses.build(item.endpoint)))
            except Exception as error:  # a label or page that is wrong costs this link only
                hooks.failed(plugin, hook, error)
    return [(label, url) for _order, label, url in sorted(found, key=lambda link: link[0])]
