"""A bookkeeper who never rests, syncs that are killed, and the proof that nothing was lost."""
