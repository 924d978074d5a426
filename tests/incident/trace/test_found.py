from chartkeep.incident.trace.found import Picture, Row, Table, Where, schema_of


def test_a_layout_is_the_same_whatever_its_case_and_blanks() -> None:
    assert schema_of(["NIK", " Nama"]) == schema_of(["nik", "nama "])


def test_a_layout_is_another_in_another_order_or_cut_elsewhere() -> None:
    assert len({schema_of(c) for c in (["a", "b"], ["b", "a"], ["ab"], ["ab", ""])}) == 4


def test_what_is_shown_of_a_find_holds_no_value_of_it() -> None:
    table = Table(Where("a.csv"), "a", ("nik",), iter([[Row(1, ("3174",))]]))
    picture = Picture(Where("b.dcm"), "1.2", b"f", b"p", ("Budi",))
    assert "3174" not in repr(table)
    assert "Budi" not in repr(picture)


def test_where_something_lies_is_written_outermost_first() -> None:
    assert str(Where("a.zip", ("b.tar", "c.csv"))) == "a.zip > b.tar > c.csv"
