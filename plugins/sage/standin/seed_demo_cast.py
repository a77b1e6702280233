"""Who trades with the demo business. Every name is invented."""

from __future__ import annotations

from dataclasses import dataclass

FIRM = "Drumlin & Heron Larder Supplies"
SISTERS = (  # the other demo businesses of one accountant
    "Curlew Point Chandlery",
    "Meadowsweet Print Works",
    "Bog Oak Instruments",
    "Tansy & Teal Nurseries",
)
HOME = "EUR"
VAT_RATE = "IE_STANDARD"
NO_VAT_RATE = "IE_NO_TAX"
DEFAULT_DAYS = 30  # of a contact that says nothing

# (line, lowest and highest net amount in the contact's currency)
GOODS = (
    ("Oatmeal, stoneground", 40, 620),
    ("Heather honey", 25, 340),
    ("Smoked salt", 15, 190),
    ("Cold-pressed rapeseed oil", 60, 880),
    ("Dried dulse", 20, 260),
    ("Barley flour", 35, 540),
    ("Delivery", 12, 90),
)
RATES = {"GBP": "1.1640", "USD": "0.9215"}

MONTH_END = "month_end_invoice"
FROM_INVOICE = "date_from_invoice"
IMMEDIATE = "immediate_invoice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One line of the cast."""

    name: str
    currency: str = HOME
    email: str | None = None
    credit_days: int | None = None  # None: the default of the business
    credit_terms: str | None = None
    invoices: int = 11  # about so many over fourteen months
    late_days: int = 6  # pays about so long after the due date
    vat: bool = True


def _mail(name: str) -> str:
    word = "".join(letter for letter in name.lower() if letter.isascii() and letter.isalpha())
    return f"accounts@{word}.example"


def _plain(
    name: str, late_days: int, days: int | None = None, terms: str | None = None
) -> Customer:
    return Customer(
        name=name, late_days=late_days, credit_days=days, credit_terms=terms, email=_mail(name)
    )


_PLAIN = (
    _plain("Aghavannagh Tearooms", 4),
    _plain("Ballinderry Bakehouse", 12, 14, FROM_INVOICE),
    _plain("Bogbean & Sons", -2, 7, FROM_INVOICE),
    _plain("Brannock's of the Quay", 20, 30, MONTH_END),
    _plain("Caisleán Glas Teo", 35),
    _plain("Clonfad Cheese Loft", 3, 30, MONTH_END),
    _plain("Corncrake Kitchens", 8),
    _plain("Cutlass Bay Hotel", 1, 60, FROM_INVOICE),
    _plain("Dún Liath Óstán", 55),
    _plain("Eel Weir Smokery", 0, 0, IMMEDIATE),
    _plain("Fuchsia Lane Guesthouse", 9),
    _plain("Gallarus Granary", 28, 45, FROM_INVOICE),
    _plain("Greyabbey Deli \u2013 Food Hall", 5),
    _plain("Hawthorn, Pike and Daughters", 2, 30, FROM_INVOICE),
    _plain("Inis Bó Ferry Galley", 6),
    _plain("Kilmoremoy School Kitchens", 17, 60, MONTH_END),
    _plain("Lapwing Café", -4, 14, FROM_INVOICE),
    _plain('Mac Giolla "Big" Pantry', 11),
    _plain("Mweelrea Mess Hall", 7),
    _plain("O'Sruthán Wholefoods", 13, 30, MONTH_END),
    _plain("Plover & Peat", 3),
    _plain("Quillan Street Co-op", 15, 30, FROM_INVOICE),
    _plain("Rathbeg Roasters", 70),
    _plain("Seventh Wave Canteen", 10),
    _plain("Slieve Dubh Catering", 5, 21, FROM_INVOICE),
    _plain("Tobar Geal Nursing Home", 22),
    _plain("Turlough Tavern", 2),
    _plain("Ulster Scullery No. 4", 9, 30, MONTH_END),
    _plain("Whin Hill Market", 33),
    _plain("Yellow Meal Company", 6),
)
_FOREIGN = (
    # One customer in two currencies: the platform knows two contacts of one name.
    Customer(name="Lough Sidhe Traders", email="pay@loughsidhe.example", invoices=9),
    Customer(
        name="Lough Sidhe Traders", currency="GBP", email="pay@loughsidhe.example", invoices=8,
        credit_days=30, credit_terms=FROM_INVOICE, vat=False,
    ),
    Customer(name="Strangford Hampers Ltd", currency="GBP", invoices=9, late_days=9, vat=False),
    Customer(name="Thistle & Vine LLP", currency="GBP", invoices=7, late_days=40, vat=False),
    Customer(name="Cape Codling Imports Inc", currency="USD", invoices=6, late_days=5, vat=False),
)  # fmt: skip
# These have no rhythm of their own: each stands for one oddity, entered by seed_demo_oddities.
_ODD = tuple(
    Customer(name=name, invoices=0, email=_mail(name))
    for name in (
        "Ardglass Prepaid",
        "Bellanagh Double Payers",
        "Carrigeen Returns",
        "Derryquin Cash Discount",
        "Errigal Old Name",
        "Finisk Closed Down",
        "Garradrimna Drafts",
        "Hagfield Samples",
        "Inver Disputes",
        "Knocknagree Ledger Card",
        "Lisbellaw Builders",
        "Mullach Brought Forward",
        "Noggin Lane Market Stall",
        "Owenbeg Many Legs",
    )
)
CAST = (*_PLAIN, *_FOREIGN, *_ODD)
