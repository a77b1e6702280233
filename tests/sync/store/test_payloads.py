"""Payloads: byte for byte what was received, a quarter of the size."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from threading import Thread

import pytest
from sqlalchemy import delete, func, insert, select, update

from recoup.connector.errors import Fatal
from recoup.sync.store import payloads
from recoup.sync.store.engine import Store
from recoup.sync.store.payloads import NO_DICTIONARY, pack, read_payload, unpack
from recoup.sync.store.schema import dictionaries, observations

AT = datetime(2026, 3, 2, tzinfo=UTC)


def invoices(count: int, seed: int = 1) -> list[bytes]:
    chance = random.Random(seed)
    return [json.dumps(invoice(str(number), chance)).encode() for number in range(count)]


def invoice(number: str, chance: random.Random) -> dict[str, object]:
    customer = chance.randrange(500)
    detail = {"ItemRef": {"value": "1", "name": "Services"}, "Qty": chance.randrange(1, 9)}
    return {
        "Id": number,
        "DocNumber": f"INV-{number}",
        "CustomerRef": {"value": str(customer), "name": f"Customer {customer}"},
        "Line": [{"Amount": chance.randrange(1, 99999) / 100, "SalesItemLineDetail": detail}],
        "MetaData": {"CreateTime": f"2026-02-{chance.randrange(10, 28)}T00:00:00-08:00"},
    }


def store_one(store: Store, dictionary_id: int, block: bytes | None, count: int = 1) -> None:
    with store.write(1) as conn:
        row = {"source_type": "Invoice", "ledger_ids": '["1"]', "seen_at": AT, "payloads": block}
        row |= {"dictionary_id": dictionary_id, "count": count}
        conn.execute(insert(observations).values(company_id=1, observation=1, **row))


def test_a_page_comes_back_byte_for_byte_and_much_smaller(store: Store) -> None:
    page = invoices(300)
    with store.write() as conn:
        dictionary_id, blocks = pack(conn, "quickbooks", "Invoice", page)
        assert [p for block in blocks for p in unpack(conn, dictionary_id, block)] == page
    assert dictionary_id != NO_DICTIONARY and len(blocks) == 3
    assert sum(map(len, blocks)) < 0.25 * sum(map(len, page))


def test_a_small_block_is_made_small_by_what_earlier_pages_taught(store: Store) -> None:
    with store.write() as conn:
        pack(conn, "quickbooks", "Invoice", invoices(300))
        _, [block] = pack(conn, "quickbooks", "Invoice", later := invoices(3, seed=2))
    assert len(block) < 0.4 * sum(map(len, later))


@pytest.mark.parametrize("payload", [b"", b"\x00\xff", "naïve — ünïcode".encode(), b"x" * 100_000])
def test_any_bytes_survive(store: Store, payload: bytes) -> None:
    with store.write() as conn:
        for page in ([payload], [payload, *invoices(200)]):
            dictionary_id, blocks = pack(conn, "quickbooks", "Any", page)
            assert unpack(conn, dictionary_id, blocks[0])[0] == payload


def test_a_small_page_does_without_a_dictionary_until_a_large_one_comes(store: Store) -> None:
    with store.write() as conn:
        assert pack(conn, "quickbooks", "Invoice", invoices(99))[0] == NO_DICTIONARY
        trained, _ = pack(conn, "quickbooks", "Invoice", invoices(100))
        assert trained != NO_DICTIONARY
        assert pack(conn, "quickbooks", "Invoice", invoices(1))[0] == trained


def test_each_ledger_and_type_has_its_own_dictionary(store: Store) -> None:
    with store.write() as conn:
        places = (("quickbooks", "Invoice"), ("quickbooks", "Payment"), ("xero", "Invoice"))
        ids = {pack(conn, *place, invoices(120))[0] for place in places}
    assert len(ids) == 3


def test_payloads_too_much_alike_to_learn_from_are_kept_all_the_same(store: Store) -> None:
    with store.write() as conn:
        dictionary_id, blocks = pack(conn, "quickbooks", "Empty", [b""] * 150)
        assert [p for b in blocks for p in unpack(conn, dictionary_id, b)] == [b""] * 150


def test_a_dictionary_rolled_back_with_its_page_is_never_used(store: Store) -> None:
    with pytest.raises(RuntimeError):
        pack_and_fail(store, invoices(150, seed=1))
    with store.write() as conn:
        dictionary_id, blocks = pack(conn, "quickbooks", "Invoice", invoices(150, seed=2))
        kept = conn.execute(select(dictionaries.c.dictionary_id)).scalars().all()
        assert kept == [dictionary_id]
        assert unpack(conn, dictionary_id, blocks[0]) == invoices(150, seed=2)[:100]


def pack_and_fail(store: Store, page: list[bytes]) -> None:
    with store.write() as conn:
        pack(conn, "quickbooks", "Invoice", page)
        raise RuntimeError


def test_an_observation_is_read_as_it_was_received(store: Store) -> None:
    page = invoices(150)
    with store.write() as conn:
        dictionary_id, blocks = pack(conn, "quickbooks", "Invoice", page)
    store_one(store, dictionary_id, blocks[0], count=100)
    with store.read(1) as conn:
        assert [read_payload(conn, 1, n) for n in (1, 8, 100)] == [page[0], page[7], page[99]]
        for number in (0, 101):
            with pytest.raises(KeyError, match=f"no observation {number}"):
                read_payload(conn, 1, number)


def test_a_confirmed_deletion_has_no_payload(store: Store) -> None:
    store_one(store, NO_DICTIONARY, None)
    with store.read(1) as conn:
        assert read_payload(conn, 1, 1) == b""


def test_a_damaged_payload_is_one_line(store: Store) -> None:
    store_one(store, NO_DICTIONARY, b"not zstd")
    with store.read(1) as conn, pytest.raises(Fatal, match="the database is damaged"):
        read_payload(conn, 1, 1)


def test_a_lost_dictionary_is_one_line(store: Store) -> None:
    with store.write() as conn:
        conn.execute(delete(dictionaries))
        conn.execute(update(observations).values(dictionary_id=5))
        with pytest.raises(Fatal, match="dictionary 5 is missing"):
            unpack(conn, 5, b"")


def test_threads_share_dictionaries_and_not_contexts(store: Store) -> None:
    page, came_back = invoices(200), []
    with store.write() as conn:
        pack(conn, "quickbooks", "Invoice", page)

    def turn() -> None:
        with store.read() as conn:
            dictionary_id, blocks = pack(conn, "quickbooks", "Invoice", page)
            came_back.append([p for b in blocks for p in unpack(conn, dictionary_id, b)])

    threads = [Thread(target=turn) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came_back == [page] * 4


def test_no_thread_is_given_the_contexts_of_another(store: Store) -> None:
    page = invoices(200)
    with store.write() as conn:
        dictionary_id, _ = pack(conn, "quickbooks", "Invoice", page)
    ours = payloads._codecs.known[dictionary_id]
    theirs = []

    def turn() -> None:
        with store.read() as conn:
            pack(conn, "quickbooks", "Invoice", page)
        theirs.append(payloads._codecs.known[dictionary_id])

    thread = Thread(target=turn)
    thread.start()
    thread.join()
    assert theirs[0].compressor is not ours.compressor
    assert payloads._codecs.known[dictionary_id] is ours


def test_a_type_is_trained_once(store: Store) -> None:
    with store.write() as conn:
        for seed in range(3):
            pack(conn, "quickbooks", "Invoice", invoices(150, seed))
        count = select(func.count()).select_from(dictionaries)
        assert conn.execute(count).scalar_one() == 1
