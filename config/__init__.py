"""Settings as files. A leaf: imports nothing of ours."""
