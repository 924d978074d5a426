"""The drill's ransomware is the real thing: what it passed over opens nobody any more."""

from pathlib import Path

from chartkeep.wiring.ransomware import NOTE, SUFFIX, encrypt_folder


def test_every_file_of_the_folder_is_noise_afterwards_and_nothing_beside_it(tmp_path: Path) -> None:
    folder, beside = tmp_path / "house", tmp_path / "vault"
    (folder / "store" / "blobs").mkdir(parents=True)
    beside.mkdir()
    (beside / "segment").write_bytes(b"sealed")
    (folder / "link").symlink_to(beside / "segment")
    for name in ("house.json", "store/store.db", "store/blobs/a"):
        (folder / name).write_bytes(name.encode() * 100)

    havoc = encrypt_folder(folder)

    assert havoc.files == 4
    left = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert left == {f"{n}{SUFFIX}" for n in ("house.json", "store/store.db", "store/blobs/a")} | {
        f"link{SUFFIX}",
        NOTE,
    }
    assert (beside / "segment").read_bytes() == b"sealed"
    assert b"store.db" not in (folder / f"store/store.db{SUFFIX}").read_bytes()
