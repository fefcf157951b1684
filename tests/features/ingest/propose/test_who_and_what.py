"""Tables of one company that name customers in two ways, and tasks that look like requests."""

import pandas as pd

from churngrid.features.ingest.propose.propose import propose

NUMBERS = [f"{40000 + n}" for n in range(12)]
FIRMS = [f"Firma {letter} GmbH" for letter in "ABCDEFGHIJKL"]
DAYS = [f"2025-03-{day:02d}" for day in range(1, 13)]


def ways(**tables):
    parts = propose({name: pd.DataFrame(columns) for name, columns in tables.items()}).parts
    return {
        part.source: next(take.source for take in part.takes if take.column == "account_id")
        for part in parts
    }


def test_the_column_by_which_tables_meet_names_the_customers():
    contracts = {"Vertragsnr.": NUMBERS, "Kunde": FIRMS, "Kundennr.": NUMBERS}
    contracts |= {"Beginn": ["01.01.2024"] * 12, "Ende": ["31.12.2025"] * 12, "ARR": [1200] * 12}
    tickets = {"Ticketnr.": list("abcdefghijkl"), "Kundennummer": NUMBERS, "Erstellt am": DAYS}
    found = ways(vertraege=contracts, tickets={**tickets, "Status": ["offen", "gelöst"] * 6})
    assert found["vertraege"] == "Kundennr."
    assert found["tickets"] == "Kundennummer"


def test_alone_a_table_names_its_customers_by_the_surest_word():
    contracts = {"Vertragsnr.": NUMBERS, "Kunde": FIRMS, "Kundennr.": NUMBERS}
    contracts |= {"Beginn": ["01.01.2024"] * 12, "Ende": ["31.12.2025"] * 12, "ARR": [1200] * 12}
    assert ways(vertraege=contracts)["vertraege"] == "Kunde"


def test_what_is_somebodys_to_do_by_a_day_is_no_request_of_a_customer():
    companies = {"GSID": NUMBERS, "Name": FIRMS, "ARR": [1200] * 12, "Renewal Date": DAYS}
    tasks = {"GSID": [f"t{n}" for n in range(12)], "Company GSID": NUMBERS, "Due Date": DAYS}
    tasks |= {"Priority": ["High", "Low", "Medium"] * 4, "Status": ["New", "Closed"] * 6}
    tasks |= {"Closed Date": DAYS, "Owner Name": ["Kim", "Lee"] * 6, "Name": ["Call them"] * 12}
    found = propose({"Company": pd.DataFrame(companies), "Call_To_Action": pd.DataFrame(tasks)})
    assert "tickets" not in {part.table for part in found.parts}
    assert "Call_To_Action" in {entry.table for entry in found.unread}
