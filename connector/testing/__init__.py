"""Proof kit for adapter authors: subclass ``LedgerConformance``, give it a ``LedgerCase``.

    class TestMyLedger(LedgerConformance):
        case_type = MyLedgerCase

Each scenario is a test. One is skipped only where the case says why it cannot be played; an
operation whose capability is not declared must raise NotSupported. The scenarios need pytest
(``pip install "recoup[testing]"``); ``fakes`` and ``memory_ledger`` do not.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from recoup.connector.testing.case import LedgerCase, Unplayable
    from recoup.connector.testing.mirror import Mirror
    from recoup.connector.testing.suite import LedgerConformance
    from recoup.connector.testing.teller import Teller

__all__ = ["LedgerCase", "LedgerConformance", "Mirror", "Teller", "Unplayable"]

_HOMES = {
    "LedgerCase": "case",
    "LedgerConformance": "suite",
    "Mirror": "mirror",
    "Teller": "teller",
    "Unplayable": "case",
}
_REWRITTEN = (
    "booking",
    "promises",
    "pulling",
    "scenario",
    "telling",
    "writing",
)  # without it a failure shows no values

if sys.modules.get("pytest"):
    sys.modules["pytest"].register_assert_rewrite(*(f"{__name__}.{name}" for name in _REWRITTEN))


def __getattr__(name: str) -> Any:
    # On demand, so that the fakes serve where pytest is not installed.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as error:
        if error.name != "pytest":
            raise
        raise ModuleNotFoundError(
            f'{name} needs pytest: pip install "recoup[testing]"', name="pytest"
        ) from None
    return getattr(module, name)
