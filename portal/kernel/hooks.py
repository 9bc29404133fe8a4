"""Calls hooks so that no plugin can hurt another: isolate, log once, tell who counts.

pluggy keeps the registrations and checks signatures; the calls go through a cached tuple of the
active implementations, because pluggy stops at the first one that raises.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NoReturn, get_args, get_origin, get_type_hints

import pluggy
from peewee import PeeweeException

from portal import hookspecs
from portal.errors import PortalError, Unavailable
from portal.i18n import _

log = logging.getLogger("portal.hooks")


_Ready = tuple[Callable[[Any], Any], tuple[tuple[str, Callable[..., Any]], ...]]


class Hooks:
    """The dispatcher: `hooks.menu_list(ctx)` gives a list of (plugin id, contribution) pairs."""

    def __init__(self, on_failure: Callable[[str, str, BaseException], None]) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self._on_failure = on_failure
        self._logged: set[tuple[str, str, str]] = set()
        self._active, self._suspended = frozenset[str](), frozenset[str]()
        self._cache: dict[str, _Ready] = {}
        self.kept: dict[Any, Any] = {}
        """What others made of the answers; forgotten when plugins are switched."""
        self.failures = 0

    def activate(self, ids: Iterable[str], suspended: Iterable[str] = ()) -> None:
        """Say which plugins take part from now on, and which are suspended.

        A suspended one is not asked; an action that it guards is unavailable, never allowed.
        """
        wanted = frozenset(ids)
        self._logged = {mark for mark in self._logged if mark[0] in self._active & wanted}
        self._active, self._suspended = wanted, frozenset(suspended)
        self._cache.clear()
        self.kept = {}

    def _ready(self, hook: str) -> _Ready:
        """Return the check of a hook's answers and who is asked, kept until plugins are switched."""
        if ready := self._cache.get(hook):
            return ready
        caller = getattr(self.manager.hook, hook, None)
        if caller is None or caller.spec is None:  # a hook of a plugin that is not there
            return _checker(Any), ()
        guards = getattr(caller.spec.function, "guards", False)
        pairs = []
        for impl in caller.get_hookimpls():
            name = str(impl.plugin_name)
            if name in self._active:
                pairs.append((name, _adapt(impl, caller)))
            elif guards and name in self._suspended:
                pairs.append((name, partial(_refuse, name)))
        expected = get_type_hints(caller.spec.function).get("return", Any)
        ready = (_checker(expected), tuple(sorted(pairs, key=lambda pair: pair[0])))
        self._cache[hook] = ready
        return ready

    def ask(self, plugin: str, hook: str, ctx: Any, /, **values: Any) -> list[Any]:
        """Ask one plugin, also one that takes no part. Raises what it raises."""
        caller = getattr(self.manager.hook, hook)
        return [
            _adapt(impl, caller)(ctx, **values)
            for impl in caller.get_hookimpls()
            if impl.plugin_name == plugin
        ]

    def call(self, hook: str, ctx: Any, /, **values: Any) -> list[tuple[str, Any]]:
        """Ask every active plugin; leave out those that are silent.

        An isolated hook never raises. A transactional one raises the plugin's refusal, or Unavailable
        for a fault of its code; a denying one counts an error as a no.
        """
        check, implementations = self._ready(hook)
        answers = []
        for plugin, function in implementations:
            try:
                answer = function(ctx, **values)
                if answer is not None:
                    answers.append((plugin, check(answer)))
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # a library's SystemExit must not end the worker
                if self.failed(plugin, hook, error):
                    answers.append((plugin, False))
        return answers

    def implementing(self, hook: str) -> list[str]:
        """Name the active plugins that answer a hook."""
        return [plugin for plugin, _function in self._ready(hook)[1]]

    def tell(self, plugin: str, hook: str, ctx: Any, /, **values: Any) -> None:
        """Call one plugin's answer, if it is active and has one; raises what that raises."""
        if plugin in self._active:
            self.ask(plugin, hook, ctx, **values)

    def failed(self, plugin: str, hook: str, error: BaseException) -> bool:
        """Apply the hook's policy to a failure; True when it counts as a no.

        Also for callers that find out later that an answer can't be used.
        """
        self.failures += 1
        policy = getattr(self.manager.hook, hook).spec.function.policy
        if policy == hookspecs.TRANSACT:
            if not isinstance(error, (PortalError, PeeweeException)):
                log.error("Plugin %s stopped %s", plugin, hook, exc_info=error)
                _refuse(plugin)
            raise error
        if plugin in self._active:
            self._log_once(plugin, hook, error)
            self._on_failure(plugin, hook, error)
        return bool(policy == hookspecs.DENY)

    def _log_once(self, plugin: str, hook: str, error: BaseException) -> None:
        """Log a failure, once per plugin, hook and place until the plugin is switched."""
        last = traceback.extract_tb(error.__traceback__)[-1:]
        place = f"{last[0].filename}:{last[0].lineno}" if last else ""
        mark, said = (plugin, hook, place), f"{type(error).__name__}: {error}"
        if mark not in self._logged:
            self._logged.add(mark)
            log.error("Plugin %s failed in hook %s at %s: %s", *mark, said, exc_info=error)

    def each(self, hook: str, ctx: Any, /, **values: Any) -> Iterator[Any]:
        """Yield the single items of hooks that answer with sequences, plugin by plugin."""
        for _plugin, answer in self.call(hook, ctx, **values):
            yield from answer


def _checker(expected: Any) -> Callable[[Any], Any]:
    """Return what checks an answer against a hook's return annotation, prepared for many answers.

    It gives the answer back, a sequence of items as a list. Raises TypeError for another kind.
    """
    kind, inner = get_origin(expected) or expected, get_args(expected)
    is_list, is_map = kind is Sequence, kind is Mapping
    item_kind = inner[0] if is_list else inner[1] if is_map else kind
    width = len(get_args(item_kind)) if get_origin(item_kind) is tuple else None
    item_kind = get_origin(item_kind) or item_kind
    if not isinstance(item_kind, type) or item_kind is type(None):
        item_kind = object
    is_ordered = "order" in getattr(item_kind, "__dataclass_fields__", ())

    def check(answer: Any) -> Any:
        if is_list:
            answer = items = list(answer)
        elif is_map and isinstance(answer, Mapping):
            items = list(answer.values())
        else:
            items = [answer]
        for item in items:
            if not isinstance(item, item_kind):
                raise TypeError(f"Expected {item_kind.__name__}, not {item!r:.80}.")
            if width is not None and len(item) != width:
                raise TypeError(f"Expected {width} values, not {item!r:.80}.")
            if is_ordered and not isinstance(item.order, int):
                raise TypeError(f"The order must be a whole number: {item!r:.80}.")
        return answer

    return check


def _refuse(plugin: str, *_args: Any, **_values: Any) -> NoReturn:
    raise Unavailable(
        _("The add-on %(plugin)s takes part in this and is out of order. Nothing was changed.")
        % {"plugin": plugin}
    )


def _adapt(impl: Any, caller: Any) -> Callable[..., Any]:
    """Pass an implementation only the arguments it names, as pluggy does."""
    wanted = set(impl.argnames)
    if wanted == set(caller.spec.argnames):
        return impl.function  # type: ignore[no-any-return]
    function, takes_ctx = impl.function, "ctx" in wanted

    def call(ctx: Any, **values: Any) -> Any:
        named = {key: value for key, value in values.items() if key in wanted}
        return function(ctx, **named) if takes_ctx else function(**named)

    return call
