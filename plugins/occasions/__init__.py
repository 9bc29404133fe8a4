"""Occasions: for which mobility or consortium an agreement is made, and what follows from that."""
