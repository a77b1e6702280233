"""What the property tests of the writes are made of; ``conftest`` makes it importable."""
