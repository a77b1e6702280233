"""Who trades with the demo organisation. Every name is invented."""

from __future__ import annotations

from dataclasses import dataclass

_PLACES = (
    "Hobbleford", "Tattersthorpe", "Wexmoor", "Penhallick", "Cranleydale", "Ottermarsh",
    "Brindlesea", "Stavering", "Lowmarket", "Quaythorpe", "Merrowdown", "Harebridge", "Fellgate",
)  # fmt: skip
_TRADES = (
    "Sign & Shopfitting", "Catering Supply", "Joinery", "Packaging", "Lighting", "Print Works",
    "Refrigeration", "Workwear", "Flooring", "Office Supplies", "Timber & Tool",
)  # fmt: skip

# (goods, lowest and highest line amount in the customer's currency, before tax)
GOODS = (
    ("Fascia sign, fitted", 240, 3200),
    ("Window vinyl", 45, 420),
    ("Hand-painted lettering", 90, 880),
    ("Shelving bay", 110, 960),
    ("Lightbox", 160, 1450),
    ("Site survey", 60, 240),
    ("Delivery", 15, 95),
)
BILLED = ("Aluminium sheet", "Acrylic offcuts", "Van hire", "Electricity", "Scaffold hire")

# name of the terms → PaymentTerms.Sales: day and type
TERMS = {
    "7 days": (7, "DAYSAFTERBILLDATE"),
    "14 days": (14, "DAYSAFTERBILLDATE"),
    "30 days": (30, "DAYSAFTERBILLDATE"),
    "end of month": (30, "DAYSAFTERBILLMONTH"),
    "20th of next month": (20, "OFFOLLOWINGMONTH"),
}
RATES = {"EUR": "0.8560", "USD": "0.7874"}  # home units for one


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One line of the cast."""

    name: str
    currency: str = "GBP"
    second_currency: str | None = None  # a contact may trade in several
    email: str = ""
    terms: str = "30 days"
    invoices: int = 13  # about so many over fourteen months
    late_days: int = 6  # pays about so long after the due date


def _mail(name: str) -> str:
    word = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())
    return f"accounts@{word}.example"


def _plain(name: str, terms: str, late_days: int) -> Customer:
    return Customer(name=name, terms=terms, late_days=late_days, email=_mail(name))


_PLAIN = (
    _plain("Applewick Farm Shop", "30 days", 3),
    _plain("Barnacle & Bright Opticians", "14 days", 11),
    _plain("Cobblestone Coffee Roasters", "7 days", -1),
    _plain("Dapplegate Garden Centre", "end of month", 19),
    _plain("Elmstead Pharmacy", "30 days", 0),
    _plain("Farrow's Fish & Game", "30 days", 36),
    _plain("Gooseberry Lane Nursery School", "20th of next month", 4),
    _plain("Haverbrook Cycles", "30 days", 9),
    _plain("Inglemere Community Hall", "end of month", 24),
    _plain("Jackdaw Books", "14 days", 2),
    _plain("Kettlewick Hardware", "30 days", 58),
    _plain("Lambourne & Sons, Butchers", "7 days", 6),
    _plain("Mossop Veterinary Practice", "30 days", 1),
    _plain("Nutwood Play Barn", "30 days", 27),
    _plain("Oystergate Brewery Taps", "14 days", 5),
    _plain("Pipistrelle Theatre", "30 days", 15),
    _plain("Quarryside Climbing Centre", "20th of next month", -3),
    _plain("Rushmoor Bakery", "7 days", 8),
    _plain("Sallowfield Dental Care", "30 days", 2),
    _plain("Tansy & Thyme Florists", "14 days", 13),
    _plain("Upton Ferry Chandlery", "30 days", 17),
    _plain("Verity Lane Barbers", "7 days", 4),
    _plain("Wickstead Primary School", "end of month", 31),
    _plain("Yewtree Antiques", "30 days", 72),
    _plain("Alderbourne Swim Club", "20th of next month", 10),
    _plain("Bramley Hop Inn", "14 days", 22),
    _plain("Cinderford Model Railways", "30 days", 5),
    _plain("Duckpond Row Deli", "7 days", 0),
    _plain("Embersley Fire & Stoves", "30 days", 12),
    _plain("Fiddler\u2019s Elbow Guest House", "14 days", 7),
    _plain("Gallowglass Motors", "30 days", 41),
    _plain("Hartshorn Outdoor Wear", "end of month", 3),
)
_FOREIGN = (
    Customer(name="Boulangerie Vert-Pré & Fils", currency="EUR", late_days=8, invoices=9),
    Customer(name="Fensterbau Käßmeier KG", currency="EUR", terms="14 days", late_days=-2),
    Customer(name="Ó Maoileoin Óstán Teoranta", currency="EUR", late_days=26, invoices=9),
    Customer(name="Redwater Trading Post LLC", currency="USD", late_days=14, invoices=8),
    Customer(name="Ballymoyle Border Garages", second_currency="EUR", late_days=9, invoices=12),
)
# These have no rhythm of their own: each stands for one oddity, entered by seed_demo_oddities.
_ODD = tuple(
    Customer(name=name, invoices=0, email=_mail(name))
    for name in (
        "Amberley Advance Bookings",
        "Broxwood Double Payers",
        "Croxley Returns",
        "Dewlap Disputes",
        "Everdon Imports",
        "Fernhill Old Name",
        "Gorsewell Closed Down",
        "Hollin Twin",
        "Hollin Twin (duplicate)",
        "Ironbark Drafts",
        "Jaybird Mixed Dealings",
        "Kiln Row Voids",
    )
)
SUPPLIERS = ("Merrow Metals", "Plaxton Plastics", "Sedgeley Power", "Tidewell Van Hire")


def firm_name(number: int) -> str:
    """The name of the n-th demo organisation, from 1; the first 143 are all different."""
    place, trade = _PLACES[(number - 1) % 13], _TRADES[(number - 1) % 11]
    turn = (number - 1) // 143
    return f"{place} {trade} Ltd" if not turn else f"{place} {trade} {turn + 1} Ltd"


CAST = (*_PLAIN, *_FOREIGN, *_ODD)
