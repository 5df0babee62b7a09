"""What the object store and its links report."""

from zerokerf.error_base import Kind, ZerokerfError


class ObjectNotFound(ZerokerfError):
    kind = Kind.NOT_FOUND
    reason = "OBJECT_NOT_FOUND"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is no object {key!r}.", key=key)


class ObjectExists(ZerokerfError):
    kind = Kind.ALREADY_EXISTS
    reason = "OBJECT_EXISTS"

    def __init__(self, key: str) -> None:
        super().__init__(f"There is already an object {key!r}.", key=key)


class ObjectRangeInvalid(ZerokerfError):
    kind = Kind.OUT_OF_RANGE
    reason = "OBJECT_RANGE_INVALID"

    def __init__(self, key: str, offset: int) -> None:
        super().__init__(f"Byte {offset} lies outside of object {key!r}.", key=key, offset=offset)


class ObjectDamaged(ZerokerfError):
    """Bytes got lost or changed on their way into or out of the store; nothing damaged was kept."""

    kind = Kind.DATA_LOSS
    reason = "OBJECT_DAMAGED"

    def __init__(self, key: str) -> None:
        super().__init__(f"The bytes of object {key!r} did not arrive as they were sent.", key=key)


class InvalidObjectKey(ZerokerfError):
    kind = Kind.INVALID_ARGUMENT
    reason = "INVALID_OBJECT_KEY"

    def __init__(self, key: str) -> None:
        super().__init__(f"{key!r} cannot be the key of an object.", key=key)


class StorageDenied(ZerokerfError):
    """The store refused our own credentials: for the operator to mend, nothing a caller did."""

    reason = "STORAGE_DENIED"

    def __init__(self) -> None:
        super().__init__("The object store refused the service access.")

    @property
    def is_transient(self) -> bool:
        """Credentials are replaced and clocks set right while jobs wait that were accepted."""
        return True


class StorageFull(ZerokerfError):
    kind = Kind.RESOURCE_EXHAUSTED
    reason = "STORAGE_FULL"

    def __init__(self) -> None:
        super().__init__("The object store has no room left.")


class LinkInvalid(ZerokerfError):
    kind = Kind.PERMISSION_DENIED
    reason = "LINK_INVALID"

    def __init__(self) -> None:
        super().__init__("This link was not made by this service, or it was altered.")


class LinkExpired(ZerokerfError):
    kind = Kind.PERMISSION_DENIED
    reason = "DOWNLOAD_EXPIRED"

    def __init__(self) -> None:
        super().__init__("This link has expired; ask for a new one.")


class UploadLinkExpired(LinkExpired):
    reason = "UPLOAD_LINK_EXPIRED"


class FileNotKept(ZerokerfError):
    kind = Kind.FAILED_PRECONDITION
    reason = "FILE_NOT_KEPT"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not kept any more: its account's plan keeps files no longer.")
