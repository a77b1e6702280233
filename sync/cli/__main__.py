"""``python -m recoup.sync.cli`` is ``recoup``."""

from recoup.sync.cli import main

if __name__ == "__main__":
    main()
