"""A reader whose places show no personal data: what messages and rejects quote of a record goes through here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from ciq.contract.model import Contract
from ciq.contract.pii import shape
from ciq.errors import CiqError
from ciq.ingest.content.raw import Raw
from ciq.ingest.formats.reader import Digest, Header, Place, Reader, Scan


@dataclass(frozen=True)
class Masking:
    """``reader``, with the values of protected and dropped columns reduced to their shape in every place."""

    reader: Reader

    def header(self, raw: Raw, contract: Contract) -> Header:
        """The file's columns, unjudged."""
        return self.reader.header(raw, contract)

    def scan(self, raw: Raw, contract: Contract, header: Header, digest: Digest) -> Scan:
        """Guard the content."""
        return self.reader.scan(raw, contract, header, digest)

    def rows(self, contract: Contract, header: Header, scan: Scan, *, demanding: bool) -> exp.Select:
        """The declared columns, typed and protected; see :func:`ciq.ingest.cells.casting.projection`."""
        return self.reader.rows(contract, header, scan, demanding=demanding)

    def expected(self, raw: Raw, contract: Contract) -> None:
        """Nothing: nothing is proved of it."""

    def proved(self, contract: Contract, header: Header, scan: Scan) -> None:
        """No proof by the values that stand in the file: others land."""

    def refusal(self, raw: Raw, contract: Contract, header: Header, error: Exception | None) -> CiqError:
        """What to raise; the engine's own words may quote a value and are left out."""
        return self.reader.refusal(raw, contract, header, None if error is None else Exception("the engine failed"))

    def places(self, raw: Raw, contract: Contract, header: Header, records: Sequence[int]) -> Mapping[int, Place]:
        """The places of the given 1-based data records, without personal data."""
        personal = [name in contract.columns and contract.columns[name].pii is not None for name in header.names]
        found = self.reader.places(raw, contract, header, records)
        return {record: _masked(place, personal) for record, place in found.items()}


def _masked(place: Place, personal: Sequence[bool]) -> Place:
    values = tuple(shape(value) if hide else value for value, hide in zip(place.values, personal, strict=True))
    return replace(place, values=values)
