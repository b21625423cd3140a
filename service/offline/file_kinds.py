"""What kind of file a name stands for, by its end."""

GZIP = ".gz"
SPREADSHEETS = (".xlsx", ".xlsm")
_EXPORTS = (".csv", *SPREADSHEETS)


def is_gzip(name: str) -> bool:
    """True when a file of this name is unpacked as it is read."""
    return name.lower().endswith(GZIP)


def needs_mapping(name: str) -> bool:
    """True when a file of this name, packed or not, is an export."""
    return name.lower().removesuffix(GZIP).endswith(_EXPORTS)


def is_export(name: str) -> bool:
    """True when a file of this name, packed or not, is an export where it may be a history as well."""
    return needs_mapping(name) or name.lower().removesuffix(GZIP).endswith((".jsonl", ".ndjson"))
