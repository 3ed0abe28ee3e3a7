"""The list of erased people: what it holds, where it is kept, what it recognises."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pardot.erased import ErasedPeople, People, people_in, to_rows
from pardot.errors import StorageError

ANN = "ann.example+news@example.com"


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    return tmp_path / "work" / "erased.json", tmp_path / "beside.erased.json"


def test_list_holds_ids_and_a_keyed_hash_and_is_its_owners_alone(places: tuple[Path, Path]) -> None:
    erased = ErasedPeople(*places)
    erased.add(People(frozenset({7}), frozenset({9})))
    erased.add_address(ANN)
    for place in places:
        text = place.read_text(encoding="utf-8")
        assert "example" not in text
        assert json.loads(text)["prospects"] == [7]
        assert place.stat().st_mode & 0o777 == 0o600
    assert sorted(places[0].parent.iterdir()) == [places[0]]
    other = ErasedPeople(places[0].with_name("other.json"))
    other.add_address(ANN)
    assert other.people.addresses.isdisjoint(erased.people.addresses), "each installation has a key of its own"


@pytest.mark.parametrize("lost", [(), (0,), (1,)], ids=["none", "working folder", "beside the database"])
def test_either_file_brings_back_the_list(lost: tuple[int, ...], places: tuple[Path, Path]) -> None:
    erased = ErasedPeople(*places)
    erased.add(People(frozenset({7}), frozenset({9})))
    erased.add_address(ANN)
    for number in lost:
        places[number].unlink()
    again = ErasedPeople(*places)
    assert again.people == erased.people
    assert again.is_address(ANN)
    assert not again.lacks_key


@pytest.mark.parametrize("text", ["", "{", "[]", '{"prospects": ["x"]}'])
def test_damaged_file_stops_everything_unless_the_other_one_is_whole(text: str, places: tuple[Path, Path]) -> None:
    ErasedPeople(*places).add(People(frozenset({7})))
    places[0].write_text(text, encoding="utf-8")
    assert ErasedPeople(*places).people == People(frozenset({7}))
    places[1].unlink()
    with pytest.raises(StorageError, match="list of erased people") as caught:
        ErasedPeople(*places)
    assert "might come back" in str(caught.value)


@pytest.mark.parametrize(
    "written",
    [ANN, ANN.upper(), f" {ANN} ", f"<{ANN}>", "ann.example%2Bnews%40example.com", "Ann.Example+News%40Example.com."],
)
def test_address_is_recognised_however_it_is_written(written: str) -> None:
    erased = ErasedPeople()
    erased.add_address(ANN)
    assert erased.without(f"see {written}, or else") != f"see {written}, or else"
    assert erased.mentions(f'7,"{written}"')


@pytest.mark.parametrize("text", ["jo" + ANN, ANN + "x", "bob@example.com", "no address", ""])
def test_other_texts_stay(text: str) -> None:
    erased = ErasedPeople()
    erased.add_address(ANN)
    assert erased.without(text) == text
    assert not erased.mentions(text)


def test_every_address_in_a_text_is_masked_and_the_rest_stays() -> None:
    erased = ErasedPeople()
    erased.add_address(ANN)
    address = f"https://a.example/b?u={ANN.replace('@', '%40')}&v=1#{ANN},{ANN};bob@example.com"
    assert erased.without(address) == "https://a.example/b?u=***&v=1#***,***;bob@example.com"


def test_unreadable_record_mentions_somebody_by_id() -> None:
    erased = ErasedPeople()
    erased.add(People(frozenset({4711}), frozenset({88})))
    assert [erased.mentions(text) for text in ("1,4711,x", '{"visitorId": "88"}', "47110,188", "1" * 4000)] == [
        *(True, True, False, False)
    ]


def test_tables_are_clean_until_somebody_is_added(places: tuple[Path, Path]) -> None:
    erased = ErasedPeople(*places)
    assert erased.is_clean("pardot")
    assert not places[0].exists()
    erased.add(People(frozenset({7})))
    assert not erased.is_clean("pardot")
    erased.note_clean("pardot")
    again = ErasedPeople(*places)
    assert again.is_clean("pardot")
    assert not again.is_clean("pardot_postgres")
    again.add(People(frozenset({8})))
    assert not again.is_clean("pardot")
    places[0].unlink()
    assert not ErasedPeople(*places).is_clean("pardot"), "who knows what became of the tables"


def test_list_in_a_table_has_no_key() -> None:
    erased = ErasedPeople()
    erased.add(People(frozenset({7, 8}), frozenset({9})))
    erased.add_address(ANN)
    restored = ErasedPeople()
    restored.add(people_in(to_rows(erased.people)))
    assert restored.people == erased.people
    assert restored.lacks_key
    assert not restored.is_address(ANN)


def test_draft_changes_nothing_on_disk(places: tuple[Path, Path]) -> None:
    erased = ErasedPeople(*places)
    draft = erased.draft()
    draft.add_address(ANN)
    draft.add(People(frozenset({7})))
    assert draft.is_address(ANN)
    assert not erased
    assert not places[0].exists()
