"""The tree of the audit log against the vectors that were published with RFC 6962."""

from __future__ import annotations

import pytest

from plugins.trust import proofs
from portal import merkle

DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
DATA.append("606162636465666768696a6b6c6d6e6f")
LEAVES = [merkle.leaf_hash(bytes.fromhex(text)) for text in DATA]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
A = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
B = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
C = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
D = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
E = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
F = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUSIONS = [
    (0, 1, []),
    (0, 8, [A, B, C]),
    (5, 8, [D, E, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], B, D]),
]
CONSISTENCIES = [(1, 1, []), (1, 8, [A, B, C]), (6, 8, [F, E, ROOTS[4]]), (2, 5, [B, D])]


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_the_published_one(size: int) -> None:
    assert proofs.root_of(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "proof"), INCLUSIONS)
def test_a_proof_of_inclusion_is_the_published_one(index: int, size: int, proof: list[str]) -> None:
    assert [step.hex() for step in proofs.inclusion(LEAVES[:size], index)] == proof


@pytest.mark.parametrize(("first", "size", "proof"), CONSISTENCIES)
def test_a_proof_of_consistency_is_the_published_one(
    first: int, size: int, proof: list[str]
) -> None:
    assert [step.hex() for step in proofs.consistency(LEAVES[:size], first)] == proof


def test_every_proof_leads_to_the_root_and_no_other_leaf_does() -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(21)]
    for size in range(1, 22):
        root = proofs.root_of(leaves[:size])
        for index in range(size):
            proof = proofs.inclusion(leaves[:size], index)
            assert proofs.root_above(leaves[index], index, size, proof) == root
            assert proofs.root_above(merkle.EMPTY, index, size, proof) != root


def test_every_proof_of_growth_leads_to_both_roots() -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(21)]
    for size in range(1, 22):
        for first in range(1, size + 1):
            known = proofs.root_of(leaves[:first]), proofs.root_of(leaves[:size])
            proof = proofs.consistency(leaves[:size], first)
            assert proofs.roots_above(known[0], first, size, proof) == known


def test_a_tree_whose_past_was_changed_has_no_proof_of_growth() -> None:
    leaves = [merkle.leaf_hash(bytes([number])) for number in range(13)]
    other = [merkle.EMPTY, *leaves[1:]]
    old, new = proofs.root_of(leaves[:6]), proofs.root_of(other)

    assert proofs.roots_above(old, 6, 13, proofs.consistency(other, 6)) != (old, new)


@pytest.mark.parametrize("proof", [[], [merkle.EMPTY] * 2, [merkle.EMPTY] * 4])
def test_a_proof_of_the_wrong_length_is_refused(proof: list[bytes]) -> None:
    with pytest.raises(ValueError, match="No proof"):
        proofs.root_above(LEAVES[0], 0, 8, proof)
    with pytest.raises(ValueError, match="No proof"):
        proofs.roots_above(LEAVES[0], 1, 8, proof)
