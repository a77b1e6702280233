"""Who owes what since when: aged receivables, open items, statements."""
