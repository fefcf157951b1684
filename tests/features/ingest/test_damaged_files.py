"""Files that were damaged: no row and no money goes without a word, and nothing crashes."""

import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.read import read_tables
from tests.features.ingest.damage import DAMAGES, chance_of

AMOUNTS = [1_000 + 7 * n + 0.5 for n in range(40)]
FILES = {
    "accounts.csv": "account_id,name,customer_since,employee_count\n"
    + "".join(f"a{n},Müller {n},{1 + n % 28:02}.03.2024,\n" for n in range(12)),
    "tickets.csv": "ticket_id,account_id,created_at,priority\n"
    + "".join(f"t{n},a{n % 12},2025-0{1 + n % 9}-1{n % 9} 9:05,P{n % 4}\n" for n in range(30)),
    "invoices.csv": "invoice_id,account_id,issued_at,amount_due\n"
    + "".join(
        f"i{n},a{n % 12},{1 + n % 12}/{13 + n % 15}/2025,{amount}\n"
        for n, amount in enumerate(AMOUNTS)
    ),
}


def written(folder, name, raw, packed=False):
    for file, text in FILES.items():
        (folder / file).write_bytes(text.encode())
    (folder / name).unlink()
    (folder / f"{name}.gz" if packed else folder / name).write_bytes(raw)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(damage, tmp_path):
    for seed in range(8):
        chance = chance_of(seed)
        name = chance.choice(sorted(FILES))
        raw = damage(FILES[name].encode(), chance)
        folder = tmp_path / str(seed)
        folder.mkdir()
        written(folder, name, raw, packed=damage.__name__ == "packed")
        try:
            tables = read_tables(folder)
        except SchemaError:
            # A sentence that says which file or column is of no use, not a crash.
            continue
        aside = tables.quarantine["table"].to_pylist()
        for table, intake in tables.intake.items():
            assert intake.rows_in == intake.rows_used + aside.count(table)
            assert intake.rows_used == tables[table].num_rows
            assert intake.money_in == pytest.approx(intake.money_used + intake.money_aside)


@pytest.mark.parametrize("column", [0, 1, 2])
@pytest.mark.parametrize("cell", ["", "n/a", "31.31.2025", "#REF!", "\x00"])
def test_money_of_rows_put_aside_is_counted(column, cell, tmp_path):
    rows = [line.split(",") for line in FILES["invoices.csv"].splitlines()]
    for place in (3, 17, 30):
        rows[place][column] = cell
    written(tmp_path, "invoices.csv", "\n".join(map(",".join, rows)).encode())
    tables = read_tables(tmp_path)
    intake = tables.intake["invoices"]
    assert intake.rows_in == len(AMOUNTS)
    assert intake.money_in == pytest.approx(sum(AMOUNTS))
    lost = [n for n in (2, 16, 29) if f"i{n}" not in tables["invoices"]["invoice_id"].to_pylist()]
    if column > 0:
        assert intake.money_aside == pytest.approx(sum(AMOUNTS[n] for n in lost))
    assert intake.money_used == pytest.approx(sum(AMOUNTS) - intake.money_aside)
    stated = [money for money in tables.quarantine["money"].to_pylist() if money is not None]
    assert intake.money_aside == pytest.approx(sum(stated))


def test_amounts_that_cannot_be_read_are_counted_apart(tmp_path):
    rows = [line.split(",") for line in FILES["invoices.csv"].splitlines()]
    rows[3][3] = "many"
    rows[4][3], rows[4][2] = "much", "soon"
    written(tmp_path, "invoices.csv", "\n".join(map(",".join, rows)).encode())
    intake = read_tables(tmp_path).intake["invoices"]
    assert (intake.rows_aside, intake.cells_emptied, intake.amounts_unread) == (1, 2, 2)
    assert intake.money_in == intake.money_used == pytest.approx(sum(AMOUNTS) - sum(AMOUNTS[2:4]))


def test_a_line_with_letters_of_no_encoding_and_too_few_values_is_not_lost(tmp_path):
    raw = FILES["tickets.csv"].encode() + b"t99,\xff\n"
    written(tmp_path, "tickets.csv", raw)
    tables = read_tables(tmp_path)
    assert tables.rows_in["tickets"] == 31
    assert "line has 2 values, the header 4" in tables.quarantine["reason"].to_pylist()


def test_column_names_in_another_case_are_the_same(tmp_path):
    raw = FILES["tickets.csv"].replace("account_id", "ACCOUNT_ID").encode()
    written(tmp_path, "tickets.csv", raw)
    assert read_tables(tmp_path)["tickets"].num_rows == 30
