"""Calls hooks so that no plugin can hurt another: isolate, count, suspend.

pluggy keeps the registrations and checks signatures; the calls go through a cached tuple of the
active implementations, because pluggy stops at the first one that raises.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, get_args, get_origin, get_type_hints

import pluggy

from portal import hookspecs
from portal.errors import PortalError, Unavailable
from portal.i18n import _

log = logging.getLogger("portal.hooks")

FAILURES = 5
WINDOW_SECONDS = 600


class Breaker:
    """Remembers failures of a plugin; says when there were five in ten minutes."""

    def __init__(self) -> None:
        self._failures: dict[str, deque[float]] = {}
        self._logged: set[tuple[str, str, str]] = set()

    def note(self, plugin: str, hook: str, error: BaseException) -> bool:
        """Count a failure, log it once per plugin, hook and place; True when it is one too many."""
        last = traceback.extract_tb(error.__traceback__)[-1:]
        place = f"{last[0].filename}:{last[0].lineno}" if last else ""
        mark = (plugin, hook, place)
        if mark not in self._logged:
            self._logged.add(mark)
            log.error(
                "Plugin %s failed in hook %s at %s: %s: %s",
                plugin,
                hook,
                place,
                type(error).__name__,
                error,
                exc_info=error,
            )
        now = time.monotonic()
        times = self._failures.setdefault(plugin, deque(maxlen=FAILURES))
        times.append(now)
        return len(times) == FAILURES and now - times[0] <= WINDOW_SECONDS

    def forget(self, plugin: str) -> None:
        """Start counting anew, after the plugin was switched on again."""
        self._failures.pop(plugin, None)


class Hooks:
    """The dispatcher: `hooks.menu_list(ctx)` gives a list of (plugin id, contribution) pairs."""

    def __init__(self, on_trip: Callable[[str, str], None]) -> None:
        self.manager = pluggy.PluginManager(hookspecs.PROJECT)
        self.manager.add_hookspecs(hookspecs)
        self.breaker = Breaker()
        self._on_trip = on_trip
        self._active: frozenset[str] = frozenset()
        self._suspended: frozenset[str] = frozenset()
        self._cache: dict[str, tuple[tuple[str, Callable[..., Any]], ...]] = {}
        self._expected: dict[str, Any] = {}

    def activate(self, ids: Iterable[str], suspended: Iterable[str] = ()) -> None:
        """Say which plugins take part from now on, and which would if they were in order.

        What a suspended one has a transactional part in is refused: it must not happen half.
        """
        wanted = frozenset(ids)
        self._suspended = frozenset(suspended)
        for plugin in wanted - self._active:
            self.breaker.forget(plugin)
        self._active = wanted
        self._cache.clear()

    def policy(self, hook: str) -> str:
        """Return the failure policy of a hook."""
        caller = getattr(self.manager.hook, hook)
        return str(getattr(caller.spec.function, "policy", hookspecs.ISOLATE))

    def _implementations(self, hook: str) -> tuple[tuple[str, Callable[..., Any]], ...]:
        found = self._cache.get(hook)
        if found is None:
            caller = getattr(self.manager.hook, hook)
            refusing = self._suspended if self.policy(hook) == hookspecs.TRANSACT else frozenset()
            found = tuple(
                sorted(
                    (
                        (name, _refuse(name) if name in refusing else _adapt(impl, caller))
                        for impl in caller.get_hookimpls()
                        if (name := str(impl.plugin_name)) in self._active | refusing
                    ),
                    key=lambda pair: pair[0],
                )
            )
            self._cache[hook] = found
        return found

    def call(self, hook: str, ctx: Any, /, **values: Any) -> list[tuple[str, Any]]:
        """Ask every active plugin; leave out those that are silent.

        An isolated hook never raises. A transactional one raises what the plugin raised; a
        denying one counts an error as a no.
        """
        implementations = self._cache.get(hook)
        if implementations is None:
            implementations = self._implementations(hook)
        answers = []
        for plugin, function in implementations:
            try:
                answer = function(ctx, **values)
                if answer is not None:
                    answers.append((plugin, _checked(self._expectation(hook), answer)))
            except (KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as error:  # a library's SystemExit must not end the worker
                if self.failed(plugin, hook, error):
                    answers.append((plugin, False))
        return answers

    def implementing(self, hook: str) -> list[str]:
        """Name the active plugins that answer a hook."""
        return [plugin for plugin, _function in self._implementations(hook)]

    def tell(self, plugin: str, hook: str, ctx: Any, /, **values: Any) -> None:
        """Call one plugin's answer, if it is active and has one; raises what that raises."""
        for name, function in self._implementations(hook):
            if name == plugin:
                function(ctx, **values)

    def _expectation(self, hook: str) -> Any:
        """Return what the hook's answers should be: its return annotation."""
        if hook not in self._expected:
            specification = getattr(self.manager.hook, hook).spec.function
            self._expected[hook] = get_type_hints(specification).get("return", Any)
        return self._expected[hook]

    def failed(self, plugin: str, hook: str, error: BaseException) -> bool:
        """Apply the hook's policy to a failure; True when it counts as a no.

        Also for callers that find out later that an answer can't be used.
        """
        policy = self.policy(hook)
        if policy == hookspecs.TRANSACT:
            if not isinstance(error, PortalError):
                log.error("Plugin %s stopped %s", plugin, hook, exc_info=error)
            if not isinstance(error, Exception):
                raise RuntimeError(f"Plugin {plugin} tried to exit in {hook}.") from error
            raise error
        if self.breaker.note(plugin, hook, error):
            self._on_trip(plugin, f"Failed {FAILURES} times in 10 minutes, last in {hook}: {error}")
        return policy == hookspecs.DENY

    def each(self, hook: str, ctx: Any, /, **values: Any) -> Iterator[Any]:
        """Yield the single items of hooks that answer with sequences, plugin by plugin."""
        for _plugin, answer in self.call(hook, ctx, **values):
            yield from answer


def _checked(expected: Any, answer: Any) -> Any:
    """Return the answer, a sequence of items as a list. Raises TypeError for one of another kind."""
    kind, inner = get_origin(expected) or expected, get_args(expected)
    if kind is Sequence:
        answer = list(answer)
        items, item_kind = answer, inner[0]
    elif kind is Mapping:
        items, item_kind = (answer.values() if isinstance(answer, Mapping) else [answer]), inner[1]
    else:
        items, item_kind = [answer], kind
    width = len(get_args(item_kind)) if get_origin(item_kind) is tuple else None
    item_kind = object if item_kind is type(None) else get_origin(item_kind) or item_kind
    for item in items:
        if isinstance(item_kind, type) and not isinstance(item, item_kind):
            raise TypeError(f"Expected {item_kind.__name__}, not {item!r:.80}.")
        if width is not None and len(item) != width:
            raise TypeError(f"Expected {width} values, not {item!r:.80}.")
        if not isinstance(getattr(item, "order", 0), int):
            raise TypeError(f"The order must be a whole number: {item!r:.80}.")
    return answer


def _refuse(plugin: str) -> Callable[..., Any]:
    def call(_ctx: Any, **_values: Any) -> Any:
        raise Unavailable(
            _(
                "The add-on %(plugin)s takes part in this and is out of order. Nothing was changed.",
                plugin=plugin,
            )
        )

    return call


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
