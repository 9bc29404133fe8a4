"""Compute the scores of a portal again, from its export, without the portal.

    python recompute_scores.py ratings.csv [parameters.json]

Needs nothing but Python. Written apart from the portal's own code, so that the two check each other:
they agree to nine decimals. The parameters are those of the page /ratings/method.json; without the
file they are the defaults. Prints JSON like `portal ratings score --json`.
"""

import csv
import json
import math
import statistics
import sys
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path

DEFAULTS = {
    "half_life_days": 730, "prior_weight": 3, "likely_percent": 90, "caution": 0.5,
    "minimum_raters": 3, "backfill_weight": 0.25, "backfill_total": 1, "backfill_until": 5,
    "damped_weight": 0.01, "noise": 0.8, "ramp": 0.5, "glowing": 4.5, "repeated": 3,
    "most_ties": 60, "outside_raters": 3, "compared_raters": 5, "burst_raters": 5,
    "burst_factor": 3, "large_voice": 10, "one_voice": True, "reciprocity": True, "groups": True,
    "strangers": True, "bursts": True, "monocultures": True,
}  # fmt: skip


def average(keys, voices):
    """The mean of voices, each counted once."""
    return sum(voices[key]["mean"] for key in keys) / len(keys)


def read(path):
    """All answers by voice: (rated, rater, evidence)."""
    voices = defaultdict(list)
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            evidence = row.get("evidence") or "live"
            if evidence == "backfilled" and row["role"] == "learner":
                continue
            key = (row["rated_organisation"], row["rater_organisation"], evidence)
            voices[key].append(
                (
                    row["role"],
                    date.fromisoformat(row["mobility_ended_on"]),
                    date.fromisoformat(row["released_on"]),
                    row["criterion"],
                    int(row["stars"]),
                )
            )
    return voices


def count(answers):
    """Ratings that host and that send: as many as the most answered question of each cell."""
    cells = defaultdict(Counter)
    for role, ended, released, criterion, _stars in answers:
        cells[role, ended, released][criterion] += 1
    people = Counter()
    for (role, _ended, _released), criteria in cells.items():
        people["sending" if role == "host" else "hosting"] += max(criteria.values())
    return people


def weigh(voices, p, today):
    """Age, one voice an organisation, reciprocity, backfill."""
    for (rated, rater, evidence), voice in voices.items():
        people = sum(voice["people"].values())
        ages = [2 ** (-max(0, (today - a[1]).days) / p["half_life_days"]) for a in voice["answers"]]
        voice["ages"] = ages
        weight = (1 + math.log(people) if p["one_voice"] else people) * sum(ages) / len(ages)
        back = [voices[k]["people"] for k in both(rater, rated) if k in voices]
        if p["reciprocity"] and back:
            same = sum(n for b in back for kind, n in b.items() if voice["people"][kind])
            weight *= 1 / (1 + same) if same >= 3 else 1 / 2
        if evidence != "live":
            keys = both(rated, rater) + both(rater, rated)
            only = back and not any(k in voices for k in keys if k[2] == "live")
            weight *= 0 if only else p["backfill_weight"]
        voice["weight"] = weight


def both(rated, rater):
    """The two voices that one organisation may have about another."""
    return [(rated, rater, "backfilled"), (rated, rater, "live")]


def strength(inside, outside, voices, p, praise_only=False):
    """How much voices are damped, from 0 to 1, by how far they lie from the others."""
    people = sum(sum(voices[key]["people"].values()) for key in inside)
    apart = average(inside, voices) - average(outside, voices)
    apart = apart if praise_only else abs(apart)
    chance = p["noise"] * math.sqrt(1 / people + 1 / len(outside))
    return min(1, max(0, (apart - chance) / p["ramp"]))


def damp(inside, full, amount, least, voices):
    """Take the weight off voices; tell whether there was any to take."""
    own = sum(voices[key]["weight"] for key in inside)
    if own <= 0:
        return False
    share = (min(own, full) * (1 - amount) + min(own, least) * amount) / own
    for key in inside:
        voices[key]["scale"] = share
    return share < 1


def praise(pairs, one, other, voices, p):
    """Whether one organisation praises another."""
    keys = pairs.get((one, other))
    return bool(keys) and average(keys, voices) >= p["glowing"]


def groups(pairs, voices, p):
    """Groups of at least three that praise each other, the largest first."""
    strong = defaultdict(Counter)
    for (rater, rated), keys in pairs.items():
        if praise(pairs, rater, rated, voices, p):
            people = sum(sum(voices[key]["people"].values()) for key in keys)
            if people >= p["repeated"] or praise(pairs, rated, rater, voices, p):
                strong[rater][rated] += people
                strong[rated][rater] += people
    kept = {
        one: set(sorted(others, key=lambda other: (-others[other], other))[: p["most_ties"]])
        for one, others in strong.items()
    }
    tied = {one: {other for other in kept[one] if one in kept[other]} for one in kept}
    found = set()
    for seed in tied:
        members = tied[seed] | {seed}
        while len(members) >= 3:
            weakest = min(members, key=lambda member: (len(tied[member] & members), member))
            if 2 * len(tied[weakest] & members) > len(members) - 1:
                found.add(tuple(sorted(members)))
                break
            members.discard(weakest)
    result = []
    for group in sorted(found, key=lambda group: (-len(group), group)):
        if not any(set(group) <= set(larger) for larger in result):
            result.append(group)
    return result


def by_month(answers):
    """The mean of what was released in each month."""
    found = defaultdict(list)
    for answer in answers:
        found[answer[2].year, answer[2].month].append(answer[4])
    return {month: sum(stars) / len(stars) for month, stars in found.items()}


def find(voices, p):
    """Damp what is not independent: groups, strangers, bursts, large voices, in this order."""
    about, pairs = defaultdict(list), defaultdict(list)
    for key in sorted(voices):
        about[key[0]].append(key)
        pairs[key[1], key[0]].append(key)
    taken = set()
    for group in groups(pairs, voices, p) if p["groups"] else []:
        inner = set(group)
        outside = {m: [k for k in about[m] if k[1] not in inner and k[2] == "live"] for m in group}
        everyone = [key for keys in outside.values() for key in keys]
        for member in group:
            inside = [key for key in about[member] if key[1] in inner and key not in taken]
            if not inside:
                continue
            others = outside[member]
            others = others if len(others) >= p["outside_raters"] else everyone
            if len(others) >= p["outside_raters"]:
                amount = strength(inside, others, voices, p, praise_only=True)
                full, least = math.inf, p["damped_weight"]
            else:
                amount, full, least = 0, 1 + math.log(len(inside)), 0
            if damp(inside, full, amount, least, voices):
                taken.update(inside)

    def compare(rated, inside, full=math.inf):
        others = [k for k in about[rated] if k not in inside and k not in taken and k[2] == "live"]
        is_many = len(others) >= p["compared_raters"]
        amount = strength(inside, others, voices, p) if is_many else 0
        if (is_many or full < math.inf) and damp(inside, full, amount, p["damped_weight"], voices):
            taken.update(inside)

    partners = defaultdict(set)
    for rater, rated in pairs:
        partners[rater].add(rated)
        partners[rated].add(rater)
    for rated, keys in about.items() if p["strangers"] else []:
        alone = [k for k in keys if len(partners[k[1]]) == 1 and k not in taken]
        if len(alone) >= p["compared_raters"]:
            compare(rated, alone)
    for rated, keys in about.items() if p["bursts"] else []:
        if len(keys) >= 2 * p["burst_raters"]:
            marks = {key: by_month(voices[key]["answers"]) for key in keys}
            every = sorted({month for found in marks.values() for month in found})
            total = sum(map(len, marks.values()))
            for month in every:
                there = [key for key in keys if month in marks[key]]
                came = [key for key in there if key not in taken]
                usual = (total - len(there)) / max(1, len(every) - 1)
                least = max(p["burst_raters"], p["burst_factor"] * usual)
                marked = sum(marks[key][month] for key in came) / max(1, len(came))
                if len(came) >= least and not 2 < marked < 4.5:
                    compare(rated, came)
    for rated, keys in about.items() if p["monocultures"] else []:
        total = sum(sum(voices[key]["people"].values()) for key in keys)
        for key in keys:
            people = sum(voices[key]["people"].values())
            if key not in taken and people >= p["large_voice"] and 2 * people >= total:
                compare(rated, [key], 1)


def scores(path, parameters=None):
    """The scores of all organisations in a file, best first."""
    p = {**DEFAULTS, **(parameters or {})}
    z = statistics.NormalDist().inv_cdf(0.5 + p["likely_percent"] / 200)
    voices = {
        key: {
            "answers": sorted(answers),
            "people": count(answers),
            "mean": sum(answer[4] for answer in answers) / len(answers),
        }
        for key, answers in read(path).items()
    }
    today = max((a[2] for voice in voices.values() for a in voice["answers"]), default=None)
    weigh(voices, p, today)
    find(voices, p)
    for voice in voices.values():
        voice["weight"] *= voice.get("scale", 1)
    about = defaultdict(list)
    for key, voice in sorted(voices.items()):
        about[key[0]].append((key[2], voice))
    stars = {rated: [0.0] * 5 for rated in about}
    for rated, heard in about.items():
        live = sum(evidence == "live" for evidence, _voice in heard)
        most = p["backfill_total"] if live < p["backfill_until"] else 0
        old = sum(voice["weight"] for evidence, voice in heard if evidence != "live")
        for evidence, voice in heard:
            scale = most / old if evidence != "live" and old > most else 1
            for answer, age in zip(voice["answers"], voice["ages"], strict=True):
                if age:
                    part = voice["weight"] * scale * age / sum(voice["ages"])
                    stars[rated][answer[4] - 1] += part
    usual = [sum(column) for column in zip(*stars.values(), strict=True)]
    total = sum(usual)
    usual = [share / total if total else 0.2 for share in usual]
    found = []
    for rated, heard in about.items():
        alpha = [w + p["prior_weight"] * g for w, g in zip(stars[rated], usual, strict=True)]
        whole = sum(alpha)
        mean = sum(k * a for k, a in enumerate(alpha, 1)) / whole
        square = sum(k * k * a for k, a in enumerate(alpha, 1)) / whole
        deviation = math.sqrt(max(0, square - mean * mean) / (whole + 1))
        live = [voice for evidence, voice in heard if evidence == "live"]
        found.append(
            {
                "organisation": rated,
                "score": mean,
                "low": max(1, mean - z * deviation),
                "high": min(5, mean + z * deviation),
                "raters": len(live),
                "people": sum(sum(voice["people"].values()) for voice in live),
                "rank_value": mean - p["caution"] * deviation,
                "label": "" if len(live) >= p["minimum_raters"] else "not enough yet",
            }
        )
    return sorted(found, key=lambda one: (-one["rank_value"], one["organisation"]))


if __name__ == "__main__":
    given = {}
    if len(sys.argv) > 2:
        given = json.loads(Path(sys.argv[2]).read_text("utf-8-sig"))
        given = given.get("parameters", given)
    json.dump({"scores": scores(sys.argv[1], given)}, sys.stdout, indent=1)
    sys.stdout.write("\n")
