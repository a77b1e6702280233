"""Jobs: what is to be done for which company, by whom, and when; it outlives any process."""
