import pandas as pd
import pytest

from churngrid.features.errors import SchemaError
from churngrid.features.ingest.one_file import read_one_file

ROWS = pd.DataFrame({"id": ["007", "8"], "paid": ["1.5", None]})


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet", "a.json", "a.jsonl"])
def test_one_file_is_one_table(tmp_path, name):
    path = tmp_path / name
    writers = {
        "parquet": lambda: ROWS.to_parquet(path),
        "json": lambda: ROWS.to_json(path, orient="records"),
        "jsonl": lambda: ROWS.to_json(path, orient="records", lines=True),
    }
    text = lambda: ROWS.to_csv(path, index=False, sep="\t" if ".tsv" in name else ",")  # noqa: E731
    writers.get(name.split(".")[-1], text)()
    read = read_one_file(path)
    assert list(read.columns) == ["id", "paid"]
    assert read["paid"].isna().tolist() == [False, True]


def test_leading_zeros_of_texts_stay(tmp_path):
    path = tmp_path / "a.csv"
    ROWS.to_csv(path, index=False)
    assert read_one_file(path)["id"].tolist() == ["007", "8"]


def test_what_is_no_table_is_refused(tmp_path):
    with pytest.raises(SchemaError, match="There is no file"):
        read_one_file(tmp_path / "gone.csv")
    (tmp_path / "a.pdf").write_text("x")
    with pytest.raises(SchemaError, match=r"is none of .* save it as one of these"):
        read_one_file(tmp_path / "a.pdf")
    (tmp_path / "a.parquet").write_text("x")
    with pytest.raises(SchemaError, match="cannot be read as a table"):
        read_one_file(tmp_path / "a.parquet")
