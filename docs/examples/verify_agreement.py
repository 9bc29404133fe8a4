"""Checks the bundle of an agreement with nothing but Python: verify_agreement.py BUNDLE [HEAD].

BUNDLE: a party's JSON file. HEAD: a mailed head of the log. Exit: 0 holds, 1 not, 2 not all signed.
"""

import hashlib
import json
import re
import sys
from base64 import urlsafe_b64decode as unpack
from base64 import urlsafe_b64encode as pack
from pathlib import Path

P = 2**256 - 2**224 + 2**192 + 2**96 - 1  # the curve P-256, for passkeys
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5
SIMPLE = "(simple electronic signature)"
LEVELS = {
    "paper": "on paper; an organisation attests the scan", "link": f"by a mailed link {SIMPLE}",
    "click": f"by a click after proving who they are {SIMPLE}", "passkey": f"with a passkey {SIMPLE}",
    "outside": "in a PDF that was signed with another tool",
}  # fmt: skip


def need(holds, what):
    """Stop with what is wrong."""
    if not holds:
        raise ValueError(what)


def canonical(value):
    """Return canonical JSON (RFC 8785) of texts, whole numbers, lists and names in plain letters."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(*parts):
    """Hash parts put together."""
    return hashlib.sha256(b"".join(parts)).digest()


def digest(data):
    """Return a hash as it stands in texts."""
    return f"sha256:{sha256(data).hex()}"


def words(text):
    """Read base64url without filling; nothing for other ways to write the same bytes."""
    return raw if pack(raw := unpack(text + "===")).decode().rstrip("=") == text else b""


def read(text):
    """Return what canonical JSON says; other bytes with the same meaning are refused."""
    value = json.loads(text)
    need(canonical(value) == text.encode(), "a text is not in canonical form")
    return value


def material(document):
    """Return the hash of all over which signatures stand."""
    found = {key: value for key, value in document.items() if key != "version"} | {"clauses": []}
    for clause in document["clauses"]:
        other, values = clause.get("except", []), clause.get("values", {}).items()
        kept = {k: v for k, v in values if clause["material"] != (k in other)}
        hidden = () if clause["material"] else ("title", "text")
        rest = {key: value for key, value in clause.items() if key not in hidden}
        found["clauses"].append({**rest, "values": kept})
    return digest(canonical(found))


def commitment(one):
    """Hash a personal value with its salt and place."""
    return digest(canonical([one["salt"], one["clause"], one["name"], one["value"]]))


def add(a, b):
    """Add two points of the curve; None is its zero."""
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    rise, run = (3 * a[0] ** 2 - 3, 2 * a[1]) if a == b else (b[1] - a[1], b[0] - a[0])
    slope = rise * pow(run, -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(number, point):
    """Add a point to itself so many times."""
    found = None
    for bit in f"{number:b}":
        found = add(add(found, found), point if bit == "1" else None)
    return found


def p256(key, made, data):
    """Whether a key made an ECDSA signature (in DER) over data."""
    end, size = 4 + made[3], len(made)
    need([*made[:3], *made[end : end + 2]] == [48, size - 2, 2, 2, size - end - 2], "no signature")
    r, s = int.from_bytes(made[4:end], "big"), int.from_bytes(made[end + 2 :], "big")
    x, y = int(key["x"], 16), int(key["y"], 16)
    need(0 < r < N and 0 < s < N and (y * y - x**3 + 3 * x - B) % P == 0, "no signature")
    u, v = int.from_bytes(sha256(data), "big") * pow(s, -1, N) % N, r * pow(s, -1, N) % N
    return add(times(u, (GX, GY)), times(v, (x, y)))[0] % N == r


def rsa(key, made, data):
    """Whether a key made an RSA signature (PKCS #1, version 1.5) over data."""
    n, size = int(key["n"], 16), len(key["n"]) // 2
    tail = bytes.fromhex("003031300d060960864801650304020105000420") + sha256(data)
    found = pow(int.from_bytes(made, "big"), int(key["e"], 16), n).to_bytes(size, "big")
    return found == b"\0\1" + b"\xff" * (size - 2 - len(tail)) + tail


def check_passkey(text, said, evidence):
    """Check that a key of the signer signed this very statement, and the hash of the version."""
    key, host = evidence["key"], said["proof"]["host"].encode()
    need(digest(canonical(key)) in said["proof"]["keys"].split(), "the key is not the signer's")
    client, data = words(evidence["client_data"]), words(evidence["authenticator_data"])
    spoken, asked = json.loads(client), bytes.fromhex(said["document"][7:]) + sha256(text.encode())
    need(words(spoken["challenge"]) == asked, "a passkey signed another text")
    need([spoken["type"], data[:32]] == ["webauthn.get", sha256(host)], "a passkey elsewhere")
    made, holds = words(evidence["signature"]), {-7: p256, -257: rsa}[key["alg"]]
    need(data[32] & 1 and holds(key, made, data + sha256(client)), "no passkey signed this")


def root_above(entry, size):
    """Return the root of the log to which an entry's proof leads (RFC 9162, section 2.1.3.2)."""
    at, last = entry["place"] - 1, size - 1
    found = sha256(b"\0", entry["text"].encode())
    need(0 <= at <= last, "an entry lies outside of the log")
    for step in map(bytes.fromhex, entry["path"]):
        need(last, "a proof is too long")
        if at & 1 or at == last:
            found = sha256(b"\1", step, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = sha256(b"\1", found, step)
        at, last = at >> 1, last >> 1
    need(last == 0, "a proof is too short")
    return found.hex()


def check_signature(one, documents, log):
    """Return what a signature says, once all of it fits together."""
    text, entry = one["statement"], one["entry"]
    said, noted = read(text), read(entry["text"])
    document = documents[said["document"]]
    party = {"public_id": said["party"], "role": said["role"], "organisation": said["organisation"]}
    shown = ["tessera-signature/1", document["public_id"], document["version"], material(document)]
    signed = [said[key] for key in ("format", "agreement", "version", "material")]
    need(signed == shown, "a signature is over another text")
    need(any(party.items() <= item.items() for item in document["parties"]), "no such party")
    need(not one["signer"] or commitment(one["signer"]) == said["signer"], "another signer")
    if said["level"] == "passkey":
        check_passkey(text, said, one["evidence"])
    need(noted["action"] == "agreement.signed" and noted["place"] == entry["place"], "an entry")
    need(noted["detail"]["statement"] == digest(text.encode()), "an entry of another signature")
    need(root_above(entry, log["size"]) == log["root"], "an entry is not in the log")
    return said


def check(bundle, head=""):
    """Check all; return lines that say what holds, and the parties that did not sign."""
    documents = {digest(item["text"].encode()): read(item["text"]) for item in bundle["documents"]}
    hashes = [bundle["format"], *(item["hash"] for item in bundle["documents"])]
    need(hashes == ["tessera-bundle/1", *documents], "no bundle, or a hash is wrong")
    number, current = list(documents.items())[-1]
    need(all(commitment(one) in repr(documents) for one in bundle["personal"]), "another value")
    lines, seen = [f"{current['kind']} {current.get('title', '')!r}", number], set()
    for one in bundle["signatures"]:
        said = check_signature(one, documents, bundle["log"])
        if not one["voided_at"]:
            need(said["material"] == material(current), "a signature is over another text")
            need(said["party"] not in seen, "two signatures for one party")
            seen.add(said["party"])
            who = (one["signer"] or {"value": "(name erased)"})["value"].replace("\n", ", ")
            how = LEVELS["link" if said["proof"].get("by") == "link" else said["level"]]
            party = said["organisation"] or said["role"]
            lines.append("; ".join([party, who, said["signed_at"], how]))
    for size, root in re.findall(r"(\d+)\s+([0-9a-f]{64})\s", head + " "):
        known = int(size) == bundle["log"]["size"]
        need(not known or root == bundle["log"]["root"], "the log was rewritten since the mail")
        lines.append("The log is your mail's." if known else f"Ask for a bundle with ?size={size}.")
    missing = {one["public_id"]: one["organisation"] or one["role"] for one in current["parties"]}
    return lines, [name for number, name in missing.items() if number not in seen]


if __name__ == "__main__":
    try:
        texts = [Path(path).read_text(encoding="utf-8") for path in sys.argv[1:3]]
        holds, missing = check(json.loads(texts[0]), *texts[1:])
    except Exception as error:  # whatever is wrong with the file, it does not hold
        sys.exit(f"DOES NOT HOLD: {error!r}")
    holds += ["Not proven: who sat at the keyboard, that they might sign, an independent time."]
    holds += [f"NOT SIGNED BY: {', '.join(missing)}\n" if missing else ""]
    sys.stdout.write("\n".join(["HOLDS: nothing was changed since it was signed.", *holds]))
    sys.exit(2 if missing else 0)
