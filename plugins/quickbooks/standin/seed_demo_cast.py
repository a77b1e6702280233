"""Who trades with the demo company. Every name is invented."""

from __future__ import annotations

from dataclasses import dataclass

FIRM = "Larkspur & Finch Workshop Supply"

# (item, lowest and highest line amount in the customer's currency)
GOODS = (
    ("Bench vices", 90, 640),
    ("Kiln shelves", 45, 380),
    ("Linen canvas", 60, 900),
    ("Brass fittings", 12, 260),
    ("Delivery", 15, 120),
    ("Tool sharpening", 20, 180),
    ("Site survey", 150, 1200),
)
TERMS = {
    "Net 15": {"DueDays": 15},
    "Net 30": {"DueDays": 30},
    "Net 60": {"DueDays": 60},
    "Due on receipt": {"DueDays": 0},
    "Due on the 15th": {"DayOfMonthDue": 15, "DueNextMonthDays": 10},
}
RATES = {"EUR": "1.0825", "JPY": "0.00665"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One line of the cast."""

    name: str
    currency: str = "USD"
    parent: str | None = None  # the DisplayName of the customer this is a job of
    bill_with_parent: bool = False
    email: str | None = None
    terms: str = "Net 30"
    invoices: int = 13  # about so many over fourteen months
    late_days: int = 6  # pays about so long after the due date
    taxable: bool = False


def _mail(name: str) -> str:
    word = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())
    return f"accounts@{word}.example"


def _plain(name: str, terms: str, late_days: int, taxable: bool = False) -> Customer:
    return Customer(name=name, terms=terms, late_days=late_days, taxable=taxable, email=_mail(name))


_PLAIN = (
    _plain("Abernethy's Kiln & Clay", "Net 30", 4),
    _plain("Alderwick Joinery", "Net 30", 12, taxable=True),
    _plain("Bellwether Looms", "Net 15", -2),
    _plain("Birchgrove School of Craft", "Net 60", 20),
    _plain("Boyd\u2019s Boatyard", "Net 30", 35),
    _plain("Bramblecote Garden Rooms", "Due on the 15th", 3),
    _plain("Calloway Upholstery", "Net 30", 8),
    _plain("Candlemas Bookbinders", "Net 15", 1),
    _plain("Copperkettle Brewing Fittings", "Net 30", 55),
    _plain("Dovetail & Daughters", "Net 30", 0, taxable=True),
    _plain("Driftless Stoneworks", "Net 60", 9),
    _plain("Eastmarsh Theatre Scenery", "Net 30", 28),
    _plain("Emberline Glass", "Net 15", 5),
    _plain("Fennimore, Pike and Tull", "Net 30", 2),
    _plain("Foxglove Florist Supplies", "Due on receipt", 6),
    _plain("Gantry & Sprocket Cycles", "Net 30", 17, taxable=True),
    _plain("Goldenrod Frames", "Net 30", -4),
    _plain("Greywether Sail Loft", "Due on the 15th", 11),
    _plain("Hollowell Instruments", "Net 30", 7),
    _plain("Inkwell Lane Press", "Net 15", 13),
    _plain("Juniper Row Ceramics", "Net 30", 3),
    _plain("Kestrel Point Museum Shop", "Net 60", 15),
    _plain("Lanternjaw Lighting", "Net 30", 70),
    _plain("Marrowfield Saddlery", "Net 30", 10),
    _plain("Nettlebed Weaving Mill", "Net 30", 5),
    _plain('O\'Dowd "Lucky" Ironmongers', "Net 30", 22),
    _plain("Pemberley Piano Repairs", "Net 15", 2, taxable=True),
    _plain("Quillfeather Stationers", "Net 30", 9),
    _plain("Rookhope Timber Yard", "Net 60", 33),
    _plain("Saltmarsh & Wren, Chandlers", "Net 30", 6),
    _plain("Thistledown Toys", "Due on the 15th", 1),
    _plain("Underhill Clockworks", "Net 30", 14),
    _plain("Wickerby Baskets", "Net 30", 4),
    _plain("Yarrow Street Studio", "Due on receipt", 19),
)
_FOREIGN = (
    Customer(name="Atelier Brûlée-Moreau SARL", currency="EUR", late_days=9, invoices=9),
    Customer(name="Gärtnerei Sonnfließ GmbH", currency="EUR", terms="Net 15", late_days=0),
    Customer(name="Søndergård Træ & Læder ApS", currency="EUR", terms="Net 60", late_days=25),
    Customer(name="Taller Ibáñez-Ñandú S.L.", currency="EUR", late_days=40, invoices=8),
    Customer(name="霧笛工房", currency="JPY", terms="Net 60", late_days=5, invoices=6),
)
_JOBS = (
    Customer(name="Harrowgate Estates", email="ap@harrowgate.example, site@harrowgate.example"),
    Customer(name="Mill Conversion", parent="Harrowgate Estates", bill_with_parent=True),
    Customer(name="Block A", parent="Mill Conversion", bill_with_parent=True, invoices=8),
    Customer(name="Block B", parent="Mill Conversion", bill_with_parent=True, invoices=6),
    Customer(name="Block B - fit-out", parent="Block B", invoices=4),
    Customer(name="Orchard Cottages", parent="Harrowgate Estates", invoices=7, late_days=21),
    Customer(name="Tarrow County Fairgrounds", terms="Net 60", invoices=6, late_days=18),
    Customer(name="Grandstand", parent="Tarrow County Fairgrounds", bill_with_parent=True),
    Customer(name="Livestock Hall", parent="Tarrow County Fairgrounds", invoices=5),
)
# These have no rhythm of their own: each stands for one oddity, entered by seed_demo_oddities.
_ODD = tuple(
    Customer(name=name, invoices=0, email=_mail(name))
    for name in (
        "Ashdown Prepaid",
        "Bickerstaff Double Payers",
        "Crumlin Returns",
        "Dunmore Counter Sales",
        "Eglantine Old Name",
        "Farthingale Closing Down",
        "Gossamer Write-offs",
        "Hawksmoor Samples",
        "Ivybridge Disputes",
        "Jessamine Estimates",
    )
)
CAST = (*_PLAIN, *_FOREIGN, *_JOBS, *_ODD)
