"""The floor: Flask, one template, 20 rows and 100 links, as many bytes as the portal's page."""

from __future__ import annotations

import os

from flask import Flask

app = Flask("bare")
_BYTES = int(os.environ.get("BENCH_BARE_BYTES", "40000"))
_TEMPLATE = """<!doctype html><html lang="en"><head><title>{{ title }}</title></head><body>
<h1>{{ title }}</h1>
<ul>{% for url, label, count in facets %}<li><a href="{{ url }}">{{ label }}</a> {{ count }}</li>
{% endfor %}</ul>
<ol>{% for row in rows %}<li><a href="/partners/{{ row.slug }}">{{ row.name }}</a>
<p>{{ row.city }}, {{ row.country }}</p><p>{{ row.text }}</p></li>
{% endfor %}</ol>
{{ rest|safe }}</body></html>"""
_FACETS = [(f"/partners?country={at}", f"Country {at}", at * 7) for at in range(100)]
_ROWS = [
    {
        "slug": f"org-{at}", "name": f"School {at} & Partners", "city": "Leipzig",
        "country": "Germany", "text": "Works in electronics <and> automation. " * 3,
    }
    for at in range(20)
]  # fmt: skip
_page = app.jinja_env.from_string(_TEMPLATE)


def _render(rest: str) -> str:
    return _page.render(title="Partners", facets=_FACETS, rows=_ROWS, rest=rest)


_REST = "<p>" + "." * max(0, _BYTES - len(_render("")) - 7) + "</p>"


@app.get("/partners")
def partners() -> str:
    """Show the page."""
    return _render(_REST)
