"""``python -m recoup.sync.cli`` is ``recoup``."""

from recoup.sync.cli import main

main()
