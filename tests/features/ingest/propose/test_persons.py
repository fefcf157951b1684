"""Who answered and who asked, where only an address says so."""

import pandas as pd

from churngrid.features.ingest.propose.propose import propose
from churngrid.features.ingest.propose.settings_text import mapping_of
from churngrid.features.ingest.read import read_tables
from churngrid.features.schema.settings import Settings

FIRMS = [f"firm{number}.com" for number in range(8)]
MAILS = [f"kim@{firm}" for firm in FIRMS]
DAYS = [f"2025-03-{day:02d}" for day in range(1, 9)]
ANSWERS = {"Submitted at": DAYS, "Email": MAILS, "NPS score": [9, 3, 8, 10, 6, 7, 9, 2]}
COMPANIES = {"company_id": [f"c{number}" for number in range(8)], "Domain": FIRMS, "name": FIRMS}
CONTACTS = {
    "contact_id": [f"p{number}" for number in range(8)],
    "company_id": COMPANIES["company_id"],
    "email": MAILS,
    "job title": ["Head of Operations"] * 8,
}


def read(**sheets):
    data = {"companies": COMPANIES, **sheets}
    frames = {name: pd.DataFrame(columns) for name, columns in data.items()}
    settings = Settings.model_validate({"tables": mapping_of(propose(frames))})
    return read_tables(frames, settings)


def test_an_address_on_file_is_the_person_who_answered():
    tables = read(nps_responses=ANSWERS, contacts=CONTACTS)
    on_file = tables["people"]["person_id"].to_pylist()
    assert tables["survey_responses"]["person_id"].to_pylist() == on_file


def test_without_people_one_address_is_one_person():
    answers = read(nps_responses=ANSWERS)["survey_responses"]
    assert answers["person_id"].to_pylist() == MAILS


def test_who_opened_a_ticket_is_the_person_with_the_address():
    tickets = {"ticket_id": list("abcdefgh"), "created at": DAYS, "subject": ["help"] * 8}
    tickets |= {"company_id": COMPANIES["company_id"], "requester email": MAILS}
    opened = read(support_tickets=tickets, contacts=CONTACTS)["tickets"]
    assert opened["requester_person_id"].to_pylist() == CONTACTS["contact_id"]


def test_an_address_that_nobody_on_file_has_is_nobody_known():
    strangers = {**ANSWERS, "Email": [*MAILS[:6], "x@firm6.com", "y@firm7.com"]}
    answers = read(nps_responses=strangers, contacts=CONTACTS)["survey_responses"]
    assert answers["person_id"].to_pylist() == [*CONTACTS["contact_id"][:6], None, None]


def test_what_a_survey_asks_to_be_said_in_words_is_the_comment():
    why = {"What is the main reason for your score?": ["slow", None, *["fine"] * 6]}
    answers = read(nps_responses={**ANSWERS, **why})["survey_responses"]
    said = answers["comment"].is_valid().to_pylist()
    assert said == [True, False, *[True] * 6]


def test_people_without_any_date_are_known_from_the_newest_day_on():
    tickets = {"ticket_id": list("abcdefgh"), "created at": DAYS, "subject": ["help"] * 8}
    tickets |= {"company_id": COMPANIES["company_id"]}
    people = read(support_tickets=tickets, contacts=CONTACTS)["people"].to_pandas()
    assert len(people) == 8
    assert set(people["known_at"].dt.strftime("%Y-%m-%d")) == {DAYS[-1]}


def test_a_column_that_holds_keys_of_people_says_who_was_met():
    met = {"Activity No": list("abcdefgh"), "company_id": COMPANIES["company_id"], "Date": DAYS}
    met |= {"Kind": ["Call", "Visit"] * 4, "Contact No": CONTACTS["contact_id"]}
    known = {**CONTACTS, "created": DAYS}
    activities = read(crm_activities=met, contacts=known)["activities"]
    assert activities["person_ids"].to_pylist() == CONTACTS["contact_id"]


def test_roles_are_those_of_the_contract_however_they_are_written():
    roles = ["Executive Sponsor", "Decision maker; Champion", "ADMINISTRATOR", "user", *[None] * 4]
    tickets = {"ticket_id": list("abcdefgh"), "created at": DAYS, "subject": ["help"] * 8}
    tickets |= {"company_id": COMPANIES["company_id"]}
    people = read(support_tickets=tickets, contacts={**CONTACTS, "role": roles})["people"]
    said = ["exec_sponsor", "decision_maker|champion", "admin", "user"]
    assert people["roles"].to_pylist()[:4] == said


def test_roles_in_lists_are_those_of_the_contract_too():
    people = {"person_id": ["p"], "account_id": ["a"], "valid_from": ["2024-01-01"]}
    data = {
        "accounts": pd.DataFrame({"account_id": ["a"]}),
        "people": pd.DataFrame({**people, "roles": [["Administrator", "Power Sponsor"]]}),
        "tickets": pd.DataFrame({"ticket_id": ["t"], "account_id": ["a"], "created_at": DAYS[:1]}),
    }
    assert read_tables(data)["people"]["roles"].to_pylist() == ["admin|champion"]
