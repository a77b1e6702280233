from recoup.sync.store.engine import Store


def test_an_empty_store_opens(store: Store) -> None:
    with store.read() as conn:
        assert conn.dialect.name == store.dialect
