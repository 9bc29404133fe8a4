"""Check a draw of round-table places with nothing but Python: no portal, solver or network.

    python verify_draw.py RESULT.json [POOL.csv [SETTINGS.json]] [--published HASH]

With POOL.csv each ticket is held against every limit and all figures are counted anew; HASH is
what was published before the draw ("all" among the hashes). Says what is wrong, and ends with 1.
"""

import csv
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

OWN = ("id", "order", "org", "choices", "salt")


def canonical(value):
    """Return the one form in which a value is hashed."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha(data):
    """Return the SHA-256 of bytes or text."""
    return hashlib.sha256(data if isinstance(data, bytes) else data.encode()).hexdigest()


def read_pool(path):
    """Return the records as they are fingerprinted, by code."""
    people = {}
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for row in (rows := csv.DictReader(file)):
            cells = {key.strip(): (text or "").strip() for key, text in row.items() if key}
            if cells["id"] in people:
                raise SystemExit(f"{cells['id']} stands in the pool twice")
            record = {
                "id": cells["id"],
                "order": int(cells.get("order") or rows.line_num - 1),
                "org": cells.get("org", ""),
                "features": {k: v for k, v in cells.items() if k not in OWN},
                "choices": list(dict.fromkeys(cells["choices"].split())),
            }
            people[cells["id"]] = [cells.get("salt", ""), record]
    return people


def check_hashes(result):
    """Yield which hash or ticket number is wrong."""
    hashes = dict(result["hashes"])
    whole = hashes.pop("all")
    if sha("\n".join(result["leaves"])) != hashes["pool"]:
        yield "the records do not give the pool's hash"
    for name in ("settings", "tickets"):
        if sha(canonical(result[name])) != hashes[name]:
            yield f"the {name} do not give their hash"
    if sha(canonical(hashes)) != whole:
        yield "the parts do not give the hash of all"
    if result["beacon"]:
        text = result["beacon"] + "\n" + result["settings"]["event"]
        number = int(sha(text), 16) % len(result["tickets"])
        if number != result["drawn"]:
            yield f"the random value draws ticket {number}, not {result['drawn']}"


def check_chances(result):
    """Yield whose chance, or which ticket's size, is wrong."""
    tickets = result["tickets"]
    held = Counter(code for ticket in tickets for code in {code for code, _ in ticket})
    for code in sorted(held.keys() | result["chances"].keys()):
        if abs(held[code] / len(tickets) - result["chances"].get(code, -1)) > 1e-6:
            yield f"the chance of {code} is not what the tickets say"
    if {len(ticket) for ticket in tickets} != {result["fill"]}:
        yield "the tickets do not all fill the seats that are named"


def check_tickets(result, people):
    """Hold each ticket against the limits; count coverage and evenness anew."""
    settings = result["settings"]
    places, features, weights = (settings[key] for key in ("tables", "features", "weights"))
    clashes = {frozenset(pair) for pair in settings["clashes"]}
    scale = sum(weights[f] for f in features) * sum(1 for p in places.values() if p)
    coverage, simpson = [], []
    for number, ticket in enumerate(result["tickets"]):
        room, mine, at_table, everywhere, groups = Counter(), {}, Counter(), Counter(), Counter()
        for code, table in ticket:
            person = people.get(code, {"choices": ()})
            if table not in person["choices"] or table not in places:
                yield f"ticket {number}: {code} may not sit at {table}"
                continue
            room[table] += 1
            held = mine.setdefault(code, [])
            if any(other == table or frozenset((other, table)) in clashes for other in held):
                yield f"ticket {number}: {code} sits at two tables at once"
            held.append(table)
            at_table[person["org"], table] += bool(person["org"])
            everywhere[person["org"]] += bool(person["org"])
            groups.update((table, f, person["features"].get(f, "")) for f in features)
        too_many = any(len(held) > settings["seats_per_person"] for held in mine.values())
        if too_many or any(count > places[table] for table, count in room.items()):
            yield f"ticket {number}: a table or somebody has too many seats"
        for cap, counts in ((settings["org_cap"], at_table), (settings["series_cap"], everywhere)):
            if cap and any(count > cap for count in counts.values()):
                yield f"ticket {number}: an organisation has too many seats"
        for one in settings["floors"]:
            if sum(groups[t, one["feature"], one["value"]] for t in places) < one["seats"]:
                yield f"ticket {number}: a floor is not met"
        coverage.append(sum(weights[f] for _t, f, value in groups if value))
        crowd = sum(weights[f] * n * n / places[t] ** 2 for (t, f, _v), n in groups.items())
        simpson.append(1 - crowd / (scale or 1))
    for name, values in (("coverage", coverage), ("simpson", simpson)):
        mean, worst = sum(values) / len(values), min(values)
        if max(abs(mean - result[name]["expected"]), abs(worst - result[name]["worst"])) > 1e-5:
            yield f"{name} is not what the tickets say"


def check(result, people=None, settings=None, published=None):
    """Yield what is wrong, in words."""
    yield from check_hashes(result)
    yield from check_chances(result)
    if published and published != result["hashes"]["all"]:
        yield "this is not what was published before the draw"
    if people is not None:
        found = sorted(sha(canonical(one)) for one in people.values())
        if found != result["leaves"] or set(people) != set(result["chances"]):
            yield "the pool is not the one of the result"
        yield from check_tickets(result, {code: record for code, (_salt, record) in people.items()})
    for name, value in (settings or {}).items():
        if name == "weights":
            value = {f: float(value.get(f, 1)) for f in result["settings"]["features"]}
        if name != "epsilon" and name in result["settings"] and result["settings"][name] != value:
            yield f"the settings differ in {name}"


def main(arguments):
    """Read the files and say what is wrong."""
    published = None
    if "--published" in arguments[:-1]:
        published = arguments.pop(arguments.index("--published") + 1)
        arguments.remove("--published")
    files = [json.loads(Path(name).read_bytes()) for name in (arguments[0], *arguments[2:3])]
    people = read_pool(arguments[1]) if len(arguments) > 1 else None
    wrong = list(check(files[0], people, files[1] if len(files) > 1 else None, published))
    words = wrong[:20] or ["All is right: hashes, draw, limits, chances."]
    sys.stdout.write("\n".join([*words, ""]))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
