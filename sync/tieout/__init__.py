"""Proof that our figures equal the ledger's own, down to the document."""
