"""Invented people, companies and subjects. Every domain is one that RFC 2606 keeps free for examples."""

from __future__ import annotations

from random import Random

FIRST_NAMES = (
    "Ada", "Amir", "Ana", "Björn", "Chen", "Chloé", "Dana", "Diego", "Elif", "Emma", "Farid", "Grace", "Hana",
    "Igor", "Ines", "Jonas", "Kofi", "Lena", "Liam", "Mei", "Mira", "Nadia", "Noah", "Olu", "Petra", "Priya",
    "Quentin", "Rosa", "Sami", "Søren", "Tara", "Tomás", "Uma", "Vera", "Wei", "Yara", "Yusuf", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Abara", "Almeida", "Bauer", "Bianchi", "Castro", "Dubois", "Eriksen", "Fischer", "Garcia", "Haddad",
    "Ito", "Jansen", "Kaur", "Kim", "Kowalski", "Larsen", "Lopez", "Meyer", "Moreau", "Nakamura", "Novak",
    "O'Neill", "Okafor", "Park", "Quist", "Rossi", "Sato", "Silva", "Singh", "Svensson", "Tanaka", "Ueda",
    "Varga", "Wang", "Weber", "Xu", "Yılmaz", "Zhang",
)  # fmt: skip
COMPANY_FIRST = (
    "Acorn", "Amber", "Birch", "Blue Harbor", "Cedar", "Copper", "Delta", "Eastfield", "Falcon", "Granite",
    "Harbor", "Indigo", "Juniper", "Kestrel", "Lantern", "Maple", "Northgate", "Onyx", "Pine", "Quarry",
    "Redwood", "Silver", "Tidal", "Umber", "Vertex", "Willow", "Yarrow", "Zephyr",
)  # fmt: skip
COMPANY_SECOND = (
    "Analytics", "Bank", "Components", "Dynamics", "Energy", "Foods", "Freight", "Glass", "Health",
    "Insurance", "Labs", "Logistics", "Machines", "Materials", "Media", "Networks", "Optics", "Partners",
    "Robotics", "Software", "Steel", "Textiles", "Tools", "Travel", "Works",
)  # fmt: skip
INDUSTRIES = (
    "Banking",
    "Energy",
    "Food",
    "Health care",
    "Insurance",
    "Logistics",
    "Manufacturing",
    "Media",
    "Software",
)
JOB_TITLES = (
    "Analyst", "Buyer", "CFO", "CIO", "CMO", "Controller", "Data engineer", "Director of operations",
    "Head of sales", "IT manager", "Marketing manager", "Plant manager", "Product owner", "Student",
    "VP engineering",
)  # fmt: skip
CITIES = (
    ("Boston", "MA", "United States", "02108"),
    ("Newark", "NJ", "United States", "07102"),
    ("Portland", "OR", "United States", "97201"),
    ("Toronto", "ON", "Canada", "M5H 2N2"),
    ("Leeds", None, "United Kingdom", "LS1 1UR"),
    ("Lyon", None, "France", "69001"),
    ("München", "Bayern", "Germany", "80331"),
    ("Kraków", None, "Poland", "30-001"),
    ("東京", None, "Japan", "100-0001"),
)
TOPICS = (
    "Forecasting", "Warehouse automation", "Cost control", "Safety audits", "Supplier portals",
    "Fleet tracking", "Energy savings", "Quality reports", "Field service", "Spare parts", "Shift planning",
    "Carbon accounting",
)  # fmt: skip
OCCASIONS = (
    "Webinar",
    "Trade fair",
    "Newsletter",
    "Guide",
    "Trial",
    "Search ads",
    "Partner program",
    "Launch",
)
STAGES = ("New", "Engaged", "Marketing qualified", "Sales qualified", "Customer")
DOMAINS = ("example.com", "example.org", "example.net")


def person(rng: Random) -> tuple[str, str]:
    """Return a first and a last name."""
    return rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)


def company(number: int) -> str:
    """Return the name of one invented company; from the 700th on a numeral tells them apart."""
    first, second = len(COMPANY_FIRST), len(COMPANY_SECOND)
    # A step without a common factor visits every pair before it repeats one.
    pair = number * 29 % (first * second)
    round_of_names = number // (first * second)
    name = f"{COMPANY_FIRST[pair % first]} {COMPANY_SECOND[pair // first]}"
    return name if not round_of_names else f"{name} {round_of_names + 1}"


def domain(number: int) -> str:
    """Return the web domain of the `number`-th company."""
    slug = company(number).lower().replace(" ", "-")
    return f"{slug}.{DOMAINS[number % len(DOMAINS)]}"
