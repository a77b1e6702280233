"""recoup: accounts receivable that can prove what it does."""

__version__ = "0.1.0"
