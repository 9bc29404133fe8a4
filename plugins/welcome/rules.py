"""Aims, and what of the answers of plugins is taken: decisions on plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

AIMS = ("searcher", "host", "lead", "stakeholder")
MOST_STEPS = 5


@dataclass(frozen=True)
class Step:
    """Something to do on the way, and whether it is done."""

    title: str
    text: str
    url: str
    link: str
    done: bool
    order: int
    offers: bool


def step(raw: Mapping[str, Any]) -> Step:
    """Read an answer to the hook `first_step_list`. Raises KeyError, ValueError for what is none."""
    url = str(raw.get("url", ""))
    return Step(
        title=str(raw["title"]),
        text=str(raw.get("text", "")),
        url=url if url.startswith("/") else "",
        link=str(raw.get("link", "")) or str(raw["title"]),
        done=bool(raw["done"]),
        order=int(raw.get("order", 100)),
        offers=bool(raw.get("offers")),
    )


def chosen(steps: Iterable[Step]) -> list[Step]:
    """Return the steps that are shown: by their order, at most five, the aim's own among them.

    None where no step is what the aim is about.
    """
    ordered = sorted(steps, key=lambda step: step.order)
    own = [step for step in ordered if step.offers][:MOST_STEPS]
    others = [step for step in ordered if not step.offers][: MOST_STEPS - len(own)]
    return [step for step in ordered if step in own or step in others] if own else []


def next_step(steps: Iterable[Step]) -> Step | None:
    """Return the first step that is not done and can be."""
    return next((step for step in steps if not step.done and step.url), None)
