"""Files: what is uploaded as evidence for a dispute."""

from .. import errors, lists
from ..routing import get, get_list, post

MOST = 5 * 1024 * 1024
TYPES = {"jpeg": b"\xff\xd8", "pdf": b"%PDF", "png": b"\x89PNG"}


@post("/v1/files", "purpose! file:any! file_link_data:map")
def create(call):
    """Keep an uploaded file, if it is of a kind that banks read."""
    upload = call.params["file"]
    if isinstance(upload, str):
        raise errors.invalid("Invalid file: send it as multipart/form-data.", "file")
    content = upload["content"]
    if len(content) > MOST:
        raise errors.invalid(f"The file is larger than {MOST} bytes.", "file")
    found = [kind for kind, magic in TYPES.items() if content.startswith(magic)]
    if not found:
        raise errors.invalid(
            "The file type is not supported: use PDF, JPEG or PNG.", "file"
        )
    file = call.state.new(
        "file",
        filename=upload["name"],
        purpose=call.params["purpose"],
        size=len(content),
        title=None,
        type=found[0],
        url=None,
    )
    call.state.note(file)["content"] = content
    return file


@get("/v1/files/{id}")
def retrieve(call):
    """Return what is known of a file."""
    return call.state.at(call, "file")


@get_list("/v1/files", "purpose")
def list_all(call):
    """Return files."""
    found = call.state.all("file")
    return lists.page(call, found, "/v1/files", purpose=call.get("purpose"))
